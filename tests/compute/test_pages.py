"""Pages of the desk: a frame from the form to its picture, and what each reader finds."""

import time
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from kechuang.base.actor import Role
from kechuang.compute import actions, jobs
from kechuang.compute.models import Allocation, Job, Statement
from tests.compute import desk

pytestmark = pytest.mark.django_db
FILLED = {
    "title": "轴承第一帧", "data_class": "PUBLIC", "processors": "1", "memory_mb": "1024",
    "wall_minutes": "2", "tasks": "2", "data_mb": "0", "value": "10", "deadline": "",
    "width": "64", "height": "36", "balls": "5", "first_frame": "7",
}  # fmt: skip


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def centre(world, now, settings, tmp_path):
    settings.STATE = tmp_path / "state"
    return desk.centre(world, now - timedelta(days=70))


@pytest.fixture
def allocation(world, now):
    return desk.granted(world, now - timedelta(days=1))


def test_a_frame_from_the_form_to_its_picture(world, centre, allocation, client_as):
    """The local backend renders two frames; the unit sees them in the browser, others do not."""
    client = client_as(world.member)
    posted = client.post("/jobs/new/?template=frame", FILLED | {"allocation": allocation.number})
    quoted = client.get(posted["Location"]).content.decode()
    assert "只有它能接这个作业" in quoted and centre.name in quoted
    sent = client.post(f"{posted['Location']}submit/", {"centre": centre.number})
    job = Job.objects.get()
    assert sent["Location"] == f"/jobs/{job.number}/"
    _run_to_the_end(centre, job)
    page = client.get(f"/jobs/{job.number}/").content.decode()
    assert "已完成" in page and "frame-0007.png" in page and "frame-0008.png" in page
    picture = client.get(page.split('src="/jobs/')[1].join(["/jobs/", ""]).split('"')[0])
    content = b"".join(picture.streaming_content)
    assert (picture["Content-Type"], content[:8]) == ("image/png", b"\x89PNG\r\n\x1a\n")
    assert "frame 7: 64 x 36" in client.get(f"/jobs/{job.number}/runs/{job.number}-0-1/log/"
                                            ).content.decode()  # fmt: skip
    assert list((centre_spool(centre)).glob("ZY-*")) == []
    assert "补足最低收费" in page
    office = client_as(world.officer).get(f"/jobs/{job.number}/").content.decode()
    assert "轴承第一帧" in office and "frame-0007.png" not in office
    assert client_as(world.rival_filler).get(f"/jobs/{job.number}/").status_code == 404


def centre_spool(centre):
    from django.conf import settings

    return settings.STATE / "compute" / centre.number


def _run_to_the_end(centre, job):
    deadline = time.monotonic() + 60
    while job.state not in ("DONE", "FAILED", "CANCELLED") and time.monotonic() < deadline:
        jobs.look_after(centre)
        job.refresh_from_db()
        time.sleep(0.05)
    assert job.state == "DONE", job.reason
    jobs.look_after(centre)


def test_a_job_is_cancelled_where_it_runs(world, centre, allocation, client_as):
    client = client_as(world.member)
    script = {**FILLED, "script": "#!/bin/sh\nsleep 60\n", "allocation": allocation.number,
              "tasks": "1"}  # fmt: skip
    posted = client.post("/jobs/new/?template=script", script)
    client.post(f"{posted['Location']}submit/", {"centre": centre.number})
    job = Job.objects.get()
    jobs.look_after(centre)
    live = client.get(f"/jobs/{job.number}/live/")
    assert "HX-Refresh" not in live
    client.post(f"/jobs/{job.number}/cancel/")
    deadline = time.monotonic() + 20
    while job.state != "CANCELLED" and time.monotonic() < deadline:
        jobs.look_after(centre)
        job.refresh_from_db()
        time.sleep(0.05)
    assert job.state == "CANCELLED"
    assert client.get(f"/jobs/{job.number}/live/")["HX-Refresh"] == "true"


