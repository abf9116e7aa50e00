"""How near the one thing is: worked out for verdicts that are new, corrected or of another year."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Avg, Q

from kechuang.cultivation.models import Verdict
from kechuang.cultivation.queries import flat_rows
from kechuang.cultivation.queries.away import alternatives, unpacked
from kechuang.cultivation.rules.reach import FAR, GAP, Reach, nearest
from kechuang.engines.eligibility import Policy, answer
from kechuang.engines.eligibility.states import NOT_MET
from kechuang.parties.models import Organisation

AT_ONCE = 2000  # enterprises whose data are in memory together
Said = tuple[int, str, str, int, int]


def reckon_reach(policies: Sequence[Policy], scope: Sequence[int] | None, day: date) -> int:
    """Say of every verdict that is one thing away how near it is and what it would bring.

    Those of enterprises whose data changed are worked out anew; the others where nobody did yet,
    or did in another year.
    """
    rows = Verdict.objects.filter(until__isnull=True).exclude(away="")
    open_still = Q(reached_date__isnull=True) | Q(reached_date__lt=date(day.year, 1, 1))
    rows = rows.filter(open_still) if scope is None else rows.filter(organisation__in=list(scope))
    by_code = {policy.code: policy for policy in policies}
    means = _means()
    count = 0
    keys = list(
        rows.order_by("organisation_id").values_list("organisation_id", flat=True).distinct()
    )
    for start in range(0, len(keys), AT_ONCE):
        some = rows.filter(organisation__in=keys[start : start + AT_ONCE])
        found = list(_of_some(some, by_code, means))
        _write(found, day)
        count += len(found)
    return count


def _means() -> dict[str, int]:
    """What those who meet a policy get of it on average: what it would bring to another."""
    rows = Verdict.objects.filter(until__isnull=True, amount_fen__isnull=False)
    found = rows.values_list("policy").annotate(mean=Avg("amount_fen")).order_by()
    return {policy: int(mean) for policy, mean in found}


def _of_some(
    rows: Any, policies: dict[str, Policy], means: dict[str, int]
) -> Iterator[Said]:
    verdicts = [one for one in rows if one.policy in policies]
    ways: dict[tuple[str, int], list[str]] = {}
    for one in verdicts:
        key = (one.policy, one.packed)
        if key not in ways:
            ways[key] = alternatives(policies[one.policy], one.packed)
    asked = {
        one.organisation_id for one in verdicts
        if _needs_data(policies[one.policy], one.packed, ways[one.policy, one.packed])
    }  # fmt: skip
    units = Organisation.objects.in_bulk(asked)
    flat = flat_rows(units.values())
    for one in verdicts:
        policy = policies[one.policy]
        unit = units.get(one.organisation_id)
        row = flat[unit.code] if unit else _judged_alone(policy, one.packed)
        found = nearest(policy, ways[one.policy, one.packed] or [one.away], row)
        yield (one.pk, found.criterion, found.kind, found.distance,
               _brings(policy, row, found, means))  # fmt: skip


def _needs_data(policy: Policy, packed: int, codes: Sequence[str]) -> bool:
    states = unpacked(policy, packed)
    return any(states[code] == NOT_MET for code in codes)


def _judged_alone(policy: Policy, packed: int) -> dict[str, Any]:
    """The answers that a verdict keeps, where no figure of the enterprise is asked."""
    return {f"@{code}": state for code, state in unpacked(policy, packed).items()}


def _brings(policy: Policy, row: dict[str, Any], found: Reach, means: dict[str, int]) -> int:
    """What the policy would pay: by the rule where the figures are columns, else the mean."""
    if policy.amount is None or found.kind == FAR:
        return 0
    changes = dict(found.changes)
    if found.kind == GAP and changes and all(isinstance(row.get(one), int) for one in changes):
        given = answer(policy, {**row, **changes})
        if given.amount_fen is not None:
            return given.amount_fen
    return means.get(policy.code, 0)


def _write(found: Sequence[Said], day: date) -> None:
    if not found:
        return
    columns = [list(column) for column in zip(*found, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{Verdict._meta.db_table}" AS v SET away = m.away, reach = m.reach, '  # nosec B608
            "distance = m.distance, brings_fen = m.brings, reached_date = %s "
            "FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::smallint[], %s::bigint[]) "
            "AS m(id, away, reach, distance, brings) WHERE v.id = m.id",
            [day, *columns],
        )
