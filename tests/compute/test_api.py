"""The API of the desk: the same verbs, the same fences; and the command line."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from typer.testing import CliRunner

from kechuang.base.actor import Actor
from kechuang.compute import actions
from kechuang.compute.commands import app
from kechuang.compute.models import CentreStage, Job
from kechuang.parties.actions import create_token
from tests.compute import desk

pytestmark = pytest.mark.django_db
BASE = "/api/v1"


def post(client, address, **body):
    return client.post(f"{BASE}{address}", body, content_type="application/json")


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def centre(world, now):
    return desk.centre(world, now - timedelta(days=1))


@pytest.fixture
def allocation(world, now):
    return desk.granted(world, now - timedelta(days=1))


def test_centres_are_read_without_a_token(centre):
    listed = Client().get(f"{BASE}/centres").json()["items"]
    assert [(row["number"], row["processors"]) for row in listed] == [(centre.number, 8)]
    assert Client().get(f"{BASE}/centres/{centre.number}").json()["name"] == centre.name
    assert Client().get(f"{BASE}/jobs").status_code == 401


def test_the_whole_way_of_an_allocation(world, now, api_as):
    unit, office = api_as(world.member), api_as(world.officer)
    body = {"purpose": "为示例项目仿真轴承疲劳", "pays": "VOUCHER", "core_hours": 10,
            "since": f"{now:%Y-%m-%d}", "until": f"{now.year + 1}-12-31"}  # fmt: skip
    number = post(unit, "/allocations", **body).json()["number"]
    assert post(unit, f"/allocations/{number}/return", reason="x").status_code == 422
    granted = post(office, f"/allocations/{number}/grant", core_hours=8, voucher_fen=500,
                   until=body["until"])  # fmt: skip
    assert (granted.json()["state"], granted.json()["core_hours"]) == ("GRANTED", 8)
    more = post(office, f"/allocations/{number}/renew", more_core_hours=2, until=body["until"])
    assert more.json()["core_hours"] == 10
    gone = post(office, f"/allocations/{number}/revoke", reason="项目终止")
    assert gone.json()["state"] == "REVOKED"
    assert len(unit.get(f"{BASE}/allocations?state=REVOKED").json()["items"]) == 1
    assert api_as(world.rival_filler).get(f"{BASE}/allocations/{number}").status_code == 404


def test_a_job_is_quoted_submitted_cancelled_and_read(world, now, centre, allocation, api_as):
    unit = api_as(world.member)
    body = {"title": "帧", "allocation": allocation.number, "template": "frame",
            "parameters": desk.FRAME}  # fmt: skip
    quoted = post(unit, "/jobs", **body)
    assert (quoted.status_code, quoted.json()["state"]) == (200, "QUOTED")
    quote = quoted.json()["quotes"][0]
    terms = ("wait", "transfer", "run", "price", "carbon", "deadline")
    assert quote["total_fen"] == sum(quote[f"{one}_fen"] for one in terms) - quote["voucher_fen"]
    assert (quote["wait_low_seconds"], quote["wait_high_seconds"]) == (0, 0)
    number = quoted.json()["number"]
    assert post(unit, f"/jobs/{number}/quote").json()["state"] == "QUOTED"
    sent = post(unit, f"/jobs/{number}/submit", centre=centre.number).json()
    assert (sent["state"], len(sent["runs"])) == ("STAGED", 1)
    other = api_as(world.rival_filler)
    assert other.get(f"{BASE}/jobs/{sent['number']}").status_code == 404
    assert post(unit, f"/jobs/{sent['number']}/cancel").status_code == 200
    logs = unit.get(f"{BASE}/jobs/{sent['number']}/logs").json()
    assert logs == [{"key": f"{sent['number']}-0-1", "text": ""}]
    assert api_as(world.officer).get(f"{BASE}/jobs/{sent['number']}/logs").json() == []


def test_a_refusal_names_its_field(world, allocation, api_as):
    body = {"title": "帧", "allocation": allocation.number, "template": "frame",
            "parameters": desk.FRAME | {"width": 1}}  # fmt: skip
    answer = post(api_as(world.member), "/jobs", **body)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["refusals"]] == ["width"]


def test_a_failed_job_is_retried(world, now, centre, allocation, api_as):
    job = desk.run_through(desk.submitted(world, now, allocation, centre), now, 5, state="FAILED")
    again = post(api_as(world.member), f"/jobs/{job.number}/retry").json()
    assert (again["state"], Job.objects.count()) == ("QUOTED", 2)
    assert again["number"] != job.number


def _token(world, now):
    _, text = create_token(appointment=world.member.appointment, label="cli", days=1,
                           by=world.member.actor, at=now)  # fmt: skip
    return text


def test_the_command_line_submits_tells_cancels_and_reads(
    world, now, centre, allocation, tmp_path
):
    (tmp_path / "run.sh").write_text("#!/bin/sh\necho 7\n")
    (tmp_path / "job.toml").write_text('title = "跑一下"\nscript_file = "run.sh"\n')
    run, token = CliRunner(), _token(world, now)

    def ask(*words):
        return run.invoke(app, [*words, "--token", token])

    assert centre.name in ask("submit", str(tmp_path / "job.toml")).output
    job = Job.objects.get()
    assert job.parameters == {"script": "#!/bin/sh\necho 7\n"}
    assert f"{job.number}-0-1" in ask("status", job.number).output
    assert job.number in ask("status").output
    assert ask("logs", job.number).exit_code == 0
    assert ask("cancel", job.number).exit_code == 0
    job.refresh_from_db()
    assert job.is_cancelling
    assert run.invoke(app, ["status", "--token", "nothing"]).exit_code == 1


def test_the_command_line_fetches_what_a_job_left(world, now, centre, allocation, tmp_path):
    job = desk.submitted(world, now, allocation, centre, template="script",
                         parameters={"script": "#!/bin/sh\n"}, tasks=2)  # fmt: skip
    desk.run_through(job, now, 60)
    kept, into = list(job.runs.order_by("task")), tmp_path / "here"
    words = ["results", job.number, "--into", str(into), "--token", _token(world, now)]
    said = CliRunner().invoke(app, words)
    assert (said.exit_code, said.exception.code) == (1, "compute.no_results")
    left = [actions.Left(run, [("sum.txt", f"{run.task}\n".encode())], "") for run in kept]
    actions.keep_leavings(job=job, left=left, by=Actor.CLOCK, at=now)
    said = CliRunner().invoke(app, words)
    assert said.exit_code == 0
    found = {path.relative_to(into).as_posix(): path.read_text() for path in into.rglob("*.txt")}
    assert found == {f"{run.key}/sum.txt": f"{run.task}\n" for run in kept}
    assert said.output.count("sha256:") == 2
    _, other = create_token(
        appointment=world.officer.appointment, label="cli", days=1, by=world.officer.actor, at=now
    )
    refused = CliRunner().invoke(app, ["results", job.number, "--token", other])
    assert (refused.exit_code, refused.exception.code) == (1, "compute.no_job")


def test_price_lists_are_printed_as_the_sum_beside_reads_them(world, now, centre, tmp_path):
    token = _token(world, now)
    said = CliRunner().invoke(app, ["prices", centre.number, "--token", token])
    (first,) = json.loads(said.output)
    kept = centre.prices.get()
    assert first == {
        "since": int(kept.since.timestamp()), "milli_fen": kept.milli_fen_per_core_hour,
        "minimum_fen": 3,
    }  # fmt: skip
    none = CliRunner().invoke(app, ["prices", "ZX-1999-000001", "--token", token])
    assert (none.exit_code, none.exception.code) == (1, "compute.no_centre")


def test_connecting_says_what_a_centre_still_lacks_to_take_jobs(
    world, now, settings, tmp_path, client_as
):
    settings.STATE = tmp_path / "state"
    played = tmp_path / "played.toml"
    played.write_text("simulated = true\nprocessors = 16\nload = 0\n")
    facts = {"backend": "NONE", "templates": []}
    centre = desk.centre(world, now + timedelta(days=9), **facts)  # its prices are not in force yet
    _, token = create_token(
        appointment=world.officer_province.appointment, label="cli", days=1,
        by=world.officer_province.actor, at=now,
    )  # fmt: skip

    def connect():
        said = CliRunner().invoke(app, ["connect", centre.number, str(played), "--token", token])
        assert said.exit_code == 0, said.exception
        return said.output

    said, page = connect(), f"/centres/{centre.number}/"
    assert f"还没有定价，定价以后才接作业：{page}prices/" in said
    assert f"还没有登记应用，登记以后才接作业：{page}change/" in said
    actions.ask_prices(
        centre=centre, milli_fen=[7] * 24, minimum_fen=0, by=world.officer.actor, at=now
    )
    assert f"价目在等第二人核定，核定以后才接作业：{page}" in connect()
    notes = list(CentreStage.objects.order_by("pk").values_list("note_public", flat=True))
    assert notes == ["", "改为模拟。", "改为模拟。"]
    assert "Simulated from now on." in client_as(world.member).get(f"/en{page}").content.decode()


def test_what_an_application_lacks_is_named_with_the_command_that_installs_it(
    world, now, allocation, settings, tmp_path
):
    settings.STATE = tmp_path
    centre = desk.centre(world, now, templates=["render"])
    command = "kechuang compute extras install render"
    assert command in Client().get(f"/centres/{centre.number}/").content.decode()
    parameters = {"width": 64, "height": 36, "samples": 1, "balls": 5, "first_frame": 1}
    job = desk.quoted(world, now, allocation, template="render", parameters=parameters)
    refused = job.quotes.get(centre=centre)
    assert (refused.refused_code, refused.refused_facts) == (
        "module_missing", {"module": "bpy", "command": command},
    )  # fmt: skip
    (tmp_path / "extras" / "render").mkdir(parents=True)
    (tmp_path / "extras" / "render" / "installed").write_text("bpy==5.0.1")
    page = Client().get(f"/centres/{centre.number}/").content.decode()
    assert command not in page


def test_an_extra_that_there_is_not_is_refused(world, now):
    said = CliRunner().invoke(app, ["extras", "install", "abacus"])
    assert "compute.no_extra" in repr(said.exception) or "abacus" in repr(said.exception)
    listed = CliRunner().invoke(app, ["extras", "list"]).output
    assert all(code in listed for code in ("render", "wind", "bearing"))