def test_a_run_whose_directory_is_gone_is_lost_and_run_again(world, centre, allocation, now):
    import shutil

    job = desk.submitted(world, now, allocation, centre, template="script",
                         parameters={"script": "#!/bin/sh\nsleep 60\n"})  # fmt: skip
    jobs.look_after(centre)
    job.refresh_from_db()
    assert job.state in ("SUBMITTED", "RUNNING")
    from kechuang.compute.queries import backend_for

    backend_for(centre).cancel(f"{job.number}-0-1")
    shutil.rmtree(centre_spool(centre) / f"{job.number}-0-1")
    jobs.look_after(centre)
    assert [run.state for run in job.runs.order_by("attempt")] == ["LOST", "STAGED"]


def test_a_refused_form_says_why_and_keeps_what_was_typed(world, centre, allocation, client_as):
    client = client_as(world.member)
    given = FILLED | {"allocation": allocation.number, "width": "3", "title": ""}
    answer = client.post("/jobs/new/?template=frame", given)
    assert answer.status_code == 422
    assert "有 2 处需要改" in answer.content.decode()
    given = FILLED | {"allocation": allocation.number, "processors": "90"}
    answer = client.post("/jobs/new/?template=frame", given | {"wall_minutes": "600"})
    assert (answer.status_code, Job.objects.count()) == (422, 0)


def test_without_an_allocation_the_way_on_is_shown(world, centre, client_as):
    page = client_as(world.member).get("/jobs/new/").content.decode()
    assert "还没有可用的额度" in page and "/allocations/new/" in page


def test_two_centres_are_compared_and_what_would_change_the_choice_is_said(
    world, now, centre, allocation, client_as
):
    dear = desk.centre(world, now - timedelta(days=1), name="贵的中心", name_en="")
    desk.priced(world, dear, now - timedelta(hours=1), [9_000_000] * 24)
    far = desk.centre(world, now - timedelta(days=1), name="未接入的中心", name_en="",
                      backend="NONE", side="WEST")  # fmt: skip
    job = desk.quoted(world, now, allocation, wall_seconds=3600)
    page = client_as(world.member).get(f"/jobs/{job.number}/").content.decode()
    for words in ("2 个中心的报价", "比贵的中心省", "什么会改变结论", "还没有接入", far.name,
                  "现在就有空位"):
        assert words in page
    english = client_as(world.member).get(f"/en/jobs/{job.number}/").content.decode()
    assert "Quotes of 2 centres" in english and "Not connected yet" in english


def test_an_allocation_is_asked_for_reviewed_and_seen_on_work_lists(world, now, client_as):
    filled = {
        "purpose": "仿真轴承疲劳寿命，为示例项目", "project": "", "pays": "VOUCHER",
        "core_hours": "100", "since": f"{now:%Y-%m-%d}", "until": "2999-01-01",
    }  # fmt: skip
    later = f"{now + timedelta(days=300):%Y-%m-%d}"
    member, officer = client_as(world.member), client_as(world.officer)
    assert member.post("/allocations/new/", filled).status_code == 422
    posted = member.post("/allocations/new/", filled | {"until": later})
    row = Allocation.objects.get()
    assert posted["Location"] == f"/allocations/{row.number}/"
    assert "审核算力额度" in officer.get("/work/").content.decode()
    assert "等待科技部门审核" in member.get(posted["Location"]).content.decode()
    assert member.get(f"/allocations/{row.number}/grant/").status_code == 404
    granted = officer.post(
        f"/allocations/{row.number}/grant/",
        {"core_hours": "50", "voucher_fen": "12.5", "until": later, "reason": ""},
    )
    row.refresh_from_db()
    assert (granted.status_code, row.state, row.voucher_fen) == (302, "GRANTED", 1250)
    assert "算力券还剩 12.50 元" in member.get(posted["Location"]).content.decode()


