"""A desk to test at: two centres, an allocation, and runs that are told of by hand."""

from datetime import date, timedelta
from decimal import Decimal

from kechuang.base.actor import Actor
from kechuang.compute import actions
from kechuang.compute.actions.jobs import Asked
from kechuang.compute.models import Run
from kechuang.compute.rules.jobs import Told, Wanted

FRAME = {"width": 64, "height": 36, "balls": 5, "first_frame": 1}
PHASE = {
    "name": "二期", "due_date": date(2027, 6, 30), "processors": 8, "accelerators": 0,
    "capacity_pflops_fp64": None, "capacity_pflops_fp16": Decimal("100"), "source": "示例批复",
}  # fmt: skip
DATA = {
    "title": "轴承振动信号", "about": "四个台架一年的振动信号，CSV。", "size_mb": 20_000,
    "data_class": "INTERNAL", "audience": "UNIT",
}  # fmt: skip
DAY_MILLI, NIGHT_MILLI = 10_000, 5_000  # 0.10 and 0.05 yuan a core hour


def centre(world, at, *, unit=None, place=None, **given):
    place = place or world.city
    facts = {
        "name": "示例市计算中心", "name_en": "Demo City Centre", "kind": "MIXED", "side": "EAST",
        "organisation": unit or world.institute, "region_path": place.path, "backend": "LOCAL",
        "processors": 8, "watts_per_core": Decimal("10"), "pue": Decimal("1.30"),
        "carbon_g_per_kwh": [500] * 24, "bandwidth_mb_s": Decimal("100"),
        "data_classes": ["PUBLIC", "INTERNAL", "LOCAL_ONLY"],
        "templates": ["frame", "script", "render"], "is_demo": True,
    } | given  # fmt: skip
    made = actions.register_centre(facts=facts, by=world.officer_province.actor, at=at)
    prices = [NIGHT_MILLI] * 8 + [DAY_MILLI] * 14 + [NIGHT_MILLI] * 2
    priced(world, made, at, prices, 3)
    return made


def priced(world, place, at, milli_fen, minimum_fen=0):
    """Prices of a centre from now on: asked for by one person, set by another."""
    asked = actions.ask_prices(
        centre=place, milli_fen=milli_fen, minimum_fen=minimum_fen,
        by=world.officer_province.actor, at=at,
    )  # fmt: skip
    return actions.set_prices(asked=asked, by=world.head.actor, at=at)


def requested(world, at, *, pays="VOUCHER", core_hours=100, by=None):
    return actions.request_allocation(
        purpose="轴承疲劳仿真，为示例项目。", pays=pays, core_hours=core_hours,
        since=at.date() - timedelta(days=70), until=at.date() + timedelta(days=365),
        by=(by or world.member).actor, at=at,
    )  # fmt: skip


def granted(world, at, *, voucher_fen=100, **given):
    asked = requested(world, at, **given)
    return actions.grant_allocation(
        allocation=asked, core_hours=asked.core_hours, voucher_fen=voucher_fen,
        until=asked.until_date, by=world.officer.actor, at=at,
    )  # fmt: skip


def asked(template="frame", parameters=None, **given):
    wanted = {
        "processors": 1, "wall_seconds": 60, "memory_mb": 1024, "tasks": 1, "data_mb": 0,
        "value_fen_per_hour": 1000,
    }  # fmt: skip
    fields = {"title": "第一帧", "data_class": "PUBLIC", "deadline": None}
    wanted |= {name: given.pop(name) for name in list(given) if name in wanted}
    chosen = FRAME if parameters is None else parameters
    return Asked(template=template, parameters=chosen, wanted=Wanted(**wanted), **(fields | given))


def quoted(world, at, allocation, **given):
    return actions.quote_job(
        allocation=allocation, asked=asked(**given), by=world.member.actor, at=at
    )


def submitted(world, at, allocation, place, **given):
    job = quoted(world, at, allocation, **given)
    return actions.submit_job(job=job, centre=place, by=world.member.actor, at=at)


def handed_in(job, at):
    staged = list(Run.objects.filter(job=job, state="STAGED"))
    actions.hand_in_runs(job=job, runs=staged, by=Actor.CLOCK, at=at)


def tell(run, state, started=None, ended=None, **given):
    told = Told(state, started, ended, **given)
    run = Run.objects.select_related("job").get(pk=run.pk)
    return actions.see_run(run=run, told=told, by=Actor.CLOCK, at=ended or started)


def run_through(job, at, seconds=3600, state="DONE"):
    """Hand in every run, let it hold its processors for so long from `at` on, and end so."""
    handed_in(job, at)
    for run in Run.objects.filter(job=job, state="SUBMITTED"):
        tell(run, "RUNNING", at)
        tell(run, state, at, at + timedelta(seconds=seconds), exit_code=0 if state == "DONE" else 1)
    job.refresh_from_db()
    return job
