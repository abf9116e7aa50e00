"""A project opens: from an award, in the award's transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import N_, NotPermitted, require
from kechuang.parties.models import Organisation, Person
from kechuang.parties.queries import organisations_coded
from kechuang.projects import rules
from kechuang.projects.actions.awarded import draft_from_award
from kechuang.projects.actions.moves import (
    note_act,
    stage_facts,
    tell_unit,
)
from kechuang.projects.models import Project, ProjectMember, ProjectStage
from kechuang.record import actions as record


@transaction.atomic
def open_project(  # noqa: PLR0913 - the facts of an award, fixed with the caller
    *,
    origin_number: str,
    title: str,
    lead_organisation: Organisation,
    leader: Person,
    members: Sequence[str],
    region_path: str,
    total_fen: int,
    public_fen: int,
    own_fen: int,
    other_fen: int,
    targets: Sequence[Mapping[str, Any]],
    by: Actor,
    at: datetime,
    plan: Mapping[str, Any] | None = None,
) -> Project:
    """Open the project of an award; called by the award in its transaction.

    With the `plan` of the winning bid (see draft_from_award) the first draft of the agreement is
    there at once: nothing is typed twice. The unit completes and signs it.

    `members` are credit codes of the other units. Refuses (rules.ProjectRefused) money that does
    not add up and units that are not registered. An award opens one project for each lead.
    """
    require(
        rules.may_open(by, region_path),
        NotPermitted("projects.may_not_open", N_("立项须由该地区的部门负责人办。")),
    )
    _check_money(total_fen, public_fen, own_fen, other_fen)
    units = _units(lead_organisation, members)
    project = Project.objects.create(
        number=record.take_number("XM", at=at),
        title=title,
        origin_number=origin_number,
        lead_organisation=lead_organisation,
        leader=leader,
        region_path=region_path,
        state_since=at,
        total_fen=total_fen,
        public_fen=public_fen,
        own_fen=own_fen,
        other_fen=other_fen,
        awarded_targets=[dict(target) for target in targets],
        awarded_at=at,
        sign_until=rules.due("SIGN", region_path, at),
    )
    ProjectMember.objects.bulk_create(
        ProjectMember(project=project, organisation=unit, is_lead=unit == lead_organisation)
        for unit in units
    )
    ProjectStage.objects.create(project=project, **stage_facts(project.state, by, at))
    note_act(
        "open_project", project, by, at,
        {
            "origin": origin_number,
            "lead": lead_organisation.code,
            "leader": leader.number,
            "members": [unit.code for unit in units],
            "total_fen": total_fen,
            "public_fen": public_fen,
            "own_fen": own_fen,
            "other_fen": other_fen,
        },
    )  # fmt: skip
    if plan is not None:
        draft_from_award(project, plan, at)
    tell_unit(project, "draft_agreement", by, at)
    return project


def _check_money(total_fen: int, public_fen: int, own_fen: int, other_fen: int) -> None:
    if total_fen <= 0 or min(public_fen, own_fen, other_fen) < 0:
        raise rules.ProjectRefused(
            "projects.money_negative", N_("总经费须大于零，各部分不能为负。"), fields=("total_fen",)
        )
    if total_fen != public_fen + own_fen + other_fen:
        raise rules.ProjectRefused(
            "projects.total_not_parts",
            N_("总经费 {total_fen} 不等于财政、自筹与其他之和 {sum_fen}。"),
            {"total_fen": total_fen, "sum_fen": public_fen + own_fen + other_fen},
            ("total_fen",),
        )


def _units(lead: Organisation, members: Sequence[str]) -> list[Organisation]:
    found = organisations_coded(members)
    missing = [code for code in members if code not in found]
    if missing:
        raise rules.ProjectRefused(
            "projects.member_unknown",
            N_("参加单位 {codes} 没有登记。"),
            {"codes": missing},
            ("members",),
        )
    others = {unit.pk: unit for code, unit in found.items() if unit.pk != lead.pk}
    return [lead, *others.values()]
