"""Two at once, on real connections: one award, one reservation, one live bid."""

import threading

import pytest
from django.db import connection

from kechuang.base.refusals import Refused
from kechuang.challenges import actions
from kechuang.challenges.models import Bid, BudgetLine, Challenge
from kechuang.projects.models import Project
from tests.challenges import stages
from tests.world import build_world

pytestmark = pytest.mark.django_db(transaction=True)


def together(*acts):
    """Run the acts at the same moment in threads of their own; what each came to."""
    gate, outcomes = threading.Barrier(len(acts)), []

    def run(act):
        try:
            gate.wait(timeout=20)
            act()
            outcomes.append("done")
        except Refused as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return sorted(outcomes)


def test_two_heads_award_once(at):
    world = build_world(at)
    line = stages.notice_over(world, at)
    acts = [
        lambda head=head: actions.finalise(
            challenge=Challenge.objects.get(pk=line.challenge.pk), by=head.actor, at=line.at)
        for head in (world.head, world.head2)
    ]
    assert together(*acts) == ["challenges.wrong_state", "done"]
    assert Project.objects.count() == 1


def test_two_authorisations_never_reserve_more_than_the_line_holds(at):
    world = build_world(at)
    funds = stages.budget_line(world, at, wan=5000)
    lines = [stages.approved(world, at, serial) for serial in (1, 2)]
    acts = [
        lambda line=line, head=head: actions.authorise(
            challenge=line.challenge, line=funds, by=head.actor, at=line.at)
        for line, head in zip(lines, (world.head, world.head2), strict=True)
    ]
    assert together(*acts) == ["challenges.budget_exceeded", "done"]
    assert BudgetLine.objects.get().reserved_fen == 3000 * stages.WAN


def test_one_press_of_two_buttons_seals_once(at):
    world = build_world(at)
    line = stages.opened(world, at)
    bid = stages.written_bid(line, world.member)
    actions.sign_bid(bid=bid, by=world.research_admin.actor, at=line.at)
    acts = [
        lambda who=who: actions.submit_bid(
            bid=Bid.objects.get(pk=bid.pk), by=who.actor, at=line.at)
        for who in (world.member, world.research_admin)
    ]
    assert together(*acts) == ["bids.wrong_state", "done"]
    assert bid.receipts.count() == 1
