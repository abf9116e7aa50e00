"""Words planted in sealed bids and locked drafts, sought wherever they must not be, before the
deadline: tables, the database's files, logs, the memory of web, worker and PostgreSQL. PostgreSQL's
own log is read with every statement and its parameters in it, where the role may ask for that.

`python -m bench.markers`, with DATABASE_URL of an empty database on this machine, as root: an
installation is started, twenty bidders hand in what the browser seals, and the processes are read
while they run. A control word, asked in public, shows that the search finds what is there.
"""

import base64
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
MODULE = ROOT / "kechuang/challenges/static/challenges/sealing.js"
LIBRARY = ROOT / "node_modules/sm-crypto-v2/dist/index.umd.js"
BIDDERS, IN_BID, IN_DRAFT, SCANS = 20, 5, 5, 2
CHUNK = 2**24


def node(order: dict[str, Any]) -> Any:
    """What the browser's code answers, in a process of its own."""
    program = shutil.which("node") or str(ROOT / ".venv/bin/node")
    told = {"module": MODULE.as_uri(), "library": str(LIBRARY), **order}
    done = subprocess.run(
        [program, str(ROOT / "bench/in_node.mjs")], input=json.dumps(told), text=True,
        capture_output=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


class Hunt:
    """The words of one run, and everything of them that is found."""

    def __init__(self) -> None:
        self.stem = f"KC{secrets.token_hex(8)}"
        self.words = [f"{self.stem}-{n:03d}-{secrets.token_hex(4)}" for n in range(200)]
        self.control = f"CT{secrets.token_hex(8)}"
        self.found: set[str] = set()
        self.controls: set[str] = set()
        self.read_bytes = 0

    def look(self, content: bytes, where: str) -> None:
        """Note which words stand in these bytes: plain, as UTF-16, as base64 at any offset."""
        self.read_bytes += len(content)
        for sought in self._forms(self.stem):
            if sought in content:
                numbers = re.findall(self.stem.encode() + rb"-(\d{3})", content)
                self.found |= {one.decode() for one in numbers} or {f"{where}: encoded"}
        if self.control.encode() in content:
            self.controls.add(where)

    @staticmethod
    def _forms(word: str) -> Iterator[bytes]:
        plain = word.encode()
        yield plain
        yield word.encode("utf-16-le")
        for shift in range(3):
            whole = base64.b64encode(b"\0" * shift + plain)
            yield whole[4 if shift else 0 : -4]


def regions(pid: int, seen: set[str]) -> Iterator[tuple[int, int]]:
    """The written memory of a process; what processes share is read once."""
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        span, rights, _offset, device, inode, *_name = line.split(maxsplit=5)
        if "r" not in rights or "w" not in rights:
            continue
        if rights.endswith("s"):
            if f"{device} {inode}" in seen:
                continue
            seen.add(f"{device} {inode}")
        low, high = (int(one, 16) for one in span.split("-"))
        yield low, high


def look_into(hunt: Hunt, pid: int, seen: set[str], where: str) -> bool:
    """Read a process's memory from /proc; False where it has gone."""
    try:
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            for low, high in regions(pid, seen):
                for at in range(low, high, CHUNK):
                    try:
                        memory.seek(at)
                        hunt.look(memory.read(min(CHUNK + 64, high - at)), where)
                    except OSError:
                        continue
    except (FileNotFoundError, ProcessLookupError):
        return False
    return True


def below(pid: int) -> list[int]:
    """A process and all that it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in below(int(child)))]


def servers() -> list[int]:
    """PostgreSQL's own processes, and its backends of this database."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() OR backend_type <> 'client backend'"
        )
        found = [row[0] for row in cursor.fetchall()]
    parent = int(Path(f"/proc/{found[0]}/stat").read_text().rpartition(")")[2].split()[1])
    return [parent, *found]


def log_every_statement() -> bool:
    """Have PostgreSQL log each statement with its parameters; False where the role may not."""
    from django.db import DatabaseError, connection

    name = connection.ops.quote_name(str(connection.settings_dict["NAME"]))
    wanted = {
        "log_statement": "'all'", "log_min_duration_statement": "0",
        "log_parameter_max_length": "-1", "log_parameter_max_length_on_error": "-1",
    }  # fmt: skip
    try:
        with connection.cursor() as cursor:
            for setting, value in wanted.items():
                cursor.execute(f"ALTER DATABASE {name} SET {setting} = {value}")
    except DatabaseError:
        return False
    connection.close()  # it holds from the next connection on
    return True


