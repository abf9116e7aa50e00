"""One SQL query for all policies: the facts once, then criteria, then decisions; core PostgreSQL.

Everything that two rules share is worked out once: an expression gets a name (`v12`) the first
time, and a level above the names it uses; each level is a sub-select over the one below. The
tables are those of `tables()`; a part that keeps its data elsewhere gives views of those names.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from kechuang.base.refusals import N_
from kechuang.engines.eligibility import units
from kechuang.engines.eligibility.nodes import BIGINT, literal
from kechuang.engines.eligibility.refusals import RuleRefused
from kechuang.engines.eligibility.ruleset import Policy
from kechuang.engines.eligibility.schema import ColumnSpec, schema
from kechuang.engines.eligibility.scores import MASK, high_of, low_of
from kechuang.engines.eligibility.states import MET, NOT_MET, Scored

NAME = re.compile(r"\bv\d+\b")
PLAIN = re.compile(r"-?\d+(?:::bigint)?|TRUE|FALSE|v\d+")
OF_A_ROW = re.compile(r"\bt\.\w")
PACKED_MAX = 31  # criteria of two bits in one bigint
FLAGS = 15  # conditions on a list of two bits in one integer
UNKNOWN_BITS = sum(1 << 2 * at for at in range(FLAGS))
LEVEL = 150  # steps that a level of a query costs: every column of every row is copied once more
STEP = re.compile(r"\w+|[<>=+*/&-]+")
Span = tuple[int, int] | tuple[str, str]  # of identifiers: from the first, below the second


@dataclass
class _Levels:
    """Names of expressions, and the level at which each can be worked out."""

    names: dict[str, str] = field(default_factory=dict)
    levels: dict[str, int] = field(default_factory=dict)
    rows: dict[str, dict[str, str]] = field(default_factory=dict)
    row_columns: dict[str, dict[str, str]] = field(default_factory=dict)
    flags: dict[str, dict[str, int]] = field(default_factory=dict)
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
            return self._name(f"((e.judged->>'{code}')::numeric * {units.POINT})::int", 0)
        return self._name(f"e.{name}", 0)

    def series(self, name: str, year: int) -> str:
        self.years.add(year)
        return self._name(
            f"COALESCE(r{year}.{name}, "
            f"CASE WHEN e.registered_date >= DATE '{year + 1}-01-01' THEN 0 END)",
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

    def flag(self, rows: str, condition: str) -> tuple[str, int]:
        """Whether a row holds: two bits of a word of the list, 3 for true and 1 for unknown."""
        here = self.flags.setdefault(rows, {})
        word, at = divmod(here.setdefault(condition, len(here)), FLAGS)
        self.rows.setdefault(rows, {})
        bits = (
            f"CASE WHEN e.{rows}_known THEN COALESCE(l_{rows}.f{word}, 0) ELSE {UNKNOWN_BITS} END"
        )
        return self._name(bits, 0), 2 * at

    def define(self, expression: str) -> str:
        if PLAIN.fullmatch(expression):
            return expression
        if OF_A_ROW.search(expression):  # of a row of a list: it stands within the list's query
            return f"({expression})"
        used = NAME.findall(expression)
        return self._name(expression, 1 + max((self.levels[name] for name in used), default=0))


@dataclass(frozen=True)
class Query:
    """A query and what its columns mean: `columns` after `id`, in order.

    What is `points` holds both ends and whether a datum is wanted (`scores.unpacked`).
    """

    sql: str
    columns: tuple[tuple[str, str, str], ...]  # policy, criterion (or ""), what


def query(
    policies: Sequence[Policy],
    prefix: str = "eligibility_",
    where: str = "",
    packed: bool = False,
    span: Span | None = None,
) -> Query:
    """The query of all policies over the tables; `where` limits the enterprises (alias `e`).

    A `span` of identifiers lets several connections share the work, each table read by its key.
    `packed` gives each policy's criteria as one integer, two bits each, the first lowest.
    """
    to = _Levels()
    outputs: list[tuple[tuple[str, str, str], str]] = []
    for policy in policies:
        outputs += _outputs(policy, to, packed)
    text = _nested(to, [expression for _, expression in outputs], _Reading(prefix, where, span))
    return Query(text, tuple(column for column, _ in outputs))


def _outputs(policy: Policy, to: _Levels, packed: bool) -> list[tuple[tuple[str, str, str], str]]:
    code = policy.code
    if policy.decision is None:
        return [((code, "", "state"), f"{NOT_MET}")]
    found: list[tuple[tuple[str, str, str], str]] = []
    states: list[str] = []
    for name, criterion in policy.criteria.items():
        if isinstance(criterion, Scored):
            _check_points(criterion, policy)
            found.append(((code, name, "points"), criterion.sql(to)))
        else:
            states.append(criterion.sql(to))
            found.append(((code, name, "state"), states[-1]))
    state = to.define(policy.decision.sql(to))
    result = [((code, "", "state"), state)]
    if policy.score:
        scored = policy.criteria[policy.score]
        assert isinstance(scored, Scored)
        points = scored.sql(to)
        result += [((code, "", "low"), low_of(points)), ((code, "", "high"), high_of(points))]
    if policy.amount is not None:
        top, bottom = policy.amount.top, policy.amount.bottom
        whole = f"div(({top.sql(to)})::numeric, {bottom.sql(to)})::bigint"
        if max(top.bound, bottom.bound) <= BIGINT:
            whole = f"({top.sql(to)}) / ({bottom.sql(to)})"
        amount = f"CASE WHEN {state} = {MET} THEN {whole} END"
        result.append(((code, "", "amount"), to.define(amount)))
    if packed:
        bits = " + ".join(
            f"({one}::bigint << {2 * at})" for at, one in enumerate(states[:PACKED_MAX])
        )
        return [*result, ((code, "", "packed"), to.define(bits))]
    return result + found


def _check_points(criterion: Scored, policy: Policy) -> None:
    if criterion.most > MASK:
        raise RuleRefused(
            f"{policy.code} criteria.{criterion.code}", N_("分值超过 {mask}"),
            mask=units.points(MASK),
        )  # fmt: skip


def _written(said: Mapping[str, str], names: Set[str], text: str) -> str:
    """A text in which some names are written out."""

    def one(found: re.Match[str]) -> str:
        name = found.group()
        return f"({_written(said, names, said[name])})" if name in names else name

    return NAME.sub(one, text)


def _inlined(to: _Levels, outputs: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """The definitions above the facts that are worth a level of their own; others are written out.

    What one place uses is written there; a level is given up where working its few expressions
    out again takes fewer steps than copying every row once more.
    """
    said = {name: expression for expression, name in to.names.items() if to.levels[name]}
    given: Set[str] = {name for name, uses in _uses(said, outputs).items() if uses <= 1}
    while given:
        said, outputs = (
            {name: _written(said, given, text) for name, text in said.items() if name not in given},
            [_written(said, given, text) for text in outputs],
        )
        uses = _uses(said, outputs)
        costs: Counter[int] = Counter()
        levels = _levels_of(said)
        for name, text in said.items():
            costs[levels[name]] += (uses[name] - 1) * len(STEP.findall(text))
        cheapest = min(costs, key=lambda level: (costs[level], level), default=0)
        given = {
            name for name in said if levels[name] == cheapest and costs[cheapest] < LEVEL
        }  # fmt: skip
    return said, list(outputs)


def _uses(said: Mapping[str, str], outputs: Sequence[str]) -> dict[str, int]:
    found = Counter(used for text in (*said.values(), *outputs) for used in NAME.findall(text))
    return {name: found[name] for name in said}


def _levels_of(said: Mapping[str, str]) -> dict[str, int]:
    """The level of each definition; in the order of definition: what is used stands before."""
    levels: dict[str, int] = {}
    for name, text in said.items():
        levels[name] = 1 + max((levels.get(used, 0) for used in NAME.findall(text)), default=0)
    return levels


def _nested(to: _Levels, outputs: Sequence[str], reading: "_Reading") -> str:
    kept, outputs = _inlined(to, outputs)
    above = _levels_of(kept)
    levels = {name: 0 for name in to.levels if not to.levels[name]} | above
    top = max(above.values(), default=0)
    last_use: dict[str, int] = {}
    for name, text in kept.items():
        for used in NAME.findall(text):
            last_use[used] = max(last_use.get(used, 0), above[name])
    for used in NAME.findall(" ".join(outputs)):
        last_use[used] = top + 1
    leaves = [(name, said) for said, name in to.names.items() if not to.levels[name]]
    text = reading.facts(to, leaves)
    for level in range(1, top + 1):
        carried = [
            name for name in levels if levels[name] < level and last_use.get(name, 0) > level
        ]
        own = [f"{kept[name]} AS {name}" for name in kept if above[name] == level]
        listed = ", ".join(["id", *carried, *own])
        text = f"SELECT {listed}\nFROM ({text}) AS s{level} OFFSET 0"  # nosec B608
    columns = ", ".join(f"{sql} AS o{at}" for at, sql in enumerate(outputs))
    return f"SELECT id, {columns}\nFROM ({text}) AS facts"  # nosec B608


@dataclass(frozen=True)
class _Reading:
    """How the tables are read: all of them, some enterprises, or those of a span."""

    prefix: str
    where: str
    span: Span | None

    def facts(self, to: _Levels, leaves: Sequence[tuple[str, str]]) -> str:
        joins = [self._list(to, rows) for rows in to.rows]
        joins += [
            f"LEFT JOIN {self.prefix}returns AS r{year} ON r{year}.enterprise_id = e.id "
            f"AND r{year}.year = {year}" + self._within(f"r{year}.enterprise_id", " AND ")
            for year in sorted(to.years)
        ]
        named = ", ".join(
            ["e.id AS id", *(f"{expression} AS {name}" for name, expression in leaves)]
        )
        conditions = [one for one in (self.where, self._within("e.id")) if one]
        condition = f"\nWHERE {' AND '.join(conditions)}" if conditions else ""
        lines = "\n".join(joins)
        return f"SELECT {named}\nFROM {self.prefix}enterprise AS e\n{lines}{condition} OFFSET 0"  # nosec B608

    def _within(self, column: str, joined: str = "") -> str:
        if self.span is None:
            return ""
        since, until = map(literal, self.span)
        return f"{joined}{column} >= {since} AND {column} < {until}"

    def _list(self, to: _Levels, rows: str) -> str:
        """One row for each enterprise that has rows in a list."""
        words: dict[int, list[str]] = {}
        for at, condition in enumerate(to.flags.get(rows, ())):
            bit = 2 * (at % FLAGS)
            words.setdefault(at // FLAGS, []).append(
                f"COALESCE(({condition})::int * {3 << bit}, {1 << bit})"
            )
        columns = to.rows[rows] | {f"bit_or(w{word})": f"f{word}" for word in words}
        inner = to.row_columns.get(rows, {}) | {
            " | ".join(bits): f"w{word}" for word, bits in words.items()
        }
        listed, inside = (
            ", ".join(f"{expression} AS {name}" for expression, name in one.items())
            for one in (columns, inner)
        )
        held = [
            f"enterprise_id IN (SELECT e.id FROM {self.prefix}enterprise AS e "  # nosec B608
            f"WHERE {self.where})" if self.where else "",
            self._within("enterprise_id"),
        ]  # fmt: skip
        some = " AND ".join(one for one in held if one)
        return (
            f"LEFT JOIN (SELECT enterprise_id, {listed} FROM (SELECT enterprise_id, {inside} "  # nosec B608
            f"FROM {self.prefix}{rows} AS t{f' WHERE {some}' if some else ''} OFFSET 0) AS t "
            f"GROUP BY enterprise_id) AS l_{rows} ON l_{rows}.enterprise_id = e.id"
        )


# --- the tables -----------------------------------------------------------------------------

SQL_TYPES = {"bool": "boolean", "date": "date", "text": "text", "number": "bigint"}


def _declared(columns: Mapping[str, ColumnSpec]) -> list[str]:
    return [f"{name} {SQL_TYPES[spec.type]}" for name, spec in columns.items()]


def tables(key: str = "text") -> dict[str, list[str]]:
    """The tables that a query reads, without their prefix, and their columns' declarations.

    Keys of whole numbers join faster than texts; the query is the same for either.
    """
    known = [f"{name}_known boolean NOT NULL DEFAULT false" for name in schema().lists]
    found = {
        "enterprise": [
            f"id {key} PRIMARY KEY", *_declared(schema().enterprise), "judged jsonb", *known,
        ],
        "returns": [
            f"enterprise_id {key} NOT NULL", "year integer NOT NULL", *_declared(schema().returns),
            "PRIMARY KEY (enterprise_id, year)",
        ],
    }  # fmt: skip
    for name, columns in schema().lists.items():
        found[name] = [f"enterprise_id {key} NOT NULL", *_declared(columns)]
    return found
