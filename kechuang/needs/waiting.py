"""What of the needs waits for a person, and what that person waits for."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext

from kechuang.base.actor import Actor, Role
from kechuang.base.matters import Matter
from kechuang.base.refusals import N_
from kechuang.needs import rules
from kechuang.needs.models import Need
from kechuang.needs.queries import within
from kechuang.needs.rules import State
from kechuang.parties.queries import holder_words

UNSAID = ("typed", "body", "keywords")  # what no row of a work list says
MOST = 200
RECONFIRM_DAYS = 30
TASKS = {
    State.UNIT_CHECK: (N_("需求签发"), N_("去签发"), "need-sign"),
    State.COUNTY_CHECK: (N_("需求核实"), N_("去核实"), "need"),
    State.CITY_CHECK: (N_("需求筛选"), N_("去筛选"), "need"),
    State.PROVINCE_CHECK: (N_("需求筛选"), N_("去筛选"), "need"),
}
CHECK_OF_LEVEL = {level: state for state, level in rules.CHECK_LEVELS.items()}


def matters_for(actor: Actor, at: datetime) -> list[Matter]:
    """The rows of this actor's work list that needs give."""
    if actor.is_role(*rules.OWNERS) and actor.organisation:
        return _of_owner(actor, at)
    if actor.is_role(Role.OFFICER) and actor.region:
        return _of_officer(actor, at)
    if actor.is_role(Role.SUPERVISOR) and actor.region:
        return _late(actor, at)
    return []


def _of_owner(actor: Actor, at: datetime) -> list[Matter]:
    soon = at + timedelta(days=RECONFIRM_DAYS)
    needs = _loaded(
        Need.objects.filter(
            Q(state__in=[State.DRAFT, *rules.CHECKS])
            | Q(state=State.ACCEPTED, reconfirm_at__lte=soon),
            organisation__code=actor.organisation,
        )
    )
    holders: dict[str, str] = {}
    rows = [_owner_row(need, actor, at, holders) for need in needs]
    return [row for row in rows if row is not None]


def _owner_row(
    need: Need, actor: Actor, at: datetime, holders: dict[str, str]
) -> Matter | None:
    if need.state == State.ACCEPTED:
        return _mine(need, (N_("需求再确认"), N_("去确认"), "need-reconfirm"), need.reconfirm_at)
    if need.state == State.DRAFT:
        if need.returned_by:
            return _mine(need, (N_("需求退回补正"), N_("去补正"), "need-edit"), need.until)
        if need.filler is None or need.filler.number != actor.person:
            return None
        return _mine(need, (N_("需求草稿待提交"), N_("接着填"), "need-edit"), None)
    if need.state == State.UNIT_CHECK and actor.is_role(Role.UNIT_ADMIN):
        return _mine(need, TASKS[State(need.state)], need.until)
    if need.state not in holders:
        holders[need.state] = holder_of(need, at)
    return _held(need, holders[need.state], N_("看进展"))


def holder_of(need: Need, at: datetime) -> str:
    """Who holds a need that waits: names, and the office."""
    if need.state == State.UNIT_CHECK:
        names = holder_words(Role.UNIT_ADMIN, at=at, organisation=need.organisation)
    elif need.state in rules.OFFICE_CHECKS:
        path = rules.check_region(need.state, need.region_path)
        names = holder_words(Role.OFFICER, at=at, region_path=path)
    else:
        return ""
    office = gettext(rules.HOLDER_NAMES[State(need.state)])
    return gettext("{names}（{office}）").format(names=names, office=office)


def _of_officer(actor: Actor, at: datetime) -> list[Matter]:
    state = CHECK_OF_LEVEL[rules.level_of(actor.region)]
    needs = _pressing(Need.objects.filter(within(actor.region), state=state))
    return [_mine(need, TASKS[state], need.until) for need in needs]


def _late(actor: Actor, at: datetime) -> list[Matter]:
    needs = _pressing(
        Need.objects.filter(within(actor.region), state__in=rules.CHECKS, until__lte=at)
    )
    return [
        _held(need, gettext(rules.HOLDER_NAMES[State(need.state)]), N_("去看")) for need in needs
    ]


def _loaded(needs: QuerySet[Need]) -> list[Need]:
    return _pressing(needs.select_related("organisation", "filler"))


def _pressing(needs: QuerySet[Need]) -> list[Need]:
    """The most pressing of them, with no more than a row of the work list says."""
    return list(needs.defer(*UNSAID).order_by("until", "pk")[:MOST])


def _mine(need: Need, task: tuple[str, str, str], until: datetime | None) -> Matter:
    """A row that this reader can act on: task, button and page."""
    name, button, page = task
    return Matter(
        number=need.number, title=_title(need), task=name, holder="", mine=True,
        since=need.since, until=until, url=reverse(page, args=[need.number]), button=button,
    )  # fmt: skip


def _held(need: Need, holder: str, button: str) -> Matter:
    """A row that somebody else holds."""
    return Matter(
        number=need.number, title=_title(need), task=TASKS[State(need.state)][0], holder=holder,
        mine=False, since=need.since, until=need.until, url=reverse("need", args=[need.number]),
        button=button,
    )  # fmt: skip


def _title(need: Need) -> str:
    return need.title or gettext("（未命名的草稿）")
