"""What of matching waits for a person: matches to judge, steps that are due, answers to give."""

from datetime import datetime, timedelta

from django.db.models import Count, Min, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext

from kechuang.base.actor import Actor, Role
from kechuang.base.matters import Matter
from kechuang.base.refusals import N_
from kechuang.base.time import at_shanghai, shanghai_date
from kechuang.base.working_days import calendar
from kechuang.matching import queries, rules
from kechuang.matching.models import HandOver, Introduction, Match, Outcome
from kechuang.matching.queries.desk import requests_visible_to
from kechuang.matching.queries.events import (
    events_visible_to,
    open_invitations,
    outcomes_visible_to,
)
from kechuang.matching.rules import Side, events
from kechuang.matching.rules.events import EventState
from kechuang.parties.queries import memberships_asked

MOST = 100
FEW = 30


def matters_for(actor: Actor, at: datetime) -> list[Matter]:
    """The rows of this actor's work list that matching gives."""
    if actor.is_role(Role.LIAISON):
        desk = [] if actor.serves_one_unit else _of_the_desk(actor, at)
        return _to_take_over(actor) + _to_judge(actor) + _to_follow(actor) + desk
    if actor.is_role(*rules.PARTY_ROLES) and actor.organisation:
        return _to_answer(actor) + _of_the_unit(actor, at)
    if actor.is_role(Role.OFFICER) and actor.region:
        return _overdue(actor, at) + _events_to_close(actor, at)
    return []


def _to_take_over(actor: Actor) -> list[Matter]:
    """Introductions that another liaison asks this one to take."""
    rows = HandOver.objects.filter(
        to_person__number=actor.person, state=rules.Asked.OPEN
    ).select_related("introduction__need", "introduction__offer")
    return [
        Matter(
            number=row.introduction.number,
            title=f"{row.introduction.need.title} ↔ {row.introduction.offer.title}",
            task=N_("请您接手引荐"), holder="", mine=True, since=row.asked_at,
            until=row.reply_until, url=reverse("introduction", args=[row.introduction.number]),
            button=N_("去答复"),
        )
        for row in rows.order_by("reply_until")[:FEW]
    ]  # fmt: skip


def _of_the_desk(actor: Actor, at: datetime) -> list[Matter]:
    """Requests to answer, events to close, and what came of talks, asked and not answered."""
    asked = [
        Matter(
            number=row.number, title=f"{row.need.title} ↔ {row.offer.title}",
            task=N_("答复引荐请求"), holder="", mine=True, since=row.asked_at,
            until=row.reply_until, url=reverse("request", args=[row.number]), button=N_("去答复"),
        )
        for row in requests_visible_to(actor, at)
        .filter(state=rules.Asked.OPEN).order_by("reply_until")[:FEW]
    ]  # fmt: skip
    late = outcomes_visible_to(actor, at).filter(code="", due_date__lt=shanghai_date(at))
    chased = [_outcome(row, N_("催问对接成效"), row.organisation.name, False) for row in late[:FEW]]
    return asked + _events_to_close(actor, at) + chased


def _events_to_close(actor: Actor, at: datetime) -> list[Matter]:
    """Events of the region that are over and of which nobody noted who came."""
    rows = events_visible_to(actor, at).filter(
        queries.within(actor.region, "region_path"), state=EventState.OPEN, until_at__lt=at
    )
    return [
        Matter(
            number=row.number, title=row.title, task=N_("登记到场"), holder="", mine=True,
            since=row.until_at, until=_days_after(row.until_at, rules.HAND_OVER_WORKING_DAYS),
            url=reverse("event", args=[row.number]), button=N_("去登记"),
        )
        for row in rows.order_by("until_at")[:FEW]
    ]  # fmt: skip


def _of_the_unit(actor: Actor, at: datetime) -> list[Matter]:
    """Invitations, outcomes that are due, and consortia that ask the unit to join."""
    invited = [
        Matter(
            number=row.number, title=f"{row.event.title} · {row.offer.title}",
            task=N_("答复对接会邀请"), holder="", mine=True, since=row.invited_at,
            until=row.reply_until, url=reverse("event", args=[row.event.number]),
            button=N_("去答复"),
        )
        for row in open_invitations(actor, at).order_by("reply_until")[:FEW]
    ]  # fmt: skip
    soon = shanghai_date(at) + timedelta(days=events.OUTCOME_DAYS)
    due = outcomes_visible_to(actor, at).filter(
        code="", due_date__lte=soon, organisation__code=actor.organisation
    )
    asked = [_outcome(row, N_("答复对接成效"), "", True) for row in due[:FEW]]
    joins = [
        Matter(
            number=row.consortium.number, title=row.consortium.name, task=N_("答复联合体邀请"),
            holder="", mine=True, since=row.invited_at, until=None,
            url=reverse("membership-answer", args=[row.consortium.number, row.number]),
            button=N_("去答复"),
        )
        for row in memberships_asked(actor)[:FEW]
    ]  # fmt: skip
    return invited + asked + joins


