"""Opening a sealed bid: custodians give their shares after the deadline, and whoever lies is named.

A custodian's share goes to the key of the opening session alone. With k true shares everything that
the bidder dealt is computed again and compared before any content is shown: a false share names its
custodian, false dealing voids the bid and names the bidder.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Any

from kechuang.base.english import both
from kechuang.base.refusals import N_, worded
from kechuang.engines.sealing import hpke
from kechuang.engines.sealing.envelopes import (
    Call,
    Envelope,
    check_call,
    decrypted,
    key_hash,
    share_commitment,
    share_info,
    taken_apart,
    wrapped_again,
)
from kechuang.engines.sealing.sharing import SHARE_BYTES, combine, shares_of
from kechuang.engines.sealing.suites import SealRefused, framed, suite_of

TRIED_MAX = 2_000


@dataclass(frozen=True)
class Opened:
    """What an opening gave: the content, or why the bid is void; and custodians who lied."""

    content: bytes | None
    void: str
    liars: tuple[str, ...]


def receipt_of(file: bytes, call: Call) -> dict[str, Any]:
    """What a bidder keeps: hashes of what was sealed, and for whose keys."""
    envelope = taken_apart(file)
    check_call(envelope, call)
    suite = envelope.suite
    return {
        "format": "kechuang-receipt-1",
        "profile": suite.name,
        "challenge": envelope.header["challenge"],
        "unit": envelope.header["unit"],
        "part": envelope.header["part"],
        "envelope": suite.hash(file).hex(),
        "ciphertext": envelope.ciphertext_hash(),
        "bytes": len(file),
        "k": call.k,
        "custodians": [
            {"name": name, "fingerprint": fingerprint(public, call.profile)}
            for name, public in call.custodians
        ],
    }


def fingerprint(public: bytes, profile: str = "intl") -> str:
    """A custodian's key as people compare it: eight groups of four."""
    text = suite_of(profile).hash(framed([("custodian key", public)])).hex()[:32].upper()
    return " ".join(text[first : first + 4] for first in range(0, 32, 4))


def give_share(
    file: bytes, call: Call, private: bytes, session: bytes, random_bytes: Callable[[int], bytes]
) -> dict[str, Any]:
    """A custodian's share of an envelope, sealed to the opening session's public key.

    The caller has checked the deadline and that the envelope is a current one (`may_open`).
    """
    envelope = taken_apart(file)
    check_call(envelope, call)
    public = hpke.public_of(private)
    keys = [key for _, key in call.custodians]
    if public not in keys:
        raise SealRefused(N_("这把密钥不是本榜单任何保管人的"))
    x = keys.index(public) + 1
    name = call.custodians[x - 1][0]
    row = envelope.header["shares"][x - 1]
    context = envelope.context()
    share = hpke.open_sealed(
        private, bytes.fromhex(row["encapsulated"]), share_info(context, x), b"",
        bytes.fromhex(row["sealed"]),
    )  # fmt: skip
    told = envelope.suite.hash(file)
    own, sealed = hpke.seal(session, _posted_info(told, x), b"", share, random_bytes(32))
    return {
        "format": "kechuang-share-1",
        "envelope": told.hex(),
        "custodian": name,
        "x": x,
        "encapsulated": own.hex(),
        "sealed": sealed.hex(),
    }


def _posted_info(envelope_hash: bytes, x: int) -> bytes:
    return framed([("kechuang posted share", b"1"), ("envelope", envelope_hash), ("x", bytes([x]))])


