"""Plan a panel, name its officers and experts, put its cases, answer invitations."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.functional import Promise

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, refuse_all, require
from kechuang.base.time import shanghai_date
from kechuang.messages.actions import tell
from kechuang.parties.models import Person
from kechuang.parties.queries import holders
from kechuang.record.actions import append, take_number
from kechuang.reviews import queries, rules
from kechuang.reviews.actions.advancing import advance
from kechuang.reviews.actions.inviting import invite
from kechuang.reviews.actions.steps import (
    fence_officers,
    locked_panel,
    move_panel,
    move_reviews,
    move_seat,
    require_state,
    require_unfenced,
    stage_facts,
)
from kechuang.reviews.models import (
    Case,
    Conflict,
    Criterion,
    Fence,
    Panel,
    PanelStage,
    Review,
    Seat,
)

INSTANT = timedelta(microseconds=1)  # what a database tells apart


@transaction.atomic
def plan_panel(
    *,
    subject_number: str,
    subject_title: str,
    region_path: str,
    criteria: Sequence[Mapping[str, Any]],
    by: Actor,
    at: datetime,
    **settings: int,
) -> Panel:
    """Plan the panel of a subject with its weighted criteria, frozen from now on.

    `settings` may hold pass_mark, trim and conflict_years. Refuses (rules.PanelRefused) weights
    that do not sum to 100, and a second open panel of one subject.
    """
    require(rules.may_plan_panel(by, region_path), rules.not_permitted(rules.OFFICE_MAY))
    refuse_all(rules.problems_with_criteria(criteria))
    open_panel = queries.panel_for(subject_number)
    if open_panel and open_panel.state != Panel.State.FINISHED:
        raise rules.PanelRefused(
            "reviews.panel_exists",
            N_("不能再建评审组。“{subject}”已有未结束的评审组 {number}。"),
            {"subject": subject_number, "number": open_panel.number},
            way_on=N_("请在该评审组上继续办理。"),
        )
    panel = Panel.objects.create(
        number=take_number("PS", at=at), subject_number=subject_number,
        subject_title=subject_title, region_path=region_path, planned_at=at, state_since=at,
        **settings,
    )  # fmt: skip
    Criterion.objects.bulk_create(
        Criterion(
            panel=panel, code=one["code"], name=one["name"], weight=one["weight"],
            threshold=one.get("threshold"), description=one.get("description", ""), place=place,
        )
        for place, one in enumerate(criteria, 1)
    )  # fmt: skip
    PanelStage.objects.create(panel=panel, **stage_facts(panel.state, by, at))
    append(
        verb="reviews.plan_panel", object_number=panel.number, by=by, at=at,
        payload={"subject": subject_number, "criteria": rules.minutes_hash(
            {"criteria": [_plain(one) for one in criteria]}
        )},
    )  # fmt: skip
    return panel


def _plain(criterion: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: str(value) if isinstance(value, Promise) else value
        for key, value in criterion.items()
    }


@transaction.atomic
def name_panel_officers(
    *, panel: Panel, secretary: Person, chair: Person, by: Actor, at: datetime
) -> Panel:
    """Name or replace the secretary and the chair: two people, neither in conflict."""
    panel = locked_panel(panel)
    require(rules.may_plan_panel(by, panel.region_path), rules.not_permitted(rules.OFFICE_MAY))
    require_unfenced(panel, by)
    require_state(
        panel.number, panel, Panel.State.PLANNED, Panel.State.INVITING, Panel.State.COMPLETE,
        Panel.State.REVIEWING,
    )  # fmt: skip
    rules.check_officers(secretary.number, chair.number)
    panel.secretary, panel.chair = secretary, chair
    fence_officers(panel, [secretary, chair], at)
    refuse_all(_problems_with_officers(panel))
    panel.version += 1
    panel.save()
    append(
        verb="reviews.name_panel_officers", object_number=panel.number, by=by, at=at,
        payload={"secretary": secretary.number, "chair": chair.number},
    )  # fmt: skip
    tell(
        people=[secretary.number, chair.number], template="reviews.officer_named",
        object_number=panel.number, by=by, at=at,
    )  # fmt: skip
    return panel


def _problems_with_officers(panel: Panel) -> list[rules.ConflictOfInterest]:
    """Those of the two who are fenced, or recused from a case as an expert; and a seated secretary.
    """
    problems = []
    people = {"secretary": panel.secretary, "chair": panel.chair}
    fenced = set(
        Fence.objects.filter(
            subject_number=panel.subject_number, person__in=people.values()
        ).values_list("person", flat=True)
    )
    recused = set(
        Review.objects.filter(case__panel=panel, state=Review.State.RECUSED).values_list(
            "seat__expert__person", flat=True
        )
    )
    for field, person in people.items():
        if person.pk in fenced | recused:
            problems.append(rules.officer_in_conflict(person.name, field))
    if Seat.objects.filter(
        panel=panel, expert__person=panel.secretary, state__in=rules.SEAT_LIVE
    ).exists():
        problems.append(rules.secretary_is_seated(panel.secretary.name))
    return problems


@transaction.atomic
def put_cases(
    *, panel: Panel, cases: Sequence[rules.CaseFacts], closed_at: datetime | None = None,
    opened_at: datetime | None = None, by: Actor, at: datetime,
) -> list[Case]:
    """Put what is to be judged; computes conflicts of seats and officers at once.

    `closed_at` and `opened_at` are told of sealed bids; for anything else the panel's planning and
    this moment stand for them. They and the root over all cases go into the record of a draw.

    Refuses once the review has begun. An expert who turns out to be a member of a case loses the
    seat; officers in conflict are fenced from the subject.
    """
    panel = locked_panel(panel)
    require(rules.may_put_cases(by, panel.facts), rules.not_permitted(rules.SECRETARY_MAY))
    require_unfenced(panel, by)
    require_state(
        panel.number, panel, Panel.State.PLANNED, Panel.State.INVITING, Panel.State.COMPLETE
    )
    known = Case.objects.filter(panel=panel).count()
    rows = Case.objects.bulk_create(
        Case(
            panel=panel, number=one.number, title=one.title, content_url=one.url,
            organisation_codes=list(one.organisation_codes),
            person_numbers=list(one.person_numbers), sha256=one.sha256, topic=one.topic,
            place=place,
        )
        for place, one in enumerate(cases, known + 1)
    )  # fmt: skip
    panel.opened_at = opened_at or at
    panel.closed_at = closed_at or min(panel.planned_at, panel.opened_at - INSTANT)
    panel.cases_root = queries.cases_root(panel)
    panel.save()
    append(
        verb="reviews.put_cases", object_number=panel.number, by=by, at=at,
        payload={"cases": [one.number for one in cases], "root": panel.cases_root},
    )  # fmt: skip
    _bar_members(panel, by, at)
    fence_officers(panel, _office_people(panel, at), at)
    advance(panel, by, at)
    return rows


def _bar_members(panel: Panel, by: Actor, at: datetime) -> None:
    members = {n for case in queries.cases_of(panel) for n in case.person_numbers}
    for seat in queries.seats_of(panel):
        if seat.state in rules.SEAT_LIVE and seat.expert.person.number in members:
            move_seat(seat, Seat.State.BARRED, by, at)


def _office_people(panel: Panel, at: datetime) -> list[Person]:
    """The panel's officers and the officers and heads of its region and of those above."""
    officers = (panel.secretary, panel.chair, panel.draw_operator)
    people = {person.pk: person for person in officers if person}
    codes = panel.region_path.split("/")
    for end in range(1, len(codes) + 1):
        for role in rules.OFFICE_ROLES:
            for person in holders(role, region_path="/".join(codes[:end]), at=at):
                people[person.pk] = person
    return list(people.values())


