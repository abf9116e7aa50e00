"""The indicators' API: the same verbs as the pages."""

from collections.abc import Callable
from typing import Any

from django.test import Client

from tests.world import World

ROW = {
    "area": "示例省示例市", "period": "@2023-08-29", "indicator": "科技型企业数", "value": "19938",
    "unit": "家", "source_title": "科技月报", "source_date": "2023-08-29",
}  # fmt: skip


def post(client: Client, path: str, **body: Any) -> Any:
    return client.post(f"/api/v1{path}", body, content_type="application/json")


def test_definitions_are_public(client: Client, world: World) -> None:
    found = client.get("/api/v1/indicators/needs_accepted").json()
    assert (found["kind"], found["unit"], found["formula"]) == ("flow", "项", "needs_accepted")
    assert client.get("/api/v1/indicators/nothing").status_code == 404


def test_measure_publish_and_read_the_evidence(
    client: Client, api_as: Callable[..., Client], world: World
) -> None:
    body = {"region": "990100", "period": "@2026-01-31"}
    assert post(client, "/indicators/organisations_enterprises/measure", **body).status_code == 401
    made = post(api_as(world.officer), "/indicators/organisations_enterprises/measure", **body)
    assert made.status_code == 200
    number = made.json()["number"]
    assert client.get(f"/api/v1/observations/{number}").status_code == 404
    refused = post(api_as(world.officer), f"/observations/{number}/publish")
    assert refused.json()["refusals"][0]["code"] == "indicators.may_not_publish"
    assert post(api_as(world.head), f"/observations/{number}/publish").status_code == 200
    seen = client.get(f"/api/v1/observations/{number}/evidence").json()
    assert seen["total"] == made.json()["value"]
    assert seen["count"] == seen["listed_count"] + seen["hidden_count"]


def test_import_and_list(client: Client, api_as: Callable[..., Client], world: World) -> None:
    office = api_as(world.officer)
    wrong = post(office, "/observations/import", rows=[{**ROW, "value": "many"}]).json()
    assert wrong["problems"] == [
        {"row": 1, "column": "value", "code": "indicators.not_a_number"}
    ]
    assert post(office, "/observations/import", rows=[ROW]).json()["new"] == 1
    found = client.get("/api/v1/observations?subject=990100").json()["items"]
    assert [(one["indicator"], one["value"]) for one in found] == [
        ("technology_enterprises", "19938")
    ]
    assert post(api_as(world.filler), "/observations/import", rows=[ROW]).status_code == 422


def test_a_target_is_set(api_as: Callable[..., Client], world: World) -> None:
    answer = post(api_as(world.officer), "/indicators/needs_accepted/targets",
                  region="990100", period="2026", value="120")  # fmt: skip
    assert answer.status_code == 201
    assert answer.json()["value"] == "120"
    answer = post(api_as(world.officer), "/indicators/needs_accepted/targets",
                  region="123456", period="2026", value="120")  # fmt: skip
    assert answer.json()["refusals"][0]["code"] == "indicators.region"
