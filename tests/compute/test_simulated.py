"""A machine that is only played: under every backend's contract; never charged, never counted."""

import json
from contextlib import nullcontext
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from kechuang.base.actor import Actor
from kechuang.compute import actions, queries
from kechuang.compute.backends import backend_of
from kechuang.compute.backends.orders import Unreachable
from kechuang.compute.backends.simulated import SimulatedBackend, SimulatedConnection
from kechuang.compute.models import Bill, Centre, Job, Run, Usage
from kechuang.engines.placement.standing import Standing, drawn_load
from kechuang.engines.placement.trace import Job as TraceJob
from tests.compute import desk
from tests.compute.contract import *  # noqa: F403
from tests.compute.contract import ended, order


class Played:
    """A machine of 64 processors, half of it others', whose hours pass in seconds."""

    processors = 64

    def __init__(self, place):
        self.secret = place / "state" / "secret-key"
        spool = place / "state" / "compute" / "one"
        SimulatedConnection(processors=64, load=0.5, speed=7200.0).write(spool)
        self.backend = backend_of("SIMULATED", spool)
        self.held = nullcontext


@pytest.fixture
def machine(tmp_path):
    (tmp_path / "state").mkdir()
    made = Played(tmp_path)
    yield made
    for folder in made.backend.spool.glob("*"):
        made.backend.cancel(folder.name)


def trace_of(*jobs):
    return [TraceJob(n, *one) for n, one in enumerate(jobs, 1)]


def test_who_comes_waits_behind_others_and_is_started_by_the_plan():
    machine = Standing(4)
    others = trace_of((0, 100, 100, 4), (10, 50, 50, 4), (400, 1, 1, 1))
    assert machine.play(20, others) == []
    machine.give_in("ours", 2, 30)
    machine.give_in("wide", 4, 30)
    assert machine.play(99, others) == []
    assert machine.play(149, others) == []  # the second of the others came before
    assert machine.play(151, others) == ["ours"]
    assert machine.names() == ({"wide"}, {"ours"})
    machine.take_out("ours")
    assert machine.play(160, others) == ["wide"]


def test_a_small_one_goes_into_the_hole_before_a_wide_one():
    machine = Standing(4)
    others = trace_of((0, 100, 100, 3), (10, 50, 50, 4))
    machine.play(20, others)
    machine.give_in("long", 1, 200)
    machine.give_in("short", 1, 60)
    assert machine.play(21, others) == ["short"]


def test_a_trace_begins_anew_and_what_was_kept_is_taken_up():
    machine, others = Standing(2), trace_of((5, 1, 1, 1), (15, 1, 1, 1))
    machine.play(100, others)
    assert machine.came == 13  # at 0 and 10, 15 and 25, ...
    again = Standing.taken_up(json.loads(json.dumps(machine.kept())), 2)
    assert again == machine


def test_drawn_users_ask_for_the_share_that_was_said():
    jobs = drawn_load(256, 0.6, seed=3)
    work = sum(one.run * one.processors for one in jobs)
    assert 0.6 <= work / (256 * 2 * 86_400) < 0.64
    assert jobs == drawn_load(256, 0.6, seed=3)
    assert max(one.processors for one in jobs) <= 128
    assert all(one.requested >= one.run for one in jobs)


def test_its_clock_goes_faster_and_stands_while_nobody_asks(tmp_path):
    SimulatedConnection(processors=4, load=0.0, speed=60.0).write(tmp_path)
    now = [1000.0]
    backend = SimulatedBackend(tmp_path, clock=lambda: now[0])

    def seconds():
        return json.loads((tmp_path / ".machine.json").read_text())["machine"]["now"]

    backend.step(4)
    began = seconds()
    now[0] += 2
    backend.step(4)
    assert seconds() == began + 120
    now[0] += 86_400
    backend.step(4)
    assert seconds() == began + 120 + 600


def test_a_trace_that_is_none_is_told_and_one_is_read(tmp_path):
    file = tmp_path / "t.swf"
    file.write_text("; MaxProcs: 8\n1 0 0 10 4 -1 -1 4 20 -1 1 1 1 1 -1 -1 -1 -1\n")
    assert SimulatedConnection(trace=str(file), processors=8).others(8) == (
        TraceJob(1, 0, 10, 20, 4, 1),
    )
    with pytest.raises(Unreachable, match="MaxProcs|line 1"):
        file.write_text("1 0 0\n")
        SimulatedConnection(trace=str(file), processors=8).others(8)
    with pytest.raises(Unreachable, match="nowhere"):
        SimulatedConnection(trace=str(tmp_path / "nowhere")).others(8)


def test_orders_of_many_processors_do_not_take_more_threads_than_there_are_cores(machine):
    import os

    code = "import os; print(os.environ['OMP_NUM_THREADS'])"
    machine.backend.submit(order("a", code, processors=64))
    assert ended(machine, "a").state == "DONE"
    assert machine.backend.log("a")[0] == f"{os.cpu_count()}\n"