def postgres_logs() -> list[Path]:
    """The files that PostgreSQL logs to: its collector's, and what its own stderr is."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('data_directory'), current_setting('log_directory')"
        )
        data, logs = cursor.fetchone()
    found = {path for path in Path(data, logs).glob("*") if path.is_file()}
    for pid in servers()[:1]:
        stderr = Path(f"/proc/{pid}/fd/2").resolve()
        found |= {stderr} if stderr.is_file() else set()
    return sorted(found)


def look_into_file(hunt: Hunt, path: Path, start: int, where: str) -> None:
    """Search what was written to a file since it had this size, piece by piece."""
    with path.open("rb") as file:
        file.seek(start)
        kept = b""
        while piece := file.read(CHUNK):
            hunt.look(kept + piece, where)
            kept = piece[-1024:]


def look_everywhere(hunt: Hunt, children: dict[str, int], logs: list[Path]) -> int:
    """Search memory, tables, the database's files and the logs; gives how many processes."""
    from django.db import connection

    seen: set[str] = set()
    processes = {name: below(pid) for name, pid in children.items()} | {"postgres": servers()}
    read = sum(
        look_into(hunt, pid, seen, f"memory of {name}")
        for name, pids in processes.items() for pid in pids
    )  # fmt: skip
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            for (row,) in cursor.fetchall():
                hunt.look(row.encode(), "tables")
        cursor.execute("CHECKPOINT")
        cursor.execute(
            "SELECT current_setting('data_directory'), oid FROM pg_database"
            " WHERE datname = current_database()"
        )
        folder, oid = cursor.fetchone()
    places = [*Path(folder, "base", str(oid)).iterdir(), *Path(folder, "pg_wal").glob("0*"), *logs]
    for path in places:
        hunt.look(path.read_bytes(), "logs" if path in logs else "files of the database")
    return read


def _call(at: Any, units: int) -> tuple[Any, list[Any]]:
    """An open call with custodians, two weeks before its deadline, and its bidders."""
    from kechuang.base.actor import Role
    from tests.challenges import custody_stages
    from tests.world import build_world, organisation

    world = build_world(at - timedelta(days=15))
    line = custody_stages.opened(world, at - timedelta(days=15))
    bidders = []
    for n in range(units):
        unit = organisation(100 + n, f"示例投标单位{n}", "ENTERPRISE", world.city, line.at)
        bidders.append(world.add(f"bidder{n}", Role.UNIT_ADMIN, unit))
    return line, bidders


class Browser:
    """One bidder's requests to the running installation."""

    def __init__(self, address: str, member: Any) -> None:
        from django.conf import settings
        from django.test import Client

        from tests.conftest import BACKEND

        client = Client()
        client.force_login(member.account, backend=BACKEND)
        session = client.session
        session["appointment"] = member.appointment.number
        session.save()
        self.address, self.proof = address, secrets.token_hex(16)
        name = settings.SESSION_COOKIE_NAME
        self.cookies = f"{name}={session.session_key}; csrftoken={self.proof}"

    def send(self, path: str, fields: dict[str, str], file: bytes | None = None) -> None:
        """Post a form, with a file where there is one; refuses an answer that is no success."""
        line, parts = secrets.token_hex(16), b""
        for name, value in {"csrfmiddlewaretoken": self.proof, **fields}.items():
            head = f'--{line}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            parts += head.encode()
        if file is not None:
            head = f'--{line}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n'
            parts += head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + file
            parts += b"\r\n"
        parts += f"--{line}--\r\n".encode()
        request = urllib.request.Request(self.address + path, parts, {
            "Cookie": self.cookies, "X-CSRFToken": self.proof,
            "Content-Type": f"multipart/form-data; boundary={line}",
        })  # fmt: skip
        opener = urllib.request.build_opener(_Staying())
        try:
            status = opener.open(request, timeout=60).status
        except urllib.error.HTTPError as error:
            status = error.code
            if status not in (302, 303):
                raise RuntimeError(error.read().decode()[:2000]) from error
        assert status in (200, 302, 303), (path, status)


class _Staying(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: Any) -> None:
        return None


def _order(line: Any, unit: str, bid: Any, words: list[str]) -> dict[str, Any]:
    """A whole proposal and a draft with these words, as one bidder types them."""
    from kechuang.challenges import queries
    from tests.challenges import stages

    kept, typed = words[:IN_BID], words[IN_BID:]
    told = stages.proposal(line, "")
    told |= {"title": kept[0], "summary": kept[1], "route": kept[2], "basis": kept[3]}
    told |= {"files": [], "other_public": False, "other_public_note": kept[4]}
    names = ("title", "summary", "route", "basis", "other_public_note")
    return {
        "act": "bidder", "call": queries.published_call(line.challenge), "unit": unit,
        "proposal": json.dumps(told), "draft": json.dumps(list(zip(names, typed, strict=True))),
        "words": secrets.token_hex(12), "bound": f"{line.challenge.number} {unit}",
    }  # fmt: skip


def _hand_in(line: Any, member: Any, address: str, words: list[str]) -> Any:
    """One bidder: a draft locked, then a bid sealed, both sent by HTTP, signed and submitted."""
    from kechuang.challenges import actions

    bid = actions.start_bid(challenge=line.challenge, by=member.actor, at=line.at)
    sealed = node(_order(line, bid.organisation.code, bid, words))
    browser = Browser(address, member)
    browser.send(f"/bids/{bid.number}/draft/", {}, base64.b64decode(sealed["draft"]))
    form = {"lead": member.person.number, "members": ""}
    browser.send(f"/bids/{bid.number}/seal/", form, base64.b64decode(sealed["envelope"]))
    bid.refresh_from_db()
    actions.sign_bid(bid=bid, by=member.actor, at=line.at)
    actions.submit_bid(bid=bid, by=member.actor, at=line.at)
    bid.refresh_from_db()
    return bid


