"""Versions of rule sets that wait for somebody to approve, test or finish them."""

from datetime import datetime

from django.urls import reverse

from kechuang.base.actor import Actor, Role
from kechuang.base.matters import Matter
from kechuang.base.refusals import N_
from kechuang.cultivation import queries, rules
from kechuang.cultivation.models import RuleVersion
from kechuang.parties.models import Person
from kechuang.parties.queries import holders, named

State = RuleVersion.State
MOST = 50


def rules_matters(actor: Actor, at: datetime) -> list[Matter]:
    """Drafts that people wrote, and tested versions that somebody else approves; few queries."""
    if not rules.may_read_drafts(actor) or not actor.is_role(Role.OFFICER, Role.HEAD):
        return []
    rows = list(
        queries.rule_versions_visible_to(actor, at)
        .filter(state__in=[State.DRAFT, State.TESTED]).order_by("until", "pk")[:MOST]
    )  # fmt: skip
    if not rows:
        return []
    authors = dict(
        Person.objects.filter(number__in={row.author for row in rows}).values_list("number", "name")
    )
    office = [
        one for role in (Role.HEAD, Role.OFFICER)
        for one in holders(role, at=at, region_path=actor.region)
    ]  # fmt: skip
    return [_matter(row, actor, authors, office) for row in rows]


def _matter(
    row: RuleVersion, actor: Actor, authors: dict[str, str], office: list[Person]
) -> Matter:
    is_draft = row.state == State.DRAFT
    mine = row.author == actor.person if is_draft else rules.may_approve_rules(actor, row.author)
    others = {one.number: one for one in office if one.number != row.author}
    holder = authors.get(row.author) if is_draft else named(others.values())
    return Matter(
        number=row.number, title=row.title, mine=mine or (is_draft and not row.author),
        task=N_("测试规则草稿并送审") if is_draft else N_("审定规则版本"),
        holder=holder or named(office), since=row.since, until=row.until,
        url=reverse("rule-version", args=[row.code, row.number]),
        button=(N_("去测试") if is_draft else N_("去审定规则")) if mine else N_("查看"),
    )  # fmt: skip
