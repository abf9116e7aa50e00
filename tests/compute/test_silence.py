"""A centre that gives no answer, runs begun more than once, and one budget over several centres."""

from datetime import timedelta

import pytest
from django.utils import timezone
from typer.testing import CliRunner

from kechuang.base.actor import Actor
from kechuang.compute import actions, jobs, queries
from kechuang.compute.backends.slurm import Connection
from kechuang.compute.commands import app
from kechuang.compute.models import Bill, Centre, CentreStage, Charge, JobStage, Run, Usage
from kechuang.compute.rules.billing import StatementRefused
from kechuang.compute.rules.centres import CentreRefused
from kechuang.compute.rules.jobs import Told
from kechuang.parties.actions import create_token
from tests.compute import desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def state(settings, tmp_path):
    settings.STATE = tmp_path / "state"
    return settings.STATE


def test_a_silent_centre_is_noted_once_and_its_jobs_stand(world, at, state):
    place = desk.centre(world, at, backend="SLURM")
    job = desk.submitted(world, at, desk.granted(world, at), place)
    for _ in range(2):
        jobs.look_after(Centre.objects.get(pk=place.pk))
    place.refresh_from_db()
    job.refresh_from_db()
    assert (job.state, place.silent_since is None) == ("STAGED", False)
    assert place.ask_again_at > timezone.now()
    assert list(queries.centres_with_work(timezone.now())) == []
    assert list(queries.centres_with_work(place.ask_again_at)) == [place]
    notes = list(CentreStage.objects.filter(centre=place).values_list("note_public", flat=True))
    assert notes[1:] == ["中心没有应答。已交去的作业照旧在中心里，等它应答再继续。"]


def test_a_centre_that_answers_again_goes_on(world, at, state):
    place = desk.centre(world, at)
    actions.note_answer(centre=place, is_silent=True, by=Actor.CLOCK, at=at)
    place.refresh_from_db()
    job = desk.submitted(world, at, desk.granted(world, at), place)
    jobs.look_after(place)
    place.refresh_from_db()
    job.refresh_from_db()
    assert (place.silent_since, place.ask_again_at) == (None, None)
    assert job.state in ("SUBMITTED", "RUNNING", "DONE")
    for run in Run.objects.filter(job=job):
        queries.backend_for(place).cancel(run.key)


def test_the_page_says_that_a_centre_is_silent(world, at, client_as):
    place = desk.centre(world, at)
    actions.note_answer(centre=place, is_silent=True, by=Actor.CLOCK, at=at)
    page = client_as(world.member).get(f"/centres/{place.number}/").content.decode()
    assert "中心没有应答，自" in page


def test_the_page_of_a_job_at_a_silent_centre_opens(world, at, state, client_as):
    place = desk.centre(world, at, backend="SLURM")
    job = desk.submitted(world, at, desk.granted(world, at), place)
    desk.handed_in(job, at)
    desk.tell(job.runs.get(), "RUNNING", at)
    client, silent = client_as(world.member), "作业照旧在中心里，没有丢"
    assert silent not in client.get(f"/jobs/{job.number}/").content.decode()
    actions.note_answer(centre=place, is_silent=True, by=Actor.CLOCK, at=at)
    for address in (f"/jobs/{job.number}/", f"/jobs/{job.number}/live/"):
        answer = client.get(address)
        assert (answer.status_code, silent in answer.content.decode()) == (200, True)


def test_every_stretch_of_a_run_is_metered_at_its_own_price_and_billed_once(world, at):
    at = at.replace(hour=12)
    place, allocation = desk.centre(world, at - timedelta(days=1)), desk.granted(world, at)
    job = desk.submitted(world, at, allocation, place, wall_seconds=7200, processors=2)
    desk.handed_in(job, at)
    hour = timedelta(hours=1)
    dear = [20_000] * 24
    desk.priced(world, place, at + hour, dear)
    held = ((at, at + hour / 2), (at + hour, at + 2 * hour))
    told = Told("DONE", at, at + 2 * hour, 0, "", held)
    actions.see_run(run=job.runs.get(), told=told, by=Actor.CLOCK, at=at + 2 * hour)
    stretches = list(Usage.objects.values_list("place", "core_seconds"))
    assert stretches == [(1, 3600), (2, 7200)]
    assert list(Charge.objects.values_list("amount_fen", flat=True)) == [10, 40]
    assert Bill.objects.get(job=job).total_fen == 50
    allocation.refresh_from_db()
    assert (allocation.used_core_seconds, allocation.held_core_seconds) == (10_800, 0)