def test_the_public_reads_centres_with_utilisation_its_denominator_and_waits(
    world, now, centre, allocation
):
    job = desk.submitted(world, now - timedelta(days=3), allocation, centre, wall_seconds=7200)
    desk.run_through(job, now - timedelta(days=3), 3600)
    page = Client().get("/centres/").content.decode()
    assert "1 / 5,760 核时" in page and "中位 <b>0 秒</b>" in page
    one = Client().get(f"/centres/{centre.number}/").content.decode()
    assert "08:00–22:00" in one and "0.1" in one and "0.05" in one
    lines = Client().get("/centres.csv").content.decode("utf-8-sig").splitlines()
    assert lines[1].startswith(f"{centre.number},{centre.name},")


def test_east_and_west_stand_beside_one_another_with_what_lies_between(
    world, now, centre, client_as
):
    alone = Client().get("/centres/").content.decode()
    assert ("西部枢纽</h3>" in alone, "东部</h3>" in alone) == (False, True)
    assert "东西之间" not in alone
    west = desk.centre(world, now, name="西部中心", name_en="", side="WEST", backend="NONE",
                       processors=800, carbon_g_per_kwh=[80] * 12 + [200] * 12,
                       place=world.county)  # fmt: skip
    page = Client().get("/centres/").content.decode()
    assert page.index("西部枢纽</h3>") < page.index("东部</h3>")
    assert f'class="m5" href="?side=west&amp;region={world.county.code}"' in page
    assert f'class="m1" href="?side=east&amp;region={world.city.code}"' in page
    here = 'href="/centres/" aria-current="page"'
    assert here in page and here in client_as(world.member).get("/jobs/").content.decode()
    for words in ("80–200 克/度", "1 个，已接入 0 个", "0.05–0.1", "没有接入，没有用量数据"):
        assert words in page, words
    assert "还没有登记东西之间的链路" in page
    actions.note_link(
        centre=centre, other=west, bandwidth_mb_s=Decimal("36.5"), is_measured=True,
        source="iperf3", by=world.officer_province.actor, at=now,
    )  # fmt: skip
    english = Client().get("/en/centres/").content.decode()
    assert "36.5 MB/s" in english and "The fastest line between east and west" in english
    narrowed = Client().get(f"/centres/?side=east&region={world.county.code}").content.decode()
    assert "没有符合条件的中心" in narrowed and "西部枢纽</h3>" not in narrowed


def test_empty_lists_say_what_to_do(world, client_as):
    assert "还没有算力中心" in Client().get("/centres/").content.decode()
    assert 'href="/centres/new/">登记中心' in client_as(world.officer).get(
        "/centres/"
    ).content.decode().replace("\n", "").partition("还没有算力中心")[2]
    client = client_as(world.member)
    assert "还没有额度" in client.get("/allocations/").content.decode()
    assert "没有作业" in client.get("/jobs/").content.decode()
    assert "还没有对账单" in client.get("/statements/").content.decode()
    assert 'href="/data-sets/new/"' in client.get("/data-sets/").content.decode()
    assert 'href="/centres/"' in client.get("/network/").content.decode()


def test_prices_and_state_are_set_by_forms(world, centre, client_as):
    officer = client_as(world.officer)
    given = {"day": "0.12", "night": "0.06", "first": "22", "last": "8", "minimum": "0.5"}
    assert officer.post(f"/centres/{centre.number}/prices/", given).status_code == 302
    asked = centre.price_proposals.get(state="ASKED")
    second = client_as(world.officer2)
    assert second.post(f"/centres/{centre.number}/prices/{asked.number}/set/").status_code == 302
    assert centre.prices.last().milli_fen_per_core_hour[7:9] == [6000, 12000]
    bad = officer.post(f"/centres/{centre.number}/prices/", given | {"day": "-1"})
    assert bad.status_code == 422
    paused = officer.post(
        f"/centres/{centre.number}/state/", {"state": "CLOSED", "reason": "检修"}
    )
    centre.refresh_from_db()
    assert (paused.status_code, centre.state) == (302, "CLOSED")
    assert client_as(world.member).get(f"/centres/{centre.number}/prices/").status_code == 404


