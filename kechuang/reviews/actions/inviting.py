"""Invite experts to seats, named or drawn; whoever declines is followed in the order drawn."""

from collections.abc import Sequence
from datetime import datetime

from kechuang.base.actor import Actor
from kechuang.base.time import shanghai_date
from kechuang.engines.drawing import order
from kechuang.messages.actions import tell
from kechuang.parties.models import Person
from kechuang.record.actions import append
from kechuang.reviews import queries, rules
from kechuang.reviews.actions.steps import stage_facts, term
from kechuang.reviews.models import Draw, DrawMember, Expert, Panel, Seat, SeatStage


def invite(panel: Panel, experts: Sequence[Person], by: Actor, at: datetime) -> list[Seat]:
    """Give each of these a seat and a term to answer; the caller has checked them and records."""
    Expert.objects.bulk_create(
        (Expert(person=p, fields=p.fields_of_work, entered_at=at) for p in experts),
        ignore_conflicts=True,
    )
    profiles = Expert.objects.filter(person__in=experts).in_bulk(field_name="person_id")
    first = len(queries.seats_of(panel)) + 1
    rows = Seat.objects.bulk_create(
        Seat(panel=panel, expert=profiles[person.pk], order=place, state_since=at)
        for place, person in enumerate(experts, first)
    )
    SeatStage.objects.bulk_create(
        SeatStage(seat=seat, **stage_facts(seat.state, by, at)) for seat in rows
    )
    panel.invite_until = term(at, rules.INVITATION_WORKING_DAYS)
    panel.save()
    tell(
        people=[person.number for person in experts], template="reviews.invited",
        object_number=panel.number, by=by, at=at,
    )  # fmt: skip
    return rows


def fill_from_draw(panel: Panel, by: Actor, at: datetime) -> None:
    """Invite the next in the order drawn for every seat of the panel's draw that stands empty.

    Who cannot sit any more when the turn comes (a second one of a unit, a full load) is passed,
    and stays in the record with that reason. Nobody is invited once the consensus is open.
    """
    draw = Draw.objects.filter(panel=panel, state=Draw.State.DRAWN).order_by("-pk").first()
    if draw is None or panel.consensus_at or panel.state not in rules.PANEL_OPEN:
        return
    members = queries.members_of(draw)
    seated = sum(1 for m in members if m.seat and m.seat.state in rules.SEAT_LIVE)
    turned = {m.pseudonym for m in members if m.turn is not None}
    pool = {m.pseudonym: m for m in members}
    whole = list(order(list(pool), bytes.fromhex(draw.seed), draw.suite))
    drawn = []
    for name in whole[len(turned):]:
        if seated + sum(1 for m in drawn if m.seat) >= draw.seats:
            break
        drawn.append(_turn(panel, pool[name], len(turned) + len(drawn) + 1, by, at))
    if drawn:
        append(
            verb="reviews.fill_from_draw", object_number=draw.number, by=by, at=at,
            payload={"turns": [f"{m.turn} {m.pseudonym}" for m in drawn]},
        )  # fmt: skip


def _turn(panel: Panel, member: DrawMember, turn: int, by: Actor, at: datetime) -> DrawMember:
    """Give one their turn: a seat if they can sit now, else none."""
    person, day = member.expert.person, shanghai_date(at)
    live = [s.expert.person for s in queries.seats_of(panel) if s.state in rules.SEAT_LIVE]
    seated = queries.candidates(live, at)
    taken = frozenset(code for one in seated.values() for code in one.units(day))
    cases = queries.case_facts(queries.cases_of(panel))
    found = queries.candidates([person], at)[person.number]
    member.turn = turn
    if not rules.problems_with_seat(found, cases, taken, day):
        member.seat = invite(panel, [person], by, at)[0]
    member.save()
    return member
