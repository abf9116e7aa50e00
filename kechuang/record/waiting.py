"""What waits for a person in the record: erasures that somebody else asked for."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext

from kechuang.base.actor import Actor, Role
from kechuang.base.matters import Matter
from kechuang.base.refusals import N_
from kechuang.base.time import at_shanghai, shanghai_date
from kechuang.base.working_days import calendar
from kechuang.record import queries
from kechuang.record.rules import erasing as rules

MOST = 50
HOLDER = N_("本地区的部门负责人，申请人除外")


def matters_for(actor: Actor, at: datetime) -> list[Matter]:
    """Erasures to decide, and the own ones that somebody else has to decide; one query."""
    if not actor.is_role(Role.OFFICER, Role.HEAD):
        return []
    rows = queries.erasures_visible_to(actor, at).filter(state=rules.State.ASKED)
    found = []
    for row in rows.order_by("asked_at")[:MOST]:
        mine = rules.may_decide(actor, row.region_path, row.asked_by)
        if mine or row.asked_by == actor.person:
            due = at_shanghai(calendar().add(shanghai_date(row.asked_at), rules.DAYS))
            found.append(Matter(
                number=row.number, title=row.entry.number, task=N_("删除记录内容"),
                holder=gettext(HOLDER), mine=mine, since=row.asked_at, until=due,
                url=reverse("erasure", args=[row.number]),
                button=N_("去批准") if mine else N_("查看"),
            ))  # fmt: skip
    return found