def test_a_month_is_locked_and_adjusted_by_two_people(world, now, centre, allocation, client_as):
    before = now.replace(day=1) - timedelta(days=2)
    job = desk.submitted(world, before, allocation, centre, wall_seconds=7200, processors=2)
    desk.run_through(job, before, 7200)
    month = f"{timezone.localtime(before):%Y-%m}"
    address = f"/allocations/{allocation.number}/lock/{centre.number}/{month}/"
    officer = client_as(world.officer)
    assert "锁定并记账" in officer.get(address).content.decode()
    assert officer.post(address).status_code == 302
    statement = Statement.objects.get()
    page = client_as(world.member).get(f"/statements/{statement.number}/").content.decode()
    assert "指纹一致" in page and job.number in page
    asked = officer.post(
        f"/statements/{statement.number}/adjust/", {"amount": "-0.05", "reason": "停机补偿"}
    )
    one = statement.adjustments.get()
    approve = f"/statements/{statement.number}/adjustments/{one.number}/approve/"
    assert (asked.status_code, one.amount_fen) == (302, -5)
    assert officer.post(approve).status_code == 404
    assert client_as(world.finance).post(approve).status_code == 302
    page = client_as(world.member).get(f"/statements/{statement.number}/").content.decode()
    assert "调整后" in page
    person = statement.locked_by
    person.name_en = "Lin Jing"
    person.save(update_fields=["name_en"])
    english = client_as(world.member).get(f"/en/statements/{statement.number}/").content.decode()
    assert "Lin Jing" in english and person.name not in english
    history = client_as(world.member).get(f"/en/allocations/{allocation.number}/").content.decode()
    assert "Lin Jing" in history


def test_a_centres_administrator_sees_months_that_are_not_locked_and_locks_one_that_is_over(
    world, now, centre, allocation, client_as
):
    world.add("luyao", Role.CENTRE, organisation=world.institute)
    operator, unit = client_as(world.luyao), client_as(world.member)
    assert "还没有锁定的月份" not in operator.get("/statements/").content.decode()
    job = desk.submitted(world, now, allocation, centre, wall_seconds=7200, processors=2)
    desk.run_through(job, now, 3600)
    month = job.bill.month
    address = f"/allocations/{allocation.number}/lock/{centre.number}/{month}/"
    page = operator.get("/statements/").content.decode()
    assert "本月，还在增加" in page and address in page
    theirs = unit.get("/statements/").content.decode()
    assert ("本月，还在增加" in theirs, address in theirs) == (True, False)
    looked = operator.get(address).content.decode()
    assert job.number in looked and "还没有过完，现在不能锁定" in looked
    assert "锁定并记账" not in looked
    assert (operator.post(address).status_code, unit.get(address).status_code) == (422, 404)
    page = operator.get(f"/jobs/{job.number}/").content.decode()
    assert (allocation.number in page, f"/allocations/{allocation.number}/" in page) == (
        True, False,
    )  # fmt: skip
    before = now.replace(day=1) - timedelta(days=2)
    earlier = desk.submitted(world, before, allocation, centre, wall_seconds=7200)
    desk.run_through(earlier, before, 3600)
    page, over = operator.get("/statements/").content.decode(), earlier.bill.month
    assert page.count("待锁定") == 1 and over in page
    assert operator.post(address.replace(month, over)).status_code == 302
    page = operator.get("/statements/").content.decode()
    assert ("待锁定" in page, "本月，还在增加" in page) == (False, True)
    assert Statement.objects.get().locked_by == world.luyao.person
    world.add("other", Role.CENTRE, organisation=world.rival)
    assert client_as(world.other).get(address).status_code == 404


@pytest.mark.parametrize("count", [1, 30])
def test_lists_ask_the_database_as_often_for_thirty_as_for_one(
    world, now, centre, allocation, client_as, count, django_assert_max_num_queries
):
    for _ in range(count):
        desk.submitted(world, now, allocation, centre)
    client = client_as(world.member)
    client.get("/jobs/")
    with django_assert_max_num_queries(14):
        assert client.get("/jobs/").status_code == 200
