"""The whole line on the action level, and each way out of it."""

from datetime import timedelta

import pytest

from kechuang.base.actor import Actor
from kechuang.base.refusals import NotPermitted, Refused, RefusedTogether
from kechuang.challenges import actions
from kechuang.challenges.models import Bid, BudgetLine, Challenge, Receipt
from kechuang.challenges.rules.sealing import BrokenSeal
from kechuang.needs.models import Need
from kechuang.notices import actions as notices
from kechuang.notices import queries as notice_queries
from kechuang.projects.models import Agreement, Project
from kechuang.record.models import Entry
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


def test_only_the_office_of_the_region_drafts_and_only_from_accepted_needs(world, at):
    need = stages.accepted_need(world, at)
    with pytest.raises(NotPermitted):
        actions.draft_challenge(need=need, by=world.officer_other_county.actor, at=at)
    with pytest.raises(NotPermitted):
        actions.draft_challenge(need=need, by=world.head.actor, at=at)
    actions.draft_challenge(need=need, by=world.officer.actor, at=at)
    with pytest.raises(Refused):
        actions.draft_challenge(need=need, by=world.officer.actor, at=at)
    assert Challenge.objects.count() == 1


def test_a_bare_draft_is_refused_argument_with_every_reason_at_once(world, at):
    line = stages.drafted(world, at)
    experts = [world.expert1.person, world.expert2.person]
    with pytest.raises(RefusedTogether) as caught:
        actions.send_to_argument(challenge=line.challenge, experts=experts,
                                 lead=world.expert3.person, by=world.officer.actor, at=at)
    codes = {one.code for one in caught.value.refusals}
    assert codes >= {
        "challenges.empty_field", "challenges.panel_officers", "challenges.no_consent",
        "challenges.target_incomplete", "challenges.no_criterion", "challenges.no_dates",
        "challenges.fit_unanswered", "challenges.too_few_experts",
        "challenges.lead_not_among_experts",
    }


def test_a_no_in_the_fit_test_or_a_change_after_consent_keeps_from_argument(world, at):
    line = stages.written(world, at)
    experts = [one.person for one in (world.expert1, world.expert2, world.expert3)]
    send = {"challenge": line.challenge, "experts": experts, "lead": world.expert1.person,
            "by": world.officer.actor, "at": line.at}
    no = {"PATH_UNKNOWN": (False, "只有一条路线")}
    actions.answer_fit_test(challenge=line.challenge, answers=no, by=world.officer.actor,
                            at=line.at)
    refused("challenges.not_fit", actions.send_to_argument, **send)
    actions.save_draft(challenge=line.challenge, draft=actions.Draft({"months": 30}),
                       by=world.officer.actor, at=line.at)
    refused("challenges.no_consent", actions.send_to_argument, **send)
    assert (line.fresh().state, line.challenge.seats.count()) == ("DRAFTING", 0)


def test_the_lead_concludes_last_and_only_with_a_majority(world, at):
    line = stages.arguing(world, at)
    opinion = {"challenge": line.challenge, "opinion": "意见", "at": line.at}
    refused("challenges.too_few_opinions", actions.argue, verdict="PASS",
            by=world.expert1.actor, **opinion)
    for expert in (world.expert2, world.expert3):
        actions.argue(verdict="RETURN", by=expert.actor, **opinion)
    refused("challenges.already_signed", actions.argue, verdict="PASS", by=world.expert2.actor,
            **opinion)
    refused("challenges.no_majority", actions.argue, verdict="PASS", by=world.expert1.actor,
            **opinion)
    with pytest.raises(NotPermitted):
        actions.argue(verdict="PASS", by=world.expert5.actor, **opinion)
    actions.argue(verdict="RETURN", by=world.expert1.actor, **opinion)
    assert line.fresh().state == "DRAFTING"


def test_a_rejected_argument_gives_the_need_back(world, at):
    line = stages.arguing(world, at)
    for expert in (world.expert2, world.expert3, world.expert1):
        actions.argue(challenge=line.challenge, verdict="REJECT", opinion="路线已有成品",
                      by=expert.actor, at=line.at)
    need = Need.objects.get(pk=line.challenge.need_id)
    assert line.fresh().state == "REJECTED"
    assert (need.state, need.challenge_number) == ("ACCEPTED", "")


def test_reservations_never_exceed_the_budget_line(world, at):
    funds = stages.budget_line(world, at, wan=5000)
    first, second = stages.approved(world, at, 1), stages.approved(world, at, 2)
    head = world.head.actor
    actions.authorise(challenge=first.challenge, line=funds, by=head, at=first.at)
    refused("challenges.budget_exceeded", actions.authorise, challenge=second.challenge,
            line=funds, by=head, at=second.at)
    actions.cancel_challenge(challenge=first.challenge, reason="题目撤销", by=head, at=first.at)
    actions.authorise(challenge=second.challenge, line=funds, by=head, at=second.at)
    assert BudgetLine.objects.get().reserved_fen == 3000 * stages.WAN


