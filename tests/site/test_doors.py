"""What stands around every door: idempotency under races, input that cannot be kept, the rate."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from kechuang.base.codes import credit_code_with_check
from kechuang.doors.models import Answer
from kechuang.parties.models import Organisation
from kechuang.record.models import Entry
from tests.world import build_world

BODY = {
    "code": credit_code_with_check("91990100MA0009100"), "name": "示例并发有限公司",
    "kind": "ENTERPRISE", "region": "990104",
}  # fmt: skip


def _post(client: Client, body: object, key: str = "") -> tuple[int, str]:
    headers = {"Idempotency-Key": key} if key else {}
    answer = client.post(
        "/api/v1/organisations", body, content_type="application/json", headers=headers
    )
    return answer.status_code, answer.content.decode()


def _post_in_thread(client: Client, key: str) -> tuple[int, str]:
    try:
        return _post(client, BODY, key)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_sixteen_requests_with_one_key_act_once_and_get_one_answer(at, api_as):
    world = build_world(at)
    client = api_as(world.officer)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: _post_in_thread(client, "same"), range(16)))
    assert {status for status, _ in answers} == {201}
    assert len({text for _, text in answers}) == 1
    assert Organisation.objects.filter(code=BODY["code"]).count() == 1
    assert Entry.objects.filter(verb="parties.register_organisation").count() == 1


@pytest.mark.django_db(transaction=True)
def test_sixteen_requests_without_a_key_still_register_one_code(at, api_as):
    world = build_world(at)
    client = api_as(world.officer)
    with ThreadPoolExecutor(16) as pool:
        statuses = [s for s, _ in pool.map(lambda _: _post_in_thread(client, ""), range(16))]
    assert statuses.count(201) == 1
    assert statuses.count(422) == 15
    assert Organisation.objects.filter(code=BODY["code"]).count() == 1


def test_refused_request_can_be_mended_under_the_same_key(world, api_as):
    client = api_as(world.officer)
    assert _post(client, {**BODY, "code": "1"}, "k")[0] == 422
    assert Answer.objects.count() == 0
    assert _post(client, BODY, "k")[0] == 201


@pytest.mark.parametrize("text", ["\x00", "\ud800"])
def test_text_that_cannot_be_kept_is_refused(world, api_as, text):
    client = api_as(world.officer)
    import json

    raw = json.dumps({**BODY, "name": f"示例{text}"})
    answer = client.post("/api/v1/organisations", raw, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["refusals"][0]["code"] == "http.400"


@pytest.mark.parametrize("address", ["/organisations/%00/", "/organisations/?q=%00", "/%00"])
def test_address_that_cannot_be_kept_is_no_page(world, address):
    assert Client().get(address).status_code == 404
