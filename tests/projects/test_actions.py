"""The ways out of a project's life that the worked example does not take."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from kechuang.base.actor import Actor
from kechuang.base.periods import Period
from kechuang.base.refusals import NotPermitted, Refused
from kechuang.ledger.queries import grant_of, lines_of
from kechuang.messages.models import Message
from kechuang.parties.models import Organisation
from kechuang.projects import actions, queries, rules, waiting
from kechuang.projects.models import Agreement, Milestone, Project
from tests.projects import line
from tests.projects.line import TERMS, WAN
from tests.world import World

Y2026 = Period.parse("2026")


def code_of(refused: pytest.ExceptionInfo[Refused]) -> str:
    return refused.value.code


def test_a_returned_agreement_is_drafted_and_signed_again(world: World, at: datetime) -> None:
    project = line.award(world, at)
    actions.draft_agreement(project=project, terms=TERMS, by=world.member.actor, at=at)
    actions.sign_for_unit(project=project, by=world.research_admin.actor, at=at)
    with pytest.raises(rules.AgreementRefused) as caught:
        actions.draft_agreement(project=project, terms=TERMS, by=world.member.actor, at=at)
    assert code_of(caught) == "projects.agreement_signed"
    returned = actions.return_agreement(
        project=project, reason="指标须量化", by=world.head.actor, at=at
    )
    assert (returned.state, returned.terms_hash) == ("DRAFT", "")
    assert line.sign(world, at, project).state == "ACTIVE"
    connection.check_constraints()


def test_the_first_agreement_stays_within_the_award(world: World, at: datetime) -> None:
    first, *rest = TERMS.instalments
    more = replace(
        TERMS, public_fen=3001 * WAN, total_fen=9001 * WAN,
        instalments=(replace(first, amount_fen=601 * WAN), *rest),
    )  # fmt: skip
    with pytest.raises(rules.AgreementRefused) as caught:
        line.sign(world, at, line.award(world, at), more)
    assert code_of(caught) == "projects.public_over_award"


def test_an_amendment_changes_money_by_two_signatures(world: World, at: datetime) -> None:
    project = line.running(world, at)
    line.pay(world, at, project, 1)
    actions.begin_amendment(project=project, reason="缩减", by=world.member.actor, at=at)
    with pytest.raises(rules.ProjectRefused):
        actions.request_payment(
            instalment=line.part(project, 1), idempotency_key="x", by=world.member.actor, at=at
        )
    *before, last = TERMS.instalments
    terms = replace(
        TERMS, public_fen=2800 * WAN, total_fen=8800 * WAN,
        instalments=(*before, replace(last, amount_fen=400 * WAN)),
    )  # fmt: skip
    line.sign(world, at, project, terms)
    connection.check_constraints()
    grant = grant_of(project.number)
    assert grant is not None
    assert grant.approved_fen == 2800 * WAN
    assert list(Agreement.objects.filter(project=project).values_list("edition", "state")) == [
        (1, "SUPERSEDED"),
        (2, "IN_FORCE"),
    ]


def test_a_released_instalment_is_not_amended(world: World, at: datetime) -> None:
    project = line.running(world, at)
    actions.begin_amendment(project=project, reason="改", by=world.member.actor, at=at)
    first, second, *rest = TERMS.instalments
    terms = replace(
        TERMS,
        instalments=(
            replace(first, amount_fen=500 * WAN), replace(second, amount_fen=1000 * WAN), *rest,
        ),
    )  # fmt: skip
    actions.draft_agreement(project=project, terms=terms, by=world.member.actor, at=at)
    with pytest.raises(rules.AgreementRefused) as caught:
        actions.sign_for_unit(project=project, by=world.research_admin.actor, at=at)
    assert code_of(caught) == "projects.released_instalment_changed"


def test_a_withdrawn_amendment_leaves_the_edition_in_force(world: World, at: datetime) -> None:
    project = line.running(world, at)
    actions.begin_amendment(project=project, reason="改", by=world.member.actor, at=at)
    actions.withdraw_amendment(project=project, by=world.head.actor, at=at)
    project.refresh_from_db()
    assert project.state == "ACTIVE"
    in_force = queries.agreement_in_force(project)
    assert in_force is not None
    assert in_force.edition == 1


def test_a_failed_milestone_is_mended_and_judged_again(world: World, at: datetime) -> None:
    project = line.running(world, at)
    line.report(world, at, project, "M1")
    acceptance = actions.open_check(
        milestone=line.stage(project, "M1"), acceptors=line.experts(world),
        by=world.officer.actor, at=at,
    )  # fmt: skip
    line.judge(world, at, acceptance, "FAILED")
    actions.check_milestone(
        milestone=line.stage(project, "M1"), verdict="FAILED", opinion="变形超差",
        rectify_date=date(2026, 12, 31), by=world.officer.actor, at=at,
    )  # fmt: skip
    assert line.part(project, 2).state == "PLANNED"
    actions.rectify_milestone(
        milestone=line.stage(project, "M1"), plan="换炉", by=world.member.actor, at=at
    )
    line.pass_milestone(world, at, project, "M1")
    assert line.stage(project, "M1").state == "PASSED"
    assert line.part(project, 2).state == "ELIGIBLE"


def test_acceptors_of_the_units_are_refused(world: World, at: datetime) -> None:
    project = line.running(world, at)
    line.report(world, at, project, "M1")
    own = world.expert1.person
    own.organisation = Organisation.objects.get(pk=world.enterprise.pk)
    own.save()
    with pytest.raises(rules.AcceptanceRefused) as caught:
        actions.open_check(
            milestone=line.stage(project, "M1"), acceptors=line.experts(world),
            by=world.officer.actor, at=at,
        )  # fmt: skip
    assert code_of(caught) == "projects.acceptor_in_conflict"


def test_own_funds_short_hold_the_request_back(world: World, at: datetime) -> None:
    project = line.running(world, at)
    line.pass_milestone(world, at, project, "M1")
    line.fund(world, at, project, 1199 * WAN)
    with pytest.raises(rules.PaymentRefused) as caught:
        actions.request_payment(
            instalment=line.part(project, 2), idempotency_key="x", by=world.member.actor, at=at
        )
    assert code_of(caught) == "projects.own_funds_short"


def test_own_funds_over_the_plan_are_refused(world: World, at: datetime) -> None:
    project = line.running(world, at)
    with pytest.raises(rules.PaymentRefused) as caught:
        line.fund(world, at, project, 6001 * WAN)
    assert code_of(caught) == "projects.receipt_over_plan"


def test_a_correction_is_another_entry(world: World, at: datetime) -> None:
    project = line.running(world, at)
    voucher = line.fund(world, at, project, 750 * WAN)
    for _again in range(2):
        actions.correct_receipt(
            project=project, voucher=voucher, amount_fen=50 * WAN, idempotency_key="once",
            by=world.member.actor, at=at,
        )  # fmt: skip
    lines = lines_of(project.number)
    assert [one.own_received_fen for one in lines] == [750 * WAN, 700 * WAN]
    assert lines[1].corrects == voucher
    connection.check_constraints()


def test_a_held_payment_is_reviewed_anew(world: World, at: datetime) -> None:
    project = line.running(world, at)
    actions.request_payment(
        instalment=line.part(project, 1), idempotency_key="k", by=world.member.actor, at=at
    )
    actions.review_payment(instalment=line.part(project, 1), by=world.finance.actor, at=at)
    actions.hold_payment(
        instalment=line.part(project, 1), reason="账户变更", by=world.finance.actor, at=at
    )
    with pytest.raises(Refused):
        actions.pay_instalment(instalment=line.part(project, 1), by=world.payer.actor, at=at)
    order = actions.resume_payment(instalment=line.part(project, 1), by=world.finance.actor, at=at)
    assert (order.state, order.reviewed_by) == ("REQUESTED", None)
    connection.check_constraints()


def test_a_reclaim_goes_back_to_the_treasury(world: World, at: datetime) -> None:
    project = line.running(world, at)
    line.pay(world, at, project, 1)
    actions.reclaim_payment(
        instalment=line.part(project, 1), amount_fen=100 * WAN, reason="结余",
        by=world.finance.actor, at=at,
    )  # fmt: skip
    actions.settle_reclaim(instalment=line.part(project, 1), by=world.payer.actor, at=at)
    connection.check_constraints()
    grant = grant_of(project.number)
    assert grant is not None
    assert (grant.paid_fen, grant.reclaimed_fen) == (600 * WAN, 100 * WAN)
    assert [one.public_paid_fen for one in lines_of(project.number)] == [600 * WAN, 500 * WAN]


def test_a_frozen_project_pays_nothing_until_the_head_lifts_it(world: World, at: datetime) -> None:
    project = line.running(world, at)
    actions.freeze(project=project, reason="核查", by=world.finance.actor, at=at)
    with pytest.raises(rules.PaymentRefused) as caught:
        actions.request_payment(
            instalment=line.part(project, 1), idempotency_key="k", by=world.member.actor, at=at
        )
    assert code_of(caught) == "projects.frozen"
    with pytest.raises(NotPermitted):
        actions.unfreeze(project=project, reason="x", by=world.finance.actor, at=at)
    actions.unfreeze(project=project, reason="已核", by=world.head.actor, at=at)
    line.pay(world, at, project, 1)
    connection.check_constraints()


def test_a_terminated_project_returns_its_requests(world: World, at: datetime) -> None:
    project = line.running(world, at)
    actions.request_payment(
        instalment=line.part(project, 1), idempotency_key="k", by=world.member.actor, at=at
    )
    actions.begin_termination(project=project, reason="停产", by=world.member.actor, at=at)
    actions.terminate(project=project, reason="同意", by=world.head.actor, at=at)
    connection.check_constraints()
    project.refresh_from_db()
    assert (project.state, project.ended_as) == ("TERMINATED", "TERMINATED")
    assert line.part(project, 1).state == "ELIGIBLE"


def test_a_revoked_project_owes_everything_back(world: World, at: datetime) -> None:
    project = line.running(world, at)
    line.pay(world, at, project, 1)
    actions.revoke(project=project, reason="造假", by=world.head.actor, at=at)
    connection.check_constraints()
    part = line.part(project, 1)
    assert part.state == "RECLAIM_DUE"
    assert part.order is not None
    assert part.order.reclaim_fen == 600 * WAN
    with pytest.raises(rules.ProjectRefused) as caught:
        actions.archive(project=project, by=world.officer.actor, at=at)
    assert code_of(caught) == "projects.money_left"


def fail_acceptance(world: World, at: datetime, project: Project) -> None:
    item = actions.EvidenceItem(text="报告")
    acceptance = actions.apply_for_acceptance(
        project=project, report="完成", evidence=[item], by=world.member.actor, at=at
    )
    project.refresh_from_db()
    if project.state == "ACCEPTANCE_APPLIED":
        acceptance = actions.open_acceptance(
            project=project, acceptors=line.experts(world), by=world.officer.actor, at=at
        )
    line.judge(world, at, acceptance, "FAILED")
    actions.decide_acceptance(
        project=project, verdict="FAILED", opinion="未达标", by=world.head.actor, at=at
    )


def test_a_failed_project_is_mended_once(world: World, at: datetime) -> None:
    project = line.running(world, at)
    for code in ("M1", "M2"):
        line.pass_milestone(world, at, project, code)
    fail_acceptance(world, at, project)
    actions.rectify_project(project=project, plan="补测", by=world.member.actor, at=at)
    fail_acceptance(world, at, project)
    with pytest.raises(rules.AcceptanceRefused) as caught:
        actions.rectify_project(project=project, plan="再补", by=world.member.actor, at=at)
    assert code_of(caught) == "projects.rectified_once"
    assert line.part(project, 4).state == "PLANNED"


def test_acceptance_waits_for_every_milestone(world: World, at: datetime) -> None:
    project = line.running(world, at)
    line.pass_milestone(world, at, project, "M1")
    with pytest.raises(rules.AcceptanceRefused) as caught:
        fail_acceptance(world, at, project)
    assert caught.value.facts == {"codes": ["M2"]}


def test_an_unsigned_award_lapses_by_the_clock_alone(world: World, at: datetime) -> None:
    project = line.award(world, at)
    with pytest.raises(rules.ProjectRefused):
        actions.lapse_unsigned(project=project, by=Actor.CLOCK, at=at)
    with pytest.raises(NotPermitted):
        actions.lapse_unsigned(project=project, by=world.head.actor, at=project.sign_until)
    actions.lapse_unsigned(project=project, by=Actor.CLOCK, at=project.sign_until)
    project.refresh_from_db()
    assert project.state == "LAPSED"


def test_units_are_reminded_once_at_each_day(world: World, at: datetime) -> None:
    project = line.running(world, at)
    due = Milestone.objects.get(project=project, code="M1").due_date
    noon = datetime.fromisoformat(f"{due}T12:00:00+08:00")
    sent = [
        actions.remind_of_milestones(by=Actor.CLOCK, at=noon + timedelta(days=days))
        for days in (-31, -30, -29, -7, 0, 0, 7, 8)
    ]
    assert sent == [0, 1, 0, 1, 1, 0, 1, 0]
    found = Message.objects.filter(template__startswith="projects.milestone_")
    assert found.filter(person_number=world.member.person.number).count() == 4


def test_rows_behind_the_figures(world: World, at: datetime) -> None:
    project = line.running(world, at)
    line.pay(world, at, project, 1)
    committed = queries.public_funding_committed(Y2026, world.city.path)
    assert [(row.number, row.value) for row in committed] == [(project.number, 3000 * WAN)]
    paid = queries.public_funding_paid(Y2026, world.province.path)
    assert [(row.value, row.date) for row in paid] == [(600 * WAN, date(2026, 11, 21))]
    assert queries.public_funding_paid(Y2026, world.county.path) == []
    assert queries.public_funding_paid(Period.parse("2025"), world.city.path) == []
    assert queries.projects_accepted(Y2026, world.city.path) == []


def test_each_step_waits_with_its_holder(world: World, at: datetime) -> None:
    project = line.award(world, at)
    found = {row.task: row for row in waiting.matters_for(world.member.actor, at)}
    assert list(found) == ["起草任务书"]
    assert found["起草任务书"].mine
    line.sign(world, at, project)
    actions.request_payment(
        instalment=line.part(project, 1), idempotency_key="k", by=world.member.actor, at=at
    )
    (review,) = waiting.matters_for(world.finance.actor, at)
    assert (review.task, review.mine) == ("审核拨付", True)
    assert world.finance2.person.name in review.holder
    (seen,) = waiting.matters_for(world.member.actor, at)
    assert (seen.task, seen.mine) == ("审核拨付", False)
    assert waiting.matters_for(world.rival_admin.actor, at) == []
    assert waiting.matters_for(Actor.PUBLIC, at) == []


QUERIES_OF_WORK_LIST = 8


@pytest.mark.parametrize("count", [1, 30])
def test_the_work_list_reads_the_same_number_of_times(
    world: World, at: datetime, django_assert_num_queries: Any, count: int
) -> None:
    for serial in range(count):
        line.award(world, at, origin_number=f"JB-2026-{serial:06d}")
    line.running(world, at, origin_number="JB-2026-000900")
    with django_assert_num_queries(QUERIES_OF_WORK_LIST):
        rows = waiting.matters_for(world.research_admin.actor, at)
    assert len(rows) == count + 1
