"""Commands of indicators: figures from a sheet, and measuring a month for a region."""

from datetime import datetime
from typing import Annotated

import typer

from kechuang.base.actor import Actor
from kechuang.base.periods import Period
from kechuang.base.refusals import N_, Refused
from kechuang.base.rows import Imported, ImportRefused
from kechuang.doors import clock
from kechuang.doors.sheets import Importer, Problem, Sheet
from kechuang.indicators import actions, queries, rules
from kechuang.indicators.actions.importing import read_observations
from kechuang.indicators.actions.reading import ALIASES, COLUMNS

app = typer.Typer(help=N_("测算指标"), no_args_is_help=True)


def check(*, sheet: Sheet, by: Actor, at: datetime) -> list[Problem]:
    """Everything that is wrong with a sheet of figures, by the heads of the person's file."""
    _rows, problems = read_observations(sheet, at)
    return [Problem(one.row, sheet.head_of(one.column), one.refused) for one in problems]


def write(*, sheet: Sheet, by: Actor, at: datetime) -> Imported:
    """Enter a sheet that was checked; a problem that came since writes nothing."""
    done = actions.import_observations(sheet=sheet, by=by, at=at)
    if done["problems"]:
        raise ImportRefused([(one.row, one.column, one.refused) for one in done["problems"]])
    return Imported(done["new"], done["updated"], done.get("unchanged", 0))


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
        title=N_("导入已公布的数"),
        lead=N_(
            "先查出所有问题，没有问题才写入：要么全部导入，要么一条也不写。"
            "每行一个数，写明来源；同一来源同一时期的数会更新，不会重复。"
        ),
        list_page="indicators",
        may=rules.may_import,
        check=check,
        write=write,
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