def may_open(
    file: bytes, call: Call, deadline: datetime, at: datetime, current: Sequence[str]
) -> None:
    """Refuse to give a share before the deadline, or of an envelope that is not a current one.

    `deadline` and `current` (hashes of envelopes) come from a witnessed checkpoint, `at` from the
    custodian's own clock. Raises SealRefused.
    """
    envelope = taken_apart(file)
    check_call(envelope, call)
    if deadline.tzinfo is None or at.tzinfo is None:
        raise SealRefused(N_("deadline：要写时区"))
    if at < deadline:
        raise SealRefused(N_("截止时间 {deadline} 还没有到"), deadline=deadline.isoformat())
    if envelope.suite.hash(file).hex() not in current:
        raise SealRefused(N_("这个密封件不是现行的：已替换、迟到或撤回"))


def read_share(posted: Any, file: bytes, session_private: bytes) -> tuple[int, bytes]:
    """The place and the share of what a custodian posted. Raises SealRefused."""
    envelope = taken_apart(file)
    told = envelope.suite.hash(file)
    try:
        x, encapsulated = posted["x"], bytes.fromhex(posted["encapsulated"])
        sealed, other = bytes.fromhex(posted["sealed"]), posted["envelope"]
    except (KeyError, TypeError, ValueError) as error:
        raise SealRefused(N_("不是本格式的份额")) from error
    if type(x) is not int or not 1 <= x <= len(envelope.header["shares"]) or other != told.hex():
        raise SealRefused(N_("是另一个密封件的份额"))
    return x, hpke.open_sealed(session_private, encapsulated, _posted_info(told, x), b"", sealed)


def fits(file: bytes, x: int, share: bytes) -> bool:
    """True where a share is the one that the bidder committed to at this place."""
    envelope = taken_apart(file)
    told = envelope.header["shares"][x - 1]["commitment"]
    return share_commitment(envelope.suite, envelope.context(), x, share).hex() == str(told)


def open_envelope(file: bytes, call: Call, shares: Mapping[int, bytes]) -> Opened:
    """Open an envelope with the shares given, by place from 1.

    Raises SealRefused where the envelope is not one of the call or fewer than k shares fit.
    """
    envelope = taken_apart(file)
    check_call(envelope, call)
    named = [row["custodian"] for row in envelope.header["shares"]]
    if any(type(x) is not int or not 1 <= x <= len(named) for x in shares):
        raise SealRefused(N_("不属于任何保管人的份额"))
    suite, context = envelope.suite, envelope.context()
    fitting = {
        x: share
        for x, share in sorted(shares.items())
        if len(share) == SHARE_BYTES
        and share_commitment(suite, context, x, share).hex()
        == envelope.header["shares"][x - 1]["commitment"]
    }
    odd = tuple(named[x - 1] for x in sorted(shares) if x not in fitting)
    key = _key_of(envelope, call, fitting, shares)
    if key is None:
        if len(fitting) < call.k:
            told = {"fitting": len(fitting), "k": call.k}
            if not odd:
                raise SealRefused(N_("要 {k} 份，合的有 {fitting} 份"), **told)
            raise SealRefused(
                N_("要 {k} 份，合的有 {fitting} 份；不合的：{odd}"), **told, odd=list(odd)
            )
        return Opened(None, _void(envelope, N_("作废：{unit} 分出的份额合不成一把密钥")), ())
    return _judged(envelope, call, shares, key)


def _void(envelope: Envelope, text: str, **parts: Any) -> str:
    """Why a bid is void, in both languages, with the unit that its envelope names."""
    return both(worded(text, unit=str(envelope.header["unit"]), **parts))


def _key_of(
    envelope: Envelope, call: Call, fitting: Mapping[int, bytes], shares: Mapping[int, bytes]
) -> bytes | None:
    """The key that the envelope is committed to, from k of the shares, fitting ones first."""
    order = [*fitting, *(x for x in sorted(shares) if x not in fitting)]
    usable = [x for x in order if len(shares[x]) == SHARE_BYTES]
    salt = bytes.fromhex(envelope.header["salt"])
    for number, places in enumerate(combinations(usable, call.k)):
        if number >= TRIED_MAX:
            return None
        try:
            key = combine({x: shares[x] for x in places})
        except SealRefused:
            continue
        if key_hash(envelope.suite, key, salt).hex() == envelope.header["key_hash"]:
            return key
    return None


