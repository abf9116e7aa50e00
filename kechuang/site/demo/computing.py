"""The computing centres of the demonstration, its allocations, and a job that the worker runs."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from kechuang.compute import actions
from kechuang.compute.actions.jobs import Asked
from kechuang.compute.models import Allocation, Centre
from kechuang.compute.rules.centres import by_hour
from kechuang.compute.rules.jobs import Wanted
from kechuang.site.demo import ran, texts
from kechuang.site.demo.cast import Cast

RUN_BY = "示例市科技信息中心"
OPENED_DAYS_AGO = 90
FRAME = {"width": 640, "height": 360, "balls": 9, "first_frame": 1}


def open_desk(cast: Cast) -> None:
    """Register the centres with their prices; grant one allocation, let one wait; send a job."""
    since = cast.clock.at(-OPENED_DAYS_AGO)
    centres = {row["code"]: _centre(cast, row, since) for row in texts.rows("centres.jsonl")}
    today = cast.clock.day
    granted = _granted(
        cast, "shenzhiyuan", "先进陶瓷烧结与轴承滚珠画面的渲染，为封装基板项目作展示。", 200_000
    )
    ran.run_before(cast, centres, {
        "shenzhiyuan": granted,
        "mengqi": _granted(cast, "mengqi", "气凝胶隔热材料的导热与力学仿真，为材料选型。", 0),
    })  # fmt: skip
    actions.request_allocation(
        purpose="大型轴承热处理残余应力的有限元计算，为攻关项目。", pays="PAYMENT", core_hours=800,
        since=today, until=today + timedelta(days=180), by=cast.actor("gaoyuan"),
        at=cast.clock.at(-1),
    )  # fmt: skip
    job = actions.quote_job(
        allocation=granted, by=cast.actor("shenzhiyuan"), at=cast.clock.now,
        asked=Asked(
            "轴承滚珠画面第一帧", "frame", FRAME, "PUBLIC", Wanted(1, 600, 1024, 1, 0, 1000)
        ),
    )  # fmt: skip
    if job.quotes.filter(centre=centres["Z1"], refused_code="").exists():
        actions.submit_job(
            job=job, centre=centres["Z1"], by=cast.actor("shenzhiyuan"), at=cast.clock.now
        )


def _granted(cast: Cast, who: str, purpose: str, voucher_fen: int) -> Allocation:
    """An allocation that a member asked for and the office granted; without a voucher, for pay."""
    today = cast.clock.day
    asked = actions.request_allocation(
        purpose=purpose, pays="VOUCHER" if voucher_fen else "PAYMENT", core_hours=2000,
        since=today - timedelta(days=80), until=today + timedelta(days=285), by=cast.actor(who),
        at=cast.clock.at(-80),
    )  # fmt: skip
    return actions.grant_allocation(
        allocation=asked, core_hours=2000, voucher_fen=voucher_fen, until=asked.until_date,
        by=cast.actor("linjing"), at=cast.clock.at(-77),
    )  # fmt: skip


def _centre(cast: Cast, row: dict[str, Any], at: Any) -> Centre:
    office = cast.actor("xuzhi")
    facts = {
        name: row[name]
        for name in (
            "name", "name_en", "kind", "side", "backend", "processors", "accelerators", "templates"
        )
    }
    centre = actions.register_centre(
        facts=facts | {
            "organisation": cast.organisations[RUN_BY],
            "region_path": cast.regions[row["region"]].path,
            "capacity_pflops_fp64": _number(row["fp64"]),
            "capacity_pflops_fp16": _number(row["fp16"]),
            "watts_per_core": Decimal(row["watts"]), "pue": Decimal(row["pue"]),
            "carbon_g_per_kwh": row["carbon"], "bandwidth_mb_s": Decimal(row["bandwidth"]),
            "data_classes": row["data"], "is_demo": True,
        },
        by=office, at=at,
    )  # fmt: skip
    asked = actions.ask_prices(
        centre=centre, milli_fen=by_hour(row["day"], row["night"], 22, 8),
        minimum_fen=row["minimum"], by=cast.actor("luyao"), at=at,
    )  # fmt: skip
    actions.set_prices(asked=asked, by=office, at=at)
    return centre


def _number(text: str | None) -> Decimal | None:
    return Decimal(text) if text else None
