"""The pages of policies, batches, an enterprise's benefits and reclaim cases, in use."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from kechuang.base.actor import Actor
from kechuang.cultivation import waiting
from kechuang.cultivation.actions import benefits
from kechuang.cultivation.models import Batch, Policy, ReclaimCase
from tests.cultivation import granting
from tests.cultivation.granting import EQUITY, WAN

pytestmark = pytest.mark.django_db


def text(client, name, *args, **query):
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == 200, (name, answer.status_code)
    return answer.content.decode()


def post(client, name, *args, **data):
    return client.post(reverse(name, args=args), data)


TYPED = {
    "title": "技术合同成交额奖补", "document_title": "若干政策措施",
    "rule_set": "sy-contract-reward", "instrument": "GRANT",
    "clauses": "第六条：年度成交额超过5000万元的奖励。\n第七条: 每家最高20万元。",
    "shortfall": "PRO_RATA", "department": "示例市科技局", "payer": "示例市财政局",
    "notice_days": "5",
}  # fmt: skip


def test_a_policy_goes_from_form_to_force_by_three_people(world, client_as):
    officer = client_as(world.officer)
    answer = post(officer, "policy-new", **TYPED | {"payer": ""})
    assert answer.status_code == 422
    answer = post(officer, "policy-new", **TYPED)
    policy = Policy.objects.get()
    assert answer.url == reverse("policy", args=[policy.number])
    assert policy.clauses == [
        ["第六条", "年度成交额超过5000万元的奖励。"], ["第七条", "每家最高20万元。"]
    ]  # fmt: skip
    assert post(officer, "policy-check-policy", policy.number).status_code == 422
    assert client_as(world.filler).get(answer.url).status_code == 404
    said = TYPED | {"version": str(policy.version), "title": "新名"}
    edited = post(officer, "policy-edit", policy.number, **said)
    assert edited.status_code == 302
    assert post(client_as(world.officer2), "policy-check-policy", policy.number).status_code == 302
    head = client_as(world.head)
    assert post(head, "policy-enact-policy", policy.number).status_code == 302
    said = post(head, "policy-fund", policy.number, period="2022", as_of_date="2023-08-29",
                since="2026-01-01", until="2027-01-01", budget="100")  # fmt: skip
    assert said.status_code == 302
    budget = post(head, "policy-budget", policy.number, "2022", budget="90")
    assert budget.status_code == 302
    page = text(client_as(world.filler), "policy", policy.number)
    assert "新名" in page
    assert "每家最高20万元。" in page
    assert "90 万元" in page
    assert "看我有没有" in page
    assert "上一年度技术合同累计成交额" in page


def test_the_public_reads_policies_and_no_batches(world, at, client, client_as):
    assert "还没有施行的政策" in text(client, "policies")
    funding = granting.year(world, at)
    granting.sells(world.enterprise, 6000)
    batch = granting.drafted(world, at, funding)
    listed = text(client, "policies", q="奖补", state="in_force")
    assert funding.policy.title in listed
    assert "没有符合条件的政策" in text(client, "policies", q="没有的")
    page = text(client, "policy", funding.policy.number)
    assert batch.number not in page
    assert client.get(reverse("batch", args=[batch.number])).status_code == 302
    sheet = text(client, "policies-csv")
    assert "1,000,000.00" in sheet
    for member in (world.filler, world.expert1, world.liaison):
        assert client_as(member).get(reverse("batch", args=[batch.number])).status_code == 404


def test_an_officer_reads_all_lines_with_their_why_and_downloads_them(world, at, client_as):
    funding = granting.year(world, at, budget_fen=30 * WAN)
    granting.sells(world.enterprise, 6000)
    granting.sells(world.rival, 7000)
    granting.correct(granting.crowd(world, at, 1)[0], None, at)
    batch = granting.drafted(world, at, funding)
    officer = client_as(world.officer)
    page = text(officer, "batch", batch.number)
    assert "符合全部条件；应发合计 40 万元，预算剩 30 万元，按比例分得。" in page
    assert page.count("15 万元") >= 2
    assert "1 家，请 科技局 补" in page
    assert "批准批次并公示" not in page
    assert "批准批次并公示" in text(client_as(world.head), "batch", batch.number)
    assert world.rival.name in text(officer, "batch", batch.number, outcome="pays")
    assert world.rival.name not in text(officer, "batch", batch.number, outcome="cut")
    sheet = text(officer, "batch-lines", batch.number)
    assert "150,000.00" in sheet
    annex = text(officer, "batch-annex", batch.number)
    assert "三十万元整" in annex
    assert world.enterprise.code in annex


def test_a_batch_is_approved_paid_and_confirmed_by_clicks(world, at, client_as, settings):
    funding = granting.year(world, at)
    granting.sells(world.enterprise, 6000)
    batch, _after = granting.payable(world, at, funding)
    number = batch.number
    for member, verb in (
        (world.officer, "request-payments"), (world.finance, "review-payments"),
        (world.payer, "pay-batch"), (world.payer, "confirm-payments"),
    ):  # fmt: skip
        client = client_as(member)
        assert "批次" in text(client, f"batch-{verb}", number)
        assert post(client, f"batch-{verb}", number).status_code == 302
    assert Batch.objects.get().state == "DONE"
    late = text(client_as(world.payer), "batch-pay-batch", number)
    assert "现在不能办“拨付”" in late


def test_a_head_approves_or_returns_by_page(world, at, client_as):
    funding = granting.year(world, at)
    granting.sells(world.enterprise, 6000)
    batch = granting.drafted(world, at, funding)
    head = client_as(world.head)
    assert post(head, "batch-return-batch", batch.number, reason="").status_code == 422
    assert post(head, "batch-return-batch", batch.number, reason="先核合同。").status_code == 302
    assert "先核合同。" in text(head, "batch", batch.number)
    assert post(client_as(world.officer), "policy-compute", funding.policy.number,
                "2022").status_code == 302  # fmt: skip
    second = Batch.objects.get(state="DRAFTED")
    assert post(head, "batch-approve-batch", second.number).status_code == 302
    assert "公示中" in text(head, "batch", second.number)
    listed = text(head, "batches", state="notice")
    assert second.number in listed
    assert batch.number not in listed


def test_an_enterprise_sees_what_it_gets_why_and_when(world, at, client_as):
    funding = granting.year(world, at)
    granting.sells(world.enterprise, 6000)
    granting.sells(world.rival, 4600)
    mine = client_as(world.filler)
    assert "不差。按规则应得" in text(mine, "benefits")
    granting.paid(world, at, funding)
    page = text(mine, "benefits")
    assert "符合全部条件，预算足够，按规则足额。" in page
    assert "已拨付" in page
    line = granting.line_of(world.enterprise)
    one = text(mine, "benefit", line.number)
    assert "200,000.00" in one
    assert "钱什么时候到" in one
    other = client_as(world.rival_filler)
    almost = text(other, "benefits")
    assert "还差 400 万元" in almost
    assert "还没有得到奖补" in almost
    assert other.get(reverse("benefit", args=[line.number])).status_code == 404


def test_what_is_missing_is_asked_of_its_owner_never_of_the_enterprise(world, at, client_as):
    granting.year(world, at)
    granting.sells(world.enterprise, 6000)
    granting.correct(world.enterprise, None, at)
    page = text(client_as(world.unit_admin), "benefits")
    assert "缺“技术合同”，我们问 科技局，您不用办" in page


def test_a_reclaim_case_is_answered_and_decided_by_page(world, at, client_as):
    funding = granting.year(world, at)
    granting.sells(world.enterprise, 6000)
    granting.paid(world, at, funding)
    now = timezone.now()
    granting.correct(world.enterprise, 4000, now - timedelta(minutes=1))
    case = benefits.compare_paid(funding=funding, by=Actor.CLOCK, at=now)[0]
    admin = client_as(world.unit_admin)
    assert "可能要退回" in text(admin, "benefits")
    page = text(admin, "reclaim", case.number)
    assert "1 条，6,000 万元" in page
    assert "1 条，4,000 万元" in page
    assert "技术合同登记更正" in page
    assert client_as(world.rival_admin).get(
        reverse("reclaim", args=[case.number])
    ).status_code == 404  # fmt: skip
    head = client_as(world.head)
    early = post(head, "reclaim-decide-case", case.number, verdict="RECLAIM", decision="解除。")
    assert early.status_code == 422
    assert post(admin, "reclaim-answer-case", case.number, answer="无异议").status_code == 302
    done = post(head, "reclaim-decide-case", case.number, verdict="RECLAIM", decision="解除。")
    assert done.status_code == 302
    assert "请退回" in text(admin, "benefits")
    assert case.number in text(client_as(world.supervisor), "reclaims")
    assert post(client_as(world.payer), "reclaim-settle-case", case.number).status_code == 302
    assert ReclaimCase.objects.get().state == "SETTLED"


def test_the_terms_of_a_share_are_written_by_page(world, at, client_as):
    from tests.cultivation.test_reclaims import equity

    granting.drafted(world, at, equity(world, at))
    line = granting.line_of(world.enterprise)
    officer = client_as(world.officer)
    assert "写股权条款" in text(officer, "batch", line.batch.number)
    said = post(officer, "benefit-agree-stake", line.number, valuation="5000",
                holder="示例市创投公司", exit_condition="五年内由原股东回购",
                exit_date="2031-12-31")  # fmt: skip
    assert said.status_code == 302
    page = text(officer, "benefit", line.number)
    assert "10.00%" in page
    assert "示例市创投公司" in text(officer, "policy", line.funding.policy.number)
    assert EQUITY.title in page


@pytest.mark.parametrize("english", [False, True])
def test_every_page_reads_in_both_languages(world, at, client_as, english):
    funding = granting.year(world, at)
    granting.sells(world.enterprise, 6000)
    batch, after = granting.paid(world, at, funding)
    granting.correct(world.enterprise, 4000, after)
    case = benefits.compare_paid(funding=funding, by=Actor.CLOCK, at=after)[0]
    line = granting.line_of(world.enterprise)
    prefix = "/en" if english else ""
    office, unit = client_as(world.head), client_as(world.unit_admin)
    for client, addresses in (
        (office, ["policies/", f"policies/{funding.policy.number}/", "benefits/batches/",
                  f"benefits/batches/{batch.number}/", f"benefits/batches/{batch.number}/annex/",
                  "benefits/reclaims/", f"benefits/reclaims/{case.number}/", "policies/new/",
                  f"benefits/reclaims/{case.number}/decide-case/", f"benefits/{line.number}/"]),
        (unit, ["benefits/", f"benefits/{line.number}/", f"benefits/reclaims/{case.number}/"]),
    ):  # fmt: skip
        for address in addresses:
            answer = client.get(f"{prefix}/{address}")
            assert answer.status_code == 200, address


def test_each_step_stands_on_somebodys_list(world, at, client_as):
    funding = granting.year(world, at)
    granting.sells(world.enterprise, 6000)

    def mine(member):
        return [
            (one.number, one.task) for one in waiting.matters_for(member.actor, at) if one.mine
        ]

    batch = granting.drafted(world, at, funding)
    assert mine(world.head) == [(batch.number, "批准批次并公示")]
    assert mine(world.officer) == []
    assert [one.holder for one in waiting.matters_for(world.officer.actor, at)] == [
        "head-人、head2-人"
    ]
    batch = benefits.approve_batch(batch=batch, by=world.head.actor, at=at)
    line = granting.line_of(world.enterprise)
    coming = waiting.matters_for(world.filler.actor, at)
    assert [(one.number, one.mine, one.holder) for one in coming] == [
        (line.number, False, "社会公众（公示中）")
    ]
    assert waiting.matters_for(world.rival_filler.actor, at) == []
    assert waiting.matters_for(world.expert1.actor, at) == []


def test_a_draft_policy_and_a_case_stand_on_lists_too(world, at):
    policy = benefits.draft_policy(typed=EQUITY, by=world.officer.actor, at=at)
    tasks = [(one.task, one.mine) for one in waiting.matters_for(world.officer2.actor, at)]
    assert tasks == [("复核政策", True)]
    assert [one.mine for one in waiting.matters_for(world.officer.actor, at)] == [False]
    benefits.check_policy(policy=policy, by=world.officer2.actor, at=at)
    assert [one.task for one in waiting.matters_for(world.head.actor, at)] == ["施行政策"]
    from tests.cultivation.test_reclaims import opened

    _funding, case, later = opened(world, at)
    answering = waiting.matters_for(world.unit_admin.actor, later)
    assert [(one.number, one.task, one.mine) for one in answering] == [
        (case.number, "陈述意见", True)
    ]
    over = case.until + timedelta(minutes=1)
    deciding = [one for one in waiting.matters_for(world.head.actor, over) if one.mine]
    assert (case.number, "作出决定") in [(one.number, one.task) for one in deciding]


@pytest.mark.parametrize("count", [1, 30])
def test_a_page_asks_as_much_of_thirty_lines_as_of_one(
    world, at, client_as, count, django_assert_max_num_queries
):
    funding = granting.year(world, at, budget_fen=1000 * WAN)
    granting.crowd(world, at, count)
    batch = granting.drafted(world, at, funding)
    officer = client_as(world.officer)
    officer.get(reverse("batch", args=[batch.number]))
    with django_assert_max_num_queries(22):
        officer.get(reverse("batch", args=[batch.number]))
    with django_assert_max_num_queries(12):
        waiting.matters_for(world.officer.actor, at)