def _outcome(row: Outcome, task: str, holder: str, mine: bool) -> Matter:
    return Matter(
        number=row.number,
        title=f"{row.sitting.event.title} · {row.sitting.offer_sign_up.offer.title}",
        task=task, holder=holder, mine=mine,
        since=at_shanghai(row.due_date - timedelta(days=events.OUTCOME_DAYS)),
        until=at_shanghai(row.due_date), url=reverse("outcome", args=[row.number]),
        button=N_("去答复"),
    )  # fmt: skip


def _to_judge(actor: Actor) -> list[Matter]:
    """Needs with ranked offers that nobody has judged yet."""
    needs = list(queries.needs_without_verdict(actor).prefetch_related(None)[:MOST])
    found = {
        row["need"]: row
        for row in Match.objects.filter(need__in=needs)
        .values("need")
        .annotate(count=Count("id"), since=Min("found_at"))
    }
    return [
        Matter(
            number=need.number,
            title=need.title,
            task=N_("推荐待判断"),
            holder="",
            mine=True,
            since=found[need.pk]["since"],
            until=_days_after(found[need.pk]["since"], rules.VERDICT_WORKING_DAYS),
            url=reverse("need-matches", args=[need.number]),
            button=N_("去判断"),
            facts={"count": found[need.pk]["count"]},
        )
        for need in needs
    ]


def _days_after(since: datetime, days: int) -> datetime:
    return at_shanghai(calendar().add(shanghai_date(since), days))


def _to_follow(actor: Actor) -> list[Matter]:
    rows = _open().filter(liaison__number=actor.person)
    return [_matter(row, N_("引荐跟进"), "", True, N_("去跟进")) for row in rows[:MOST]]


def _overdue(actor: Actor, at: datetime) -> list[Matter]:
    """What liaisons of the region are late with."""
    rows = _open().filter(
        Q(region_path=actor.region) | Q(region_path__startswith=f"{actor.region}/"),
        next_date__lt=shanghai_date(at),
    )
    return [
        _matter(row, N_("引荐跟进"), _liaison_words(row), False, N_("去看"))
        for row in rows[:MOST]
    ]


def _to_answer(actor: Actor) -> list[Matter]:
    """Introductions to answer; those answered wait for the other side or the liaison."""
    rows = _open().filter(
        Q(need_organisation__code=actor.organisation)
        | Q(offer_organisation__code=actor.organisation)
    )
    return [_of_side(row, actor) for row in rows[:MOST]]


def _of_side(row: Introduction, actor: Actor) -> Matter:
    if rules.may_answer(actor, row.facts):
        return _matter(row, N_("答复引荐"), "", True, N_("去答复"), row.reply_until)
    side = rules.side_of(actor, row.facts)
    other = row.offer_answer if side == Side.NEED else row.need_answer
    if other:
        return _matter(row, N_("引荐跟进"), _liaison_words(row), False, N_("看进展"))
    unit = row.offer_organisation if side == Side.NEED else row.need_organisation
    return _matter(row, N_("答复引荐"), unit.name, False, N_("看进展"), row.reply_until)


def _open() -> QuerySet[Introduction]:
    return (
        Introduction.objects.filter(state__in=rules.OPEN)
        .select_related("need", "offer", "need_organisation", "offer_organisation", "liaison")
        .order_by("next_date", "id")
    )


def _liaison_words(row: Introduction) -> str:
    return gettext("{name}（联络员）").format(name=row.liaison.name)


def _matter(  # noqa: PLR0913 - one row of a list
    row: Introduction, task: str, holder: str, mine: bool, button: str,
    until: datetime | None = None,
) -> Matter:  # fmt: skip
    if until is None and row.next_date:
        until = at_shanghai(row.next_date)
    return Matter(
        number=row.number,
        title=f"{row.need.title} ↔ {row.offer.title}",
        task=task,
        holder=holder,
        mine=mine,
        since=row.since,
        until=until,
        url=reverse("introduction", args=[row.number]),
        button=button,
    )

