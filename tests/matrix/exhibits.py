"""What the matrix looks at: objects of one tenant, each with a marker word nobody else may read."""

from dataclasses import dataclass, field
from datetime import datetime

from tests.challenges import stages
from tests.needs import builders
from tests.world import World

SECRET = "密语白鹭四二"
# What an address of another kind is tried with: one of each kind.
ANYWHERE = ("need-county-check", "bid-sealed", "challenge")


@dataclass
class Exhibits:
    """Private objects of the enterprise and of the university, by number, and public ones."""

    private: dict[str, str] = field(default_factory=dict)
    public: dict[str, str] = field(default_factory=dict)

    @property
    def numbers(self) -> list[str]:
        return [*self.private.values(), *self.public.values()]

    def numbers_for(self, kind: str) -> list[str]:
        """The numbers that an address of a kind may hold, or one of each kind."""
        both = self.private | self.public
        word = kind.rstrip("s").split(".")[0]
        fitting = [number for name, number in both.items() if name.split("-")[0] == word]
        return fitting or [both[name] for name in ANYWHERE]


def build(world: World, at: datetime) -> Exhibits:
    """Needs that nobody outside may read, a challenge that is open, and bids on it."""
    shown = Exhibits()
    hidden = {"title": f"未公开的需求 {SECRET}", "publication": "CLOSED"}
    shown.private["need-draft"] = builders.drafted(world, at, **hidden).number
    shown.private["need-unit-check"] = builders.submitted_need(world, at, **hidden).number
    shown.private["need-county-check"] = builders.waiting_need(world, at, **hidden).number
    shown.private["need-closed"] = builders.accepted_need(world, at, **hidden).number
    shown.public["need-public"] = builders.accepted_need(world, at).number
    line = stages.opened(world, at, serial=901)
    shown.public["challenge"] = line.challenge.number
    sealed = stages.sealed_bid(line, world.member, world.research_admin)
    shown.private["bid-sealed"] = sealed.number
    shown.private["bid-draft"] = stages.written_bid(line, world.institute_member).number
    return shown
