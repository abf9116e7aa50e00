"""Commands of indicators: figures from a sheet, and measuring a month for a region."""

from typing import Annotated

import typer

from kechuang.base.actor import Actor
from kechuang.base.periods import Period
from kechuang.base.refusals import N_, Refused
from kechuang.doors import clock
from kechuang.doors.sheets import Importer
from kechuang.indicators import actions, queries
from kechuang.indicators.actions.importing import read_observations
from kechuang.indicators.actions.reading import ALIASES, COLUMNS

app = typer.Typer(help=N_("测算指标"), no_args_is_help=True)
importers = [
    Importer(
        kind="observations",
        columns=COLUMNS,
        aliases=ALIASES,
        template=(
            ("地区", "单位或项目", "时期", "类型", "指标", "数值", "下限", "上限", "单位",
             "限定词", "同比（%）", "目标", "目标时期", "完成率（%）", "来源题名", "发布者",
             "发布日期", "来源原句"),
            ("示例省示例市", "", "@2023-08-29", "indicator", "科技型企业数", "19938", "", "", "家",
             "", "", "20000", "2023", "99.69", "示例市科技统计月报", "示例市科学技术局",
             "2023-08-29", ""),
        ),
        read=read_observations,
        write=actions.import_observations,
    )
]  # fmt: skip


@app.command("measure")
def measure(
    region: Annotated[str, typer.Argument(help="地区代码，例如 990100")],
    month: Annotated[str, typer.Argument(help="月份，例如 2026-10")],
) -> None:
    """Measure every indicator that has a formula for a month of a region; heads publish them."""
    from rich.progress import track

    at = clock.now()
    subject = queries.region_in_force(region, at)
    if subject is None:
        raise typer.BadParameter(region)
    period = Period.parse(month)
    wanted = [one for one in queries.indicators().values() if one.is_measured]
    for indicator in track(wanted, description=month):
        try:
            made = actions.measure(
                indicator=indicator, region=subject, by=Actor.CLOCK.replace_via("command"), at=at,
                period=queries.period_for(indicator, period),
            )  # fmt: skip
        except Refused as refused:
            typer.echo(f"{indicator.code}: {refused}")
            continue
        typer.echo(f"{indicator.code}\t{made.period}\t{made.value:f}\t{made.state}")
