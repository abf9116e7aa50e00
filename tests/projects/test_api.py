"""The API of projects: the same life as the pages, and the same refusals."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.test import Client

from kechuang.projects import actions
from tests.projects import line
from tests.projects.line import WAN
from tests.world import World

ApiAs = Callable[[Any], Client]

AGREEMENT = {
    "public_fen": 3000 * WAN, "own_fen": 6000 * WAN, "since": "2026-12-01",
    "until": "2028-12-01", "summary": "研制主轴轴承",
    "targets": [{"code": "T1", "indicator": "变形量", "comparator": "AT_MOST", "value": "0.15",
                 "unit": "mm", "test_method": "三坐标"}],
    "milestones": [{"code": "M1", "title": "样圈", "content": "变形", "due_date": "2027-06-01"}],
    "instalments": [
        {"gate": "SIGNING", "amount_fen": 600 * WAN},
        {"gate": "MILESTONE", "milestone": "M1", "amount_fen": 2400 * WAN},
    ],
}  # fmt: skip


def post(client: Client, path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
    return client.post(
        f"/api/v1/projects/{path}", json.dumps(body or {}), content_type="application/json",
        headers=headers,
    )  # fmt: skip


def test_a_project_runs_through_the_api_alone(world: World, at: datetime, api_as: ApiAs) -> None:
    number = line.award(world, at).number
    leader, unit, head = api_as(world.member), api_as(world.research_admin), api_as(world.head)
    officer = api_as(world.officer)
    answer = leader.put(
        f"/api/v1/projects/{number}/agreement", json.dumps(AGREEMENT),
        content_type="application/json",
    )  # fmt: skip
    assert answer.status_code == 200, answer.content
    assert answer.json()["terms_hash"] == ""
    assert post(unit, f"{number}/sign-for-unit").status_code == 200
    assert post(head, f"{number}/sign-for-department").json()["state"] == "ACTIVE"
    keyed = {"Idempotency-Key": "first"}
    assert post(leader, f"{number}/instalments/1/request", **keyed).status_code == 200
    assert post(api_as(world.finance), f"{number}/instalments/1/review").status_code == 200
    paid = post(api_as(world.payer), f"{number}/instalments/1/pay").json()
    assert paid["inside"]["paid_fen"] == 600 * WAN
    assert paid["inside"]["ledger"][0]["amount_fen"] == 600 * WAN
    report = {"report": "合格", "evidence": [{"target_code": "T1", "figure": "0.12"}]}
    assert post(leader, f"{number}/milestones/M1/submit", report).status_code == 200
    people = {"acceptors": [one.number for one in line.experts(world)]}
    assert post(officer, f"{number}/milestones/M1/open-check", people).status_code == 200
    opinion = {"verdict": "PASSED", "opinion": "符合"}
    for expert in (world.expert1, world.expert2, world.expert3):
        answer = post(api_as(expert), f"{number}/milestones/M1/give-opinion", opinion)
        assert answer.status_code == 200, answer.content
    passed = post(officer, f"{number}/milestones/M1/check", opinion).json()
    assert passed["milestones"][0]["state"] == "PASSED"
    assert [one["state"] for one in passed["inside"]["instalments"]] == ["PAID", "ELIGIBLE"]


def test_refusals_have_one_shape(world: World, at: datetime, api_as: ApiAs) -> None:
    project = line.running(world, at)
    answer = post(api_as(world.payer), f"{project.number}/instalments/1/pay")
    assert answer.status_code == 422
    refusal = answer.json()["refusals"][0]
    assert refusal["code"] == "projects.not_requested"
    assert refusal["way_on"] == "请刷新页面，看现在由谁办。"
    assert set(refusal) <= {"code", "message", "field", "way_on"}


def test_what_is_inside_is_closed_to_others(world: World, at: datetime, api_as: ApiAs) -> None:
    project = line.running(world, at)
    address = f"/api/v1/projects/{project.number}"
    assert Client().get(address).json()["inside"] is None
    assert api_as(world.rival_admin).get(address).json()["inside"] is None
    assert api_as(world.rival_admin).get(f"{address}/agreements/1").status_code == 404
    assert Client().get(f"{address}/agreements/1").status_code == 401
    assert post(api_as(world.rival_admin), f"{project.number}/freeze", {"reason": "x"}
                ).status_code == 404  # fmt: skip
    assert api_as(world.supervisor).get(address).json()["inside"]["approved_fen"] == 3000 * WAN


def test_a_supervisor_changes_nothing(world: World, at: datetime, api_as: ApiAs) -> None:
    project = line.running(world, at)
    answer = post(api_as(world.supervisor), f"{project.number}/freeze", {"reason": "x"})
    assert answer.status_code == 422
    assert answer.json()["refusals"][0]["code"] == "projects.not_permitted"


def test_a_stale_draft_is_a_conflict(world: World, at: datetime, api_as: ApiAs) -> None:
    project = line.award(world, at)
    actions.draft_agreement(project=project, terms=line.TERMS, by=world.member.actor, at=at)
    actions.draft_agreement(project=project, terms=line.TERMS, by=world.member.actor, at=at)
    answer = api_as(world.member).put(
        f"/api/v1/projects/{project.number}/agreement", json.dumps(AGREEMENT),
        content_type="application/json", headers={"If-Match": "1"},
    )  # fmt: skip
    assert answer.status_code == 409
    assert answer.json()["refusals"][0]["code"] == "stale_version"


def test_the_same_key_requests_once(world: World, at: datetime, api_as: ApiAs) -> None:
    project = line.running(world, at)
    leader = api_as(world.member)
    first = post(leader, f"{project.number}/instalments/1/request", **{"Idempotency-Key": "k"})
    again = post(leader, f"{project.number}/instalments/1/request", **{"Idempotency-Key": "k"})
    assert first.status_code == again.status_code == 200
    assert first.json()["inside"]["instalments"] == again.json()["inside"]["instalments"]
    assert again.headers["Idempotency-Replayed"] == "true"


def test_the_list_pages_by_number(world: World, at: datetime) -> None:
    numbers = [
        line.award(world, at, origin_number=f"JB-2026-{serial:06d}").number for serial in range(3)
    ]
    first = Client().get("/api/v1/projects?limit=2").json()
    assert [row["number"] for row in first["items"]] == numbers[:0:-1]
    rest = Client().get(f"/api/v1/projects?limit=2&after={first['next_after']}").json()
    assert [row["number"] for row in rest["items"]] == numbers[:1]
    assert rest["next_after"] == ""
