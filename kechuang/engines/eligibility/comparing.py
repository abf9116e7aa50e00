"""Two versions of a rule set: what the texts change, and whom the change would touch."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kechuang.engines.eligibility.answers import answer
from kechuang.engines.eligibility.nodes import Row
from kechuang.engines.eligibility.ruleset import Policy, RuleSet
from kechuang.engines.eligibility.states import MET, NAMES

SIZES = ((20, "微型（20人以下）"), (300, "小型（300人以下）"), (1000, "中型（1000人以下）"))


def differences(before: RuleSet, after: RuleSet) -> Iterator[str]:
    """What a reader must know of a change, key by key."""
    if before.version == after.version:
        return
    yield f"版本 {before.version} → {after.version}"
    for key in sorted(set(before.said) | set(after.said)):
        old, new = before.said.get(key), after.said.get(key)
        if old == new:
            continue
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            for name in [*old, *(one for one in new if one not in old)]:
                yield from _one(f"{key}.{name}", old.get(name), new.get(name))
        else:
            yield from _one(key, old, new)


def _one(place: str, old: Any, new: Any) -> Iterator[str]:
    if old == new:
        return
    if old is None:
        yield f"+ {place}: {new}"
    elif new is None:
        yield f"- {place}: {old}"
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in [*old, *(one for one in new if one not in old)]:
            yield from _one(f"{place}.{name}", old.get(name), new.get(name))
    else:
        yield f"~ {place}: {old} → {new}"


@dataclass
class Effect:
    """Counts and money before and after, and who gains and loses, by group."""

    count: int = 0
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    before_fen: int = 0
    after_fen: int = 0
    gained: dict[str, Counter[str]] = field(default_factory=dict)
    lost: dict[str, Counter[str]] = field(default_factory=dict)
    gainers: list[str] = field(default_factory=list)
    losers: list[str] = field(default_factory=list)


def effect(before: Policy, after: Policy, rows: Iterable[Row]) -> Effect:
    """Evaluate two versions for every enterprise, side by side."""
    found = Effect()
    for row in rows:
        old, new = answer(before, row), answer(after, row)
        found.count += 1
        found.moves[NAMES[old.state], NAMES[new.state]] += 1
        found.before_fen += old.amount_fen or 0
        found.after_fen += new.amount_fen or 0
        if (old.state == MET) != (new.state == MET):
            is_gain = new.state == MET
            (found.gainers if is_gain else found.losers).append(str(row["id"]))
            by = found.gained if is_gain else found.lost
            for group, name in groups(row, after.day.year):
                by.setdefault(group, Counter())[name] += 1
    return found


def groups(row: Row, year: int) -> Sequence[tuple[str, str]]:
    """The groups of an enterprise by which a change is counted."""
    region, industry = row.get("region"), row.get("industry")
    staff = row.get(f"returns.{year - 1}.staff")
    size = "未知"
    if staff is not None:
        size = next((name for most, name in SIZES if staff < most), "大型（1000人以上）")
    return (("地区", region or "未知"), ("行业", (industry or "未知")[:1] if industry else "未知"),
            ("规模", size))  # fmt: skip
