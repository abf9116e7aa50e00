"""The record of a draw: what was fixed before, what came after, and whom that drew, in that order.

Before: the numbered pool with the filters that made it, the root over the bids, commitments of the
custodians, and which public value will count. After: the nonces revealed in time, and that value.
`tools/verify_draw.py` checks a record with the standard library alone.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from kechuang.base.english import both
from kechuang.base.refusals import N_, worded
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
        raise DrawRefused(N_("随机数：要是 {length} 字节"), length=NONCE_BYTES)
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
        return both(
            worded(N_("不是抽取记录：{kind} {error}"), kind=type(error).__name__, error=str(error))
        )


def _fault_of(record: Any) -> str | None:
    if record["format"] != FORMAT:
        return both(worded(N_("不认得格式 {called}"), called=repr(record["format"])))
    hashed = suite_of(record["suite"])[0]
    times = [datetime.fromisoformat(record["times"][step]) for step in STEPS]
    for before, after, names in zip(times, times[1:], zip(STEPS, STEPS[1:], strict=False),
                                    strict=False):  # fmt: skip
        if not before < after:
            return both(
                worded(N_("时间：{later} 不在 {earlier} 之后"), later=names[1], earlier=names[0])
            )
    pool = record["pool"]
    if pool["hash"] != pool_hash(pool["members"], pool["filters"], record["suite"]):
        return both(worded(N_("名单：指纹不同")))
    fault = _fault_of_reveals(record, hashed)
    if fault is not None:
        return fault
    seed = seed_of(record)
    if record["seed"] != seed.hex():
        return both(worded(N_("种子：不是由名单、方案、随机数和公共数值得来的")))
    whole = list(order(pool["members"], seed, record["suite"]))
    return _fault_of_order(record, whole)


def _fault_of_reveals(record: Mapping[str, Any], hashed: Any) -> str | None:
    named = [row["custodian"] for row in record["commitments"]]
    committed = {row["custodian"]: row["commitment"] for row in record["commitments"]}
    if len(committed) != len(named):
        return both(worded(N_("承诺：有保管人写了两遍")))
    for name, told in committed.items():
        if not isinstance(told, str) or len(bytes.fromhex(told)) != NONCE_BYTES:
            return both(worded(N_("承诺：{name} 的承诺不是指纹"), name=name))
    seen = set()
    for row in record["reveals"]:
        name = row["custodian"]
        if name not in committed or name in seen:
            return both(worded(N_("揭示：{name} 没有承诺过，或揭示了两次"), name=name))
        seen.add(name)
        if commitment_of(bytes.fromhex(row["nonce"]), name, record["suite"]) != committed[name]:
            return both(worded(N_("揭示：{name} 的随机数不是承诺的那个"), name=name))
    if record["withheld"] != [name for name in named if name not in seen]:
        return both(worded(N_("未揭示：与没有揭示的人不符")))
    return None


def _fault_of_order(record: Mapping[str, Any], whole: list[str]) -> str | None:
    told, seats = record["drawn"], record["seats"]
    if type(seats) is not int or seats < 1:
        return both(worded(N_("席位：要是至少 1 的整数")))
    if told != whole[: len(told)]:
        place = next(i for i, pair in enumerate(zip(told, whole, strict=False)) if len({*pair}) > 1)
        return both(
            worded(
                N_("抽取：第 {place} 名是 {drawn}，不是 {told}"),
                place=place + 1,
                drawn=whole[place],
                told=told[place],
            )
        )
    known = set()
    for row in record["outcomes"]:
        if row["member"] not in told or row["member"] in known or row["outcome"] not in OUTCOMES:
            return both(
                worded(
                    N_("结果：{member} 没有被抽中、写了两遍，或结果不认得"), member=row["member"]
                )
            )
        known.add(row["member"])
        if row["outcome"] != "seated" and not row.get("reason"):
            return both(
                worded(
                    N_("结果：{member} 是 {outcome}，没有写理由"),
                    member=row["member"],
                    outcome=row["outcome"],
                )
            )
    lost = sum(row["outcome"] != "seated" for row in record["outcomes"])
    if len(told) != min(seats + lost, len(whole)):
        return both(
            worded(
                N_("抽取：席位 {seats} 个、不就座 {lost} 人，却抽了 {drawn} 人"),
                drawn=len(told),
                seats=seats,
                lost=lost,
            )
        )
    return None
