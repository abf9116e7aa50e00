"""Events with their table plans, requests, a hand-over and a consortium of the demonstration."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from kechuang.base.actor import Role
from kechuang.matching import actions as matching
from kechuang.matching.models import Event, Introduction, Outcome, SignUp
from kechuang.matching.rules import OPEN
from kechuang.needs.models import Need
from kechuang.needs.rules import LIVE
from kechuang.offers.models import Offer
from kechuang.parties import actions as parties
from kechuang.site.demo import texts
from kechuang.site.demo.cast import Cast

LIAISON, OTHER = "songwei", "yuefan"


def gather(cast: Cast, found: dict[str, Need], offered: dict[str, Offer]) -> None:
    """Hold one event, prepare others, and leave something on every desk around them."""
    near: dict[str, list[Offer]] = {}
    for row in texts.rows("offers.jsonl"):
        offer = offered.get(row["code"])
        if offer is not None and offer.state == "PUBLISHED":
            near.setdefault(row["near"], []).append(offer)
    for row in texts.rows("events.jsonl"):
        _event(cast, row, found, near)
    _ask(cast, found, near)
    _hand_over(cast)
    _consortium(cast)


def _event(
    cast: Cast, row: dict[str, Any], found: dict[str, Need], near: dict[str, list[Offer]]
) -> None:
    by, early = cast.actor(LIAISON), cast.clock.at(min(row["days"], 0) - 24)
    since = cast.clock.at(row["days"], row["hour"])
    typed = {name: row[name] for name in
             ("kind", "title", "summary", "place", "capacity", "tables", "sitting_minutes")}
    event = matching.save_event(event=None, by=by, at=early, typed=typed | {
        "since_at": since, "until_at": since + timedelta(hours=row["hours"]),
        "sign_up_until": since - timedelta(days=1),
    })  # fmt: skip
    if row["state"] == "DRAFT":
        return
    event = matching.open_event(event=event, by=by, at=early)
    if row["kind"] == "LECTURE":
        for name in ("fangmin", "shenzhiyuan", "yuchen"):
            matching.sign_up(event=event, by=cast.actor(name), at=early + timedelta(days=1))
    if not row["needs"]:
        return
    _sign_up(cast, event, list(_askers(cast, found))[: row["needs"]], near)
    matching.invite(event=event, by=by, at=early + timedelta(days=8))
    matching.plan_event(event=event, by=by, at=early + timedelta(days=9))
    if row["state"] == "HELD":
        _hold(cast, event, row["answers"])


def _askers(cast: Cast, found: dict[str, Need]) -> Iterator[tuple[str, Need]]:
    """Live needs whose unit has somebody to come, one after another."""
    for code, need in sorted(found.items()):
        if not isinstance(need, Need):  # expired by the clock, which gives no row
            continue
        need.refresh_from_db()
        is_cast = (need.organisation.name, Role.FILLER) in cast.by_unit
        if need.state in LIVE and need.publication != "CLOSED" and is_cast:
            yield code, need


def _sign_up(
    cast: Cast, event: Event, askers: list[tuple[str, Need]], near: dict[str, list[Offer]]
) -> None:
    at = event.sign_up_until - timedelta(days=10)
    for turn, (code, need) in enumerate(askers):
        matching.rank_need(need=need, at=cast.clock.now)
        filler = cast.unit_actor(need.organisation.name, Role.FILLER)
        matching.sign_up(
            event=event, need=need, wish="先看样件，再谈试制。", by=filler,
            at=at + timedelta(hours=turn),
        )
        for offer in near.get(code, [])[:2]:
            unit = offer.organisation.name if offer.organisation else ""
            if (unit, Role.MEMBER) in cast.by_unit:
                member = cast.unit_actor(unit, Role.MEMBER)
                matching.sign_up(event=event, offer=offer, by=member, at=at + timedelta(days=1))


def _hold(cast: Cast, event: Event, answers: list[str]) -> None:
    """Most came; some have said what came of it after three months, others are asked."""
    signs = list(SignUp.objects.filter(event=event).order_by("id").values_list("number", flat=True))
    matching.hold_event(
        event=event, arrived=signs[: max(len(signs) - 1, 1)], by=cast.actor(LIAISON),
        at=event.until_at,
    )
    asked = Outcome.objects.filter(sitting__event=event, months=3).order_by("id")
    for code, row in zip(answers, asked, strict=False):
        matching.answer_outcome(
            outcome=row, code=code, amount_fen=260_000_000 if code == "SIGNED" else None,
            by=cast.actor(LIAISON), at=cast.clock.at(-3),
        )


def _ask(cast: Cast, found: dict[str, Need], near: dict[str, list[Offer]]) -> None:
    """Two teams ask to be introduced to needs that nobody has introduced them to."""
    made = 0
    for code, offers in sorted(near.items()):
        need = found.get(code)
        offer = offers[-1]
        unit = offer.organisation.name if offer.organisation else ""
        fits = isinstance(need, Need) and need.state in LIVE and need.publication == "PUBLIC"
        if not fits or (unit, Role.MEMBER) not in cast.by_unit:
            continue
        if Introduction.objects.filter(need=need, offer=offer).exists():
            continue
        assert need is not None
        matching.ask_introduction(
            need=need, offer=offer, by=cast.unit_actor(unit, Role.MEMBER),
            note="已在同类工况做过小批，指标有第三方报告，可先寄样。", at=cast.clock.at(-2 - made),
        )
        made += 1
        if made == 2:  # noqa: PLR2004
            return


def _hand_over(cast: Cast) -> None:
    """One introduction waits for another liaison to take it over."""
    row = Introduction.objects.filter(state__in=OPEN).order_by("id").first()
    if row is not None:
        matching.hand_over(
            introduction=row, to_person=cast.person(OTHER), note="样片已寄出，等对方复测。",
            by=cast.actor(LIAISON), at=cast.clock.at(-1, 16),
        )


def _consortium(cast: Cast) -> None:
    """A bearing maker leads; one member has joined, one has still to answer."""
    lead = cast.unit_actor("示例轴承股份有限公司", Role.UNIT_ADMIN)
    row = parties.found_consortium(
        name="大型主轴轴承创新联合体", purpose="十六兆瓦级主轴轴承的材料、热处理和台架验证。",
        by=lead, at=cast.clock.at(-40),
    )
    for name, task in (("云岭机械研究院", "台架试验"), ("示例风电装备集团有限公司", "装机验证")):
        member = parties.invite_member(
            consortium=row, organisation=cast.organisations[name], task=task, by=lead,
            at=cast.clock.at(-38),
        )
        if name == "云岭机械研究院":
            admin = cast.unit_actor(name, Role.UNIT_ADMIN)
            parties.answer_membership(member=member, accept=True, by=admin, at=cast.clock.at(-35))
