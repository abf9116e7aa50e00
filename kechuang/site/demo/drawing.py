"""A panel of the demonstration whose experts were drawn, with witnesses and a public value."""

import hashlib
from datetime import timedelta
from typing import Any

from kechuang.engines.drawing import commitment_of
from kechuang.reviews import actions as reviews
from kechuang.reviews import queries as panels
from kechuang.reviews.models import Panel, Seat
from kechuang.reviews.rules import DrawPlan

OPERATOR, WITNESSES, SEATS = "xuzhi", ("linjing", "zhaoheng"), 3
DAYS = {"commit_until": 1, "reveals_until": 2, "public_at": 3}


def drawn_seats(contest: Any, panel: Panel) -> list[Seat]:
    """Have the province's officer draw the experts of a panel, seen by an officer and the
    supervisor; the value is marked as the demonstration's own."""
    cast = contest.cast
    operator = cast.actor(OPERATOR)
    panel = reviews.name_draw_operator(
        panel=panel, operator=cast.person(OPERATOR), by=cast.actor("linjing"),
        at=contest.after(hours=1),
    )  # fmt: skip
    at = contest.after(hours=1)
    day = f"{at:%Y-%m-%d}"
    plan = DrawPlan(
        seats=SEATS, source=f"演示：{day} 示例指数收盘值",
        fallback=f"演示：{day} 示例气象站正午气温",
        **{name: at + timedelta(days=days) for name, days in DAYS.items()},
    )  # fmt: skip
    draw = reviews.fix_pool(
        panel=panel, plan=plan, fields=[], witnesses=[cast.person(name) for name in WITNESSES],
        by=operator, at=at,
    )  # fmt: skip
    nonces = {
        name: hashlib.sha256(f"演示 {draw.number} {name}".encode()).digest() for name in WITNESSES
    }
    for name, nonce in nonces.items():
        told = commitment_of(nonce, cast.person(name).number)
        reviews.commit_nonce(
            draw=draw, commitment=told, by=cast.actor(name), at=contest.after(minutes=40)
        )
    for name, nonce in nonces.items():
        reviews.reveal_nonce(
            draw=draw, nonce=nonce.hex(), by=cast.actor(name), at=contest.after(hours=1)
        )
    reviews.draw_experts(
        draw=draw, value="3107.42", by=operator, at=contest.after(days=DAYS["public_at"])
    )
    return panels.seats_of(panel)
