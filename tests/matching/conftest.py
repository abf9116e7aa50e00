"""Needs and offers that matching works on, made as their parts leave them."""

from datetime import timedelta

import pytest
from django.utils import timezone, translation

from kechuang.matching import actions
from kechuang.needs.actions.steps import search_document
from kechuang.needs.models import Need, Target
from kechuang.needs.rules import LIVE
from kechuang.offers.models import Figure, Offer
from kechuang.search.actions import put_document

BODY = "现用基板热导率低，结温偏高。要求热导率不低于 220 W/(m·K)，成品率 90% 以上。"
TARGETS = [("热导率", "AT_LEAST", 220, "W/(m·K)"), ("成品率", "AT_LEAST", 90, "%")]


@pytest.fixture
def make_need(world, at):
    """A need of the enterprise, accepted and public unless told."""

    def made(number="XQ-2026-000912", *, state="ACCEPTED", publication="PUBLIC", **more):
        need = Need.objects.create(
            **{
                "number": number, "state": state, "publication": publication,
                "title": "功率模块用高导热氮化铝陶瓷基板", "body": BODY,
                "chain": "INTEGRATED_CIRCUITS",
                "keywords": ["氮化铝"], "budget_fen": 300_000_000,
                "due_date": at.date() + timedelta(days=400),
                "organisation": world.enterprise, "region_path": world.county.path,
                "filler": world.filler.person, "contact": world.filler.person,
                "consent_by": world.unit_admin.person, "consent_at": at, "since": at,
                "changed_at": at, "submitted_at": at, "accepted_at": at, "confirmed_at": at,
                "reconfirm_at": at + timedelta(days=180), "expires_at": at + timedelta(days=365),
            } | more
        )  # fmt: skip
        Target.objects.bulk_create(
            Target(need=need, place=place, name=name, comparison=sign, value=value, unit=unit)
            for place, (name, sign, value, unit) in enumerate(TARGETS)
        )
        if state in LIVE:
            targets = list(need.targets.all())
            put_document(**search_document(need, targets=targets, readers=[]), at=at)
        return need

    return made


@pytest.fixture
def make_offer(world, at):
    """A published offer of the university, in the search as its part puts it."""

    def made(
        number="CG-2026-000001", *, state="PUBLISHED", organisation="university", figure=226, **more
    ):
        unit = getattr(world, organisation) if organisation else None
        offer = Offer.objects.create(
            **{
                "number": number, "state": state, "kind": "RESULT",
                "title": "高导热氮化铝陶瓷流延成型与共烧工艺",
                "body": "采用复合助烧剂的氮化铝陶瓷流延基板，"
                "热导率达 226 W/(m·K)，已用于功率模块样件。",
                "keywords": ["氮化铝", "陶瓷"], "chains": ["INTEGRATED_CIRCUITS"],
                "organisation": unit,
                "region_path": unit.region_path if unit else "", "filler": world.member.person,
                "since": at, "changed_at": at, "submitted_at": at, "published_at": at,
                "source": "" if unit else "示例来源",
            } | more
        )  # fmt: skip
        if figure:
            Figure.objects.create(
                offer=offer, place=0, name="热导率", value=figure, unit="W/(m·K)"
            )
        if state == "PUBLISHED":
            put_document(
                number=number, kind="offer", title=offer.title, keywords=offer.keywords,
                body=offer.body, region_path=offer.region_path,
                owner_code=unit.code if unit else "", visibility="PUBLIC",
                facets={"kind": offer.kind, "chains": offer.chains, "trl": offer.trl or 0}, at=at,
            )  # fmt: skip
        return offer

    return made


@pytest.fixture
def need(make_need):
    return make_need()


@pytest.fixture
def offer(make_offer):
    return make_offer()


@pytest.fixture
def introduction(world, need, offer, at):
    return actions.introduce(
        need=need, offer=offer, reason_code="TARGETS_MET", note="热导率达到，可先试片。",
        by=world.liaison.actor, at=at,
    )  # fmt: skip


@pytest.fixture
def live_at():
    """The present instant, as the middleware will take it."""
    return timezone.localtime()


@pytest.fixture(autouse=True)
def chinese():
    """A page in English leaves its language behind in the thread."""
    with translation.override("zh-hans"):
        yield


@pytest.fixture
def typed(at):
    """A match event a week ahead: two tables, three sittings of twenty minutes."""
    since = at + timedelta(days=7)
    return {
        "kind": "MATCHMAKING", "title": "新材料供需对接会", "summary": "一对一面谈。",
        "place": "示例市技术转移中心", "since_at": since, "until_at": since + timedelta(hours=1),
        "sign_up_until": since - timedelta(days=1), "capacity": 20, "tables": 2,
        "sitting_minutes": 20,
    }  # fmt: skip


@pytest.fixture
def event(world, typed, at):
    """The event, announced."""
    row = actions.save_event(event=None, typed=typed, by=world.liaison.actor, at=at)
    return actions.open_event(event=row, by=world.liaison.actor, at=at)


@pytest.fixture
def signed(world, event, need, offer, at):
    """The need's and the offer's people come, and the need is ranked."""
    actions.rank_need(need=need, at=at)
    ask = actions.sign_up(event=event, need=need, by=world.filler.actor, at=at)
    give = actions.sign_up(event=event, offer=offer, by=world.member.actor, at=at)
    return ask, give