def test_all_stretches_together_are_never_charged_beyond_the_limit(world, at):
    place, allocation = desk.centre(world, at), desk.granted(world, at)
    job = desk.submitted(world, at, allocation, place, wall_seconds=60)
    desk.handed_in(job, at)
    second = timedelta(seconds=1)
    held = ((at, at + 50 * second), (at + 60 * second, at + 110 * second))
    told = Told("DONE", at, at + 110 * second, 0, "", held)
    actions.see_run(run=job.runs.get(), told=told, by=Actor.CLOCK, at=at + 110 * second)
    assert list(Usage.objects.values_list("core_seconds", flat=True)) == [50, 10]


def test_what_the_centres_accounting_has_not_is_not_charged_and_the_history_says_so(world, at):
    place, allocation = desk.centre(world, at), desk.granted(world, at)
    job = desk.submitted(world, at, allocation, place)
    desk.handed_in(job, at)
    desk.tell(job.runs.get(), "DONE", at, at + timedelta(seconds=9), reason="unaccounted")
    assert list(Usage.objects.values_list("core_seconds", "is_charged")) == [(9, False)]
    assert (Bill.objects.count(), job.__class__.objects.get().state) == (0, "DONE")
    allocation.refresh_from_db()
    assert (allocation.used_core_seconds, allocation.held_core_seconds) == (0, 0)
    note = JobStage.objects.filter(job=job).order_by("pk").last().note_public
    assert note == "中心的记账里没有这次运行，不计费"


def test_one_budget_over_two_centres_is_split(world, at):
    first = desk.centre(world, at)
    second = desk.centre(world, at, name="另一中心")
    allocation = desk.granted(world, at, core_hours=10)  # 600 core minutes
    account = allocation.number.lower()
    desk.run_through(desk.submitted(world, at, allocation, first, wall_seconds=3600), at, 1800)
    assert queries.quotas_at(first, at) == {account: 30 + 570}
    assert queries.quotas_at(second, at) == {}
    desk.submitted(world, at, allocation, second, wall_seconds=3600)
    assert queries.quotas_at(first, at) == {account: 30 + 510}
    assert queries.quotas_at(second, at) == {account: 120 + 510}
    actions.revoke_allocation(allocation=allocation, reason="停", by=world.officer.actor, at=at)
    assert queries.quotas_at(first, at) == {account: 30}


def test_the_way_to_a_centre_is_not_changed_while_runs_of_it_live(world, at):
    place = desk.centre(world, at)
    desk.submitted(world, at, desk.granted(world, at), place)
    with pytest.raises(CentreRefused) as refused:
        actions.connect_centre(
            centre=place, backend="SLURM", processors=64, by=world.officer_province.actor, at=at
        )
    assert refused.value.code == "compute.still_runs"


def test_a_connection_is_kept_whole_and_for_its_owner_alone(tmp_path):
    from kechuang.compute.backends.slurm import connection_at

    made = Connection(
        spool="/shared/kc", host="kc@login", ssh=("-p", "2222"),
        programs={"render": "/opt/r/python"},
    )  # fmt: skip
    made.write(tmp_path)
    assert connection_at(tmp_path) == made
    assert (tmp_path / "connection.toml").stat().st_mode & 0o777 == 0o600


def test_a_connection_that_says_what_there_is_not_is_refused():
    from kechuang.compute.rules.centres import check_accounted, check_connection_names

    check_connection_names({"spool", "host"}, {"spool", "host"})
    for given in ({"spool", "pool"}, {"host"}):
        with pytest.raises(CentreRefused) as refused:
            check_connection_names(given, {"spool", "host"})
        assert refused.value.code == "compute.connection_names"
    check_accounted(True)
    with pytest.raises(CentreRefused):
        check_accounted(False)


def _connect(world, at, place, file, by=None):
    by = by or world.officer_province
    _, token = create_token(
        appointment=by.appointment, label="cli", days=1, by=by.actor, at=timezone.now()
    )
    return CliRunner().invoke(app, ["connect", place.number, str(file), "--token", token])


def test_a_centre_is_not_connected_to_what_gives_no_answer(world, at, state, tmp_path):
    place, file = desk.centre(world, at, backend="NONE"), tmp_path / "ray.toml"
    file.write_text('spool = "/nowhere"\naddress = "http://127.0.0.1:9"\ntimeout_seconds = 1\n')
    said = _connect(world, at, place, file)
    assert (said.exception.code, said.exception.facts["word"][:18]) == (
        "compute.no_answer", "http://127.0.0.1:9",
    )  # fmt: skip
    place.refresh_from_db()
    assert place.backend == "NONE"
    assert not (queries.place_of(place) / "connection.toml").exists()


