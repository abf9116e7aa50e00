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

    def under(self, tab: str) -> list[Matter]:
        return [matter for matter in self.matters if falls_under(matter, tab, self.at)]

    def count(self, tab: str) -> int:
        return len(self.under(tab))


@cache
def _collectors() -> list[Callable[[Actor, datetime], list[Matter]]]:
    """Every part's `waiting.matters_for`."""
    found = []
    for config in apps.get_app_configs():
        module = f"{config.name}.waiting"
        if config.name.startswith("kechuang.") and find_spec(module):
            found.append(import_module(module).matters_for)
    return found


def work_of(actor: Actor, at: datetime) -> WorkList:
    """All that waits for this actor or that it waits for, by deadline; without one, last."""
    if not actor.is_signed_in:
        return WorkList([], at)
    matters = [matter for collect in _collectors() for matter in collect(actor, at)]
    matters.sort(key=lambda m: (m.until is None, m.until or m.since, m.since, m.number))
    return WorkList(matters, at)


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
