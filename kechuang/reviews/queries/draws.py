"""Draws of experts: who sees which, whom a pool holds and why not the others, the public record."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet

from kechuang.base.actor import Actor
from kechuang.base.time import rfc3339, shanghai_date
from kechuang.engines.drawing import drawn
from kechuang.parties.models import Appointment, Person
from kechuang.parties.queries import in_force
from kechuang.reviews import rules
from kechuang.reviews.models import Draw, DrawMember, DrawNonce, Panel, Seat
from kechuang.reviews.queries.candidates import candidates, chains_of
from kechuang.reviews.queries.panels import case_facts, cases_of, pool, seats_of
from kechuang.reviews.queries.visible import fenced_subjects, panels_visible_to


def draws_visible_to(actor: Actor, at: datetime) -> QuerySet[Draw]:
    """Draws of published subjects for everybody; others for the panel's people and witnesses."""
    public = Q(panel__is_public=True)
    rows = Draw.objects.select_related(
        "operator", "panel__secretary", "panel__chair", "panel__draw_operator"
    )
    if not actor.is_signed_in:
        return rows.filter(public)
    witnessed = DrawNonce.objects.filter(person__number=actor.person)
    near = Q(panel__in=panels_visible_to(actor, at).values("pk"))
    near |= Q(pk__in=witnessed.values("draw")) & ~Q(
        panel__subject_number__in=fenced_subjects(actor)
    )
    return rows.filter(public | near)


def draws_of(panel: Panel) -> list[Draw]:
    """The draws of a panel, newest first."""
    rows = Draw.objects.filter(panel=panel).select_related("operator", "panel")
    return list(rows.order_by("-pk"))


def draws_of_subject(subject_number: str) -> QuerySet[Draw]:
    """The draws that were made for a published subject, oldest first."""
    return Draw.objects.filter(
        panel__subject_number=subject_number, panel__is_public=True, state=Draw.State.DRAWN
    ).order_by("pk")


def nonces_of(draw: Draw) -> list[DrawNonce]:
    return list(DrawNonce.objects.filter(draw=draw).select_related("person__organisation"))


def members_of(draw: Draw) -> list[DrawMember]:
    """The pool in its published order, with seats and people."""
    return list(
        DrawMember.objects.filter(draw=draw).select_related("seat", "expert__person__organisation")
    )


def possible_witnesses(region_path: str, at: datetime) -> QuerySet[Person]:
    """People who may witness a draw: officers, heads and supervisors of the region and above."""
    codes = region_path.split("/")
    paths = ["/".join(codes[:end]) for end in range(1, len(codes) + 1)]
    held = Appointment.objects.filter(
        in_force(shanghai_date(at)), role__in=rules.WITNESS_ROLES,
        region__path__in=paths,
    )  # fmt: skip
    return (
        Person.objects.filter(pk__in=held.values("person"))
        .select_related("organisation")
        .order_by("name", "pk")
    )


def draw_pool(
    panel: Panel, fields: Sequence[str], office: Sequence[Person], at: datetime
) -> tuple[list[Person], dict[str, int]]:
    """Who of the expert pool may be drawn, and how many are out for which reason.

    `office` are the people who run, draw and witness: they are out.
    """
    people = list(pool(at))
    cases = case_facts(cases_of(panel))
    found = candidates(people, at)
    codes = {code for case in cases for code in case.organisation_codes}
    codes |= {tie.code for one in found.values() for tie in one.employments}
    chains, day, recent = chains_of(codes), shanghai_date(at), _recent(people, at)
    named = {seat.expert.person_id for seat in seats_of(panel)}
    aside = {person.pk for person in office}
    eligible, out = [], Counter[str]()
    for person in people:
        candidate = replace(found[person.number], recent=recent.get(person.pk, 0))
        reason = (person.pk in named and "named") or (person.pk in aside and "office") or (
            rules.exclusion(candidate, fields, cases, chains, day, panel.conflict_years)
        )
        if reason:
            out[str(reason)] += 1
        else:
            eligible.append(person)
    return eligible, {code: out[code] for code in rules.EXCLUSIONS if out[code]}


def _recent(people: Sequence[Person], at: datetime) -> dict[int, int]:
    """How many panels each person sat on within the rotation period."""
    rows = Seat.objects.filter(
        expert__person__in=people, state=Seat.State.ACCEPTED,
        state_since__gt=at - timedelta(days=rules.ROTATION_DAYS),
    )  # fmt: skip
    return dict(rows.values_list("expert__person").annotate(n=Count("pk")))


def fields_in_pool(at: datetime) -> list[str]:
    """The fields of work that stand in the expert pool, in order."""
    return sorted(
        {str(one) for fields in pool(at).values_list("fields_of_work", flat=True)
         for one in fields or []}
    )  # fmt: skip


def planned_record(draw: Draw) -> dict[str, Any]:
    """The record of a draw as far as it is known, in the form of `kechuang-draw-1`.

    Experts stand under pseudonyms; `commitments` and `reveals` in the order of the witnesses.
    """
    nonces = [one for one in nonces_of(draw) if one.commitment]
    committed = [one.committed_at for one in nonces if one.committed_at]
    members = members_of(draw)
    return {
        "draw": draw.number,
        "challenge": draw.panel.subject_number,
        "suite": draw.suite,
        "seats": draw.seats,
        "times": {
            "closed": rfc3339(draw.closed_at), "opened": rfc3339(draw.opened_at),
            "pool": rfc3339(draw.pool_at),
            "commitments": rfc3339(max(committed, default=draw.commit_until)),
            "reveals_until": rfc3339(draw.reveals_until), "public_value": rfc3339(draw.public_at),
        },
        "pool": {
            "members": [one.pseudonym for one in members], "filters": draw.filters,
            "hash": draw.pool_hash,
        },
        "bids_root": draw.cases_root,
        "commitments": [
            {"custodian": one.person.number, "commitment": one.commitment} for one in nonces
        ],
        "reveals": [
            {"custodian": one.person.number, "nonce": one.nonce} for one in nonces if one.nonce
        ],
        "public": {"source": draw.used_source, "value": draw.public_value},
        "outcomes": [row for row in map(_outcome, _in_turn(members)) if row],
    }  # fmt: skip


def record_of(draw: Draw) -> dict[str, Any]:
    """The whole record of a draw that was made: what `tools/verify_draw.py` checks."""
    return drawn(planned_record(draw))


def _in_turn(members: Sequence[DrawMember]) -> list[DrawMember]:
    return sorted((m for m in members if m.turn is not None), key=lambda m: m.turn or 0)


def _outcome(member: DrawMember) -> dict[str, str] | None:
    """What came of one who was drawn; nothing while the invitation is open."""
    state = member.seat.state if member.seat else "PASSED"
    if state == Seat.State.ACCEPTED:
        return {"member": member.pseudonym, "outcome": "seated"}
    if state not in rules.NOT_SEATED:
        return None
    outcome, reason = rules.NOT_SEATED[state]
    return {"member": member.pseudonym, "outcome": outcome, "reason": reason}
