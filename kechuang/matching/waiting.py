"""What of matching waits for a person: matches to judge, steps that are due, answers to give."""

from datetime import datetime

from django.db.models import Count, Min, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext

from kechuang.base.actor import Actor, Role
from kechuang.base.matters import Matter
from kechuang.base.refusals import N_
from kechuang.base.time import at_shanghai, shanghai_date
from kechuang.base.working_days import calendar
from kechuang.matching import queries, rules
from kechuang.matching.models import Introduction, Match
from kechuang.matching.rules import Side

MOST = 100


def matters_for(actor: Actor, at: datetime) -> list[Matter]:
    """The rows of this actor's work list that matching gives."""
    if actor.is_role(Role.LIAISON):
        return _to_judge(actor) + _to_follow(actor)
    if actor.is_role(*rules.PARTY_ROLES) and actor.organisation:
        return _to_answer(actor)
    if actor.is_role(Role.OFFICER) and actor.region:
        return _overdue(actor, at)
    return []


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

