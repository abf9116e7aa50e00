"""The same verbs through the API: from a draft policy to a settled reclaim."""

from datetime import timedelta

import pytest
from django.utils import timezone

from kechuang.base.actor import Actor
from kechuang.cultivation.actions import benefits
from kechuang.cultivation.models import Batch
from kechuang.notices import actions as notices
from kechuang.notices.models import Notice
from tests.cultivation import granting
from tests.cultivation.granting import WAN

pytestmark = pytest.mark.django_db
POLICY = {
    "title": "技术合同成交额奖补", "document_title": "若干政策措施",
    "rule_set": "sy-contract-reward",
    "clauses": [{"article": "第六条", "text": "超过5000万元的奖励。"}], "instrument": "GRANT",
    "department": "示例市科技局", "payer": "示例市财政局",
}  # fmt: skip
YEAR = {
    "period": "2022", "as_of_date": "2023-08-29", "since": "2026-01-01", "until": "2100-01-01",
    "budget_fen": 100 * WAN,
}  # fmt: skip


def post(client, address, body=None):
    return client.post(f"/api/v1/{address}", body or {}, content_type="application/json")


def done(client, address, body=None):
    answer = post(client, address, body)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_policy_a_batch_and_its_payment(world, api_as):
    at = timezone.now()
    officer, officer2, head = (api_as(one) for one in (world.officer, world.officer2, world.head))
    policy = done(officer, "policies", POLICY)["number"]
    done(officer2, f"policies/{policy}/check")
    done(head, f"policies/{policy}/enact")
    said = done(head, f"policies/{policy}/fundings", YEAR)
    assert said["fundings"][0]["left_fen"] == 100 * WAN
    assert post(officer, f"policies/{policy}/fundings/2022/compute").status_code == 404
    granting.sells(world.enterprise, 6000)
    batch = done(officer, f"policies/{policy}/fundings/2022/compute")
    assert (batch["state"], batch["total_fen"], batch["line_count"]) == ("DRAFTED", 20 * WAN, 1)
    number = batch["number"]
    lines = officer.get(f"/api/v1/benefits/batches/{number}/lines").json()["items"]
    assert [(one["organisation"], one["reason"]) for one in lines] == [
        (world.enterprise.code, "FULL")
    ]
    done(head, f"benefits/batches/{number}/approve-batch")
    row = Batch.objects.get()
    notice = Notice.objects.get(number=row.notice_number)
    after = notice.ends_at + timedelta(minutes=1)
    notices.close_notice(notice=notice, by=Actor.CLOCK, at=after)
    benefits.follow_notice(batch=row, by=Actor.CLOCK, at=after)
    done(officer, f"benefits/batches/{number}/request-payments")
    done(api_as(world.finance), f"benefits/batches/{number}/review-payments")
    payer = api_as(world.payer)
    done(payer, f"benefits/batches/{number}/pay-batch")
    assert done(payer, f"benefits/batches/{number}/confirm-payments")["state"] == "DONE"
    own = api_as(world.filler).get("/api/v1/benefits").json()["items"]
    assert [(one["amount_fen"], one["state"]) for one in own] == [(20 * WAN, "CONFIRMED")]
    granting.correct(world.enterprise, 4000, at + timedelta(seconds=1))
    funding = row.funding
    case = benefits.compare_paid(
        funding=funding, by=Actor.CLOCK, at=at + timedelta(minutes=1)
    )[0].number
    done(api_as(world.unit_admin), f"benefits/reclaims/{case}/answer", {"answer": "无异议"})
    decision = {"verdict": "RECLAIM", "decision": "合同解除。"}
    assert done(head, f"benefits/reclaims/{case}/decide", decision)["state"] == "DUE"
    assert done(payer, f"benefits/reclaims/{case}/settle")["state"] == "SETTLED"


def test_who_may_not_is_told_and_who_does_not_see_finds_nothing(world, at, api_as, client):
    funding = granting.year(world, at)
    granting.sells(world.enterprise, 6000)
    batch = granting.drafted(world, at, funding)
    address = f"benefits/batches/{batch.number}"
    assert client.get(f"/api/v1/{address}").status_code == 401
    assert api_as(world.filler).get(f"/api/v1/{address}").status_code == 404
    answer = post(api_as(world.officer), f"{address}/approve-batch")
    assert answer.status_code == 422
    assert answer.json()["refusals"][0]["code"] == "cultivation.not_permitted"
    assert client.get("/api/v1/policies").json()["items"][0]["number"] == funding.policy.number
