"""`kechuang seal`, `open` and `custodian`: the trusted path of sealed bids, on one's own machine.

No database, no Django. A custodian's private key stays in its file; the clock is this machine's.
"""

import json
import os
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

custodian = typer.Typer(
    name="custodian",
    help="保管人 / custodians of sealed bids: keys, shares, opening sessions.",
    no_args_is_help=True,
)
BAD_INPUT, VOID = 2, 1
PRIVATE_MODE = 0o600

CallFile = Annotated[Path, typer.Option("--call", help="what the call fixed: CALL.json")]
Envelope = Annotated[Path, typer.Argument(metavar="ENVELOPE", help="the sealed bid")]


def seal(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="what is sealed")],
    call: CallFile,
    unit: Annotated[str, typer.Option(help="credit code of the bidding unit")],
    out: Annotated[Path, typer.Option(help="where the envelope is written")],
    receipt: Annotated[Path, typer.Option(help="where your receipt is written")],
    part: Annotated[str, typer.Option(help="technical or price")] = "technical",
) -> None:
    """密封 / seal a bid for the custodians of a call; nobody reads it before k of them open it.

    Compare the fingerprints that are printed with those the call published. Keep FILE and receipt.
    """
    engine = _engine()
    _refuse_same([out, receipt], [file, call])
    fixed = _refusing(lambda: engine.call_from(_json(call)))
    content = _read(file)
    if part == "technical":
        _check_answers(_json(call).get("form", []), content)
    sealed = _refusing(lambda: engine.seal(content, fixed, unit, part, secrets.token_bytes))
    told = engine.receipt_of(sealed, fixed)
    _write(out, sealed)
    _write(receipt, _written(told))
    for row in told["custodians"]:
        typer.echo(f"{row['name']}  {row['fingerprint']}")
    typer.echo(f"envelope {told['envelope']}")


def open_bid(
    envelope: Envelope,
    call: CallFile,
    session: Annotated[Path, typer.Option(help="the opening session's private key")],
    share: Annotated[list[Path], typer.Option(help="a posted share; once for each custodian")],
    out: Annotated[Path, typer.Option(help="where the content is written")],
    minutes: Annotated[Path, typer.Option(help="where the minutes are written")],
) -> None:
    """开标 / open an envelope with the shares that custodians posted; say who lied.

    Exit 0: opened. 1: the bid is void, the minutes say why and who. 2: bad input, too few shares.
    """
    engine = _engine()
    fixed = _refusing(lambda: engine.call_from(_json(call)))
    sealed, private = _read(envelope), _private(session)
    _refuse_same([out, minutes], [envelope, call, session, *share])
    posted, unread = _shares(share, sealed, private)
    for row in unread:
        typer.echo(f"not read / 读不出：{row['file']}, {row['custodian']}: {row['why']}", err=True)
    opened = _refusing(lambda: engine.open_envelope(sealed, fixed, posted))
    names = [name for name, _ in fixed.custodians]
    kept = {
        "format": "kechuang-minutes-1",
        "challenge": fixed.challenge,
        "envelope": engine.receipt_of(sealed, fixed)["envelope"],
        "opened_at": _now().isoformat(timespec="seconds"),
        "shares_of": [names[x - 1] for x in sorted(posted)],
        "shares_unread": unread,
        "false_shares_of": list(opened.liars),
        "void": opened.void,
    }
    if opened.content is not None:
        _write(out, opened.content)
    _write(minutes, _written(kept))
    for name in opened.liars:
        typer.echo(f"false share / 假份额：{name}", err=True)
    if opened.void:
        typer.echo(opened.void, err=True)
        raise typer.Exit(VOID)


def _shares(
    files: list[Path], sealed: bytes, private: bytes
) -> tuple[dict[int, bytes], list[dict[str, str]]]:
    """What was posted, by place, and the files that are no share: nobody's file stops an opening.

    Of several for one place the one that fits counts: anybody can put a file beside another's.
    """
    read: dict[int, list[tuple[dict[str, str], bytes]]] = {}
    unread = []
    for path in files:
        told, x, found = _share(path, sealed, private)
        if isinstance(found, str):
            unread.append(told | {"why": found})
        else:
            read.setdefault(x, []).append((told, found))
    posted = {}
    for x, rows in read.items():
        rows.sort(key=lambda row, x=x: not _engine().fits(sealed, x, row[1]))  # type: ignore[misc]
        posted[x] = rows[0][1]
        why = "another share for the same place / 同一位保管人的另一份份额"
        unread += [told | {"why": why} for told, value in rows[1:] if value != posted[x]]
    return posted, unread


def _share(path: Path, sealed: bytes, private: bytes) -> tuple[dict[str, str], int, bytes | str]:
    """Whose a file says it is, its place and the share; in place of that, why it is none."""
    engine = _engine()
    content = _read(path)
    told: Any = None
    try:
        told = json.loads(content)
        x, value = engine.read_share(told, sealed, private)
    except (ValueError, RecursionError) as error:
        refused = isinstance(error, engine.SealRefused)
        x, value = 0, str(error) if refused else "not a share of this format / 不是本格式的份额"
    name = told.get("custodian") if isinstance(told, dict) else None
    return {"file": path.name, "custodian": str(name or "?")}, x, value


