"""Verdicts and introductions: one test per way out."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from kechuang.base.refusals import NotPermitted, Stale
from kechuang.matching import actions, queries
from kechuang.matching.models import ContactRow, Credit, Introduction, Verdict
from kechuang.matching.rules import IntroductionRefused, LogEntry, MatchRefused, State
from kechuang.messages.models import Message
from kechuang.needs.models import Disclosure, Need
from kechuang.needs.queries import visible_to as needs_visible_to
from kechuang.record.models import Entry

pytestmark = pytest.mark.django_db


def judge(world, need, offer, at, choice="REJECT", reason="TARGET_MISSED", note="差 15", by=None):
    return actions.judge_match(
        need=need, offer=offer, choice=choice, reason_code=reason, note=note,
        by=by or world.liaison.actor, at=at,
    )  # fmt: skip


def test_a_verdict_is_kept_and_recorded(world, need, offer, at):
    verdict = judge(world, need, offer, at)
    assert (verdict.choice, verdict.by_person, verdict.judged_at) == (
        "REJECT", world.liaison.person, at,
    )  # fmt: skip
    entry = Entry.objects.get(verb="matching.judge")
    assert entry.object_number == need.number


def test_a_changed_verdict_replaces(world, need, offer, at):
    first = judge(world, need, offer, at)
    second = judge(world, need, offer, at, "ACCEPT", "NEAR_ENOUGH", "可联合攻关")
    first.refresh_from_db()
    assert first.replaced_at == at
    assert list(Verdict.objects.filter(replaced_at=None)) == [second]


@pytest.mark.parametrize(
    ("choice", "reason", "note", "code"),
    [
        ("MAYBE", "OTHER", "x", "match.choice_unknown"),
        ("ACCEPT", "TOO_DEAR", "x", "match.reason_unfit"),
        ("REJECT", "TARGETS_MET", "x", "match.reason_unfit"),
        ("REJECT", "OTHER", "  ", "match.note_missing"),
    ],
)
def test_a_verdict_needs_its_reason(world, need, offer, at, choice, reason, note, code):
    with pytest.raises(MatchRefused) as refused:
        judge(world, need, offer, at, choice, reason, note)
    assert refused.value.code == code
    assert not Verdict.objects.exists()


@pytest.mark.parametrize(
    "name",
    ["filler", "unit_admin", "member", "head", "supervisor", "expert1", "officer_other_county"],
)
def test_only_liaisons_and_officers_over_the_region_judge(world, need, offer, at, name):
    with pytest.raises(NotPermitted) as refused:
        judge(world, need, offer, at, by=getattr(world, name).actor)
    assert refused.value.code == "matching.may_not_judge"


def test_nobody_judges_for_an_ended_need(world, need, offer, at):
    Need.objects.filter(pk=need.pk).update(state="WITHDRAWN")
    with pytest.raises(NotPermitted):
        judge(world, need, offer, at)


def test_an_introduction_opens_the_need_and_tells_both(world, make_need, offer, at):
    need = make_need(publication="CLOSED")
    member = world.member.actor
    assert not needs_visible_to(member, at).filter(pk=need.pk).exists()
    row = actions.introduce(
        need=need, offer=offer, reason_code="TARGETS_MET", note="可先试片", by=world.liaison.actor,
        at=at,
    )  # fmt: skip
    assert (row.state, row.region_path) == ("SUGGESTED", world.county.path)
    assert row.next_date == date(2026, 11, 27) == row.reply_until.date()
    assert needs_visible_to(member, at).filter(pk=need.pk).exists()
    disclosure = Disclosure.objects.get(need=need)
    assert (disclosure.organisation, disclosure.cause_number) == (world.university, row.number)
    told = set(Message.objects.values_list("person_number", flat=True))
    assert told >= {
        world.filler.person.number, world.member.person.number, world.research_admin.person.number
    }  # fmt: skip
    assert Verdict.objects.get().choice == "ACCEPT"
    assert list(Credit.objects.values_list("person", "share_bp")) == [
        (world.liaison.person.pk, 10_000)
    ]
    assert Entry.objects.filter(verb="matching.introduce", object_number=row.number).exists()


def test_one_open_introduction_per_pair(world, introduction, need, offer, at):
    with pytest.raises(IntroductionRefused) as refused:
        actions.introduce(need=need, offer=offer, reason_code="OTHER", note="再来",
                          by=world.officer.actor, at=at)  # fmt: skip
    assert refused.value.code == "introduction.already_open"
    assert refused.value.facts == {"number": introduction.number}


def test_an_offer_without_a_unit_cannot_be_introduced(world, need, make_offer, at):
    offer = make_offer(organisation=None)
    with pytest.raises(IntroductionRefused) as refused:
        actions.introduce(need=need, offer=offer, reason_code="OTHER", note="x",
                          by=world.liaison.actor, at=at)  # fmt: skip
    assert refused.value.code == "introduction.offer_without_unit"
    assert not Verdict.objects.exists()


def test_a_unit_is_not_introduced_to_itself(world, need, make_offer, at):
    offer = make_offer(organisation="enterprise")
    with pytest.raises(IntroductionRefused) as refused:
        actions.introduce(need=need, offer=offer, reason_code="OTHER", note="x",
                          by=world.liaison.actor, at=at)  # fmt: skip
    assert refused.value.code == "introduction.own_offer"


def test_full_hands_take_no_more(world, introduction, need, make_offer, at):
    actions.set_capacity(person=world.liaison.person, capacity=1, region_path=world.city.path,
                         by=world.officer.actor, at=at)  # fmt: skip
    other = make_offer("CG-2026-000009")
    with pytest.raises(IntroductionRefused) as refused:
        actions.introduce(need=need, offer=other, reason_code="OTHER", note="x",
                          by=world.liaison.actor, at=at)  # fmt: skip
    assert (refused.value.code, refused.value.facts) == (
        "introduction.hands_full", {"load": 1, "capacity": 1},
    )  # fmt: skip
    actions.set_capacity(person=world.liaison.person, capacity=2, region_path=world.city.path,
                         by=world.officer.actor, at=at)  # fmt: skip
    actions.introduce(need=need, offer=other, reason_code="OTHER", note="x",
                      by=world.liaison.actor, at=at)  # fmt: skip
    assert queries.load_of(world.liaison.person) == 2


@pytest.mark.parametrize("capacity", [0, 501])
def test_capacity_has_a_range(world, at, capacity):
    with pytest.raises(MatchRefused):
        actions.set_capacity(
            person=world.liaison.person, capacity=capacity, region_path=world.city.path,
            by=world.officer.actor, at=at,
        )  # fmt: skip


def test_capacity_is_the_offices_to_set(world, at):
    with pytest.raises(NotPermitted):
        actions.set_capacity(person=world.liaison.person, capacity=9, region_path=world.city.path,
                             by=world.liaison.actor, at=at)  # fmt: skip


def test_both_sides_answer_once(world, introduction, at):
    row = actions.answer_introduction(
        introduction=introduction, answer="YES", by=world.unit_admin.actor, at=at
    )
    assert (row.need_answer, row.offer_answer) == ("YES", "")
    row = actions.answer_introduction(
        introduction=introduction, answer="YES", by=world.member.actor, at=at
    )
    assert (row.need_answer, row.offer_answer, row.state) == ("YES", "YES", "SUGGESTED")
    with pytest.raises(NotPermitted):
        actions.answer_introduction(
            introduction=introduction, answer="NO", by=world.member.actor, at=at
        )


def test_a_no_ends_the_introduction_and_closes_the_need(world, introduction, at):
    row = actions.answer_introduction(
        introduction=introduction, answer="NO", by=world.research_admin.actor, at=at
    )
    assert (row.state, row.end_reason_code) == ("ENDED", "OFFER_DECLINED")
    assert not Disclosure.objects.filter(until=None).exists()


@pytest.mark.parametrize("name", ["rival_filler", "liaison", "officer", "expert1"])
def test_others_do_not_answer(world, introduction, at, name):
    with pytest.raises(NotPermitted):
        actions.answer_introduction(
            introduction=introduction, answer="YES", by=getattr(world, name).actor, at=at
        )


def contact(world, introduction, at, **more):
    facts = {"date": at.date(), "kind": "PHONE", "words": "谈了试片", "next_step": "寄样",
             "next_date": at.date() + timedelta(days=7)}  # fmt: skip
    by = more.pop("by", world.liaison.actor)
    entry = LogEntry(**(facts | more))
    return actions.record_contact(introduction=introduction, entry=entry, by=by, at=at)


def test_contacts_move_the_state_forward_and_set_the_next_step(world, introduction, at):
    contact(world, introduction, at)
    introduction.refresh_from_db()
    assert (introduction.state, introduction.next_step) == ("CONTACTED", "寄样")
    contact(world, introduction, at, kind="MEETING", next_date=None)
    introduction.refresh_from_db()
    assert (introduction.state, introduction.next_date) == ("MEETING", None)
    contact(world, introduction, at, kind="PHONE")
    introduction.refresh_from_db()
    assert introduction.state == "MEETING"
    assert ContactRow.objects.count() == 3


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"words": " "}, "introduction.words_missing"),
        ({"words": "长" * 2001}, "introduction.text_too_long"),
        ({"date": date(2026, 11, 22)}, "introduction.contact_ahead"),
        ({"date": date(2026, 11, 20)}, "introduction.contact_before"),
        ({"next_date": date(2026, 11, 20)}, "introduction.next_before"),
    ],
)
def test_a_contact_that_cannot_be_is_refused(world, introduction, at, more, code):
    with pytest.raises(IntroductionRefused) as refused:
        contact(world, introduction, at, **more)
    assert refused.value.code == code
    assert not ContactRow.objects.exists()


def test_the_log_is_only_added_to(world, introduction, at):
    row = contact(world, introduction, at)
    with pytest.raises(IntegrityError), transaction.atomic():
        ContactRow.objects.filter(pk=row.pk).update(words="改了")
    with pytest.raises(IntegrityError), transaction.atomic():
        row.delete()


def test_forward_to_landed(world, introduction, at):
    actions.advance(introduction=introduction, to="INTENT", amount_fen=50_000_000,
                    by=world.liaison.actor, at=at)  # fmt: skip
    actions.advance(introduction=introduction, to="SIGNED", by=world.officer.actor, at=at)
    row = actions.advance(introduction=introduction, to="LANDED", note="量产",
                          by=world.liaison.actor, at=at)  # fmt: skip
    assert (row.state, row.amount_fen, row.next_date) == (State.LANDED, 50_000_000, None)
    assert list(row.stages.values_list("stage", flat=True)) == [
        "SUGGESTED", "INTENT", "SIGNED", "LANDED",
    ]  # fmt: skip
    with pytest.raises(NotPermitted):
        actions.advance(introduction=row, to="LANDED", by=world.liaison.actor, at=at)


@pytest.mark.parametrize("to", ["SUGGESTED", "ENDED", "NOWHERE"])
def test_only_forward(world, introduction, at, to):
    with pytest.raises(IntroductionRefused) as refused:
        actions.advance(introduction=introduction, to=to, by=world.liaison.actor, at=at)
    assert refused.value.code == "introduction.not_forward"


def test_a_stale_page_does_not_advance(world, introduction, at):
    with pytest.raises(Stale):
        actions.advance(introduction=introduction, to="INTENT", version=introduction.version - 1,
                        by=world.liaison.actor, at=at)  # fmt: skip


def test_an_amount_is_positive(world, introduction, at):
    with pytest.raises(IntroductionRefused):
        actions.advance(introduction=introduction, to="INTENT", amount_fen=0,
                        by=world.liaison.actor, at=at)  # fmt: skip


def test_an_end_says_why_and_closes_the_need(world, introduction, at):
    row = actions.end_introduction(introduction=introduction, reason_code="TERMS",
                                   note="价格谈不拢", by=world.liaison.actor, at=at)  # fmt: skip
    assert (row.state, row.end_reason_code, row.next_date) == ("ENDED", "TERMS", None)
    assert Disclosure.objects.get().until == at
    assert row.stages.last().note_public == "价格谈不拢"


@pytest.mark.parametrize(("reason", "note"), [("NONE", "x"), ("TERMS", " ")])
def test_an_end_without_a_reason_is_refused(world, introduction, at, reason, note):
    with pytest.raises(IntroductionRefused):
        actions.end_introduction(introduction=introduction, reason_code=reason, note=note,
                                 by=world.liaison.actor, at=at)  # fmt: skip


@pytest.mark.parametrize("name", ["filler", "member", "supervisor", "officer_other_county"])
def test_others_do_not_work_on_it(world, introduction, at, name):
    actor = getattr(world, name).actor
    with pytest.raises(NotPermitted):
        contact(world, introduction, at, by=actor)
    with pytest.raises(NotPermitted):
        actions.end_introduction(introduction=introduction, reason_code="OTHER", note="x",
                                 by=actor, at=at)  # fmt: skip


def test_another_liaison_takes_over(world, introduction, at):
    from kechuang.base.actor import Role

    second = world.add("liaison2", Role.LIAISON, region=world.county)
    with pytest.raises(NotPermitted):
        contact(world, introduction, at, by=second.actor)
    actions.hand_over(introduction=introduction, to_person=second.person, note="样片在他们那里",
                      by=world.liaison.actor, at=at)  # fmt: skip
    introduction.refresh_from_db()
    assert introduction.liaison == world.liaison.person
    actions.accept_hand_over(introduction=introduction, by=second.actor, at=at)
    introduction.refresh_from_db()
    assert introduction.liaison == second.person
    contact(world, introduction, at, by=second.actor)


def test_only_a_liaison_of_the_region_takes_over(world, introduction, at):
    with pytest.raises(IntroductionRefused) as refused:
        actions.hand_over(introduction=introduction, to_person=world.expert1.person,
                          by=world.liaison.actor, at=at)  # fmt: skip
    assert refused.value.code == "introduction.not_a_liaison"


def test_credit_is_shared_in_whole(world, introduction, at):
    mine, yours = world.liaison.person.number, world.expert1.person.number
    rows = actions.share_credit(introduction=introduction, shares={mine: 6667, yours: 3333},
                                by=world.liaison.actor, at=at)  # fmt: skip
    assert [row.share_bp for row in rows] == [6667, 3333]


@pytest.mark.parametrize("shares", [{}, {"RY-X": 10_000}, {"RY-X": 5000}, {"a": 0, "b": 10_000}])
def test_other_shares_are_refused(world, introduction, at, shares):
    with pytest.raises(IntroductionRefused):
        actions.share_credit(introduction=introduction, shares=shares, by=world.liaison.actor,
                             at=at)  # fmt: skip


def test_the_database_keeps_shares_whole(world, introduction):
    with pytest.raises(IntegrityError), transaction.atomic():
        Credit.objects.filter(introduction=introduction).update(share_bp=9000)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_the_database_keeps_one_open_introduction(introduction):
    with pytest.raises(IntegrityError), transaction.atomic():
        introduction.pk, introduction.number = None, "ZZZZZZZZZZZ"
        Introduction.objects.bulk_create([introduction])
