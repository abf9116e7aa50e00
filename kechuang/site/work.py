"""The work list: what waits for a person, collected from every part, the most pressing first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps

from kechuang.base.actor import Actor
from kechuang.base.matters import Matter
from kechuang.base.refusals import N_
from kechuang.base.time import shanghai_date

SHOWN = 30  # rows of one page
TABS = (
    ("all", N_("全部"), {}),
    ("mine", N_("等我办"), {"who": "me"}),
    ("others", N_("我在等别人"), {"who": "others"}),
    ("overdue", N_("逾期"), {"due": "overdue"}),
    ("today", N_("今天到期"), {"due": "today"}),
)


@dataclass(frozen=True)
class WorkList:
    """A person's matters and how many fall under each tab."""

    matters: list[Matter]
    at: datetime
    is_cut: bool = False  # a part has more than it lists; the most pressing are here

    def under(self, tab: str) -> list[Matter]:
        return [matter for matter in self.matters if falls_under(matter, tab, self.at)]

    def count(self, tab: str) -> int:
        return len(self.under(tab))

    def page(self, tab: str, after: str) -> tuple[list[Matter], str]:
        """The rows under a tab behind the one with an address, and where the next page begins.

        An address that is not on the list any more begins at the first row.
        """
        rows = self.under(tab)
        places = [place for place, matter in enumerate(rows, 1) if matter.url == after]
        rest = rows[places[0] if places else 0 :]
        return rest[:SHOWN], rest[SHOWN - 1].url if len(rest) > SHOWN else ""


Collector = tuple[Callable[[Actor, datetime], list[Matter]], int]


@cache
def _collectors() -> list[Collector]:
    """Every part's `waiting.matters_for`, and how many rows it lists at most."""
    found: list[Collector] = []
    for config in apps.get_app_configs():
        module = f"{config.name}.waiting"
        if config.name.startswith("kechuang.") and find_spec(module):
            part = import_module(module)
            found.append((part.matters_for, part.MOST))
    return found


def work_of(actor: Actor, at: datetime) -> WorkList:
    """All that waits for this actor or that it waits for, by deadline; without one, last."""
    if not actor.is_signed_in:
        return WorkList([], at)
    matters: list[Matter] = []
    is_cut = False
    for collect, most in _collectors():
        rows = collect(actor, at)
        is_cut = is_cut or len(rows) >= most
        matters += rows
    matters.sort(key=lambda m: (m.until is None, m.until or m.since, m.since, m.number))
    return WorkList(matters, at, is_cut)


def falls_under(matter: Matter, tab: str, at: datetime) -> bool:
    """Whether a matter belongs under a tab."""
    if tab == "mine":
        return matter.mine
    if tab == "others":
        return not matter.mine
    if tab == "overdue":
        return matter.is_overdue(at)
    if tab == "today":
        return (
            matter.until is not None
            and not matter.is_overdue(at)
            and shanghai_date(matter.until) == shanghai_date(at)
        )
    return True


def tab_of(query: dict[str, str]) -> str:
    """The tab that an address asks for."""
    for tab, _name, wanted in TABS:
        if wanted and all(query.get(key) == value for key, value in wanted.items()):
            return tab
    return "all"
