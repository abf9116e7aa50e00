"""A draw at each stage, for the tests of the reviews."""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from kechuang.base.actor import Role
from kechuang.engines.drawing import commitment_of
from kechuang.reviews import actions, rules
from kechuang.reviews.models import Draw
from tests.reviews.bench import Bench, planned
from tests.world import organisation

HOUR = timedelta(hours=1)


def crowd(world: Any, count: int, at: Any) -> list[Any]:
    """So many members of the expert pool, each of a unit of their own."""
    found = []
    for n in range(count):
        unit = organisation(100 + n, f"检测所{n:03d}", "INSTITUTE", world.city, at)
        member = world.add(f"crowd{n}", Role.EXPERT, organisation=unit)
        member.person.fields_of_work = ["机械", "轴承"] if n % 2 else ["材料"]
        member.person.save()
        found.append(member)
    return found


@dataclass
class DrawBench:
    """A panel with cases whose experts are drawn by the province, under two witnesses."""

    bench: Bench
    draw: Draw | None = None
    nonces: dict[str, bytes] = field(default_factory=dict)

    @property
    def world(self) -> Any:
        return self.bench.world

    @property
    def at(self) -> Any:
        return self.bench.at

    @property
    def operator(self) -> Any:
        return self.world.officer_province

    @property
    def witnesses(self) -> list[Any]:
        return [self.world.officer, self.world.supervisor]

    def named(self) -> "DrawBench":
        self.bench.panel = actions.name_draw_operator(
            panel=self.bench.panel, operator=self.operator.person, by=self.world.officer.actor,
            at=self.at,
        )  # fmt: skip
        return self

    def plan(self, **other: Any) -> rules.DrawPlan:
        facts = {
            "seats": 3, "commit_until": self.at + 2 * HOUR, "reveals_until": self.at + 4 * HOUR,
            "public_at": self.at + 6 * HOUR, "source": "双色球第2026135期开奖号码",
            "fallback": "上证指数2026-11-23收盘",
        }  # fmt: skip
        return rules.DrawPlan(**facts | other)

    def fixed(self, fields: tuple = (), **other: Any) -> "DrawBench":
        self.draw = actions.fix_pool(
            panel=self.bench.panel, plan=self.plan(**other), fields=fields,
            witnesses=[one.person for one in self.witnesses], by=self.operator.actor,
            at=self.at + HOUR,
        )  # fmt: skip
        return self

    def committed(self, *witnesses: Any) -> "DrawBench":
        for one in witnesses or self.witnesses:
            nonce = self.nonces[one.person.number] = secrets.token_bytes(32)
            actions.commit_nonce(
                draw=self.draw, commitment=commitment_of(nonce, one.person.number), by=one.actor,
                at=self.at + 1.5 * HOUR,
            )  # fmt: skip
        return self

    def revealed(self, *witnesses: Any) -> "DrawBench":
        for one in witnesses or self.witnesses:
            actions.reveal_nonce(
                draw=self.draw, nonce=self.nonces[one.person.number].hex(), by=one.actor,
                at=self.at + 3 * HOUR,
            )  # fmt: skip
        return self

    def drawn(self, value: str = "03 08 11 17 25 30 + 09") -> "DrawBench":
        self.draw = actions.draw_experts(
            draw=self.draw, value=value, by=self.operator.actor, at=self.at + 7 * HOUR
        )
        return self


def ready(world: Any, at: Any, pool: int = 8) -> DrawBench:
    """A panel whose cases were put an hour after it was planned, with experts to draw from."""
    bench = planned(world, at - 2 * HOUR, is_public=True).officers()
    bench.at = at
    crowd(world, pool, at)
    return DrawBench(bench.cases()).named()
