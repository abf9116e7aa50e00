"""An award becomes a project, once, with money that adds up."""

from datetime import date, datetime

import pytest
from django.db import IntegrityError

from kechuang.base.refusals import NotPermitted
from kechuang.base.working_days import calendar, office_closes
from kechuang.projects import rules
from kechuang.projects.models import ProjectMember, ProjectStage
from kechuang.record.queries import history_of
from tests.projects.line import WAN, award
from tests.world import World


def test_an_award_opens_a_project(world: World, at: datetime) -> None:
    project = award(world, at)
    assert project.number == "XM-2026-000001"
    assert project.state == "AWARDED"
    assert [m.organisation.code for m in ProjectMember.objects.filter(project=project)] == [
        world.university.code,
        world.enterprise.code,
    ]
    assert [s.stage for s in ProjectStage.objects.filter(project=project)] == ["AWARDED"]
    assert [e.verb for e in history_of(project.number)] == ["projects.open_project"]
    assert project.sign_until == office_closes(calendar().add(date(2026, 11, 21), 30))


def test_money_that_does_not_add_up_is_refused(world: World, at: datetime) -> None:
    with pytest.raises(rules.ProjectRefused) as caught:
        award(world, at, total_fen=9000 * WAN + 1)
    assert caught.value.code == "projects.total_not_parts"


def test_negative_money_is_refused(world: World, at: datetime) -> None:
    with pytest.raises(rules.ProjectRefused) as caught:
        award(world, at, public_fen=-1, own_fen=9000 * WAN + 1)
    assert caught.value.code == "projects.money_negative"


def test_an_unregistered_member_is_refused(world: World, at: datetime) -> None:
    with pytest.raises(rules.ProjectRefused) as caught:
        award(world, at, members=["91990100MA0000000X"])
    assert caught.value.code == "projects.member_unknown"


def test_only_the_head_of_the_region_opens(world: World, at: datetime) -> None:
    with pytest.raises(NotPermitted):
        award(world, at, by=world.officer.actor)


def test_an_award_opens_one_project_for_a_lead(world: World, at: datetime) -> None:
    award(world, at)
    with pytest.raises(IntegrityError, match="awarded_once_per_lead"):
        award(world, at)