@transaction.atomic
def assign_experts(
    *, panel: Panel, experts: Sequence[Person], by: Actor, at: datetime
) -> list[Seat]:
    """Name experts to the panel and invite them, each with a term to answer.

    Refuses together every reason why one of them cannot sit: not in the pool, staff of the
    department, a member of a case, a second one of a unit, too many open reviews.
    """
    panel = locked_panel(panel)
    require(rules.may_assign_experts(by, panel.facts), rules.not_permitted(rules.SECRETARY_MAY))
    require_unfenced(panel, by)
    require_state(
        panel.number, panel, Panel.State.PLANNED, Panel.State.INVITING, Panel.State.COMPLETE,
        Panel.State.REVIEWING,
    )  # fmt: skip
    if panel.draw_operator:
        raise rules.refused_draw("drawn", name=panel.draw_operator.name)
    seats = queries.seats_of(panel)
    _check_experts(panel, seats, experts, at)
    rows = invite(panel, experts, by, at)
    append(
        verb="reviews.assign_experts", object_number=panel.number, by=by, at=at,
        payload={"experts": [person.number for person in experts]},
    )  # fmt: skip
    advance(panel, by, at)
    return rows


def _check_experts(
    panel: Panel, seats: list[Seat], experts: Sequence[Person], at: datetime
) -> None:
    """Refuse, all reasons together, whoever of these cannot sit."""
    day = shanghai_date(at)
    cases = queries.case_facts(queries.cases_of(panel))
    live = [seat.expert.person for seat in seats if seat.state in rules.SEAT_LIVE]
    seated = queries.candidates(live, at)
    taken = frozenset(code for one in seated.values() for code in one.units(day))
    already = {seat.expert.person_id for seat in seats}
    found = queries.candidates(experts, at)
    problems: list[rules.SeatRefused] = []
    for person in experts:
        candidate = found[person.number]
        if person.pk in already or person.pk == panel.secretary_id:
            problems.append(rules.already_named(person.name))
        already.add(person.pk)
        problems.extend(rules.problems_with_seat(candidate, cases, taken, day))
        taken |= candidate.units(day)
    refuse_all(problems)


def _own_seat(seat: Seat, by: Actor, *states: str) -> tuple[Panel, Seat]:
    panel = locked_panel(seat.panel)
    seat = Seat.objects.select_related("expert__person", "panel").get(pk=seat.pk)
    require(
        rules.may_hold_seat(by, seat.expert.person.number), rules.not_permitted(rules.EXPERT_MAY)
    )
    require_state(panel.number, seat, *states)
    return panel, seat


