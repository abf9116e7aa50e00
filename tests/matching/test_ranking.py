"""Ranking a need: the reasons sum to the score, and only what changed is ranked again."""

import pytest

from kechuang.base.actor import Actor
from kechuang.matching import actions, queries
from kechuang.matching.models import Match, Ranking
from kechuang.needs.models import Need
from kechuang.offers.models import Offer
from kechuang.record import actions as record

pytestmark = pytest.mark.django_db


@pytest.fixture
def offers(make_offer):
    make_offer()
    make_offer(
        "CG-2026-000002", title="大尺寸氮化铝单晶热沉制备", chains=[], organisation="institute",
        body="氮化铝热沉，成品率 93%，面向激光器散热。", keywords=[], figure=None,
    )  # fmt: skip
    make_offer(
        "CG-2026-000003", title="古籍修复纸张脱酸", body="纸张脱酸与装帧。", keywords=[], chains=[]
    )
    make_offer("CG-2026-000004", organisation="enterprise")


def test_the_best_offer_comes_first_with_its_reasons(need, offers, at):
    assert actions.rank_need(need=need, at=at) == 2
    first, second = Match.objects.filter(need=need)
    assert (first.offer.number, second.offer.number) == ("CG-2026-000001", "CG-2026-000002")
    assert first.score_tenths == (
        first.text_tenths + first.targets_tenths + first.chain_tenths + first.local_tenths
    )
    assert (first.targets_tenths, first.chain_tenths, first.local_tenths) == (30, 40, 20)
    told = [*first.phrases, *first.rest]
    assert sum(points for _, points in told) == first.text_tenths
    assert first.findings == [
        {"name": "热导率", "required": "≥ 220 W/(m·K)", "stated": "226 W/(m·K)", "verdict": "MET"},
        {"name": "成品率", "required": "≥ 90 %", "stated": "", "verdict": "NOT_STATED"},
    ]
    assert ["氮化铝陶瓷", True] in first.quotation
    assert "".join(piece for piece, _ in first.quotation).strip("…") in first.offer.body
    assert [row["verdict"] for row in second.findings] == ["NOT_STATED", "MET"]


def test_ranking_again_changes_nothing_but_keeps_when_it_was_found(need, offers, at):
    actions.rank_need(need=need, at=at)
    before = list(Match.objects.values())
    later = at.replace(hour=23)
    actions.rank_need(need=need, at=later)
    assert list(Match.objects.values()) == before
    assert queries.ranking_of(need).ranked_at == later
    assert queries.ranking_of(need).documents == 4


def test_an_ended_need_keeps_no_matches(need, offers, at):
    actions.rank_need(need=need, at=at)
    Need.objects.filter(pk=need.pk).update(state="WITHDRAWN")
    assert actions.rank_need(need=need, at=at) == 0
    assert not Match.objects.exists() and not Ranking.objects.exists()


def test_a_judged_match_stays_when_the_ranking_forgets_it(need, offers, world, at):
    actions.rank_need(need=need, at=at)
    offer = Offer.objects.get(number="CG-2026-000002")
    actions.judge_match(
        need=need, offer=offer, choice="REJECT", reason_code="TARGET_MISSED", note="差 15",
        by=world.liaison.actor, at=at,
    )  # fmt: skip
    from kechuang.search.actions import drop_document

    drop_document(number=offer.number)
    actions.rank_need(need=need, at=at)
    assert list(Match.objects.values_list("offer__number", "rank")) == [
        ("CG-2026-000001", 1),
        ("CG-2026-000002", 2),
    ]


def test_the_record_is_followed_once(need, offers, world, at):
    record.append(verb="needs.pass", object_number=need.number, by=Actor.CLOCK, at=at)
    record.append(verb="ledger.pay", object_number="x", by=Actor.CLOCK, at=at)
    record.sequence_entries()
    assert actions.follow_record(at=at) == 2
    assert Match.objects.filter(need=need).count() == 2
    assert actions.follow_record(at=at) == 0