def test_nobody_but_the_clock_opens_and_closes_and_never_early(world, at):
    line = stages.scheduled(world, at)
    refused("challenges.not_yet", actions.open_challenge, challenge=line.challenge,
            by=Actor.CLOCK, at=line.at)
    with pytest.raises(NotPermitted):
        actions.open_challenge(challenge=line.challenge, by=world.head.actor, at=line.at)
    line.at = line.fresh().opens_at
    actions.open_challenge(challenge=line.challenge, by=Actor.CLOCK, at=line.at)
    refused("challenges.not_yet", actions.close_challenge, challenge=line.challenge,
            by=Actor.CLOCK, at=line.fresh().deadline_at - timedelta(microseconds=1))
    assert (line.fresh().state, line.challenge.closed_at) == ("OPEN", None)
    actions.close_challenge(challenge=line.challenge, by=Actor.CLOCK, at=line.fresh().deadline_at)
    assert line.fresh().closed_at == line.challenge.deadline_at


def test_late_is_at_the_deadline_or_after_it(world, at):
    line = stages.opened(world, at)
    bid = stages.written_bid(line, world.member)
    actions.sign_bid(bid=bid, by=world.research_admin.actor, at=line.at)
    deadline = line.challenge.deadline_at
    refused("bids.late", actions.submit_bid, bid=bid, by=world.member.actor, at=deadline)
    actions.submit_bid(bid=bid, by=world.member.actor, at=deadline - timedelta(microseconds=1))
    refused("bids.late", actions.withdraw_bid, bid=bid, by=world.research_admin.actor,
            at=deadline)
    bid.refresh_from_db()
    assert bid.state == "SEALED"
    assert [one.kind for one in Receipt.objects.filter(bid=bid)] == ["SUBMITTED"]


def test_a_bid_is_submitted_only_whole_and_signed_as_it_stands(world, at):
    line = stages.opened(world, at)
    bid = actions.start_bid(challenge=line.challenge, by=world.member.actor, at=line.at)
    with pytest.raises(RefusedTogether) as caught:
        actions.submit_bid(bid=bid, by=world.member.actor, at=line.at)
    codes = {one.code for one in caught.value.refusals}
    assert codes >= {"bids.empty", "bids.not_signed", "bids.no_commitment", "bids.not_declared",
                     "bids.empty_text", "bids.target_not_committed", "bids.no_milestone",
                     "bids.no_money"}
    actions.save_bid(bid=bid, content=stages.proposal(line), by=world.member.actor, at=line.at,
                     envelope=actions.Envelope(other_public=False, members=[world.institute]))
    actions.sign_bid(bid=bid, by=world.research_admin.actor, at=line.at)
    refused("bids.member_not_confirmed", actions.submit_bid, bid=bid, by=world.member.actor,
            at=line.at)
    actions.confirm_membership(bid=bid, by=world.institute_admin.actor, at=line.at)
    actions.save_bid(bid=bid, content=stages.proposal(line, "改"), by=world.member.actor,
                     at=line.at)
    refused("bids.not_signed", actions.submit_bid, bid=bid, by=world.member.actor, at=line.at)
    actions.sign_bid(bid=bid, by=world.research_admin.actor, at=line.at)
    receipt = actions.submit_bid(bid=bid, by=world.member.actor, at=line.at)
    bid.refresh_from_db()
    assert (bid.state, receipt.sha256) == ("SEALED", bid.sealed.sha256)
    assert Entry.objects.get(number=receipt.entry_number).object_number == bid.number


def test_the_posers_people_cannot_bid_and_a_unit_leads_one_bid(world, at):
    line = stages.opened(world, at)
    with pytest.raises(NotPermitted):
        actions.start_bid(challenge=line.challenge, by=world.filler.actor, at=line.at)
    first = stages.sealed_bid(line, world.member, world.research_admin)
    second = stages.written_bid(line, world.member, "第二版")
    actions.sign_bid(bid=second, by=world.research_admin.actor, at=line.at)
    actions.submit_bid(bid=second, by=world.member.actor, at=line.at)
    first.refresh_from_db()
    assert first.state == "REPLACED"
    assert Bid.objects.filter(state="SEALED").count() == 1