def test_who_does_not_run_a_centre_does_not_connect_it(world, at, state, tmp_path):
    place, file = desk.centre(world, at), tmp_path / "slurm.toml"
    file.write_text('spool = "/nowhere"\n')
    said = _connect(world, at, place, file, by=world.member)
    assert said.exception.code == "compute.not_permitted"


def test_what_ended_waits_for_the_centres_accounts_and_is_metered_once_they_are_closed(world, at):
    place, allocation = desk.centre(world, at), desk.granted(world, at)
    job = desk.submitted(world, at, allocation, place)
    desk.handed_in(job, at)
    second, run = timedelta(seconds=1), job.runs.get()
    ended = at + 30 * second
    desk.tell(run, "DONE", at, ended, exit_code=0, is_open=True)
    job.refresh_from_db()
    assert (job.state, queries.accounts_awaited(job)) == ("DONE", ended)
    assert (Usage.objects.count(), Bill.objects.count()) == (0, 0)
    assert list(queries.live_runs(place)) == [run]
    allocation.refresh_from_db()
    assert allocation.held_core_seconds == 60
    desk.tell(run, "DONE", at, ended, held=(), is_open=True)
    held = ((at, at + 10 * second), (at + 15 * second, ended))
    for _again in range(2):
        desk.tell(run, "DONE", at, ended, held=held, is_charged=True)
    assert list(Usage.objects.values_list("core_seconds", "is_charged")) == [(10, True), (15, True)]
    assert Bill.objects.get(job=job).month == f"{at:%Y-%m}"
    allocation.refresh_from_db()
    assert (allocation.used_core_seconds, allocation.held_core_seconds) == (25, 0)
    assert queries.accounts_awaited(job) is None


def test_a_month_waits_for_the_accounts_of_its_jobs_and_names_what_came_to_nothing(world, at):
    before = at - timedelta(days=45)
    place, allocation = desk.centre(world, before), desk.granted(world, before)
    job = desk.submitted(world, before, allocation, place)
    desk.handed_in(job, before)
    run, month = job.runs.get(), f"{before:%Y-%m}"
    desk.tell(run, "DONE", before, before + timedelta(seconds=9), is_open=True)
    given = {"allocation": allocation, "centre": place, "month": month}
    office = world.officer_province.actor
    with pytest.raises(StatementRefused) as refused:
        actions.lock_statement(**given, by=office, at=at)
    assert refused.value.code == "compute.jobs_unbilled"
    assert list(queries.uncharged_jobs(allocation, place, month)) == []
    desk.tell(run, "DONE", before, at, reason="unaccounted")
    assert list(queries.uncharged_jobs(allocation, place, month)) == [job]
    statement = actions.lock_statement(**given, by=office, at=at)
    assert queries.statement_content(statement, [])["uncharged"] == [job.number]


def test_a_run_that_the_centre_forgot_is_charged_as_its_accounts_say_and_run_again(world, at):
    place, allocation = desk.centre(world, at), desk.granted(world, at)
    job = desk.submitted(world, at, allocation, place)
    desk.handed_in(job, at)
    first, later = job.runs.get(), at + timedelta(seconds=20)
    desk.tell(first, "LOST", None, later, reason="lost", is_open=True)
    again = job.runs.get(attempt=2)
    desk.handed_in(job, later)
    desk.tell(again, "DONE", later, later + timedelta(seconds=5), exit_code=0)
    assert (job.__class__.objects.get().state, Bill.objects.count()) == ("DONE", 0)
    desk.tell(first, "LOST", at, later, held=((at, at + timedelta(seconds=7)),), is_charged=True)
    metered = list(Usage.objects.values_list("core_seconds", "is_charged"))
    assert (sorted(metered), Bill.objects.count()) == ([(5, True), (7, True)], 1)
    allocation.refresh_from_db()
    assert (allocation.used_core_seconds, allocation.held_core_seconds) == (12, 0)


def test_what_a_centre_holds_beyond_what_was_asked_uses_up_the_allocation_and_no_more(world, at):
    place, allocation = desk.centre(world, at), desk.granted(world, at, core_hours=1)
    job = desk.submitted(world, at, allocation, place, wall_seconds=3600)
    desk.handed_in(job, at)
    first, hour = job.runs.get(), timedelta(hours=1)
    desk.tell(first, "LOST", at, at + hour, held=((at, at + hour),), is_charged=True)
    desk.handed_in(job, at + hour)
    desk.tell(job.runs.get(attempt=2), "DONE", at + hour, at + 2 * hour, exit_code=0)
    allocation.refresh_from_db()
    assert (allocation.used_core_seconds, Bill.objects.get().total_fen) == (3600, 20)
