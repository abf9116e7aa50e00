"""What another version of a rule set would change: for every enterprise, in PostgreSQL at once."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db import connection

from kechuang.cultivation.queries.facts import relation
from kechuang.engines.eligibility import Policy, RuleSet, bind, query
from kechuang.engines.eligibility.nodes import literal
from kechuang.engines.eligibility.states import MET
from kechuang.parties.models import Organisation

SIZES = (20, 300, 1000)  # of staff, as statistics divide enterprises
KINDS = ("region", "size", "industry")


@dataclass
class Line:
    """One group of enterprises: how many met before and after, who came and went, money."""

    name: str
    before: int = 0
    after: int = 0
    gained: int = 0
    lost: int = 0
    before_fen: int = 0
    after_fen: int = 0

    @property
    def touched(self) -> int:
        return self.gained + self.lost

    @property
    def change_fen(self) -> int:
        return self.after_fen - self.before_fen


@dataclass
class Effect:
    """The whole of a change: moves between answers, and lines by district, size and industry."""

    day: date
    count: int = 0
    moves: Counter[tuple[int, int]] = field(default_factory=Counter)
    whole: Line = field(default_factory=lambda: Line(""))
    groups: dict[str, dict[str, Line]] = field(
        default_factory=lambda: {kind: {} for kind in KINDS}
    )
    touched: list[int] = field(default_factory=list)  # primary keys, for the names of a few

    def lines(self, kind: str) -> list[Line]:
        """The groups that a change touches, the most touched first."""
        found = [
            one for one in self.groups[kind].values() if one.touched or one.change_fen
        ]
        return sorted(found, key=lambda one: (-one.touched, -abs(one.change_fen), one.name))


def effect_of(before: Policy, after: Policy, region_path: str) -> Effect:
    """Hold the enterprises of a region against two versions, side by side."""
    year = after.day.year - 1
    sql = (
        "{answers} SELECT a.old_state, a.new_state, f.region, left(f.industry, 1) AS industry, "  # nosec B608
        f"width_bucket(r.staff, ARRAY{list(SIZES)}::bigint[]) AS size, count(*), "
        "COALESCE(sum(a.old_fen), 0), COALESCE(sum(a.new_fen), 0), "
        "array_agg(a.id) FILTER (WHERE a.old_state <> a.new_state OR a.old_fen IS DISTINCT FROM "
        "a.new_fen) FROM answers AS a JOIN known_enterprise AS f ON f.id = a.id "
        f"LEFT JOIN known_returns AS r ON r.enterprise_id = a.id AND r.year = {year} "
        "GROUP BY 1, 2, 3, 4, 5"
    )
    found = Effect(after.day)
    for row in _asked(before, after, region_path, sql):
        _add(found, row)
    return found


def effect_of_new(rules: RuleSet, region_path: str, today: date) -> Effect:
    """Hold the enterprises of a region against rules that are new: none met them the day before."""
    day = max(today, rules.since)
    return effect_of(bind(rules, rules.since - timedelta(days=1)), bind(rules, day), region_path)


def touched_by(
    before: Policy, after: Policy, region_path: str
) -> Iterator[tuple[str, str, int, int, int, int]]:
    """Every enterprise whose answer or amount changes: code, name, answers, amounts."""
    table = Organisation._meta.db_table
    sql = (
        "{answers} SELECT o.code, o.name, a.old_state, a.new_state, COALESCE(a.old_fen, 0), "  # nosec B608
        f'COALESCE(a.new_fen, 0) FROM answers AS a JOIN "{table}" AS o ON o.id = a.id '
        "WHERE a.old_state <> a.new_state OR a.old_fen IS DISTINCT FROM a.new_fen ORDER BY o.code"
    )
    yield from _asked(before, after, region_path, sql)


def _asked(before: Policy, after: Policy, region_path: str, sql: str) -> Sequence[Any]:
    known = relation()
    path = literal(region_path)
    table = Organisation._meta.db_table
    inside = (
        f'e.id IN (SELECT o.id FROM "{table}" AS o WHERE o.region_path = {path} '  # nosec B608
        f"OR starts_with(o.region_path, {path} || '/'))"
    )
    asked = query([before, after], prefix=known.prefix, where=inside)
    states = [at for at, column in enumerate(asked.columns) if column[1:] == ("", "state")]
    amounts = [
        next((f"o{at}" for at, column in enumerate(asked.columns)
              if column[1:] == ("", "amount") and since <= at < until), "NULL")
        for since, until in ((0, states[1]), (states[1], len(asked.columns)))
    ]  # fmt: skip
    answers = (
        f"{known.sql}, answers AS (SELECT id, o{states[0]} AS old_state, "  # nosec B608
        f"{amounts[0]}::bigint AS old_fen, o{states[1]} AS new_state, "
        f"{amounts[1]}::bigint AS new_fen FROM ({asked.sql}) AS asked)"
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('jit', 'off', true)")
        cursor.execute(sql.replace("{answers}", answers))
        rows: Sequence[Any] = cursor.fetchall()
    return rows


def _add(found: Effect, row: Sequence[Any]) -> None:
    old, new, region, industry, size, count, old_fen, new_fen, touched = row
    found.count += count
    found.moves[old, new] += count
    found.touched += touched or []
    names = {"region": region or "", "size": "" if size is None else str(size),
             "industry": industry or ""}  # fmt: skip
    lines = [found.whole]
    lines += [found.groups[kind].setdefault(name, Line(name)) for kind, name in names.items()]
    for line in lines:
        line.before += count if old == MET else 0
        line.after += count if new == MET else 0
        line.gained += count if new == MET != old else 0
        line.lost += count if old == MET != new else 0
        line.before_fen += int(old_fen)
        line.after_fen += int(new_fen)