def test_a_new_offer_is_held_against_live_needs(need, make_offer, at):
    make_offer()
    record.append(verb="offers.sign", object_number="CG-2026-000001", by=Actor.CLOCK, at=at)
    record.sequence_entries()
    actions.follow_record(at=at)
    assert Match.objects.filter(need=need, offer__number="CG-2026-000001").exists()


def test_needs_that_were_never_ranked_are_taken_along_few_at_a_time(
    need, make_need, offers, at, monkeypatch
):
    from kechuang.matching.actions import ranking

    for serial in range(2, 6):
        make_need(f"XQ-2026-00000{serial}")
    monkeypatch.setattr(ranking, "NEEDS_AT_ONCE", 3)
    for expected in (3, 5):
        record.append(verb="offers.import", object_number="demo-1", by=Actor.CLOCK, at=at)
        record.sequence_entries()
        actions.follow_record(at=at)
        assert Ranking.objects.count() == expected


def test_where_many_needs_are_live_only_those_alike_are_ranked(
    need, make_need, make_offer, at, monkeypatch
):
    from kechuang.matching.actions import ranking

    other = make_need("XQ-2026-000002", title="古籍脱酸", body="古籍脱酸。", keywords=[])
    actions.rank_all(at=at)
    make_offer()
    put_need_in_search(need, at)
    put_need_in_search(other, at)
    monkeypatch.setattr(ranking, "NEEDS_AT_ONCE", 0)
    record.append(verb="offers.sign", object_number="CG-2026-000001", by=Actor.CLOCK, at=at)
    record.sequence_entries()
    later = at.replace(hour=20)
    actions.follow_record(at=later)
    assert queries.ranking_of(need).ranked_at == later
    assert queries.ranking_of(other).ranked_at == at


def put_need_in_search(need, at):
    from kechuang.search.actions import put_document

    put_document(number=need.number, kind="need", title=need.title, body=need.body,
                 visibility="OFFICERS", at=at)  # fmt: skip


def test_all_live_needs_are_ranked_at_night(need, make_need, offers, at):
    make_need("XQ-2026-000002", state="UNIT_CHECK")
    make_need("XQ-2026-000003", state="EXPIRED")
    assert actions.rank_all(at=at) == 2
    assert Ranking.objects.count() == 2


def test_the_job_ranks_one_need_by_number(need, offers, at):
    from kechuang.matching import jobs

    jobs.reindex(number=need.number)
    assert Match.objects.filter(need=need).count() == 2
    jobs.reindex(number="XQ-0000-000000")
    jobs.reindex()
    jobs.follow(timestamp=0)
    jobs.rank_all(timestamp=0)
    assert Ranking.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_jobs_open_the_transactions_that_they_need(need, make_offer, at):
    """Outside of any transaction, as the worker runs them."""
    from kechuang.matching import jobs
    from kechuang.search import jobs as search_jobs

    make_offer()
    record.append(verb="offers.sign", object_number="CG-2026-000001", by=Actor.CLOCK, at=at)
    record.sequence_entries()
    search_jobs.index()
    jobs.follow(timestamp=0)
    assert Match.objects.filter(need=need, offer__number="CG-2026-000001").exists()
    jobs.rank_all(timestamp=0)
    jobs.reindex(number=need.number)
    assert Match.objects.filter(need=need).count() == 1


def test_all_at_night_on_all_cores_is_as_one_by_one(make_need, offers, at, monkeypatch):
    needs = [make_need(f"XQ-2026-00000{n}", title=f"氮化铝陶瓷基板{n}") for n in range(1, 4)]
    for need in needs:
        actions.rank_need(need=need, at=at)
    singly = list(Match.objects.order_by("pk").values())
    told = list(Ranking.objects.order_by("pk").values("engine", "documents", "generation"))
    monkeypatch.setattr("kechuang.search.queries.index.MANY_DOCUMENTS", 1)
    monkeypatch.setattr("kechuang.search.queries.index.MANY_QUERIES", 1)
    assert actions.rank_all(at=at) == 3
    assert list(Match.objects.order_by("pk").values()) == singly
    assert list(Ranking.objects.order_by("pk").values("engine", "documents", "generation")) == told
