"""The record of a draw: what was fixed before, what came after, and whom that drew, in that order.

Before: the numbered pool with the filters that made it, the root over the bids, commitments of the
custodians, and which public value will count. After: the nonces revealed in time, and that value.
`tools/verify_draw.py` checks a record with the standard library alone.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from kechuang.engines.drawing.draws import DrawRefused, draw, order, suite_of

FORMAT = "kechuang-draw-1"
STEPS = ("closed", "opened", "pool", "commitments", "reveals_until", "public_value")
OUTCOMES = ("seated", "refused", "timeout", "conflict")
NONCE_BYTES = 32


def framed(fields: Sequence[tuple[str, bytes]]) -> bytes:
    """Labelled fields with their lengths, so that no two lists of fields read the same."""
    return b"".join(
        len(label.encode()).to_bytes(4, "big") + label.encode()
        + len(value).to_bytes(8, "big") + value
        for label, value in fields
    )  # fmt: skip


def pool_hash(members: Sequence[str], filters: Any, suite: str = "intl") -> str:
    """The fingerprint of the numbered pool and of the filters that made it."""
    told = json.dumps(filters, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()
    fields = [("format", FORMAT.encode()), ("filters", told)]
    fields += [("member", member.encode()) for member in members]
    return suite_of(suite)[0](framed(fields)).hex()


def commitment_of(nonce: bytes, custodian: str, suite: str = "intl") -> str:
    """What a custodian publishes before: H(custodian, nonce): nobody can repeat another's."""
    if len(nonce) != NONCE_BYTES:
        raise DrawRefused(f"nonce: must be {NONCE_BYTES} bytes")
    return suite_of(suite)[0](framed([("custodian", custodian.encode()), ("nonce", nonce)])).hex()


def seed_of(record: Mapping[str, Any]) -> bytes:
    """The seed: H over the pool's hash, the bids' root, the nonces revealed, the public value.

    Nonces stand in the order of the commitments; who revealed none has an empty one.
    """
    revealed = {row["custodian"]: row["nonce"] for row in record["reveals"]}
    fields = [
        ("format", FORMAT.encode()),
        ("suite", record["suite"].encode()),
        ("challenge", record["challenge"].encode()),
        ("pool", bytes.fromhex(record["pool"]["hash"])),
        ("bids", bytes.fromhex(record["bids_root"])),
    ]
    for row in record["commitments"]:
        fields.append(("custodian", row["custodian"].encode()))
        fields.append(("nonce", bytes.fromhex(revealed.get(row["custodian"], ""))))
    public = record["public"]
    fields += [("source", public["source"].encode()), ("value", public["value"].encode())]
    return suite_of(record["suite"])[0](framed(fields))


def drawn(record: Mapping[str, Any]) -> dict[str, Any]:
    """A planned record with seed, withheld nonces and the drawn order filled in.

    `outcomes` may be empty: then the first `seats` are drawn. With outcomes, the next of the same
    order follow for everybody who is not seated. Raises DrawRefused.
    """
    record_hash = pool_hash(record["pool"]["members"], record["pool"]["filters"], record["suite"])
    filled = dict(record) | {"pool": dict(record["pool"]) | {"hash": record_hash}}
    seed = seed_of(filled)
    members, seats = record["pool"]["members"], record["seats"]
    draw(members, seats, seed, record["suite"])  # refuses what cannot be drawn
    lost = sum(row["outcome"] != "seated" for row in record.get("outcomes", []))
    whole = list(order(members, seed, record["suite"]))[: seats + lost]
    revealed = {row["custodian"] for row in record["reveals"]}
    named = [row["custodian"] for row in record["commitments"]]
    return filled | {
        "format": FORMAT,
        "seed": seed.hex(),
        "withheld": [name for name in named if name not in revealed],
        "drawn": whole,
        "outcomes": list(record.get("outcomes", [])),
    }


def fault_of(record: Any) -> str | None:
    """The first thing in a record that is not so, as a sentence; None where all of it is."""
    try:
        return _fault_of(record)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return f"not a record of a draw: {type(error).__name__} {error}"


def _fault_of(record: Any) -> str | None:
    if record["format"] != FORMAT:
        return f"format {record['format']!r} is not known"
    hashed = suite_of(record["suite"])[0]
    times = [datetime.fromisoformat(record["times"][step]) for step in STEPS]
    for before, after, names in zip(times, times[1:], zip(STEPS, STEPS[1:], strict=False),
                                    strict=False):  # fmt: skip
        if not before < after:
            return f"times: {names[1]} does not come after {names[0]}"
    pool = record["pool"]
    if pool["hash"] != pool_hash(pool["members"], pool["filters"], record["suite"]):
        return "pool: its hash is another"
    fault = _fault_of_reveals(record, hashed)
    if fault is not None:
        return fault
    seed = seed_of(record)
    if record["seed"] != seed.hex():
        return "seed: it does not come from pool, bids, nonces and public value"
    whole = list(order(pool["members"], seed, record["suite"]))
    return _fault_of_order(record, whole)


def _fault_of_reveals(record: Mapping[str, Any], hashed: Any) -> str | None:
    named = [row["custodian"] for row in record["commitments"]]
    committed = {row["custodian"]: row["commitment"] for row in record["commitments"]}
    if len(committed) != len(named):
        return "commitments: a custodian stands there twice"
    for name, told in committed.items():
        if not isinstance(told, str) or len(bytes.fromhex(told)) != NONCE_BYTES:
            return f"commitments: what {name} committed to is no hash"
    seen = set()
    for row in record["reveals"]:
        name = row["custodian"]
        if name not in committed or name in seen:
            return f"reveals: {name} committed to nothing, or revealed twice"
        seen.add(name)
        if commitment_of(bytes.fromhex(row["nonce"]), name, record["suite"]) != committed[name]:
            return f"reveals: the nonce of {name} is not the one committed to"
    if record["withheld"] != [name for name in named if name not in seen]:
        return "withheld: not those who revealed nothing"
    return None


def _fault_of_order(record: Mapping[str, Any], whole: list[str]) -> str | None:
    told, seats = record["drawn"], record["seats"]
    if type(seats) is not int or seats < 1:
        return "seats: must be a whole number, at least 1"
    if told != whole[: len(told)]:
        place = next(i for i, pair in enumerate(zip(told, whole, strict=False)) if len({*pair}) > 1)
        return f"drawn: place {place + 1} is {whole[place]}, not {told[place]}"
    known = set()
    for row in record["outcomes"]:
        if row["member"] not in told or row["member"] in known or row["outcome"] not in OUTCOMES:
            return f"outcomes: {row['member']} was not drawn, stands twice, or has no known outcome"
        known.add(row["member"])
        if row["outcome"] != "seated" and not row.get("reason"):
            return f"outcomes: {row['member']} is {row['outcome']} without a reason"
    lost = sum(row["outcome"] != "seated" for row in record["outcomes"])
    if len(told) != min(seats + lost, len(whole)):
        return f"drawn: {len(told)} were drawn for {seats} seats and {lost} who do not sit"
    return None
