"""The API of notices and objections: the same verbs, the same fences."""

import pytest
from django.test import Client
from django.utils import timezone

from kechuang.notices import actions
from kechuang.notices.models import Notice

STATEMENT = "公示的牵头单位在 2025 年已就同一内容获得市级财政资助，见该项目公告。"
FILLED = {"ground": "FACTS", "statement": STATEMENT, "request": "请核实并取消公示。"}
BASE = "/api/v1"


def post(client, address, **body):
    return client.post(f"{BASE}{address}", body, content_type="application/json")


@pytest.fixture
def notice(world):
    return actions.open_notice(
        subject_number="JB-2026-000020", kind="AWARD", title="拟立项公示", facts={"甲": "乙"},
        region_path=world.city.path, working_days=5, by=world.head.actor, at=timezone.now(),
    )  # fmt: skip


def test_notices_are_read_without_a_token(notice):
    listed = Client().get(f"{BASE}/notices").json()
    assert [row["number"] for row in listed["items"]] == [notice.number]
    one = Client().get(f"{BASE}/notices/{notice.number}").json()
    assert (one["facts"], one["state"], one["working_days"]) == ([["甲", "乙"]], "OPEN", 5)


@pytest.mark.parametrize(
    ("query", "count"),
    [("?state=OPEN", 1), ("?state=ENDED", 0), ("?region=990100", 1), ("?region=990104", 0),
     ("?region=1", 0), ("?subject=JB-2026-000020", 1)],
)  # fmt: skip
def test_the_list_is_narrowed(notice, query, count):
    assert len(Client().get(f"{BASE}/notices{query}").json()["items"]) == count


def test_a_notice_is_published_by_the_office(world, api_as):
    body = {"subject_number": "JB-2026-000031", "title": "名单公示", "region": "990100",
            "kind": "LIST", "working_days": 5, "facts": [["单位", "示例大学"]]}  # fmt: skip
    assert post(Client(), "/notices", **body).status_code == 401
    assert post(api_as(world.filler), "/notices", **body).status_code == 422
    answer = post(api_as(world.officer), "/notices", **body)
    assert (answer.status_code, answer.json()["facts"]) == (200, [["单位", "示例大学"]])
    assert post(api_as(world.officer), "/notices", **{**body, "region": "1"}).status_code == 422
    assert Notice.objects.count() == 1


def test_the_whole_way_of_an_objection(notice, world, api_as):
    objector, officer, head = (
        api_as(member) for member in (world.rival_admin, world.officer, world.head2)
    )
    draft = objector.put(
        f"{BASE}/notices/{notice.number}/objection", {"statement": "公示的"},
        content_type="application/json",
    )  # fmt: skip
    assert (draft.status_code, draft.json()["state"]) == (200, "DRAFT")
    filed = post(objector, f"/notices/{notice.number}/object", **FILLED).json()
    assert (filed["state"], filed["objector"]) == ("FILED", world.rival_admin.person.number)
    way = f"/objections/{filed['number']}"
    states = [
        post(officer, f"{way}/accept").json()["state"],
        post(officer, f"{way}/answer", answer="已核实。").json()["state"],
        post(head, f"{way}/decide", verdict="PARTLY", decision="笔误。").json()["state"],
        post(officer, f"{way}/execute", execution="已更正。").json()["state"],
    ]
    assert states == ["ACCEPTED", "ANSWERED", "DECIDED", "EXECUTED"]
    listed = objector.get(f"{BASE}/objections?state=EXECUTED").json()
    assert [row["number"] for row in listed["items"]] == [filed["number"]]


def test_refusing_and_withdrawing(notice, world, api_as):
    objector, officer = api_as(world.rival_admin), api_as(world.officer)
    first = post(objector, f"/notices/{notice.number}/object", **FILLED).json()["number"]
    refused = post(officer, f"/objections/{first}/refuse", reason="不属于公示内容。")
    assert refused.json()["state"] == "REFUSED"
    second = post(objector, f"/notices/{notice.number}/object", **FILLED).json()["number"]
    assert post(objector, f"/objections/{second}/withdraw").json()["state"] == "WITHDRAWN"


def test_an_objection_is_hidden_like_one_that_does_not_exist(notice, world, api_as):
    filed = post(api_as(world.rival_admin), f"/notices/{notice.number}/object", **FILLED).json()
    for member in (world.head, world.filler, world.operator, world.officer_county):
        client = api_as(member)
        hidden = client.get(f"{BASE}/objections/{filed['number']}")
        missing = client.get(f"{BASE}/objections/YY-2026-999999")
        assert (hidden.status_code, hidden.json()) == (404, missing.json())
        assert client.get(f"{BASE}/objections").json() == {"items": [], "next_after": ""}
        assert post(client, f"/objections/{filed['number']}/accept").status_code == 404


def test_a_notice_is_not_closed_early_and_is_cancelled_with_a_reason(notice, world, api_as):
    officer = api_as(world.officer)
    early = post(officer, f"/notices/{notice.number}/close")
    assert (early.status_code, early.json()["refusals"][0]["code"]) == (
        422, "notices.notice_not_over",
    )  # fmt: skip
    assert post(officer, f"/notices/{notice.number}/cancel").status_code == 422
    gone = post(officer, f"/notices/{notice.number}/cancel", reason="重发。")
    assert gone.json()["state"] == "CANCELLED"


def test_a_stale_draft_is_a_conflict(notice, world, api_as):
    client = api_as(world.rival_admin)
    address = f"{BASE}/notices/{notice.number}/objection"
    for statement in ("一", "二"):
        client.put(address, {"statement": statement}, content_type="application/json")
    answer = client.put(
        address, {"statement": "三"}, content_type="application/json",
        headers={"If-Match": "1"},
    )  # fmt: skip
    assert answer.status_code == 409
