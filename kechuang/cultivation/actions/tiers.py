"""Holding enterprises against the rules, and keeping what the rules say as it changes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import N_
from kechuang.base.time import shanghai_date
from kechuang.cultivation import rules
from kechuang.cultivation.actions.nearing import reckon_reach
from kechuang.cultivation.models import Certificate, Profile, Recount, Reminder, Verdict, Visit
from kechuang.cultivation.queries import people_of_units, policies_on, relation
from kechuang.cultivation.queries.away import away_of
from kechuang.engines.eligibility import Policy, query
from kechuang.messages.actions import tell
from kechuang.parties.models import Organisation
from kechuang.record import actions as record

LOCK = 7_306_001  # one recomputation at a time
_FRESH = """
    CREATE TEMPORARY TABLE cultivation_fresh ON COMMIT DROP AS
    {known}SELECT q.id AS organisation_id, p.*
    FROM ({answers}) AS q
    CROSS JOIN LATERAL (VALUES {rows})
        AS p(policy, version, state, low, high, amount_fen, packed)
"""
_SAME = """
    v.version = f.version AND v.state = f.state AND v.packed = f.packed
    AND v.low IS NOT DISTINCT FROM f.low AND v.high IS NOT DISTINCT FROM f.high
    AND v.amount_fen IS NOT DISTINCT FROM f.amount_fen
