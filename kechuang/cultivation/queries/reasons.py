"""The reasons of a verdict as a reader takes them in: value, threshold, clause, gap, sources."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from kechuang.cultivation.models import LISTS, Known, Profile, Source, YearlyReturn
from kechuang.cultivation.queries.facts import known_rows
from kechuang.cultivation.queries.rulesets import policies_on
from kechuang.cultivation.queries.saying import figure_words, gap_words, missing_words
from kechuang.engines.eligibility import Answer, Policy, answer, answer_json, explained, units
from kechuang.engines.eligibility.answers import deciding_test
from kechuang.engines.eligibility.conditions import Comparison
from kechuang.engines.eligibility.schema import schema
from kechuang.engines.eligibility.states import Criterion
from kechuang.parties.models import Organisation


@dataclass(frozen=True, slots=True)
class Reason:
    """One criterion: what was found, what is wanted, what the clause says, who knows."""

    code: str
    zh: str
    en: str
    clause: str
    quote: str
    state: str
    value: str
    threshold: str
    gap: str
    missing: list[dict[str, str]]
    sources: list[str]
    is_away: bool = False


@dataclass(frozen=True, slots=True)
class Explained:
    """One policy for one enterprise, with its reasons."""

    policy: Policy
    given: Answer
    state: str
    score: str
    amount_fen: int | None
    document: str
    title: Mapping[str, str]
    reasons: list[Reason]
    cheapest: list[str] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)

    @property
    def code(self) -> str:
        return self.policy.code


def explain(
    policy: Policy, row: dict[str, Any], told: Mapping[str, str] | None = None, away: str = ""
) -> Explained:
    """Why a policy answers as it does; `told` gives the source of each datum by column."""
    given = answer(policy, row)
    said = explained(given)
    known = told or {}
    reasons = [
        Reason(
            code, one["zh"], policy.rules.criteria[code].get("en", one["zh"]), one["clause"],
            one.get("quote", ""), one["state"], *_said(given, code, one),
            gap_words(one.get("gap")), missing_words(one.get("missing", [])),
            sorted({known[name] for name in policy.used[code] if name in known}), code == away,
        )
        for code, one in said.get("criteria", {}).items()
    ]
    low, high = given.score or (0, 0)
    score = "" if given.score is None else figure_words(
        units.shown(low, units.POINTS) if low == high
        else f"{units.points(low)}–{units.shown(high, units.POINTS)}"
    )
    return Explained(
        policy, given, _state_of(given), score, given.amount_fen,
        policy.rules.said["document"]["number"], policy.rules.said["title"], reasons,
        [gap_words(one) for one in said.get("cheapest", [])], said["assumed"],
    )


def _state_of(given: Answer) -> str:
    return ("not_met", "unknown", "to_be_judged", "met")[given.state]


def _said(given: Answer, code: str, one: Mapping[str, Any]) -> tuple[str, str]:
    """Value and threshold in the reader's language."""
    value, threshold = _shown(given, code, one)
    return figure_words(value), figure_words(threshold)


def _shown(given: Answer, code: str, one: Mapping[str, Any]) -> tuple[str, str]:
    """Value and threshold with their unit, as people write them."""
    criterion = given.policy.criteria[code]
    if not isinstance(criterion, Criterion):
        value = one["value"]
        said = "–".join(map(str, value)) if isinstance(value, list) else str(value)
        return f"{said}分", f"≤ {one['threshold']}分"
    found = deciding_test(criterion, given.row)
    if found is not None and isinstance(found[0], Comparison):
        test = found[0]
        return (_figure(test.left, given.row),
                f"{SIGNS[test.sign]}{_figure(test.right, given.row)}")
    if one["value"] is None or isinstance(one["value"], bool):
        return "", ""
    if isinstance(one["value"], list):
        return "–".join(map(str, one["value"])) + "分", f"{one['threshold']}分"
    return str(one["value"]), _plain(one["threshold"])


SIGNS = {">=": "≥ ", ">": "> ", "<=": "≤ ", "<": "< ", "==": "= ", "!=": "≠ "}


def _figure(ratio: Any, row: Mapping[str, Any]) -> str:
    top, bottom = ratio.top.value(row), ratio.bottom.value(row)
    if top is None or not bottom:
        return "—"
    value = Fraction(top, bottom)
    if ratio.unit == () and ratio.is_whole():
        return str(value)
    return units.shown(value, ratio.unit)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return "、".join(map(str, value))
    return "" if value is None or isinstance(value, bool) else str(value)


# --- sources ------------------------------------------------------------------------------------


def sources_of(organisation: Organisation, known_at: datetime | None = None) -> dict[str, str]:
    """Who told each datum and of which day, by the column as rules name it."""
    rows: dict[str, tuple[Known, list[str]]] = {}
    for profile in known_rows(Profile, known_at).filter(organisation=organisation):
        rows |= {name: (profile, [name]) for name in schema().enterprise}
        rows |= {f"judged.{name}": (profile, ["judged"]) for name in profile.judged}
    for one in known_rows(YearlyReturn, known_at).filter(organisation=organisation):
        rows |= {
            f"returns.{one.year}.{name}": (one, [name])
            for name in schema().returns if getattr(one, name) is not None
        }
    for name, model in LISTS.items():
        last = known_rows(model, known_at).filter(organisation=organisation).order_by("pk").last()
        if last is not None:
            rows[name] = (last, [])
    keys = {name: _teller(row, columns) for name, (row, columns) in rows.items()}
    known = Source.objects.in_bulk(set(keys.values()))
    return {name: _words(known[key]) for name, key in keys.items()}


def _teller(row: Known, columns: list[str]) -> int:
    told = getattr(row, "told", {})
    return next((told[name] for name in columns if name in told), row.source_id)


def _words(source: Source) -> str:
    whose = source.department or source.get_kind_display()
    return f"{whose} · {source.title} · {source.day:%Y-%m-%d}"


def last_year_of(row: Mapping[str, Any], day: date) -> dict[str, int]:
    """The figures of the year before a day, from a flat row."""
    start = f"returns.{day.year - 1}."
    return {
        name.removeprefix(start): value for name, value in row.items() if name.startswith(start)
    }


def reasons_json(row: dict[str, Any], day: date) -> dict[str, Any]:
    """Every policy's answer as `kechuang entitle --explain` writes it."""
    found = {}
    for policy in policies_on(day):
        given = answer(policy, row)
        found[policy.code] = answer_json(given) | {"explain": explained(given)}
    return found
