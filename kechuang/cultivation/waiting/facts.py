"""Declarations that wait to be checked or mended, and certificates that are about to end."""

from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext

from kechuang.base.actor import Actor, Role
from kechuang.base.matters import Matter
from kechuang.base.refusals import N_
from kechuang.base.time import shanghai_date, start_of_day
from kechuang.cultivation import rules
from kechuang.cultivation.models import Declaration
from kechuang.cultivation.queries.standing import valid_on
from kechuang.parties.queries import holder_words

MOST = 100
State = Declaration.State


def matters_for(actor: Actor, at: datetime) -> list[Matter]:
    """What an officer has to check, and what an enterprise has to mend, await or renew."""
    if actor.is_role(Role.OFFICER) and actor.region:
        rows = Declaration.objects.filter(
            state=State.COUNTY_CHECK, region_path=actor.region
        ).select_related("organisation").order_by("until")[:MOST]
        return [_row(one, N_("年度数据核实"), "", N_("去核实")) for one in rows]
    if actor.is_role(*rules.UNIT_READERS) and actor.organisation:
        return [*_of_unit(actor, at), *_ending(actor, at)]
    return []


def _of_unit(actor: Actor, at: datetime) -> list[Matter]:
    rows = Declaration.objects.filter(
        organisation__code=actor.organisation, state__in=[State.COUNTY_CHECK, State.RETURNED]
    ).select_related("organisation").order_by("until")[:MOST]
    found = []
    for one in rows:
        if one.state == State.RETURNED:
            found.append(_row(one, N_("年度数据退回补正"), "", N_("去补正")))
            continue
        names = holder_words(Role.OFFICER, at=at, region_path=one.region_path)
        found.append(_row(one, N_("年度数据核实"),
                          gettext("{names}（县级科技部门）").format(names=names), N_("看进展")))
    return found


def _row(one: Declaration, task: str, holder: str, button: str) -> Matter:
    return Matter(
        number=one.number, task=task, holder=holder, mine=not holder, since=one.since,
        title=f"{one.organisation.name} {one.year}", until=one.until, button=button,
        url=reverse("declaration", args=[one.number]),
    )


def _ending(actor: Actor, at: datetime) -> list[Matter]:
    """Certificates of the unit that end within the days of the ladder."""
    day = shanghai_date(at)
    last = day + timedelta(days=rules.remind_days())
    names = {tier.certificate: tier.name for tier in rules.ladder()}
    rows = valid_on(day, names).filter(
        organisation__code=actor.organisation, until__lte=last
    ).select_related("organisation").order_by("until")[:MOST]
    return [
        Matter(
            number=one.organisation.number, task=N_("资格快到期"), holder="", mine=True,
            title=names[one.kind or ""], button=N_("看条件"),
            since=start_of_day(one.until - timedelta(days=rules.remind_days())),
            until=start_of_day(one.until),
            url=reverse("evaluation", args=[one.organisation.number]),
        )
        for one in rows if one.until is not None
    ]
