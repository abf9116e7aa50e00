"""Who walks the line: people of the demonstration, each in an own browser context."""

import re
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.journeys.walker import Walker

# By the names of the demonstration: see kechuang/site/demo/data/people.csv.
FILLER, UNIT_ADMIN = "方敏", "梁昊"  # 示例芯封科技有限公司, which has the need
COUNTY, CITY, OTHER_OFFICER = "孙蓓", "林静", "吴桐"
LIAISON = "宋薇"
LEADER, LEADER_ADMIN = "沈知远", "乔琳"  # 示例大学, which wins
RIVAL, RIVAL_ADMIN = "孟琪", "窦雯"  # 北辰材料研究院, which bids too and objects
HEAD, OTHER_HEAD = "郭洵", "韩梅"
FINANCE, OTHER_FINANCE, PAYER = "陈立", "王蕾", "何芸"
SUPERVISOR = "赵衡"
SECRETARY, CHAIR = "任杰", "秦枫"
ARGUERS = ("余晨", "白雪", "陶然")  # the first leads
JUDGES = ("葛怡", "彭程", "钟玲", "陶然")
RECUSED = "陶然"
ACCEPTORS = ("余晨", "白雪", "陶然")

PATIENCE_SECONDS = 60


@dataclass
class Cast:
    """Everybody who came; nobody is switched away, so each keeps an own session."""

    chromium: Any
    city: str
    came: dict[str, Walker] = field(default_factory=dict)

    def __call__(self, name: str) -> Walker:
        """This person at the browser; the public has no name."""
        if name not in self.came:
            walker = Walker(self.chromium, self.city)
            walker.name = name or "公众"
            if name:
                walker.become_person(name)
            self.came[name] = walker
        return self.came[name]

    def now(self) -> datetime:
        """What time it is in the city, by its clock's page."""
        public = self("")
        public.open("/demo/switch/")
        shown = re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d", public.text())
        assert shown, public.text()[:500]
        return datetime.fromisoformat(shown[0])

    def day(self, days: int) -> str:
        """The day that lies so many days ahead, as it is typed."""
        return f"{self.now() + timedelta(days=days):%Y-%m-%d}"

    def moment(self, **ahead: int) -> str:
        """The day and clock time that lie so far ahead, as they are typed."""
        return f"{self.now() + timedelta(**ahead):%Y-%m-%d %H:%M}"

    def days_pass(self, days: int) -> None:
        """Let the demonstration's clock run on, by its buttons."""
        public = self("")
        while days:
            step = next(one for one in (30, 10, 5, 1) if one <= days)
            public.open("/demo/switch/")
            public.press(f"过 {step} 天")
            days -= step

    def until_shown(self, name: str, address: str, words: str) -> None:
        """Look again until a page says these words: the clock's jobs run in the worker."""
        walker = self(name)
        limit = time.monotonic() + PATIENCE_SECONDS
        while words not in walker.source_of(address):
            assert time.monotonic() < limit, f"{address} never said “{words}” to {name}"
            time.sleep(0.3)

    def errors(self) -> list[str]:
        return [error for walker in self.came.values() for error in walker.errors]

    def leave(self) -> None:
        for walker in self.came.values():
            walker.close()