def test_a_substantial_amendment_voids_bids_until_reconfirmed(world, at):
    line = stages.opened(world, at)
    bid = stages.sealed_bid(line, world.member, world.research_admin)
    other = stages.sealed_bid(line, world.institute_member, world.institute_admin)
    draft = actions.Draft({"months": 18})
    with pytest.raises(NotPermitted):
        actions.amend_challenge(challenge=line.challenge, draft=draft, reason="缩短",
                                by=world.officer.actor, at=line.at)
    late = line.challenge.deadline_at - timedelta(days=6)
    refused("challenges.amendment_too_late", actions.amend_challenge, challenge=line.challenge,
            draft=draft, reason="缩短", by=world.head.actor, at=late)
    actions.amend_challenge(challenge=line.challenge, draft=draft, reason="缩短",
                            by=world.head.actor, at=line.at)
    bid.refresh_from_db()
    assert bid.state == "NEEDS_RECONFIRM"
    assert line.challenge.rulesets.count() == 2
    receipt = actions.reconfirm_bid(bid=bid, by=world.research_admin.actor, at=line.after(hours=1))
    assert (receipt.kind, receipt.sha256) == (Receipt.Kind.RECONFIRMED, bid.sealed.sha256)
    line.at = line.fresh().deadline_at
    actions.close_challenge(challenge=line.challenge, by=Actor.CLOCK, at=line.at)
    actions.attend_opening(challenge=line.challenge, by=world.supervisor.actor, at=line.at)
    actions.unseal_bids(challenge=line.challenge, by=world.officer.actor, at=line.at)
    bid.refresh_from_db(), other.refresh_from_db()
    assert (bid.state, other.state) == ("OPENED", "RETURNED")


def test_a_minor_amendment_is_the_officers_and_the_deadline_never_comes_nearer(world, at):
    line = stages.opened(world, at)
    bid = stages.sealed_bid(line, world.member, world.research_admin)
    sooner = {"deadline_at": line.challenge.deadline_at - timedelta(hours=1)}
    refused("challenges.deadline_nearer", actions.amend_challenge, challenge=line.challenge,
            draft=actions.Draft(sooner), reason="提前", by=world.officer.actor, at=line.at)
    later = {"deadline_at": line.challenge.deadline_at + timedelta(days=5)}
    actions.amend_challenge(challenge=line.challenge, draft=actions.Draft(later), reason="延期",
                            by=world.officer.actor, at=line.at)
    bid.refresh_from_db()
    assert (bid.state, line.challenge.amendments.get().is_substantial) == ("SEALED", False)


def test_a_challenge_without_bids_fails_and_gives_its_money_back(world, at):
    line = stages.opened(world, at)
    line.at = line.challenge.deadline_at
    actions.close_challenge(challenge=line.challenge, by=Actor.CLOCK, at=line.at)
    assert line.fresh().state == "FAILED"
    assert BudgetLine.objects.get().reserved_fen == 0
    new = actions.relist_challenge(challenge=line.challenge, reason="再发一轮",
                                   by=world.officer.actor, at=line.at)
    assert (new.round, new.relisted_from, new.need) == (2, line.challenge, line.challenge.need)
    refused("challenges.relisted_already", actions.relist_challenge, challenge=line.challenge,
            reason="又发", by=world.officer.actor, at=line.at)


def test_nothing_is_opened_without_the_supervisor(world, at):
    line = stages.closed(world, at)
    refused("challenges.no_supervisor", actions.unseal_bids, challenge=line.challenge,
            by=world.officer.actor, at=line.at)
    with pytest.raises(NotPermitted):
        actions.attend_opening(challenge=line.challenge, by=world.officer.actor, at=line.at)


def test_a_moved_ciphertext_stops_the_opening(world, at):
    line = stages.closed(world, at)
    one, two = line.bids
    content, other = one.sealed, two.sealed
    content.ciphertext, content.nonce = other.ciphertext, other.nonce
    content.save()
    actions.attend_opening(challenge=line.challenge, by=world.supervisor.actor, at=line.at)
    with pytest.raises(BrokenSeal):
        actions.unseal_bids(challenge=line.challenge, by=world.officer.actor, at=line.at)
    assert line.fresh().state == "CLOSED"


def test_a_correction_is_given_once_and_in_time(world, at):
    line = stages.checking(world, at)
    bid, secretary = line.bids[0], world.liaison.actor
    refused("bids.no_reason", actions.check_bid, bid=bid, verdict="INADMISSIBLE", reason=" ",
            by=secretary, at=line.at)
    actions.check_bid(bid=bid, verdict="CORRECTION", reason="缺盖章页", by=secretary, at=line.at)
    refused("bids.correction_running", actions.check_bid, bid=bid, verdict="ADMISSIBLE",
            reason="", by=secretary, at=line.after(hours=1))
    refused("bids.correction_late", actions.correct_bid, bid=bid, text="补",
            by=world.member.actor, at=line.at + timedelta(hours=23))
    actions.correct_bid(bid=bid, text="已补盖章页", by=world.member.actor, at=line.at)
    refused("bids.corrected_already", actions.correct_bid, bid=bid, text="再补",
            by=world.member.actor, at=line.at)
    refused("challenges.bids_unchecked", actions.finish_check, challenge=line.challenge,
            by=secretary, at=line.at)
    actions.check_bid(bid=bid, verdict="ADMISSIBLE", reason="", by=secretary, at=line.at)
    bid.refresh_from_db()
    assert bid.state == "ADMISSIBLE"


