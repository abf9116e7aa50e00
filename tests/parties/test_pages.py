"""Pages and API of the parties."""

import pytest
from django.test import Client

from kechuang.parties.models import Account, Appointment, Organisation


def test_register_is_public(world):
    page = Client().get("/organisations/", {"kind": "UNIVERSITY"})
    assert page.status_code == 200
    assert [row.number for row in page.context["page"].rows] == [world.university.number]


@pytest.mark.parametrize("count", [1, 30])
def test_register_takes_the_same_queries_for_any_length(
    world, at, django_assert_num_queries, count
):
    from tests.world import organisation

    for serial in range(100, 100 + count):
        organisation(serial, f"示例单位{serial}", "SERVICE", world.county, at)
    with django_assert_num_queries(2):  # the rows, and the regions of the frame
        page = Client().get("/organisations/", {"kind": "SERVICE"})
    assert len(page.context["page"].rows) == count


def test_download_escapes_what_a_spreadsheet_would_run(world):
    Organisation.objects.filter(pk=world.rival.pk).update(name="=HYPERLINK(1)")
    text = Client().get("/organisations.csv").content.decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in text


def test_only_the_unit_sees_its_people(world, client_as):
    address = f"/organisations/{world.enterprise.number}/"
    assert list(client_as(world.unit_admin).get(address).context["people"]) != []
    assert list(client_as(world.rival_admin).get(address).context["people"]) == []


def test_unit_administrator_appoints_and_ends(world, client_as):
    client = client_as(world.unit_admin)
    address = f"/organisations/{world.enterprise.number}/appoint/"
    form = {"name": "周扬", "username": "zhouyang", "phone": "", "role": "FILLER", "until": ""}
    assert client.post(address, form).status_code == 302
    account = Account.objects.get(username="zhouyang")
    row = Appointment.objects.get(person=account.person)
    page = client.post(f"/appointments/{row.number}/end/")
    assert page.status_code == 422  # it began today
    assert client_as(world.rival_admin).post(address, form).status_code == 422


def test_name_of_another_units_account_is_refused_at_its_field(world, client_as):
    form = {"name": "x", "username": "rival_filler", "role": "FILLER", "phone": "", "until": ""}
    page = client_as(world.unit_admin).post(
        f"/organisations/{world.enterprise.number}/appoint/", form
    )
    assert page.status_code == 422
    assert "username" in page.context["form"].errors


def test_api_registers_once_per_key(world, api_as):
    from kechuang.base.codes import credit_code_with_check

    client = api_as(world.officer)
    body = {"code": credit_code_with_check("91990100MA0009002"), "name": "示例新材有限公司",
            "kind": "ENTERPRISE", "region": "990104"}  # fmt: skip
    send = {"content_type": "application/json", "headers": {"Idempotency-Key": "k1"}}
    first = client.post("/api/v1/organisations", body, **send)
    again = client.post("/api/v1/organisations", body, **send)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    other = client.post("/api/v1/organisations", {**body, "name": "另一家公司"}, **send)
    assert other.json()["refusals"][0]["code"] == "idempotency.key_reused"
    without = client.post("/api/v1/organisations", body, content_type="application/json")
    assert without.json()["refusals"][0]["code"] == "parties.code_taken"


def test_api_says_401_404_422_in_one_shape(world, api_as):
    public = Client()
    assert public.get("/api/v1/appointments/mine").status_code == 401
    bad = Client(headers={"authorization": "Bearer kc_x"})
    assert bad.get("/api/v1/organisations").json()["refusals"][0]["code"] == "token.not_good"
    missing = public.get("/api/v1/organisations/DW-2024-999999")
    assert (missing.status_code, missing.json()["refusals"][0]["code"]) == (404, "not_found")
    wrong = public.get("/api/v1/organisations", {"limit": 900})
    assert (wrong.status_code, wrong.json()["refusals"][0]["field"]) == (422, "query.limit")
    english = Client(headers={"accept-language": "en"}).get("/api/v1/organisations/x")
    assert english.status_code == 404


def test_session_does_not_open_the_api(world, client_as):
    assert client_as(world.filler).get("/api/v1/appointments/mine").status_code == 401


def test_officer_without_second_factor_is_sent_to_set_it_up(world, client_as, settings):
    settings.KECHUANG_DEMO = False
    page = client_as(world.officer).get("/organisations/")
    assert page.status_code == 302
    assert "2fa" in page.headers["Location"]
    assert client_as(world.filler).get("/organisations/").status_code == 200
