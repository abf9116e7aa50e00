"""The same verbs through the API, with the same refusals."""

import pytest
from django.utils import timezone

from kechuang.challenges.models import Bid
from tests.challenges import stages

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(world):
    """A challenge that is open now, by the API's own clock."""
    start = timezone.now() - timezone.timedelta(days=15)
    return stages.opened(world, start)


def sent(client, path, body=None, status=200, method="post"):
    answer = getattr(client, method)(f"/api/v1{path}", body or {}, "application/json")
    assert answer.status_code == status, answer.content.decode()
    return answer.json()


def test_a_bid_goes_from_draft_to_receipt_through_the_api(line, world, api_as):
    writer, admin = api_as(world.member), api_as(world.research_admin)
    bid = sent(writer, "/bids/", {"challenge": line.challenge.number}, 201)
    path = f"/bids/{bid['number']}"
    refused = sent(writer, f"{path}/submit", status=422)["refusals"]
    assert "bids.not_signed" in {one["code"] for one in refused}
    kept = sent(writer, path, {"content": stages.proposal(line), "other_public": False},
                method="patch")
    assert stages.MARKER not in str(kept)
    sent(admin, f"{path}/sign")
    receipt = sent(writer, f"{path}/submit")
    assert receipt["sha256"] == Bid.objects.get(number=bid["number"]).sealed.sha256
    assert sent(writer, f"{path}/submit", status=422)["refusals"][0]["code"] == "bids.wrong_state"


def test_the_public_reads_open_challenges_and_their_frozen_rules(line, client):
    rows = client.get("/api/v1/challenges/").json()["items"]
    assert [row["number"] for row in rows] == [line.challenge.number]
    whole = client.get(f"/api/v1/challenges/{line.challenge.number}").json()
    assert whole["rulesets"][0]["sha256"] == line.challenge.rulesets.get().sha256
    assert not {"bids", "bids_count", "bid_count"} & whole.keys()
    frozen = client.get(f"/api/v1/challenges/{line.challenge.number}/rules/1").json()
    assert frozen["canonical"] == line.challenge.rulesets.get().canonical
    assert client.post("/api/v1/bids/", {"challenge": "x"}, "application/json").status_code == 401


def test_a_stale_draft_is_refused(world, api_as):
    line = stages.drafted(world, timezone.now())
    office = api_as(world.officer)
    path = f"/api/v1/challenges/{line.challenge.number}"
    first = office.patch(path, {"months": 12}, "application/json", headers={"If-Match": '"1"'})
    assert (first.status_code, first.json()["months"]) == (200, 12)
    stale = office.patch(path, {"months": 18}, "application/json", headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["refusals"][0]["code"]) == (409, "stale_version")