@pytest.fixture
def played(world, at):
    centre = desk.centre(world, at - timedelta(hours=2), name="模拟中心", backend="SIMULATED")
    return centre, desk.granted(world, at - timedelta(hours=1))


@pytest.mark.django_db
def test_what_is_played_is_metered_with_a_mark_and_never_charged(world, at, played):
    centre, allocation = played
    job = desk.run_through(desk.submitted(world, at, allocation, centre), at, 1800)
    assert (job.state, job.is_simulated) == ("DONE", True)
    usage = Usage.objects.get()
    assert (usage.core_seconds, usage.is_simulated, usage.is_charged) == (60, True, False)
    allocation.refresh_from_db()
    assert (allocation.used_core_seconds, allocation.held_core_seconds) == (0, 0)
    assert (Bill.objects.count(), queries.would_cost(job)) == (0, 3)
    month = f"{at:%Y-%m}"
    assert list(queries.uncharged_jobs(allocation, centre, month)) == []


@pytest.mark.django_db
def test_the_database_itself_refuses_to_charge_what_was_played(world, at, played):
    centre, allocation = played
    job = desk.run_through(desk.submitted(world, at, allocation, centre), at, 60)
    charged = "simulated_usage_is_not_charged"
    with pytest.raises(IntegrityError, match=charged), transaction.atomic():
        run = job.runs.get()
        Usage.objects.create(
            run=run, place=2, centre=centre, price_list=centre.prices.first(), processors=1,
            since=at, until=at, core_seconds=0, is_charged=True, is_simulated=True, metered_at=at,
        )  # fmt: skip
    with pytest.raises(IntegrityError, match="a simulated job has no bill"), transaction.atomic():
        Bill.objects.create(
            job=job, month="2026-11", total_fen=0, voucher_fen=0, payer_fen=0, billed_at=at
        )
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(is_simulated=False)


@pytest.mark.django_db
def test_one_that_is_connected_to_a_machine_afterwards_begins_with_nothing(world, at, played):
    centre, allocation = played
    desk.run_through(desk.submitted(world, at, allocation, centre), at, 60)
    Run.objects.update(is_collected=True)
    later = at + timedelta(hours=1)
    assert queries.figures_of([centre], later)[0].core_seconds == 60
    actions.connect_centre(
        centre=centre, backend="LOCAL", processors=8, by=world.officer_province.actor, at=later
    )
    centre = Centre.objects.get(pk=centre.pk)
    figures = queries.figures_of([centre], later)[0]
    assert (figures.core_seconds, figures.jobs) == (0, 0)
    assert queries.utilisation(centre, at, later) == 0
    assert queries.saved_by_placement(later).jobs == 0
    job = desk.run_through(desk.submitted(world, later, allocation, centre), later, 60)
    assert (job.is_simulated, Bill.objects.get().job) == (False, job)


@pytest.mark.django_db
def test_the_public_sees_nothing_of_it_and_the_signed_in_are_told(
    world, at, played, client, client_as
):
    centre, allocation = played
    assert list(queries.centres_visible_to(Actor.PUBLIC, at)) == []
    assert client.get(reverse("centre", args=[centre.number])).status_code == 404
    for page in ("centres", "centres-csv", "centres-load"):
        answer = client.get(reverse(page))
        assert (answer.status_code, "模拟中心" in answer.content.decode()) == (200, False)
    member = client_as(world.member)
    told = member.get(reverse("centre", args=[centre.number])).content.decode()
    assert "这是一台模拟的机器，不是真的中心" in told
    assert '<span class="kc-tag">模拟</span>' in member.get(reverse("centres")).content.decode()
    job = desk.run_through(desk.submitted(world, at, allocation, centre), at, 1800)
    page = member.get(reverse("job", args=[job.number])).content.decode()
    assert "在模拟的机器上跑，不计费" in page
    assert "0.03 元" in page
    assert "模拟中心（模拟）" in member.get(reverse("jobs-csv")).content.decode()


@pytest.mark.django_db
def test_it_is_offered_behind_the_real_ones_and_never_as_the_cheapest(world, at, played, client_as):
    centre, allocation = played
    dear = desk.centre(world, at - timedelta(hours=2), name="真中心")
    desk.priced(world, dear, at - timedelta(hours=1), [900_000] * 24)
    job = desk.quoted(world, at, allocation)
    cheapest = job.quotes.first()
    assert cheapest.centre == centre
    context = client_as(world.member).get(reverse("job", args=[job.number])).context
    assert (context["best"].centre, context["quotes"][-1]["row"].centre) == (dear, centre)
    assert [one["is_pick"] for one in context["quotes"]] == [True, False]