def _judged(envelope: Envelope, call: Call, shares: Mapping[int, bytes], key: bytes) -> Opened:
    """Compute all that was dealt again; name who lied; only then show the content."""
    good = _true_shares(envelope, call, shares, key)
    if good is None:
        return Opened(None, _void(envelope, N_("作废：{unit} 分出的份额合不成一把密钥")), ())
    for x, (share, (_, public)) in enumerate(zip(good, call.custodians, strict=True), 1):
        if not wrapped_again(envelope, key, x, share, public):
            void = _void(envelope, N_("作废：{unit} 分出的第 {x} 份是假的"), x=x)
            return Opened(None, void, ())
    liars = tuple(
        envelope.header["shares"][x - 1]["custodian"]
        for x in sorted(shares)
        if shares[x] != good[x - 1]
    )
    try:
        return Opened(decrypted(envelope, key), "", liars)
    except SealRefused as refused:
        return Opened(None, _void(envelope, N_("作废：{unit}：{why}"), why=refused.said), liars)


def _true_shares(
    envelope: Envelope, call: Call, shares: Mapping[int, bytes], key: bytes
) -> list[bytes] | None:
    """All n shares of the polynomial that every commitment lies on; None where there is none."""
    suite, context = envelope.suite, envelope.context()
    usable = [x for x in sorted(shares) if len(shares[x]) == SHARE_BYTES]
    for number, places in enumerate(combinations(usable, call.k)):
        if number >= TRIED_MAX:
            return None
        try:
            if combine({x: shares[x] for x in places}) != key:
                continue
            whole = shares_of({x: shares[x] for x in places}, len(call.custodians))
        except (SealRefused, OverflowError):
            continue
        if all(
            share_commitment(suite, context, x, share).hex()
            == envelope.header["shares"][x - 1]["commitment"]
            for x, share in enumerate(whole, 1)
        ):
            return whole
    return None


# --- which envelopes stand ------------------------------------------------------------------

EVENTS = ("sealed", "withdrawn", "reconfirmed", "amended")


def standing(entries: Sequence[Mapping[str, Any]], deadline: datetime) -> dict[str, str]:
    """What became of each envelope by the log's entries in order: hash to state.

    Entries are {event, envelope, ciphertext, unit, part, at}; `amended` (a substantial amendment)
    has `at` alone. States: current, replaced, withdrawn, late, copied, unconfirmed. Only `current`
    is ever opened: each unit's last envelope of a part that came in time, is no copy of another's
    ciphertext and was reconfirmed after an amendment.
    """
    states: dict[str, str] = {}
    last: dict[tuple[str, str], str] = {}
    ciphertexts: dict[str, str] = {}
    for entry in entries:
        event, at = entry["event"], entry["at"]
        if event not in EVENTS:
            raise SealRefused(N_("不认得事项 {event}"), event=repr(event))
        if event == "amended":
            states |= {one: "unconfirmed" for one, state in states.items() if state == "current"}
            continue
        envelope, place = entry["envelope"], (entry["unit"], entry["part"])
        if event == "sealed":
            owner = ciphertexts.setdefault(entry["ciphertext"], entry["unit"])
            states[envelope] = _arrived(at > deadline, owner != entry["unit"])
            if states[envelope] == "current":
                before = last.get(place)
                if before is not None and before != envelope:
                    states[before] = "replaced"
                last[place] = envelope
        elif at <= deadline and last.get(place) == envelope:
            states[envelope] = "withdrawn" if event == "withdrawn" else "current"
            if event == "withdrawn":
                del last[place]
    return states


def _arrived(is_late: bool, is_copy: bool) -> str:
    if is_late:
        return "late"
    return "copied" if is_copy else "current"


def written(told: Any) -> bytes:
    """JSON as this engine writes it to files."""
    return json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