def test_only_a_ranked_bid_above_the_threshold_is_chosen_and_only_it_is_proposed(world, at):
    line = stages.deciding(world, at)
    first, second = line.bids
    assert (first.rank, first.score_hundredths, first.passed) == (1, 8500, True)
    Bid.objects.filter(pk=second.pk).update(passed=False)
    poser, officer = world.unit_admin.actor, world.officer.actor
    refused("challenges.below_threshold", actions.choose, challenge=line.challenge,
            bid_number=second.number, reason="便宜", by=poser, at=line.at)
    refused("challenges.no_choice", actions.propose, challenge=line.challenge,
            bid_number=first.number, reason="好", by=officer, at=line.at)
    with pytest.raises(NotPermitted):
        actions.choose(challenge=line.challenge, bid_number=first.number, reason="好",
                       by=world.research_admin.actor, at=line.at)
    actions.choose(challenge=line.challenge, bid_number=first.number, reason="稳", by=poser,
                   at=line.at)
    refused("challenges.not_the_choice", actions.propose, challenge=line.challenge,
            bid_number=second.number, reason="好", by=officer, at=line.at)


def test_a_return_begins_the_approval_again(world, at):
    line = stages.proposed(world, at)
    with pytest.raises(NotPermitted):
        actions.approve(challenge=line.challenge, by=world.head.actor, at=line.at)
    actions.approve(challenge=line.challenge, by=world.finance.actor, at=line.at)
    actions.return_proposal(challenge=line.challenge, reason="自筹未落实", by=world.head.actor,
                            at=line.at)
    assert [one.state for one in line.challenge.proposals.all()] == ["RETURNED"]
    first = line.bids[0].number
    actions.propose(challenge=line.challenge, bid_number=first, reason="已补自筹证明",
                    by=world.officer.actor, at=line.after(hours=1))
    with pytest.raises(NotPermitted):
        actions.approve(challenge=line.challenge, by=world.head.actor, at=line.at)


def test_an_award_waits_for_its_notice_and_for_every_objection(world, at):
    line = stages.on_notice(world, at)
    refused("challenges.notice_running", actions.finalise, challenge=line.challenge,
            by=world.head.actor, at=line.at)
    notice = notice_queries.notice_for(line.challenge.number)
    objection = notices.object_to(
        notice=notice, ground="FACTS",
        statement="公示所列的台架业绩与事实不符，该台架至今未通过验收。",
        request="撤销本次拟立项并重新评定。", phone="13800000000",
        by=world.rival_admin.actor, at=line.after(hours=1),
    )
    assert objection.state == "FILED"
    refused("challenges.objection_open", actions.finalise, challenge=line.challenge,
            by=world.head.actor, at=line.at + timedelta(days=60))
    assert not Project.objects.exists()


def test_a_second_head_finds_the_challenge_awarded(world, at):
    line = stages.awarded(world, at)
    refused("challenges.wrong_state", actions.finalise, challenge=line.challenge,
            by=world.head2.actor, at=line.at)
    assert Project.objects.count() == 1


def test_cancelling_returns_bids_unopened(world, at):
    line = stages.opened(world, at)
    bid = stages.sealed_bid(line, world.member, world.research_admin)
    refused("challenges.no_reason", actions.cancel_challenge, challenge=line.challenge,
            reason=" ", by=world.head.actor, at=line.at)
    actions.cancel_challenge(challenge=line.challenge, reason="政策调整", by=world.head.actor,
                             at=line.at)
    bid.refresh_from_db()
    assert (line.fresh().state, bid.state) == ("CANCELLED", "RETURNED")
    need = Need.objects.get(pk=line.challenge.need_id)
    assert (need.state, need.challenge_number) == ("ACCEPTED", "")


def test_questions_are_answered_once_for_all(world, at):
    line = stages.opened(world, at)
    question = actions.ask_question(challenge=line.challenge, text="可否用缩比件？",
                                    by=world.member.actor, at=line.at)
    with pytest.raises(NotPermitted):
        actions.answer_question(question=question, answer="可", by=world.filler.actor, at=line.at)
    actions.answer_question(question=question, answer="不可以。", by=world.officer.actor,
                            at=line.at)
    refused("challenges.answered_already", actions.answer_question, question=question,
            answer="改口", by=world.officer.actor, at=line.at)
