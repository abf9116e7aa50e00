"""One SQL query for all policies: the facts once, then criteria, then decisions; core PostgreSQL.

Everything that two rules share is worked out once: an expression gets a name (`v12`) the first
time, and a level above the names it uses; each level is a sub-select over the one below. The
tables are those of `tables()`; a part that keeps its data elsewhere gives views of those names.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kechuang.engines.eligibility import units
from kechuang.engines.eligibility.ruleset import Policy
from kechuang.engines.eligibility.schema import ColumnSpec, schema
from kechuang.engines.eligibility.states import MET, NOT_MET, Scored

NAME = re.compile(r"\bv\d+\b")
PLAIN = re.compile(r"-?\d+|TRUE|FALSE|v\d+")
PACKED_MAX = 31  # criteria of two bits in one bigint


@dataclass
class _Levels:
    """Names of expressions, and the level at which each can be worked out."""

    names: dict[str, str] = field(default_factory=dict)
    levels: dict[str, int] = field(default_factory=dict)
    rows: dict[str, dict[str, str]] = field(default_factory=dict)
    row_columns: dict[str, dict[str, str]] = field(default_factory=dict)
    years: set[int] = field(default_factory=set)

    def _name(self, expression: str, level: int) -> str:
        if expression not in self.names:
            name = f"v{len(self.names) + 1}"
            self.names[expression] = name
            self.levels[name] = level
        return self.names[expression]

    def column(self, name: str) -> str:
        if name.startswith("judged."):
            code = name.removeprefix("judged.").replace("'", "''")
            return self._name(f"round((e.judged->>'{code}')::numeric * {units.POINT})::bigint", 0)
        return self._name(f"e.{name}", 0)

    def series(self, name: str, year: int) -> str:
        self.years.add(year)
        return self._name(
            f"CASE WHEN r{year}.{name} IS NULL AND e.registered_date >= DATE '{year + 1}-01-01' "
            f"THEN 0 ELSE r{year}.{name} END",
            0,
        )

    def row_column(self, rows: str, expression: str) -> str:
        here = self.row_columns.setdefault(rows, {})
        return here.setdefault(expression, f"c{len(here) + 1}")

    def aggregate(self, rows: str, expression: str, empty: str) -> str:
        here = self.rows.setdefault(rows, {})
        name = here.setdefault(expression, f"a{len(here) + 1}")
        return self._name(
            f"CASE WHEN e.{rows}_known IS NOT TRUE THEN NULL "
            f"WHEN l_{rows}.enterprise_id IS NULL THEN {empty} ELSE l_{rows}.{name} END",
            0,
        )

    def define(self, expression: str) -> str:
        if PLAIN.fullmatch(expression):
            return expression
        used = NAME.findall(expression)
        return self._name(expression, 1 + max((self.levels[name] for name in used), default=0))


@dataclass(frozen=True)
class Query:
    """A query and what its columns mean: `columns` after `id`, in order."""

    sql: str
    columns: tuple[tuple[str, str, str], ...]  # policy, criterion (or ""), what


def query(
    policies: Sequence[Policy],
    prefix: str = "eligibility_",
    where: str = "",
    packed: bool = False,
) -> Query:
    """The query of all policies over the tables; `where` limits the enterprises (alias `e`).

    `packed` gives each policy's criteria as one integer, two bits each, the first lowest.
    """
    to = _Levels()
    outputs: list[tuple[tuple[str, str, str], str]] = []
    for policy in policies:
        outputs += _outputs(policy, to, packed)
    text = _nested(to, [expression for _, expression in outputs], prefix, where)
    return Query(text, tuple(column for column, _ in outputs))


def _outputs(policy: Policy, to: _Levels, packed: bool) -> list[tuple[tuple[str, str, str], str]]:
    code = policy.code
    if policy.decision is None:
        return [((code, "", "state"), f"{NOT_MET}")]
    found: list[tuple[tuple[str, str, str], str]] = []
    states: list[str] = []
    for name, criterion in policy.criteria.items():
        if isinstance(criterion, Scored):
            for what, sql in zip(("low", "high", "missing"), criterion.sql(to), strict=True):
                found.append(((code, name, what), sql))
        else:
            states.append(criterion.sql(to))
            found.append(((code, name, "state"), states[-1]))
    state = to.define(policy.decision.sql(to))
    result = [((code, "", "state"), state)]
    if policy.score:
        scored = policy.criteria[policy.score]
        assert isinstance(scored, Scored)
        low, high, _ = scored.sql(to)
        result += [((code, "", "low"), low), ((code, "", "high"), high)]
    if policy.amount is not None:
        top, bottom = policy.amount.top.sql(to), policy.amount.bottom.sql(to)
        amount = f"CASE WHEN {state} = {MET} THEN div(({top})::numeric, {bottom})::bigint END"
        result.append(((code, "", "amount"), to.define(amount)))
    if packed:
        bits = " + ".join(
            f"({one}::bigint << {2 * at})" for at, one in enumerate(states[:PACKED_MAX])
        )
        return [*result, ((code, "", "packed"), to.define(bits))]
    return result + found


def _inlined(to: _Levels, outputs: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """The definitions above the facts that two places use; what one place uses is written there."""
    said = {name: expression for expression, name in to.names.items() if to.levels[name]}
    uses = Counter(used for text in (*said.values(), *outputs) for used in NAME.findall(text))
    single = {name for name in said if uses[name] == 1}

    def written(text: str) -> str:
        def one(found: re.Match[str]) -> str:
            name = found.group()
            return f"({written(said[name])})" if name in single else name

        return NAME.sub(one, text)

    kept = {name: written(text) for name, text in said.items() if uses[name] > 1}
    return kept, [written(output) for output in outputs]


def _nested(to: _Levels, outputs: Sequence[str], prefix: str, where: str) -> str:
    kept, outputs = _inlined(to, outputs)
    levels = {name: 0 for name in to.levels if not to.levels[name]}
    by_level: dict[int, list[str]] = {}
    for name, text in kept.items():  # in the order of definition: what is used stands before
        levels[name] = 1 + max((levels[used] for used in NAME.findall(text)), default=0)
        by_level.setdefault(levels[name], []).append(name)
    top = max(by_level, default=0)
    last_use: dict[str, int] = {}
    for name, text in kept.items():
        for used in NAME.findall(text):
            last_use[used] = max(last_use.get(used, 0), levels[name])
    for used in NAME.findall(" ".join(outputs)):
        last_use[used] = top + 1
    leaves = [(name, said) for said, name in to.names.items() if not to.levels[name]]
    text = _facts(to, leaves, prefix, where)
    for level in range(1, top + 1):
        carried = [
            name for name in levels if levels[name] < level and last_use.get(name, 0) > level
        ]
        own = [f"{kept[name]} AS {name}" for name in by_level[level] if name in last_use]
        listed = ", ".join(["id", *carried, *own])
        text = f"SELECT {listed}\nFROM ({text}) AS s{level} OFFSET 0"  # nosec B608
    columns = ", ".join(f"{sql} AS o{at}" for at, sql in enumerate(outputs))
    return f"SELECT id, {columns}\nFROM ({text}) AS facts"  # nosec B608


def _facts(to: _Levels, leaves: list[tuple[str, str]], prefix: str, where: str) -> str:
    joins = [
        f"LEFT JOIN {prefix}returns AS r{year} ON r{year}.enterprise_id = e.id "
        f"AND r{year}.year = {year}"
        for year in sorted(to.years)
    ]
    some = f" WHERE enterprise_id IN (SELECT e.id FROM {prefix}enterprise AS e WHERE {where})"  # nosec B608
    for rows, columns in to.rows.items():
        listed = ", ".join(f"{expression} AS {name}" for expression, name in columns.items())
        inner = ", ".join(
            f"{expression} AS {name}" for expression, name in to.row_columns[rows].items()
        )
        joins.append(
            f"LEFT JOIN (SELECT enterprise_id, {listed} FROM (SELECT enterprise_id, {inner} "  # nosec B608
            f"FROM {prefix}{rows} AS t{some if where else ''} OFFSET 0) AS t "
            f"GROUP BY enterprise_id) AS l_{rows} ON l_{rows}.enterprise_id = e.id"
        )
    named = ", ".join(["e.id AS id", *(f"{expression} AS {name}" for name, expression in leaves)])
    condition = f"\nWHERE {where}" if where else ""
    lines = "\n".join(joins)
    return f"SELECT {named}\nFROM {prefix}enterprise AS e\n{lines}{condition} OFFSET 0"  # nosec B608


# --- the tables -----------------------------------------------------------------------------

SQL_TYPES = {"bool": "boolean", "date": "date", "text": "text", "number": "bigint"}


def _declared(columns: Mapping[str, ColumnSpec]) -> list[str]:
    return [f"{name} {SQL_TYPES[spec.type]}" for name, spec in columns.items()]


def tables() -> dict[str, list[str]]:
    """The tables that a query reads, without their prefix, and their columns' declarations."""
    known = [f"{name}_known boolean NOT NULL DEFAULT false" for name in schema().lists]
    found = {
        "enterprise": [
            "id text PRIMARY KEY", *_declared(schema().enterprise), "judged jsonb", *known,
        ],
        "returns": [
            "enterprise_id text NOT NULL", "year integer NOT NULL", *_declared(schema().returns),
            "PRIMARY KEY (enterprise_id, year)",
        ],
    }  # fmt: skip
    for name, columns in schema().lists.items():
        found[name] = ["enterprise_id text NOT NULL", *_declared(columns)]
    return found
