"""Holding enterprises against the rules, and keeping what the rules say as it changes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from kechuang.base.actor import Actor
from kechuang.base.time import shanghai_date
from kechuang.cultivation.models import Profile, Recount, Verdict
from kechuang.cultivation.queries import policies_on, relation
from kechuang.cultivation.queries.away import away_of
from kechuang.engines.eligibility import Policy, query
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
        cursor.execute("DROP TABLE IF EXISTS cultivation_fresh")
        cursor.execute(_fresh(policies, scope))
        changed = _write_changes(cursor, policies, scope, at)
    profiles = Profile.objects.filter(known_until__isnull=True)
    count = profiles.count() if scope is None else profiles.filter(organisation__in=scope).count()
    run = Recount.objects.create(
        as_of=day, at=at, is_whole=scope is None, enterprises=count, changed=changed,
        versions={policy.code: policy.rules.version for policy in policies},
    )  # fmt: skip
    _insert(run, at)
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
        [[row[0] for row in marked], [row[1] for row in marked], [row[2] for row in marked]],
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