@transaction.atomic
def accept_seat(*, seat: Seat, by: Actor, at: datetime) -> Seat:
    """Accept an invitation; when the last one does, the panel is complete and goes on."""
    panel, seat = _own_seat(seat, by, Seat.State.INVITED)
    move_seat(seat, Seat.State.ACCEPTED, by, at)
    append(
        verb="reviews.accept_seat", object_number=panel.number, by=by, at=at,
        payload={"seat": seat.number},
    )  # fmt: skip
    advance(panel, by, at)
    return seat


@transaction.atomic
def refuse_seat(*, seat: Seat, reason: str, by: Actor, at: datetime) -> Seat:
    """Decline an invitation with a reason; the secretary names another."""
    panel, seat = _own_seat(seat, by, Seat.State.INVITED)
    move_seat(seat, Seat.State.REFUSED, by, at, reason)
    append(
        verb="reviews.refuse_seat", object_number=panel.number, by=by, at=at,
        payload={"seat": seat.number},
    )  # fmt: skip
    _tell_secretary(panel, "reviews.seat_refused", by, at)
    advance(panel, by, at)
    return seat


@transaction.atomic
def time_out_seats(*, panel: Panel, by: Actor, at: datetime) -> int:
    """Let the invitations of a panel run out whose term is over; returns how many."""
    panel = locked_panel(panel)
    require(by.is_role(Role.CLOCK), rules.not_permitted(rules.SECRETARY_MAY))
    if panel.invite_until is None or at < panel.invite_until:
        return 0
    late = list(Seat.objects.filter(panel=panel, state=Seat.State.INVITED))
    for seat in late:
        move_seat(seat, Seat.State.TIMEOUT, by, at)
    if late:
        append(
            verb="reviews.time_out_seats", object_number=panel.number, by=by, at=at,
            payload={"seats": [seat.number for seat in late]},
        )  # fmt: skip
        _tell_secretary(panel, "reviews.seat_timeout", by, at)
        advance(panel, by, at)
    return len(late)


@transaction.atomic
def release_seat(*, seat: Seat, reason: str, by: Actor, at: datetime) -> Seat:
    """Release an expert who does not deliver: what was not handed in is dropped, the rest stays."""
    panel = locked_panel(seat.panel)
    seat = Seat.objects.select_related("expert__person").get(pk=seat.pk)
    require(rules.may_run_panel(by, panel.facts), rules.not_permitted(rules.SECRETARY_MAY))
    require_unfenced(panel, by)
    require_state(panel.number, seat, *rules.SEAT_LIVE)
    require_state(
        panel.number, panel, Panel.State.INVITING, Panel.State.COMPLETE, Panel.State.REVIEWING
    )
    move_seat(seat, Seat.State.RELEASED, by, at, reason)
    waiting = Review.objects.filter(seat=seat, state__in=rules.REVIEW_WAITING)
    move_reviews(waiting, Review.State.DROPPED, by, at)
    append(
        verb="reviews.release_seat", object_number=panel.number, by=by, at=at,
        payload={"seat": seat.number},
    )  # fmt: skip
    advance(panel, by, at)
    return seat


@transaction.atomic
def cancel_panel(*, panel: Panel, reason: str, by: Actor, at: datetime) -> Panel:
    """End a panel without a result; its reviews stay as they are, nobody reads cases any more."""
    panel = locked_panel(panel)
    require(rules.may_plan_panel(by, panel.region_path), rules.not_permitted(rules.OFFICE_MAY))
    require_unfenced(panel, by)
    require_state(
        panel.number, panel, Panel.State.PLANNED, Panel.State.INVITING, Panel.State.COMPLETE,
        Panel.State.REVIEWING,
    )  # fmt: skip
    move_panel(panel, Panel.State.CANCELLED, by, at, reason)
    append(verb="reviews.cancel_panel", object_number=panel.number, by=by, at=at)
    return panel


@transaction.atomic
def declare_officer_conflict(
    *, subject_number: str, ground: str, by: Actor, at: datetime
) -> Fence:
    """An officer declares a conflict with a subject and is fenced from it from now on."""
    require(by.is_signed_in, rules.not_permitted(rules.OFFICE_MAY))
    person = Person.objects.get(number=by.person)
    fence, created = Fence.objects.get_or_create(
        subject_number=subject_number, person=person,
        defaults={"kind": Conflict.Kind.DECLARED, "ground": ground, "since": at},
    )  # fmt: skip
    if created:
        append(
            verb="reviews.declare_officer_conflict", object_number=subject_number, by=by, at=at,
            payload={"kind": "DECLARED"},
        )  # fmt: skip
    return fence


def _tell_secretary(panel: Panel, template: str, by: Actor, at: datetime) -> None:
    if panel.secretary:
        tell(
            people=[panel.secretary.number], template=template, object_number=panel.number,
            by=by, at=at,
        )  # fmt: skip
