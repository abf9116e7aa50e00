"""Who is entitled to how much under one rule set, on a day, by what was known at an instant."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from kechuang.cultivation.models import LISTS, Known, Profile, YearlyReturn
from kechuang.cultivation.queries.facts import flat_rows, relation
from kechuang.cultivation.queries.rulesets import rule_set_of
from kechuang.cultivation.queries.sight import within
from kechuang.engines.eligibility import (
    SHIPPED,
    answer,
    answer_json,
    awaited,
    bind,
    explained,
    load_all,
    missing,
    query,
)
from kechuang.engines.eligibility import Policy as Rules
from kechuang.engines.eligibility.answers import criterion_json
from kechuang.engines.eligibility.schema import schema
from kechuang.engines.eligibility.states import MET, TO_BE_JUDGED, UNKNOWN
from kechuang.parties.models import Organisation

SIX_PLACES = 10**6
TABLES: tuple[type[Known], ...] = (Profile, YearlyReturn, *LISTS.values())


@dataclass(frozen=True, slots=True)
class Entitled:
    """What the rules say of one enterprise: one of the four answers, and the amount where met."""

    organisation: int
    state: int
    amount_fen: int | None

    @property
    def is_met(self) -> bool:
        return self.state == MET

    @property
    def is_open(self) -> bool:
        """A datum or a judgement is wanted: neither paid nor taken back on this."""
        return self.state in (UNKNOWN, TO_BE_JUDGED) or (
            self.state == MET and self.amount_fen is None
        )


def rules_of(code: str, day: date, version: str = "") -> Rules:
    """A rule set bound to a day: the version asked for where it is at hand, kept or as shipped,
    else the one in force.
    """
    rules = rule_set_of(code, day, version)
    if version and rules.version != version:
        shipped = (each for each in load_all(SHIPPED) if each.code == code)
        rules = next((each for each in shipped if each.version == version), rules)
    return bind(rules, day)


def entitlements(
    rules: Rules,
    region_path: str,
    known_at: datetime | None = None,
    organisations: Iterable[int] | None = None,
) -> list[Entitled]:
    """The answer for every enterprise of a region (or these of it); one query."""
    known = relation(known_at)
    asked = query([rules], prefix=known.prefix)
    places = {what: n for n, (_, criterion, what) in enumerate(asked.columns) if not criterion}
    amount = f"q.o{places['amount']}" if "amount" in places else "NULL"
    sql = f"{known.sql}SELECT q.id, q.o{places['state']}, {amount} FROM ({asked.sql}) AS q"  # nosec B608
    rows = Organisation.objects.filter(within(region_path), kind=Organisation.Kind.ENTERPRISE)
    if organisations is not None:
        rows = rows.filter(pk__in=list(organisations))
    wanted = set(rows.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [Entitled(*row) for row in cursor.fetchall() if row[0] in wanted]


def wanting(
    rules: Rules, found: Iterable[Entitled], known_at: datetime | None
) -> list[dict[str, Any]]:
    """What is missing of those whose answer is open: datum, owner, how many enterprises.

    The department that owns the datum is asked, never the enterprise.
    """
    rows = Organisation.objects.filter(pk__in=[one.organisation for one in found if one.is_open])
    counts: Counter[str] = Counter()
    for row in flat_rows(rows, known_at).values():
        given = answer(rules, row)
        counts.update(missing(given))
        counts.update(f"judged.{name}" for name in awaited(given))
    return [
        {"column": name, "label": label_of(name), "owner": schema().owner_of(name), "count": count}
        for name, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


def label_of(column: str) -> str:
    """A datum as people call it; what experts judge keeps its code."""
    return column if column.startswith("judged.") else str(schema().label_of(column))


def ranks(
    rules: Rules, organisations: Iterable[Organisation], criterion: str, known_at: datetime | None
) -> dict[str, int | None]:
    """The figure that a ranking goes by, by credit code; None where it is not a number."""
    found: dict[str, int | None] = {}
    for code, row in flat_rows(organisations, known_at).items():
        value = criterion_json(answer(rules, row), criterion)["value"]
        if isinstance(value, list):
            value = value[0]
        if isinstance(value, float):
            value = round(value * SIX_PLACES)
        found[code] = value if isinstance(value, int) and not isinstance(value, bool) else None
    return found


def reasons(
    rules: Rules, organisation: Organisation, known_at: datetime | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The answer for one enterprise and why: states, values, clauses, gaps, owners."""
    row = flat_rows([organisation], known_at)[organisation.code]
    given = answer(rules, row)
    return answer_json(given), explained(given)


def changed_data(
    rules: Rules, organisation: Organisation, then: datetime, now: datetime
) -> list[dict[str, Any]]:
    """Which data of an enterprise differ between two instants, among those that the rules read.

    Each with what was known then and now. Lists are compared whole.
    """
    rows = flat_rows([organisation], then), flat_rows([organisation], now)
    before, after = (found[organisation.code] for found in rows)
    read = {name for names in rules.used.values() for name in names}
    read |= {name.split(".")[0] for name in read if not name.startswith("returns.")}
    changes = []
    for name in sorted({*before, *after} & read):
        if before.get(name) != after.get(name):
            changes.append(
                {"column": name, "label": label_of(name), "owner": schema().owner_of(name),
                 "then": _shown(before.get(name)), "now": _shown(after.get(name))}
            )  # fmt: skip
    return changes


def _shown(value: Any) -> Any:
    """A value as JSON keeps it: the sum of its money or the count of its rows for a list."""
    if isinstance(value, list):
        money = [row.get("amount_fen") for row in value]
        if value and all(isinstance(one, int) for one in money):
            return {"rows": len(value), "sum_fen": sum(money)}
        return {"rows": len(value)}
    return value.isoformat() if hasattr(value, "isoformat") else value


def corrected_by(organisation: Organisation, since: datetime) -> str:
    """Who brought the latest data about an enterprise after an instant, by number."""
    newest: tuple[datetime, str] | None = None
    for model in TABLES:
        rows = model._default_manager.filter(organisation=organisation, known_since__gt=since)
        last = rows.order_by("-known_since").values_list("known_since", "source__by_person").first()
        if last and (newest is None or last[0] > newest[0]):
            newest = last
    return newest[1] if newest else ""


def sources_since(organisation: Organisation, since: datetime) -> list[dict[str, Any]]:
    """Which sources told something new of an enterprise after an instant: title, whose, its day."""
    found: dict[str, dict[str, Any]] = {}
    for model in TABLES:
        rows = model._default_manager.filter(organisation=organisation, known_since__gt=since)
        for row in rows.select_related("source").order_by("pk"):
            found[row.source.number] = {
                "title": row.source.title, "department": row.source.department,
                "day": row.source.day.isoformat(),
            }  # fmt: skip
    return list(found.values())
