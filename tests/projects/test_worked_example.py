"""90,000,000 yuan in all, 30,000,000 public, 600/900/900/600 万元: the whole life of one project.

Source: design/procedures.md#money
"""

from datetime import datetime

from django.db import connection

from kechuang.base.money import fen_from_yuan
from kechuang.ledger.models import Entry
from kechuang.ledger.queries import grant_of, kept_balances, lines_of, rebuilt_balances
from kechuang.projects import actions
from kechuang.projects.models import Project
from tests.projects import line
from tests.projects.line import WAN
from tests.world import World


def test_the_worked_example_from_award_to_archive(world: World, at: datetime) -> None:
    project = line.running(world, at)
    line.pay(world, at, project, 1)
    grant = grant_of(project.number)
    assert grant is not None
    assert grant.paid_fen == fen_from_yuan("6,000,000.00") == 600 * WAN
    assert grant.approved_fen == fen_from_yuan("30,000,000")
    line.fund(world, at, project, 1200 * WAN)
    line.pass_milestone(world, at, project, "M1")
    line.pay(world, at, project, 2)
    line.fund(world, at, project, 1800 * WAN)
    line.pass_milestone(world, at, project, "M2")
    line.pay(world, at, project, 3)
    line.fund(world, at, project, 3000 * WAN)
    accepted(world, at, project)
    line.pay(world, at, project, 4)
    actions.archive(project=project, by=world.officer.actor, at=at)
    connection.check_constraints()

    project.refresh_from_db()
    assert (project.state, project.ended_as) == ("ARCHIVED", "ACCEPTED")
    grant.refresh_from_db()
    assert grant.paid_fen == grant.released_fen == grant.approved_fen == 3000 * WAN
    assert grant.own_received_fen == 6000 * WAN
    assert (
        rebuilt_balances(project.number)
        == kept_balances(project.number)
        == {
            f"{project.number}/TREASURY": -3000 * WAN,
            f"{project.number}/OWN": -6000 * WAN,
            f"{project.number}/PROJECT": 9000 * WAN,
            f"{project.number}/OTHER": 0,
        }
    )
    assert sum(Entry.objects.values_list("amount_fen", flat=True)) == 0
    assert [row.public_paid_fen // WAN for row in lines_of(project.number)] == [
        600, 600, 1500, 1500, 2400, 2400, 3000,
    ]  # fmt: skip


def accepted(world: World, at: datetime, project: Project) -> None:
    item = actions.EvidenceItem(text="首台装机 2,000 h")
    actions.apply_for_acceptance(
        project=project, report="全部完成", evidence=[item], by=world.member.actor, at=at
    )
    acceptance = actions.open_acceptance(
        project=project, acceptors=line.experts(world), by=world.officer.actor, at=at
    )
    line.judge(world, at, acceptance)
    actions.decide_acceptance(
        project=project, verdict="PASSED", opinion="通过验收", by=world.head.actor, at=at
    )