@custodian.command("new")
def new_key(
    out: Annotated[Path, typer.Option(help="the private key's file; keep it off servers")],
    public: Annotated[Path, typer.Option(help="where the public key is written, to be published")],
    name: Annotated[str, typer.Option(help="the custodian's name, or that of a session")],
    profile: Annotated[str, typer.Option(help="the call's: intl or gm; for the fingerprint")]
    = "intl",
) -> None:
    """生成密钥 / make a key pair, for a custodian or for an opening session."""
    from kechuang.engines.sealing import hpke

    _refuse_same([out, public], [])
    if out.exists():
        _refuse(f"{out}: is there already; a key is never written over / 已存在，密钥从不覆盖")
    private = secrets.token_bytes(hpke.KEY_BYTES)
    told = {"name": name, "public": hpke.public_of(private).hex()}
    shown = _refusing(lambda: _engine().fingerprint(bytes.fromhex(told["public"]), profile))
    _write(out, _written(told | {"private": private.hex()}), PRIVATE_MODE)
    _write(public, _written(told))
    typer.echo(f"{name}  {shown}")


@custodian.command("fingerprint")
def show_fingerprints(call: CallFile) -> None:
    """核对指纹 / print the fingerprints of a call's custodians, to compare them by telephone."""
    engine = _engine()
    fixed = _refusing(lambda: engine.call_from(_json(call)))
    for name, public in fixed.custodians:
        typer.echo(f"{name}  {engine.fingerprint(public, fixed.profile)}")


@custodian.command("share")
def give_share(
    envelope: Envelope,
    call: CallFile,
    key: Annotated[Path, typer.Option(help="your private key")],
    session: Annotated[Path, typer.Option(help="the opening session's public key")],
    out: Annotated[Path, typer.Option(help="where the share is written")],
) -> None:
    """交出份额 / give your share of an envelope to an opening session, after the deadline.

    CALL.json must hold `deadline` and `current`, the hashes of the envelopes that stand, as the
    witnessed checkpoint has them. This machine's clock decides whether the deadline has passed.
    """
    engine = _engine()
    _refuse_same([out], [envelope, call, key, session])
    told = _json(call)
    fixed = _refusing(lambda: engine.call_from(told))
    sealed = _read(envelope)
    deadline, current = _deadline(told), told.get("current")
    if not isinstance(current, list):
        _refuse(
            f"{call.name}: current must list the hashes of the envelopes that stand"
            " / current 要列出现行密封件的指纹"
        )
    _refusing(lambda: engine.may_open(sealed, fixed, deadline, _now(), current))
    posted = _refusing(
        lambda: engine.give_share(
            sealed, fixed, _private(key), _public(session), secrets.token_bytes
        )
    )
    _write(out, _written(posted))


def _refuse_same(written: list[Path], read: list[Path]) -> None:
    """Nothing that is read, and nothing else that is written, may be written over."""
    seen = {path.resolve() for path in read}
    for path in written:
        if path.resolve() in seen:
            _refuse(
                f"{path}: is one of the other files, and would be written over / 会覆盖另一个文件"
            )
        seen.add(path.resolve())


def _now() -> datetime:
    return datetime.now(UTC)


def _deadline(told: dict[str, Any]) -> datetime:
    try:
        found = datetime.fromisoformat(told["deadline"])
    except (KeyError, TypeError, ValueError):
        _refuse("deadline: must be an instant such as / 要是时刻，例如 2026-06-30T17:00:00+08:00")
    return found


def _engine() -> Any:
    from kechuang.engines import sealing

    return sealing


def _refusing(act: Callable[[], Any]) -> Any:
    """Do it; what the engine refuses is bad input."""
    from kechuang.engines.sealing import SealRefused

    try:
        return act()
    except SealRefused as refused:
        _refuse(str(refused))


def _refuse(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(BAD_INPUT)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        _refuse(f"{path}: cannot be read / 读不出 ({error.strerror})")


def _json(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(_read(path))
    except (ValueError, RecursionError) as error:
        _refuse(f"{path.name}: not JSON / 不是 JSON ({error})")
    if not isinstance(told, dict):
        _refuse(f"{path.name}: must be an object / 要是一个对象")
    return told


def _private(path: Path) -> bytes:
    return _key(path, "private")


def _public(path: Path) -> bytes:
    return _key(path, "public")


def _key(path: Path, name: str) -> bytes:
    try:
        found = bytes.fromhex(_json(path)[name])
    except (KeyError, TypeError, ValueError):
        found = b""
    if len(found) != 32:
        _refuse(f"{path.name}: holds no {name} key / 里面没有 {name} 密钥")
    return found


def _written(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def _write(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write whole or not at all; a private key is readable to its owner alone."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        _refuse(f"{path}: cannot be written / 写不了 ({error.strerror})")


def _check_answers(asked: Any, content: bytes) -> None:
    """Refuse a proposal that leaves out what the call's own form asks; the platform cannot look
    before the opening. What is no JSON is left to whoever agreed on something else."""
    from kechuang.challenges.rules import form

    try:
        told = json.loads(content)
        answers = form.read_answers(told.get("answers", {}))
    except (UnicodeDecodeError, json.JSONDecodeError, AttributeError):
        return
    except ValueError as error:
        _refuse(str(error))
    problems = form.problems_with_answers([form.as_facts(one) for one in asked], answers)
    if problems:
        _refuse("\n".join(one.text.format(**one.facts) for one in problems))
