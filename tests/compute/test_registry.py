"""Centres registered, changed, priced by two people, extended and tried; data sets and lines."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from kechuang.base.refusals import NotPermitted
from kechuang.compute import actions, queries
from kechuang.compute.models import Centre, CentreStage, DataSet, Link, PriceList, Trial
from kechuang.compute.rules.registry import RegistryRefused
from kechuang.record.queries import history_of
from tests.compute import desk

pytestmark = pytest.mark.django_db
FORM = {
    "name": "新中心", "name_en": "New Centre", "kind": "HPC", "side": "WEST", "processors": "640",
    "accelerators": "0", "capacity_pflops_fp64": "1.5", "capacity_pflops_fp16": "",
    "watts_per_core": "9", "pue": "1.20", "carbon": "180", "bandwidth_mb_s": "500",
    "data_classes": ["PUBLIC"], "templates": ["script"],
}  # fmt: skip


@pytest.fixture
def centre(world, at):
    return desk.centre(world, at - timedelta(days=2))


def page(client, url):
    return client.get(url).content.decode()


def test_an_office_registers_a_centre_by_page_and_its_history_says_so(world, client_as):
    client = client_as(world.officer)
    posted = client.post("/centres/new/", FORM | {"organisation": world.institute.code})
    made = Centre.objects.get()
    assert posted["Location"] == f"/centres/{made.number}/"
    assert (made.region_path, made.backend, made.carbon_g_per_kwh) == (
        world.city.path, "NONE", [180.0] * 24,
    )  # fmt: skip
    assert (made.capacity_pflops_fp64, made.capacity_pflops_fp16) == (Decimal("1.5"), None)
    changed = client.post(f"/centres/{made.number}/change/", FORM | {"pue": "1.10"})
    assert changed.status_code == 302
    notes = list(CentreStage.objects.order_by("pk").values_list("note_public", flat=True))
    assert notes == ["", "PUE"]
    assert [one.verb for one in history_of(made.number)][-1] == "compute.change_centre"
    wrong = client.post(f"/centres/{made.number}/change/", FORM | {"carbon": "1, 2"})
    assert (wrong.status_code, "逐时" in wrong.content.decode()) == (422, True)
    for who in (world.member, world.supervisor):
        assert client_as(who).get("/centres/new/").status_code == 404


def test_prices_asked_for_on_a_page_count_once_a_second_person_sets_them(world, centre, client_as):
    given = {"day": "0.50", "night": "0.25", "first": "22", "last": "8", "minimum": "", "since": ""}
    asker, second = client_as(world.officer), client_as(world.finance)
    assert asker.post(f"/centres/{centre.number}/prices/", given).status_code == 302
    asked = queries.prices_asked(centre)
    assert PriceList.objects.count() == 1
    own = page(asker, f"/centres/{centre.number}/")
    other = page(second, f"/centres/{centre.number}/")
    assert ("等第二人核定的价目" in own, "核定价目" in own) == (True, False)
    assert "核定价目" in other
    url = f"/centres/{centre.number}/prices/{asked.number}/"
    assert asker.post(f"{url}set/", {}).status_code == 404
    assert second.post(f"{url}set/", {}).status_code == 302
    newest = PriceList.objects.order_by("-since").first()
    assert newest.milli_fen_per_core_hour[12] == 50_000
    assert (queries.prices_asked(centre), asked.asked_by) == (None, world.officer.person)


def test_prices_are_refused_with_a_reason_and_may_be_asked_for_anew(world, at, centre):
    given = {"centre": centre, "milli_fen": [7] * 24, "minimum_fen": 0, "at": at}
    asked = actions.ask_prices(**given, by=world.officer.actor)
    actions.refuse_prices(asked=asked, reason="太高", by=world.head.actor, at=at)
    later = actions.ask_prices(**given, since=at + timedelta(days=3), by=world.officer.actor)
    made = actions.set_prices(asked=later, by=world.head.actor, at=at + timedelta(days=1))
    assert made.since == at + timedelta(days=3)
    with pytest.raises(IntegrityError, match="second_person"), transaction.atomic():
        type(asked).objects.filter(pk=asked.pk).update(decided_by=world.officer.person)


def test_a_phase_in_service_adds_to_its_centre_once_and_precisions_stay_apart(world, at, centre):
    by = world.officer.actor
    phase = actions.add_phase(centre=centre, facts=desk.PHASE, by=by, at=at)
    actions.move_phase(phase=phase, state="BUILDING", by=by, at=at)
    actions.move_phase(phase=phase, state="SERVING", by=by, at=at)
    centre.refresh_from_db()
    assert (centre.processors, centre.capacity_pflops_fp16, centre.capacity_pflops_fp64) == (
        16, Decimal(100), None,
    )  # fmt: skip
    with pytest.raises(RegistryRefused):
        actions.move_phase(phase=phase, state="SERVING", by=by, at=at)
    with pytest.raises(NotPermitted):
        actions.add_phase(centre=centre, facts=desk.PHASE, by=world.member.actor, at=at)


def test_whoever_runs_a_centre_tries_its_connection(world, centre, client_as):
    client = client_as(world.officer)
    assert client.post(f"/centres/{centre.number}/test/", {}).status_code == 302
    Centre.objects.filter(pk=centre.pk).update(backend="SLURM")
    client.post(f"/centres/{centre.number}/test/", {})
    assert list(Trial.objects.order_by("pk").values_list("is_answered", flat=True)) == [True, False]
    assert "没有应答" in page(client, f"/centres/{centre.number}/")
    assert client_as(world.member).get(f"/centres/{centre.number}/test/").status_code == 404


def test_the_newest_measurement_of_a_line_counts_and_quotes_reckon_by_it(world, at, centre):
    far = desk.centre(world, at - timedelta(days=1), name="远", side="WEST")
    allocation, by = desk.granted(world, at), world.officer_province.actor
    for speed, measured in (("50", True), ("900", False)):
        actions.note_link(
            centre=far, other=centre, bandwidth_mb_s=Decimal(speed), is_measured=measured,
            source="iperf3", by=by, at=at,
        )  # fmt: skip
    job = desk.quoted(world, at, allocation, data_mb=5000)
    assert job.quotes.get(centre=far).transfer_seconds == 100
    with pytest.raises(RegistryRefused):
        actions.note_link(centre=far, other=far, bandwidth_mb_s=Decimal(1), is_measured=True,
                          source="x", by=by, at=at)  # fmt: skip
    with (
        pytest.raises(IntegrityError, match="never changed"), transaction.atomic(),
        connection.cursor() as cursor,
    ):  # fmt: skip
        cursor.execute("UPDATE compute_link SET source = 'y'")
    assert Link.objects.count() == 2


def test_a_job_takes_size_class_and_place_of_its_data_set(world, at, centre):
    far = desk.centre(world, at - timedelta(days=1), name="远", data_classes=["PUBLIC", "INTERNAL"])
    data = actions.register_data(
        centre=far, facts=desk.DATA, named=[], by=world.member.actor, at=at
    )
    allocation = desk.granted(world, at)
    job = desk.quoted(world, at, allocation, data_set=data)
    assert (job.data_mb, job.data_class) == (20_000, "INTERNAL")
    moved = {one.centre_id: one.transfer_seconds for one in job.quotes.all()}
    assert moved == {far.pk: 0, centre.pk: 200}


def test_data_are_for_whom_their_unit_says(world, at, centre):
    by = world.filler.actor
    data = actions.register_data(
        centre=centre, facts=desk.DATA | {"audience": "NAMED"}, named=[world.university.code],
        by=by, at=at,
    )  # fmt: skip
    seen = {
        who: list(queries.data_usable_by(getattr(world, who).actor, at))
        for who in ("filler", "member", "rival_filler")
    }
    assert seen == {"filler": [data], "member": [data], "rival_filler": []}
    allocation = desk.granted(world, at)
    desk.quoted(world, at, allocation, data_set=data)
    actions.change_data_audience(
        data=data, audience="UNIT", named=[], state="OFFERED", by=by, at=at
    )
    data = DataSet.objects.select_related("organisation").get()
    with pytest.raises(RegistryRefused):
        desk.quoted(world, at, allocation, data_set=data)
    with pytest.raises(NotPermitted):
        actions.change_data_audience(data=data, audience="EVERYBODY", named=[], state="OFFERED",
                                     by=world.member.actor, at=at)  # fmt: skip
    with pytest.raises(RegistryRefused) as refused:
        actions.register_data(centre=centre, facts=desk.DATA, named=["X"], by=by, at=at)
    assert refused.value.code == "compute.data_unknown_unit"


def test_a_data_set_is_registered_and_closed_by_page(world, centre, client_as):
    client = client_as(world.member)
    form = desk.DATA | {"centre": centre.number, "audience": "EVERYBODY", "named": ""}
    posted = client.post("/data-sets/new/", form)
    number = DataSet.objects.get().number
    assert posted["Location"] == f"/data-sets/{number}/"
    assert "轴承振动信号" in page(client_as(world.filler), "/data-sets/")
    closed = {"audience": "EVERYBODY", "named": "", "state": "WITHDRAWN"}
    assert client.post(f"/data-sets/{number}/change/", closed).status_code == 302
    assert client_as(world.filler).get(f"/data-sets/{number}/").status_code == 404


def test_the_load_of_an_hour_stands_with_its_denominator_and_who_waited(world, at, centre):
    at = at.replace(minute=0)
    job = desk.submitted(world, at, desk.granted(world, at), centre, processors=2, tasks=2)
    desk.handed_in(job, at - timedelta(hours=2))
    first, _second = job.runs.order_by("task")
    begun = at - timedelta(hours=1)
    desk.tell(first, "RUNNING", begun)
    desk.tell(first, "DONE", begun, begun + timedelta(seconds=60), exit_code=0)
    hours = queries.load_of([centre], at)[centre.pk]
    assert [(one.held_core_seconds, one.processors, one.waiting) for one in hours[-2:]] == [
        (0, 8, 1), (120, 8, 1),
    ]  # fmt: skip
    assert [one.shade for one in hours[-2:]] == [0, 1]


def test_what_choosing_saved_is_told_against_the_nearest_and_the_dearest(world, at, centre):
    dear = desk.centre(world, at - timedelta(days=1), name="贵")
    desk.priced(world, dear, at - timedelta(hours=2), [900_000_000] * 24)
    job = desk.submitted(world, at, desk.granted(world, at), centre)
    quotes = {one.centre_id: one.total_fen for one in job.quotes.all()}
    saved = queries.saved_by_placement(at)
    assert (saved.jobs, saved.near_jobs, saved.against_near_fen) == (1, 1, 0)
    assert saved.against_dearest_fen == quotes[dear.pk] - quotes[centre.pk] > 0


def test_the_pages_of_load_network_and_data_are_there_for_everybody(world, at, centre, client):
    for url in ("/centres/load/", "/network/", "/data-sets/", "/en/centres/load/"):
        assert client.get(url).status_code == 200


def send(api, url, body):
    return api.post(url, body, content_type="application/json")


def test_the_api_registers_prices_extends_and_links(world, at, centre, api_as):
    api = api_as(world.officer)
    base = f"/api/v1/centres/{centre.number}"
    asked = send(api, f"{base}/prices", {"milli_fen_per_core_hour": [5] * 24}).json()
    assert asked["state"] == "ASKED"
    assert send(api, f"{base}/prices/{asked['number']}/set", {}).status_code == 422
    second = send(api_as(world.head), f"{base}/prices/{asked['number']}/set", {})
    assert second.json()["state"] == "SET"
    phase = {"name": "二期", "due_date": "2027-06-30", "processors": 8, "source": "批复"}
    assert send(api, f"{base}/phases", phase).json()["place"] == 1
    assert send(api, f"{base}/phases/1", {"state": "SERVING"}).json()["state"] == "SERVING"
    assert send(api, f"{base}/test", {}).json()["is_answered"] is True
    assert len(api.get(f"{base}/load").json()) == 24
    body = {
        "name": "新中心", "kind": "HPC", "side": "WEST", "processors": 64, "watts_per_core": "9",
        "pue": "1.2", "carbon_g_per_kwh": [180] * 24, "bandwidth_mb_s": "500",
        "data_classes": ["PUBLIC"], "organisation": world.institute.code,
    }  # fmt: skip
    made = send(api, "/api/v1/centres", body).json()
    link = {"centre": made["number"], "other": centre.number, "bandwidth_mb_s": "80",
            "is_measured": True, "source": "iperf3"}  # fmt: skip
    assert send(api, "/api/v1/network", link).json()["first"] == centre.number
    assert len(api.get("/api/v1/network").json()) == 1
    data = desk.DATA | {"centre": centre.number}
    number = send(api_as(world.member), "/api/v1/data-sets", data).json()["number"]
    closed = {"audience": "UNIT", "state": "WITHDRAWN"}
    changed = send(api_as(world.member), f"/api/v1/data-sets/{number}/change", closed)
    assert changed.json()["state"] == "WITHDRAWN"
