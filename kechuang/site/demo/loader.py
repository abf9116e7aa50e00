"""Load the demonstration region: the town by everybody's own acts, larger sizes by the batch."""

import random
from dataclasses import dataclass
from datetime import date, timedelta

from rich.console import Console
from rich.progress import Progress

from kechuang.base.refusals import N_, Refused
from kechuang.challenges.rules.modes import modes
from kechuang.needs.models import Need
from kechuang.parties.models import Organisation
from kechuang.site.demo import (
    bulk,
    cast,
    computing,
    contests,
    desk,
    enterprises,
    figures,
    granted,
    meetings,
    screened,
    works,
)
from kechuang.site.demo.texts import Clock

SEED = 20231027


@dataclass(frozen=True, slots=True)
class Size:
    """How much of each there is."""

    organisations: int
    needs: int
    offers: int


SIZES = {
    "town": Size(300, 64, 234),
    "city": Size(5_000, 10_000, 40_000),
    "province": Size(20_000, 100_000, 400_000),
}


class DemoRefused(Refused):
    """The demonstration cannot be loaded here."""


def load(size: str, day: date) -> None:
    """Fill an empty database with the demonstration region, the same for the same day.

    Refuses (DemoRefused) a database that has organisations or needs: nothing is mixed with
    anybody's data.
    """
    if Organisation.objects.exists() or Need.objects.exists():
        raise DemoRefused(
            "demo.not_empty", N_("不能载入演示地区。数据库里已有单位或需求。"), {}, (),
            N_("请换一个空的数据库，或先备份再清空。"),
        )  # fmt: skip
    _check_rules_reach_back(day)
    wanted = SIZES[size]
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("demo", total=10)

        def done(words: str) -> None:
            progress.update(task, advance=1, description=words)

        people = cast.gather(Clock(day), random.Random(SEED), wanted.organisations)
        done("需求")
        needs = desk.post_needs(people, contests.posers())
        done("成果")
        offers = desk.post_offers(people)
        done("榜单")
        awarded = contests.hold(people, needs)
        done("对接")
        desk.introduce(people, needs, offers)
        meetings.gather(people, needs, offers)
        done("项目")
        works.run(people, awarded)
        desk.post_notices(people)
        done("算力")
        computing.open_desk(people)
        done("批量")
        bulk.fill(people, wanted.needs - len(needs), wanted.offers - len(offers), progress)
        done("企业")
        enterprises.grow(people, size)
        granted.grant(people)
        screened.screen(people)
        done("指标")
        figures.publish(people, size)
        done("完成")


def _check_rules_reach_back(day: date) -> None:
    """Refuse a day whose history would begin before the rules of challenges do."""
    first = min(mode.since for mode in modes().values() if mode.code == "OPEN")
    earliest = first + timedelta(days=contests.longest_history())
    if day < earliest:
        raise DemoRefused(
            "demo.too_early",
            N_("不能以 {day} 为准载入。演示的榜单要往前演到规则施行之前。"),
            {"day": day.isoformat(), "earliest": earliest.isoformat()}, ("at",),
            N_("请用 {earliest} 或以后的日期。"),
        )  # fmt: skip
