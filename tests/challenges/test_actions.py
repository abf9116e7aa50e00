"""The whole line on the action level, and each way out of it."""


import pytest

from kechuang.base.refusals import Refused
from kechuang.challenges.models import Bid
from kechuang.needs.models import Need
from kechuang.projects.models import Agreement, Project
from tests.challenges import stages

pytestmark = pytest.mark.django_db


def refused(code, act, **arguments):
    """The act is refused with exactly this code among its reasons."""
    with pytest.raises(Refused) as caught:
        act(**arguments)
    assert code in {one.code for one in caught.value.refusals}


def test_the_whole_line_from_need_to_project(world, at):
    line = stages.awarded(world, at)
    project = Project.objects.get(number=line.challenge.project_number)
    winner, other = Bid.objects.get(pk=line.bids[0].pk), Bid.objects.get(pk=line.bids[1].pk)
    assert line.challenge.state == "AWARDED"
    assert [s.stage for s in line.challenge.stages.all()] == [
        "DRAFTING", "ARGUING", "APPROVED", "SCHEDULED", "OPEN", "CLOSED", "CHECKING", "REVIEWING",
        "DECIDING", "ON_NOTICE", "AWARDED",
    ]
    assert (winner.state, other.state) == ("AWARDED", "RESERVE")
    assert (project.total_fen, project.public_fen) == (9000 * stages.WAN, 3000 * stages.WAN)
    assert project.lead_organisation == world.university
    assert project.leader == world.member.person
    need = Need.objects.get(number=line.challenge.need.number)
    assert (need.state, need.challenge_number) == ("CONVERTED", line.challenge.number)


def test_the_winning_bid_is_the_first_draft_of_the_agreement(world, at):
    line = stages.awarded(world, at)
    agreement = Agreement.objects.get(project__number=line.challenge.project_number)
    terms = agreement.terms
    assert [one["code"] for one in terms["milestones"]] == ["M1", "M2"]
    assert [(one["gate"], one["milestone"], one["amount_fen"]) for one in terms["instalments"]] == [
        ("SIGNING", "", 600 * stages.WAN), ("MILESTONE", "M1", 900 * stages.WAN),
        ("MILESTONE", "M2", 1500 * stages.WAN),
    ]
    assert [one["comparator"] for one in terms["targets"]] == [
        "AT_LEAST", "AT_MOST", "AT_LEAST", "AT_MOST",
    ]
    assert sum(one["amount_fen"] for one in terms["instalments"]) == terms["public_fen"]
