"""`kechuang doctor`: what is wrong with this installation, and how to mend it."""

import importlib.metadata
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kechuang.base import working_days
from kechuang.base.refusals import Refused
from kechuang.base.time import shanghai_date
from kechuang.site.postgres import state_directory
from kechuang.site.postgres.places import CHECKOUT

FREE_BYTES_MIN = 1_000_000_000
POSTGRES_MIN = 150_000
PYTHON_MIN = (3, 11)
PIN = re.compile(r"^([a-z0-9._-]+)==([^ ;\\]+)(?: ; ([^\\]+))?", re.MULTILINE | re.IGNORECASE)
FRONT_END = ("@tabler/core/dist/css/tabler.min.css", "echarts/dist/echarts.min.js",
             "htmx.org/dist/htmx.min.js")  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One thing looked at: ok, warn or bad, what it says, how to mend it."""

    level: str
    name: str
    says: str
    mend: str = ""


def examine() -> Iterator[Finding]:
    """Look at everything that can be looked at; what fails does not hide what follows."""
    yield from (python(), packages(), front_end(), translations(), permissions(), disk())
    yield working_day_data(shanghai_date(datetime.now(UTC)))
    try:
        _set_up()
        from django.db import connection

        connection.ensure_connection()
    except Refused as refused:
        facts = refused.facts
        yield Finding(
            "bad", "PostgreSQL", refused.text.format(**facts), refused.way_on.format(**facts)
        )
        return
    except Exception as error:  # whatever keeps Django or the database from us is the finding
        yield Finding("bad", "PostgreSQL", str(error)[:300], "DATABASE_URL, kechuang up")
        return
    for look in (database, migrations, failed_jobs):
        yield _guarded(look)
    try:
        yield from health()
    except Exception as error:  # tables that are not there yet were named above
        yield Finding("bad", "health", str(error).strip()[:200], "kechuang up")


def _set_up() -> None:
    import django

    os.environ.setdefault("KECHUANG_POOL", "0")
    django.setup()


def _guarded(look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except Exception as error:  # a missing table is a finding, not a crash
        return Finding("bad", look.__name__, str(error).strip()[:200], "kechuang up")


def python() -> Finding:
    """Python 3.11 or newer."""
    here = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] < PYTHON_MIN:
        return Finding("bad", "Python", here, "Python 3.11")
    return Finding("ok", "Python", here)


def packages() -> Finding:
    """What the lock pins is what is installed."""
    return compare_with_lock((CHECKOUT / "requirements" / "core.lock").read_text())


def compare_with_lock(text: str) -> Finding:
    """Every pin whose marker holds here is installed in that version.

    >>> compare_with_lock("no-such-package==1.0").level
    'bad'
    """
    from packaging.markers import Marker

    wrong = []
    for name, version, marker in PIN.findall(text):
        if marker and not Marker(marker.strip()).evaluate():
            continue
        try:
            here = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            here = "-"
        if here != version:
            wrong.append(f"{name} {here} ≠ {version}")
    if wrong:
        return Finding("bad", "packages", ", ".join(wrong[:5]), "make install")
    return Finding("ok", "packages", "core.lock")


def front_end() -> Finding:
    """The few files of others that pages load."""
    missing = [name for name in FRONT_END if not (CHECKOUT / "node_modules" / name).exists()]
    if missing:
        return Finding("bad", "node_modules", ", ".join(missing), "make install")
    return Finding("ok", "node_modules", f"{len(FRONT_END)}")


def translations() -> Finding:
    """The English catalogue is compiled."""
    compiled = CHECKOUT / "kechuang" / "site" / "locale" / "en" / "LC_MESSAGES" / "django.mo"
    if not compiled.exists():
        return Finding("warn", "English", "django.mo -", "make install")
    return Finding("ok", "English", f"{compiled.stat().st_size} bytes")


def permissions() -> Finding:
    """Nobody but the owner looks into the state directory."""
    return examine_permissions(state_directory())


def examine_permissions(state: Path) -> Finding:
    """Keys and files are closed; only the database's own user may pass through."""
    if not state.exists():
        return Finding("ok", "state", f"{state} -")
    if state.stat().st_uid != os.geteuid():
        return Finding("bad", "state", f"{state}: uid {state.stat().st_uid}", "chown")
    open_ones = [
        path.name
        for path in state.iterdir()
        if path.stat().st_mode & 0o077
        and not path.name.startswith(("postgres", "static", "up.lock"))
    ]
    if state.stat().st_mode & 0o066:
        open_ones.append(".")
    if open_ones:
        names = " ".join(sorted(open_ones))
        return Finding("bad", "state", names, f"cd {state} && chmod go-rwx {names}")
    return Finding("ok", "state", str(state))


def disk() -> Finding:
    """Room for the database and for files."""
    state = state_directory()
    free = shutil.disk_usage(state if state.exists() else CHECKOUT).free
    says = f"{free // 1_000_000_000} GB"
    return Finding("ok" if free > FREE_BYTES_MIN else "bad", "disk", says)


def working_day_data(today: Any) -> Finding:
    """This year's notice is loaded, and from December the next one's."""
    years = [today.year] + ([today.year + 1] if today.month == 12 else [])
    provisional = [str(year) for year in years if working_days.is_provisional(year)]
    if provisional:
        mend = "kechuang/base/data/working_days/"
        return Finding("warn", "working days", f"{', '.join(provisional)} 暂定", mend)
    return Finding("ok", "working days", ", ".join(str(year) for year in years))


def database() -> Finding:
    """PostgreSQL 15 or newer."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        number = int(cursor.fetchone()[0])
    says = f"{number // 10_000}.{number % 10_000}"
    if number < POSTGRES_MIN:
        return Finding("bad", "PostgreSQL", says, "PostgreSQL 15")
    return Finding("ok", "PostgreSQL", says)


def migrations() -> Finding:
    """The tables are of this version."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        return Finding("bad", "migrations", f"{len(plan)} -", "kechuang up")
    return Finding("ok", "migrations", "0 -")


def health() -> Iterator[Finding]:
    """What /healthz looks at, said here too."""
    from django.utils.translation import gettext

    from kechuang.site.health import findings

    for one in findings(datetime.now(UTC)):
        level = "ok" if one.is_well else "warn"
        says = gettext(one.text).format(**one.facts)
        yield Finding(level, gettext(one.name), says, "" if one.is_well else "kechuang up")


def failed_jobs() -> Finding:
    """Jobs that were given up."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT task_name, count(*) FROM procrastinate_jobs WHERE status = 'failed'"
            " GROUP BY task_name ORDER BY task_name"
        )
        failed = cursor.fetchall()
    if failed:
        says = ", ".join(f"{name} × {count}" for name, count in failed[:5])
        return Finding("warn", "jobs", says, "python manage.py procrastinate shell")
    return Finding("ok", "jobs", "0")