"""


@transaction.atomic
def recompute(
    *, organisations: Sequence[Organisation] | None = None, by: Actor, at: datetime
) -> Recount:
    """Hold enterprises (all of them unless told) against every rule set in force on the day.

    A verdict gets a new row only where something changed; the one before ends. Set based, one
    recomputation at a time.
    """
    day = shanghai_date(at)
    policies = policies_on(day)
    scope = None if organisations is None else [one.pk for one in organisations]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute("SET LOCAL jit = off")
        if scope is None:  # whatever the planner believes, everybody is looked at
            cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute("DROP TABLE IF EXISTS cultivation_fresh")
        cursor.execute(_fresh(policies, scope))
        cursor.execute("SET LOCAL enable_nestloop = on")
        changed = _write_changes(cursor, policies, scope, at)
    profiles = Profile.objects.filter(known_until__isnull=True)
    count = profiles.count() if scope is None else profiles.filter(organisation__in=scope).count()
    run = Recount.objects.create(
        as_of=day, at=at, is_whole=scope is None, enterprises=count, changed=changed,
        versions={policy.code: policy.rules.version for policy in policies},
    )  # fmt: skip
    _insert(run, at)
    reckon_reach(policies, scope, day)
    record.append(
        verb="cultivation.recompute", object_number=run.number, by=by, at=at,
        payload={"as_of": day.isoformat(), "enterprises": count, "changed": changed,
                 "versions": run.versions},
    )  # fmt: skip
    return run


def _fresh(policies: Sequence[Policy], scope: list[int] | None) -> str:
    """The statement that works out every answer into a temporary table."""
    where = "" if scope is None else f"e.id = ANY('{{{','.join(map(str, scope))}}}'::bigint[])"
    known = relation()
    asked = query(policies, prefix=known.prefix, where=where, packed=True)
    places: dict[str, dict[str, str]] = {}
    for place, (code, _criterion, what) in enumerate(asked.columns):
        places.setdefault(code, {})[what] = f"q.o{place}"
    rows = ", ".join(
        f"('{policy.code}'::text, '{policy.rules.version}'::text, "
        + ", ".join(
            f"{places[policy.code].get(what, 'NULL')}::{kind}"
            for what, kind in (("state", "smallint"), ("low", "bigint"), ("high", "bigint"),
                               ("amount", "bigint"), ("packed", "bigint"))
        ) + ")"
        for policy in policies
    )  # fmt: skip
    return _FRESH.format(known=known.sql, answers=asked.sql, rows=rows)


def _write_changes(
    cursor: Any, policies: Sequence[Policy], scope: list[int] | None, at: datetime
) -> int:
    """End the verdicts that hold no longer, and keep in the temporary table what is new."""
    table = Verdict._meta.db_table
    inside = "" if scope is None else "AND v.organisation_id = ANY(%(scope)s)"
    given = {"at": at, "scope": scope}
    cursor.execute(
        "DELETE FROM cultivation_fresh AS f "  # nosec B608
        f'USING "{table}" AS v WHERE v.until IS NULL AND v.organisation_id = f.organisation_id '
        f"AND v.policy = f.policy AND {_SAME}"
    )
    cursor.execute("ANALYZE cultivation_fresh")
    over = (
        f"v.until IS NULL {inside} AND (EXISTS (SELECT FROM cultivation_fresh AS f "  # nosec B608
        "WHERE f.organisation_id = v.organisation_id AND f.policy = v.policy) "
        "OR v.policy <> ALL(%(codes)s))"
    )
    given["codes"] = [policy.code for policy in policies]
    cursor.execute(f'DELETE FROM "{table}" AS v WHERE since >= %(at)s AND {over}', given)  # nosec B608
    cursor.execute(f'UPDATE "{table}" AS v SET until = %(at)s WHERE {over}', given)  # nosec B608
    cursor.execute("SELECT count(*) FROM cultivation_fresh")
    changed: int = cursor.fetchone()[0]
    cursor.execute("ALTER TABLE cultivation_fresh ADD COLUMN away text NOT NULL DEFAULT ''")
    _mark_away(cursor, {policy.code: policy for policy in policies})
    return changed


def _mark_away(cursor: Any, policies: dict[str, Policy]) -> None:
    """Few answers differ: each pattern of answers is looked at once."""
    cursor.execute(
        "SELECT DISTINCT policy, packed FROM cultivation_fresh WHERE state < 3 AND packed >= 0"
    )
    found = [(code, packed, away_of(policies[code], packed)) for code, packed in cursor.fetchall()]
    marked = [row for row in found if row[2]]
    cursor.execute(
        "UPDATE cultivation_fresh AS f SET away = m.away "
        "FROM unnest(%s::text[], %s::bigint[], %s::text[]) AS m(policy, packed, away) "
        "WHERE f.policy = m.policy AND f.packed = m.packed AND f.state < 3",
        [list(column) for column in zip(*marked, strict=True)] or [[], [], []],
    )


def _insert(run: Recount, at: datetime) -> None:
    table = Verdict._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{table}" (organisation_id, policy, version, as_of, state, low, high, '  # nosec B608
            "packed, amount_fen, away, since, until, recount_id) "
            "SELECT organisation_id, policy, version, %s, state, low, high, packed, amount_fen, "
            "away, %s, NULL, %s FROM cultivation_fresh",
            [run.as_of, at, run.pk],
        )


@transaction.atomic
def note_visit(
    *, organisation: Organisation, policy: str, criterion: str, note: str, by: Actor, at: datetime
) -> Visit:
    """Note that an officer went to an enterprise that is one thing away."""
    rules.check_may(rules.may_visit(by, organisation.region_path), "visit")
    if not Verdict.objects.filter(
        organisation=organisation, policy=policy, away=criterion, until__isnull=True
    ).exclude(away="").exists():
        raise rules.CultivationRefused(
            "visit.not_away", N_("这家企业现在不是只差这一项。"), {}, (),
            N_("请刷新名单后再看。"),
        )
    visit = Visit.objects.create(
        organisation=organisation, policy=policy, criterion=criterion, visited_at=at,
        by_person=by.person, by_role=by.role, note=note.strip()[:500],
    )
    record.append(
        verb="cultivation.visit", object_number=organisation.number, by=by, at=at,
        payload={"policy": policy, "criterion": criterion},
    )
    return visit


@transaction.atomic
def remind_of_expiry(*, by: Actor, at: datetime) -> int:
    """Tell the holders of tier certificates that end within the days of the ladder, once each."""
    day = shanghai_date(at)
    kinds = [tier.certificate for tier in rules.ladder()]
    due = Certificate.objects.filter(
        known_until__isnull=True, kind__in=kinds, until__gt=day,
        until__lte=day + timedelta(days=rules.remind_days()),
    ).select_related("organisation").order_by("pk")
    known = set(Reminder.objects.values_list("organisation_id", "kind", "until"))
    fresh = [
        one for one in due if (one.organisation_id, one.kind, one.until) not in known
    ]
    Reminder.objects.bulk_create(
        [Reminder(organisation_id=one.organisation_id, kind=one.kind or "", until=one.until,
                  told_at=at) for one in fresh if one.until is not None],
        ignore_conflicts=True,
    )
    people = people_of_units([one.organisation_id for one in fresh], at)
    for one in fresh:
        tell(
            people=people.get(one.organisation_id, ()), template="cultivation.expires",
            object_number=one.organisation.number, by=by, at=at,
        )
    if fresh:
        record.append_batch(
            verb="cultivation.remind", object_number="-", by=by, at=at,
            rows=[{"organisation": one.organisation.number, "kind": one.kind} for one in fresh],
        )
    return len(fresh)
