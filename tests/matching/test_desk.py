"""Hand-overs, requests, what an owner can mend, what a side reads, what was shown, the funnel."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from kechuang.base.actor import Role
from kechuang.base.periods import Period
from kechuang.base.refusals import NotPermitted
from kechuang.matching import actions, queries
from kechuang.matching.models import HandOver, Impression, Introduction, Verdict
from kechuang.matching.queries import desk
from kechuang.matching.queries import funnel as funnels
from kechuang.matching.rules import IntroductionRefused, LogEntry, MatchRefused
from kechuang.matching.waiting import matters_for
from kechuang.messages.models import Message
from kechuang.needs.models import Need

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(world):
    return world.add("liaison2", Role.LIAISON, region=world.county)


def hand(world, introduction, second, at, by=None):
    return actions.hand_over(introduction=introduction, to_person=second.person, note="样片在途",
                             by=by or world.liaison.actor, at=at)  # fmt: skip


def code_of(act, **said):
    with pytest.raises((IntroductionRefused, MatchRefused)) as refused:
        act(**said)
    return refused.value.code


def test_a_hand_over_waits_for_the_taker(world, introduction, second, at):
    asked = hand(world, introduction, second, at)
    assert asked.reply_until.date().isoformat() == "2026-11-25"
    tasks = [(m.task, m.mine) for m in matters_for(second.actor, at)]
    assert ("请您接手引荐", True) in tasks
    said = {"introduction": introduction, "to_person": second.person, "by": world.liaison.actor}
    assert code_of(actions.hand_over, **said, at=at) == "introduction.hand_over_open"
    with pytest.raises(NotPermitted):
        actions.accept_hand_over(introduction=introduction, by=world.officer.actor, at=at)
    done = actions.decline_hand_over(introduction=introduction, answer="手上已满",
                                     by=second.actor, at=at)  # fmt: skip
    introduction.refresh_from_db()
    assert (done.state, introduction.liaison) == ("DECLINED", world.liaison.person)
    assert code_of(actions.accept_hand_over, introduction=introduction, by=second.actor, at=at) == (
        "introduction.no_hand_over"
    )


def test_a_hand_over_is_taken_back(world, introduction, second, at):
    hand(world, introduction, second, at, by=world.officer.actor)
    actions.withdraw_hand_over(introduction=introduction, by=world.liaison.actor, at=at)
    assert HandOver.objects.get().state == "WITHDRAWN"
    hand(world, introduction, second, at)
    actions.end_introduction(introduction=introduction, reason_code="TERMS", note="谈不拢",
                             by=world.liaison.actor, at=at)  # fmt: skip
    assert set(HandOver.objects.values_list("state", flat=True)) == {"WITHDRAWN"}


def test_full_hands_do_not_take_over(world, introduction, second, at):
    hand(world, introduction, second, at)
    actions.pause_liaison(person=second.person, until=at.date() + timedelta(days=9),
                          region_path=world.county.path, by=second.actor, at=at)  # fmt: skip
    said = {"introduction": introduction, "by": second.actor, "at": at}
    assert code_of(actions.accept_hand_over, **said) == "introduction.paused"


def test_the_database_keeps_one_open_hand_over(world, introduction, second, at):
    row = hand(world, introduction, second, at)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.pk, row.number = None, "ZZZZZZZZZZZ"
        HandOver.objects.bulk_create([row])


def ask(world, need, offer, at, by=None):
    return actions.ask_introduction(need=need, offer=offer, note="做过同类", at=at,
                                    by=by or world.member.actor)  # fmt: skip


def test_a_team_asks_and_a_liaison_introduces(world, need, offer, at):
    row = ask(world, need, offer, at)
    assert (row.organisation, row.region_path) == (world.university, world.county.path)
    assert "答复引荐请求" in [m.task for m in matters_for(world.liaison.actor, at)]
    told = Message.objects.filter(template="matching.asked").values_list("person_number", flat=True)
    assert list(told) == [world.liaison.person.number]
    said = {"need": need, "offer": offer, "note": "再请", "by": world.member.actor, "at": at}
    assert code_of(actions.ask_introduction, **said) == "request.already_open"
    actions.introduce(need=need, offer=offer, reason_code="TARGETS_MET", note="可先试片",
                      by=world.liaison.actor, at=at)  # fmt: skip
    row.refresh_from_db()
    assert row.state == "ACCEPTED"
    assert code_of(actions.ask_introduction, **said) == "request.already_introduced"


def test_a_request_is_declined_with_a_coded_reason(world, need, offer, at):
    row = ask(world, need, offer, at)
    said = {"asked": row, "by": world.liaison.actor, "at": at}
    assert code_of(actions.decline_request, **said, reason_code="TARGETS_MET", answer="x") == (
        "match.reason_unfit"
    )
    with pytest.raises(NotPermitted):
        actions.decline_request(asked=row, reason_code="TOO_EARLY", answer="x",
                                by=world.filler.actor, at=at)  # fmt: skip
    done = actions.decline_request(**said, reason_code="PRICE_NOT_STATED", answer="请先写明报价")
    assert (done.state, done.reason_code) == ("DECLINED", "PRICE_NOT_STATED")
    assert code_of(actions.decline_request, **said, reason_code="OTHER", answer="x") == (
        "request.answered"
    )


def test_who_and_what_may_ask(world, need, offer, make_offer, at):
    with pytest.raises(NotPermitted):
        ask(world, need, offer, at, by=world.institute_member.actor)
    own = make_offer("CG-2026-000007", organisation="enterprise")
    assert code_of(ask, world=world, need=need, offer=own, at=at, by=world.filler.actor) == (
        "request.own_need"
    )
    Need.objects.filter(pk=need.pk).update(state="WITHDRAWN")
    need.refresh_from_db()
    assert code_of(ask, world=world, need=need, offer=offer, at=at) == "request.not_live"


def test_refusals_are_counted_and_closed_needs_are_not_named(world, make_need, offer, at):
    for serial, publication in enumerate(("PUBLIC", "CLOSED", "CLOSED")):
        need = make_need(f"XQ-2026-00010{serial}", publication=publication, title=f"需求{serial}")
        actions.judge_match(need=need, offer=offer, choice="REJECT", note="没写价格",
                            reason_code="PRICE_NOT_STATED", by=world.liaison.actor, at=at)
    found = desk.refusals_of(offer, world.member.actor, at)
    assert [(one.code, one.count) for one in found.mends] == [("PRICE_NOT_STATED", 3)]
    assert found.named == [("XQ-2026-000100", "需求0", "价格或许可条件没有写明")]
    assert (found.total, found.unnamed) == (3, 2)
    assert desk.refusals_of(offer, world.institute_member.actor, at).mends == []
    assert desk.refusals_of(offer, world.officer.actor, at).mends == []


def test_a_changed_verdict_and_an_end_count_once(world, introduction, need, offer, at):
    actions.end_introduction(introduction=introduction, reason_code="UNPROVEN", note="没有检测",
                             by=world.liaison.actor, at=at)  # fmt: skip
    actions.judge_match(need=need, offer=offer, choice="REJECT", reason_code="UNPROVEN", note="x",
                        by=world.liaison.actor, at=at)  # fmt: skip
    found = desk.refusals_of(offer, world.member.actor, at)
    assert [(one.code, one.count) for one in found.mends] == [("UNPROVEN", 1)]


@pytest.mark.parametrize(
    ("audience", "readers"),
    [("DESK", []), ("NEED", ["filler"]), ("OFFER", ["member"]), ("BOTH", ["filler", "member"])],
)
def test_a_side_reads_what_was_written_for_it(
    world, introduction, client_as, at, audience, readers
):
    entry = LogEntry(at.date(), "PHONE", "话里的话", audience=audience)
    actions.record_contact(introduction=introduction, entry=entry, by=world.liaison.actor, at=at)
    url = f"/introductions/{introduction.number}/"
    saw = [n for n in ("filler", "member")
           if "话里的话" in client_as(getattr(world, n)).get(url).content.decode()]
    assert saw == readers
    assert "话里的话" in client_as(world.officer).get(url).content.decode()


def test_what_was_shown_is_noted_once_a_day(world, need, offer, make_offer, client_as, at):
    make_offer("CG-2026-000002", title="氮化铝单晶热沉", organisation="institute", figure=205)
    actions.rank_need(need=need, at=at)
    url = f"/needs/{need.number}/matches/"
    for member in (world.liaison, world.liaison, world.filler, world.head):
        assert client_as(member).get(url).status_code == 200
    rows = Impression.objects.order_by("place").values_list("place", "person")
    mine = world.liaison.person.number
    assert list(rows) == [(1, mine), (2, mine)]


def test_a_verdict_keeps_the_place_and_feeds_the_engine(world, need, offer, at):
    actions.rank_need(need=need, at=at)
    actions.judge_match(need=need, offer=offer, choice="REJECT", reason_code="TOO_EARLY",
                        note="还在小试", by=world.liaison.actor, at=at)  # fmt: skip
    verdict = Verdict.objects.get()
    assert (verdict.shown_place, verdict.engine != "") == (1, True)
    (line,) = desk.feedback_lines()
    assert (line["qid"], line["docid"], line["label"], line["reason"], line["rank"]) == (
        need.number, offer.number, 0, "TOO_EARLY", 1,
    )  # fmt: skip


def scope(world, at, actor=None, text="2026"):
    actor = actor or world.liaison.actor
    return funnels.Scope(Period.parse(text), world.city.path, actor, at)


def test_the_funnel_counts_and_says_what_is_missing(world, introduction, at):
    by = world.liaison.actor
    empty = funnels.funnel(scope(world, at))
    assert (empty.served, empty.intent, empty.signed, empty.money_fen) == (1, 0, 0, 0)
    actions.advance(introduction=introduction, to="INTENT", by=by, at=at)
    actions.advance(introduction=introduction, to="SIGNED", by=by, at=at)
    found = funnels.funnel(scope(world, at))
    assert (found.served, found.intent, found.signed) == (1, 1, 1)
    assert (found.money_fen, found.without_amount) == (0, 1)
    late = funnels.funnel(scope(world, at + timedelta(days=30)))
    assert (late.unanswered, late.overdue_steps) == (1, 1)
    Introduction.objects.update(amount_fen=120_000_000)
    assert funnels.funnel(scope(world, at)).money_fen == 120_000_000
    assert funnels.funnel(scope(world, at, text="2025")).served == 0
    other = funnels.funnel(scope(world, at, actor=world.officer_other_county.actor))
    assert (other.served, other.intent, other.signed) == (0, 0, 0)


def test_an_intent_counts_in_the_period_in_which_it_was_first_reached(world, introduction, at):
    by = world.liaison.actor
    actions.advance(introduction=introduction, to="INTENT", by=by, at=at)
    actions.advance(introduction=introduction, to="SIGNED", by=by, at=at + timedelta(days=60))
    later = at + timedelta(days=60)
    assert funnels.reached(scope(world, later, text="2026"), "intent").count() == 1
    assert funnels.reached(scope(world, later, text="2027"), "intent").count() == 0
    assert funnels.reached(scope(world, later, text="2027"), "signed").count() == 1


@pytest.mark.parametrize(
    ("name", "status"),
    [("liaison", 200), ("officer", 200), ("head", 200), ("supervisor", 200), ("filler", 404),
     ("member", 404), ("expert1", 404), ("operator", 404)],
)  # fmt: skip
def test_who_opens_the_funnel_and_its_rows(world, introduction, client_as, name, status):
    client = client_as(getattr(world, name))
    assert client.get("/introductions/funnel/").status_code == status
    for figure in ("served", "intent", "signed", "without-amount", "unanswered", "overdue",
                   "outcomes", "events", "reported"):  # fmt: skip
        assert client.get(f"/introductions/funnel/{figure}/").status_code == status, figure
    assert client.get("/introductions/funnel/else/").status_code == 404


def test_the_figures_are_as_many_as_their_rows(world, introduction, client_as):
    client = client_as(world.liaison)
    page = client.get("/introductions/funnel/served/").content.decode()
    assert "共 1 行" in page and "示例轴承股份有限公司" in page
    sheet = client.get("/introductions/funnel/served/?as=csv")
    assert sheet.headers["content-type"].startswith("text/csv")


def test_the_way_of_a_request_by_pages(world, need, offer, client_as, at):
    actions.rank_need(need=need, at=at)
    member, liaison = client_as(world.member), client_as(world.liaison)
    page = member.get(f"/offers/{offer.number}/matches/").content.decode()
    assert f"/offers/{offer.number}/matches/{need.number}/ask/" in page and "达到 1 项" in page
    url = f"/offers/{offer.number}/matches/{need.number}/ask/"
    assert member.get(url).status_code == 200
    assert client_as(world.institute_member).get(url).status_code == 404
    assert member.post(url, {"note": ""}).status_code == 422
    assert member.post(url, {"note": "做过同类"}).status_code == 302
    row = desk.requests_visible_to(world.member.actor, at).get()
    assert "团队请求引荐" in liaison.get(f"/needs/{need.number}/matches/").content.decode()
    assert liaison.get("/introductions/requests/?state=open").status_code == 200
    one = f"/introductions/requests/{row.number}/"
    assert "做过同类" in liaison.get(one).content.decode()
    assert liaison.post(one, {"reason_code": "", "answer": ""}).status_code == 422
    assert liaison.get(f"{one}introduce/").status_code == 200
    assert member.get(f"{one}introduce/").status_code == 404
    said = liaison.post(f"{one}introduce/", {"reason_code": "TARGETS_MET", "note": "可先试片"})
    assert said.status_code == 302
    assert queries.visible_to(world.member.actor, at).count() == 1