def _without_one(line: Any, bids: list[Any]) -> int:
    """How many of the bids open with k - 1 custodians' keys."""
    from kechuang.challenges import queries
    from kechuang.challenges.models import SealedEnvelope
    from kechuang.engines import sealing
    from kechuang.engines.sealing import hpke
    from tests.challenges import custody_stages

    call = sealing.call_from(queries.published_call(line.challenge))
    session, opened = secrets.token_bytes(32), 0
    for envelope in SealedEnvelope.objects.filter(bid__in=bids):
        file = bytes(envelope.file)
        share = sealing.give_share(
            file, call, custody_stages.private_of(0), hpke.public_of(session), secrets.token_bytes
        )
        try:
            sealing.open_envelope(file, call, dict([sealing.read_share(share, file, session)]))
            opened += 1
        except sealing.SealRefused:
            continue
    return opened


def _started(folder: Path, port: int) -> tuple[dict[str, subprocess.Popen[bytes]], list[Path]]:
    """Web and worker as `kechuang up` starts them, with everything that they can log."""
    from kechuang.site import running

    made, logs = {}, []
    commands = {"web": running.web_command("127.0.0.1", port), "worker": running.worker_command()}
    for name, command in commands.items():
        logs.append(folder / f"{name}.log")
        out = logs[-1].open("wb")
        environment = os.environ | {"KECHUANG_LOG": "DEBUG", "KECHUANG_POOL": "0"}
        made[name] = subprocess.Popen(command, stdout=out, stderr=out, env=environment)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return made, logs
        time.sleep(0.2)
    raise RuntimeError(logs[0].read_text()[-2000:])


def rows() -> Iterator[tuple[str, str, str, bool]]:
    """Plant, hunt, and say what was found."""
    from django.core.management import call_command
    from django.utils import timezone

    folder = Path(os.environ["KECHUANG_STATE"])
    call_command("migrate", verbosity=0)
    logs_statements = log_every_statement()
    line, bidders = _call(timezone.now(), BIDDERS)
    line.at = timezone.now()
    hunt = Hunt()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made, logs = _started(folder, port)
    address, bids, read = f"http://127.0.0.1:{port}", [], 0
    before = {path: path.stat().st_size for path in postgres_logs()}
    each, of_each = BIDDERS // SCANS, IN_BID + IN_DRAFT
    try:
        Browser(address, bidders[0]).send(
            f"/challenges/{line.challenge.number}/ask/", {"text": f"公开的问题 {hunt.control}"}
        )
        for n, member in enumerate(bidders):
            words = hunt.words[n * of_each : (n + 1) * of_each]
            bids.append(_hand_in(line, member, address, words))
            if (n + 1) % each == 0:
                read += look_everywhere(hunt, {name: one.pid for name, one in made.items()}, logs)
                for path in postgres_logs():
                    look_into_file(hunt, path, before.get(path, 0), "PostgreSQL's log")
        opened = _without_one(line, bids)
    finally:
        for child in made.values():
            child.terminate()
        for child in made.values():
            child.wait(timeout=30)
    from kechuang.challenges.models import LockedDraft

    sealed, drafts = sum(one.state == "SEALED" for one in bids), LockedDraft.objects.count()
    yield "bids sealed, drafts locked", f"{BIDDERS}, {BIDDERS}", f"{sealed}, {drafts}", (
        sealed == drafts == BIDDERS
    )  # fmt: skip
    yield "planted markers found before the deadline", "0 of 200", (
        f"{len(hunt.found)} of {len(hunt.words)}"
    ), not hunt.found  # fmt: skip
    yield "opened with k - 1 keys", f"0 of {BIDDERS}", f"{opened} of {len(bids)}", opened == 0
    wanted = {"tables", "memory of web", "memory of postgres"}
    if logs_statements and before:
        wanted.add("PostgreSQL's log")
    yield "the control word is found", ", ".join(sorted(wanted)), (
        ", ".join(sorted(hunt.controls))
    ), wanted <= hunt.controls  # fmt: skip
    yield "PostgreSQL's own log", "every statement", (
        f"{len(before)} file(s), {'every statement' if logs_statements else 'as it is set'}"
    ), True  # fmt: skip
    yield "read", "-", (
        f"{hunt.read_bytes / 2**20:,.0f} MiB; {read} times the memory of a process"
    ), read > 0  # fmt: skip


def run() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as state:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "kechuang.site.settings", "KECHUANG_POOL": "0",
            "KECHUANG_STATE": state,
        }  # fmt: skip
        sys.path.insert(0, str(ROOT))
        import django

        django.setup()
        table = Table(title="nothing of a bid before the deadline")
        for head in ("what", "bar", "here", ""):
            table.add_column(head)
        for what, bar, here, good in rows():
            table.add_row(what, bar, here, "ok" if good else "[red]below[/red]")
    Console(width=130).print(table)


if __name__ == "__main__":
    run()
