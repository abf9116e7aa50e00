"""Events: one test per way out, what leaves no trace, and what the database itself refuses."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from kechuang.base.refusals import NotPermitted, RefusedTogether, Stale
from kechuang.matching import actions
from kechuang.matching.models import EventTable, Introduction, Outcome, Seat, SignUp, Sitting
from kechuang.matching.queries import events as queries
from kechuang.matching.rules import EventRefused, IntroductionRefused
from kechuang.messages.models import Message
from kechuang.needs.models import Need
from kechuang.offers.models import Offer
from kechuang.record.models import Entry

pytestmark = pytest.mark.django_db


def refusal(act, **said):
    with pytest.raises(EventRefused) as refused:
        act(**said)
    return refused.value.code


def test_an_event_is_prepared_then_announced(world, typed, at):
    row = actions.save_event(event=None, typed=typed, by=world.liaison.actor, at=at)
    assert (row.number, row.state, row.region_path) == ("HD-2026-000001", "DRAFT", world.city.path)
    assert not queries.events_visible_to(world.filler.actor, at).exists()
    assert queries.events_visible_to(world.head.actor, at).get() == row
    actions.open_event(event=row, by=world.officer.actor, at=at)
    assert queries.events_visible_to(world.filler.actor, at).get().state == "OPEN"
    assert list(Entry.objects.filter(object_number=row.number).values_list("verb", flat=True)) == [
        "matching.prepare_event", "matching.open_event",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "name", ["filler", "member", "head", "supervisor", "expert1", "officer_county", "operator"]
)
def test_who_does_not_run_an_event_of_the_city(world, event, name, at):
    actor = getattr(world, name).actor
    with pytest.raises(NotPermitted):
        actions.cancel_event(event=event, reason="x", by=actor, at=at)
    with pytest.raises(NotPermitted):
        actions.invite(event=event, by=actor, at=at)
    with pytest.raises(NotPermitted):
        actions.plan_event(event=event, by=actor, at=at)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"title": " "}, "event.text_missing"),
        ({"place": "x" * 121}, "event.text_too_long"),
        ({"capacity": 0}, "event.out_of_range"),
        ({"tables": 101}, "event.out_of_range"),
        ({"sitting_minutes": 1}, "event.out_of_range"),
    ],
)
def test_an_event_must_be_whole(world, typed, at, more, code):
    said = {"event": None, "typed": typed | more, "by": world.liaison.actor, "at": at}
    assert refusal(actions.save_event, **said) == code


def test_times_of_an_event_must_fit(world, typed, at):
    typed |= {"since_at": at, "until_at": at - timedelta(hours=1), "sign_up_until": at
              + timedelta(hours=1)}  # fmt: skip
    with pytest.raises(RefusedTogether) as refused:
        actions.save_event(event=None, typed=typed, by=world.liaison.actor, at=at)
    assert [one.code for one in refused.value.refusals] == [
        "event.ends_before", "event.sign_up_after_start", "event.begins_past",
    ]  # fmt: skip
    typed |= {"since_at": at + timedelta(days=1), "until_at": at + timedelta(days=9),
              "sign_up_until": at}  # fmt: skip
    said = {"event": None, "typed": typed, "by": world.liaison.actor, "at": at}
    assert refusal(actions.save_event, **said) == "event.too_long"


def test_a_change_tells_those_who_come_and_keeps_the_version(world, event, signed, typed, at):
    by = world.liaison.actor
    with pytest.raises(Stale):
        actions.save_event(event=event, typed=typed, version=1, by=by, at=at)
    row = actions.save_event(event=event, typed=typed | {"place": "三楼"}, version=2, by=by, at=at)
    assert (row.place, row.version) == ("三楼", 3)
    told = Message.objects.filter(template="events.changed").values_list("person_number", flat=True)
    assert set(told) == {world.filler.person.number, world.member.person.number}
    said = {"event": event, "typed": typed | {"capacity": 1}, "by": by, "at": at}
    assert refusal(actions.save_event, **said) == "event.capacity_taken"
    actions.plan_event(event=event, by=by, at=at)
    said["typed"] = typed | {"sitting_minutes": 30}
    assert refusal(actions.save_event, **said) == "event.planned"


def test_signing_up_brings_ones_own(world, event, need, offer, make_offer, at):
    theirs = make_offer("CG-2026-000005", organisation="institute")
    draft = make_offer("CG-2026-000006", state="DRAFT")
    by = world.member.actor
    for brought in (theirs, draft):
        said = {"event": event, "offer": brought, "by": by, "at": at}
        assert refusal(actions.sign_up, **said) == "event.not_yours"
    assert refusal(actions.sign_up, event=event, by=by, at=at) == "event.bring_one"
    made = actions.sign_up(event=event, offer=offer, wish="谈试片", by=by, at=at)
    assert (made.organisation, made.person) == (world.university, world.member.person)
    said = {"event": event, "offer": offer, "by": by, "at": at}
    assert refusal(actions.sign_up, **said) == "event.signed_up"


def test_nobody_signs_up_late_or_without_a_unit(world, event, offer, at):
    for member, when in ((world.expert1, at), (world.liaison, at),
                         (world.member, event.sign_up_until)):  # fmt: skip
        with pytest.raises(NotPermitted):
            actions.sign_up(event=event, offer=offer, by=member.actor, at=when)


def test_a_lecture_is_open_to_anybody_signed_in(world, typed, at, offer):
    row = actions.save_event(event=None, typed=typed | {"kind": "LECTURE", "capacity": 1},
                             by=world.officer.actor, at=at)  # fmt: skip
    actions.open_event(event=row, by=world.officer.actor, at=at)
    said = {"event": row, "offer": offer, "by": world.member.actor, "at": at}
    assert refusal(actions.sign_up, **said) == "event.nothing_to_bring"
    actions.sign_up(event=row, by=world.expert1.actor, at=at)
    assert refusal(actions.sign_up, event=row, by=world.filler.actor, at=at) == "event.full"


def test_the_database_keeps_the_capacity(world, event, need, at):
    with pytest.raises(IntegrityError, match="sign_ups_within_capacity"), transaction.atomic():
        event.capacity = 1
        event.save()
        for member in (world.filler, world.unit_admin):
            SignUp.objects.create(event=event, person=member.person, need=need, signed_at=at)


def test_a_withdrawn_sign_up_takes_its_sittings_along(world, event, signed, at):
    by = world.liaison.actor
    actions.plan_event(event=event, by=by, at=at)
    assert Sitting.objects.count() == 1
    with pytest.raises(NotPermitted):
        actions.withdraw_sign_up(sign_up=signed[1], by=world.filler.actor, at=at)
    actions.withdraw_sign_up(sign_up=signed[1], by=world.research_admin.actor, at=at)
    assert (Sitting.objects.count(), Seat.objects.count()) == (0, 0)
    assert queries.seats_taken(event) == 1
    again = actions.sign_up(event=event, offer=signed[1].offer, by=world.member.actor, at=at)
    assert again.pk != signed[1].pk


def test_invitations_come_from_the_ranking(world, event, need, offer, make_offer, at):
    make_offer("CG-2026-000003", title="氮化铝基板一", figure=230)
    make_offer("CG-2026-000004", title="氮化铝基板二", figure=231)
    make_offer("CG-2026-000005", title="氮化铝基板三", organisation="institute")
    make_offer("CG-2026-000006", title="氮化铝基板四", organisation=None)
    make_offer("CG-2026-000007", title="氮化铝基板五", organisation="enterprise")
    actions.rank_need(need=need, at=at)
    actions.sign_up(event=event, need=need, by=world.filler.actor, at=at)
    made = actions.invite(event=event, by=world.liaison.actor, at=at)
    units = sorted(one.organisation.name for one in made)
    assert units == ["示例大学", "示例大学", "示例材料研究所"]
    assert actions.invite(event=event, by=world.liaison.actor, at=at)[0].offer.organisation == (
        world.university
    )
    told = Message.objects.filter(template="events.invited").values_list("person_number", flat=True)
    assert world.research_admin.person.number in told
    one = queries.open_invitations(world.member.actor, at).first()
    actions.sign_up(event=event, offer=one.offer, by=world.member.actor, at=at)
    one.refresh_from_db()
    assert (one.state, one.answered_at) == ("ACCEPTED", at)


def test_an_invitation_is_declined_once_with_a_word(world, event, signed, make_offer, at):
    make_offer("CG-2026-000003", title="氮化铝基板一", organisation="institute")
    actions.rank_need(need=signed[0].need, at=at)
    (one,) = actions.invite(event=event, by=world.liaison.actor, at=at)
    with pytest.raises(NotPermitted):
        actions.decline_invitation(invitation=one, answer="x", by=world.member.actor, at=at)
    by = world.institute_member.actor
    with pytest.raises(IntroductionRefused):
        actions.decline_invitation(invitation=one, answer=" ", by=by, at=at)
    done = actions.decline_invitation(invitation=one, answer="当天出差", by=by, at=at)
    assert (done.state, done.answer) == ("DECLINED", "当天出差")
    said = {"invitation": one, "answer": "x", "by": by, "at": at}
    assert refusal(actions.decline_invitation, **said) == "invitation.answered"


def test_a_closed_need_draws_nobody_and_is_not_seated(world, event, make_need, offer, at):
    need = make_need(publication="CLOSED")
    actions.rank_need(need=need, at=at)
    ask = actions.sign_up(event=event, need=need, by=world.filler.actor, at=at)
    assert actions.invite(event=event, by=world.liaison.actor, at=at) == []
    give = actions.sign_up(event=event, offer=offer, by=world.member.actor, at=at)
    assert actions.plan_event(event=event, by=world.liaison.actor, at=at).booked == ()
    said = {"event": event, "need_sign_up": ask, "offer_sign_up": give, "table": 1, "slot": 0,
            "by": world.liaison.actor, "at": at}  # fmt: skip
    assert refusal(actions.seat_pair, **said) == "plan.no_pair"
    actions.introduce(need=need, offer=offer, reason_code="TARGETS_MET", note="可先试片",
                      by=world.liaison.actor, at=at)  # fmt: skip
    assert len(actions.plan_event(event=event, by=world.liaison.actor, at=at).booked) == 1


def test_a_withdrawn_offer_leaves_no_trace(world, event, signed, at):
    actions.plan_event(event=event, by=world.liaison.actor, at=at)
    Offer.objects.filter(pk=signed[1].offer.pk).update(state="DRAFT")
    for member in (world.liaison, world.officer, world.filler, world.supervisor):
        assert not queries.sittings_visible_to(member.actor, at).exists()
        assert not queries.sign_ups_visible_to(member.actor, at).exclude(offer=None).exists()
    assert actions.plan_event(event=event, by=world.liaison.actor, at=at).booked == ()


def test_the_plan_is_mended_by_hand_and_stays(world, event, signed, at):
    by = world.liaison.actor
    actions.plan_event(event=event, by=by, at=at)
    ask, give = signed
    said = {"event": event, "need_sign_up": ask, "offer_sign_up": give, "by": by, "at": at}
    moved = actions.seat_pair(**said, table=2, slot=2)
    assert (moved.table.place, moved.since_at) == (2, event.since_at + timedelta(minutes=40))
    assert set(Seat.objects.values_list("since_at", "until_at")) == {
        (moved.since_at, moved.until_at)
    }
    actions.plan_event(event=event, by=by, at=at)
    assert Sitting.objects.get().pk == moved.pk
    assert refusal(actions.seat_pair, **said, table=3, slot=0) == "plan.no_such_seat"
    assert refusal(actions.seat_pair, **said, table=1, slot=3) == "plan.no_such_seat"
    actions.drop_sitting(sitting=moved, by=by, at=at)
    assert not Seat.objects.exists()
    actions.plan_event(event=event, by=by, at=at)
    assert actions.clear_plan(event=event, by=by, at=at) == 1


def test_a_taken_seat_is_refused_by_hand(world, event, signed, make_need, at):
    by = world.liaison.actor
    actions.plan_event(event=event, by=by, at=at)
    other = make_need("XQ-2026-000913")
    ask = actions.sign_up(event=event, need=other, by=world.unit_admin.actor, at=at)
    said = {"event": event, "need_sign_up": ask, "offer_sign_up": signed[1], "by": by, "at": at}
    with pytest.raises(RefusedTogether) as refused:
        actions.seat_pair(**said, table=1, slot=0)
    assert [one.code for one in refused.value.refusals] == ["plan.table_taken", "plan.person_taken"]
    assert refusal(actions.seat_pair, **said, table=2, slot=0) == "plan.person_taken"
    actions.seat_pair(**said, table=1, slot=1)


def planted(event, signed, table, since, until, other=None):
    """A sitting written past every action."""
    ask, give = signed
    Sitting.objects.bulk_create([Sitting(
        event=event, table=table, need_sign_up=other or ask, offer_sign_up=give, since_at=since,
        until_at=until,
    )])  # fmt: skip


@pytest.mark.parametrize("minutes", [-19, 0, 10, 19])
def test_the_database_refuses_a_planted_collision(world, event, signed, make_need, at, minutes):
    actions.plan_event(event=event, by=world.liaison.actor, at=at)
    first = Sitting.objects.get()
    other = make_need("XQ-2026-000913")
    ask = actions.sign_up(event=event, need=other, by=world.unit_admin.actor, at=at)
    since = first.since_at + timedelta(minutes=minutes)
    until = since + timedelta(minutes=20)
    table = EventTable.objects.get(event=event, place=2)
    with pytest.raises(IntegrityError, match="one_seat_per_person_at_a_time"), transaction.atomic():
        planted(event, signed, table, since, until, other=ask)
    with pytest.raises(IntegrityError, match="one_sitting_per_table"), transaction.atomic():
        planted(event, signed, first.table, since, until, other=ask)


def test_the_next_sitting_may_follow_at_once(world, event, signed, make_need, at):
    actions.plan_event(event=event, by=world.liaison.actor, at=at)
    first = Sitting.objects.get()
    ask = actions.sign_up(event=event, need=make_need("XQ-2026-000913"),
                          by=world.unit_admin.actor, at=at)  # fmt: skip
    planted(event, signed, first.table, first.until_at, first.until_at + timedelta(minutes=20),
            other=ask)  # fmt: skip
    second = Sitting.objects.exclude(pk=first.pk).get()
    with pytest.raises(IntegrityError, match="one_sitting_per_table"), transaction.atomic():
        Sitting.objects.filter(pk=second.pk).update(since_at=first.since_at)
    with connection.cursor() as cursor, pytest.raises(IntegrityError), transaction.atomic():
        cursor.execute("UPDATE matching_seat SET since_at = since_at - interval '1 minute'")


def test_a_person_is_not_at_two_events_at_a_time(world, event, signed, typed, at):
    by = world.liaison.actor
    actions.plan_event(event=event, by=by, at=at)
    typed |= {"since_at": typed["since_at"] + timedelta(minutes=10)}
    other = actions.save_event(event=None, typed=typed, by=by, at=at)
    actions.open_event(event=other, by=by, at=at)
    ask = actions.sign_up(event=other, need=signed[0].need, by=world.filler.actor, at=at)
    give = actions.sign_up(event=other, offer=signed[1].offer, by=world.member.actor, at=at)
    (one,) = actions.plan_event(event=other, by=by, at=at).booked
    assert one.slot == 1
    said = {"event": other, "need_sign_up": ask, "offer_sign_up": give, "table": 1, "slot": 0}
    assert refusal(actions.seat_pair, **said, by=by, at=at) == "plan.elsewhere"


def test_an_event_without_tables_is_not_planned(world, typed, at):
    by = world.liaison.actor
    row = actions.save_event(event=None, typed=typed | {"tables": 0}, by=by, at=at)
    said = {"event": row, "by": by, "at": at}
    assert refusal(actions.plan_event, **said) == "event.wrong_state"
    actions.open_event(event=row, by=by, at=at)
    assert refusal(actions.plan_event, **said) == "plan.no_tables"


def test_cancelling_says_why_and_clears_the_plan(world, event, signed, at):
    by = world.liaison.actor
    actions.plan_event(event=event, by=by, at=at)
    with pytest.raises(IntroductionRefused):
        actions.cancel_event(event=event, reason="", by=by, at=at)
    row = actions.cancel_event(event=event, reason="场地停电", by=by, at=at)
    assert (row.state, row.cancel_reason, Sitting.objects.count()) == ("CANCELLED", "场地停电", 0)
    assert refusal(actions.cancel_event, event=event, reason="x", by=by, at=at) == (
        "event.wrong_state"
    )


@pytest.fixture
def held(world, event, signed, at):
    """The event was held; both came."""
    actions.plan_event(event=event, by=world.liaison.actor, at=at)
    after = event.until_at
    return actions.hold_event(event=event, arrived=[s.number for s in signed],
                              by=world.liaison.actor, at=after)  # fmt: skip


def test_nobody_came_before_the_beginning(world, event, at):
    said = {"event": event, "arrived": [], "by": world.liaison.actor, "at": at}
    assert refusal(actions.hold_event, **said) == "event.not_yet"


def test_both_sides_are_asked_after_three_six_and_twelve_months(world, held):
    asked = Outcome.objects.order_by("months", "side").values_list("months", "side", "due_date")
    assert [(m, s, d.isoformat()) for m, s, d in asked] == [
        (3, "NEED", "2027-02-28"), (3, "OFFER", "2027-02-28"),
        (6, "NEED", "2027-05-28"), (6, "OFFER", "2027-05-28"),
        (12, "NEED", "2027-11-28"), (12, "OFFER", "2027-11-28"),
    ]  # fmt: skip


def test_who_did_not_come_is_asked_nothing(world, event, signed, at):
    actions.plan_event(event=event, by=world.liaison.actor, at=at)
    actions.hold_event(event=event, arrived=[signed[0].number], by=world.liaison.actor,
                       at=event.until_at)  # fmt: skip
    assert Sitting.objects.get().state == "MISSED"
    assert set(SignUp.objects.values_list("state", flat=True)) == {"ARRIVED", "ABSENT"}
    assert not Outcome.objects.exists()


def test_an_outcome_is_answered_once_by_its_side(world, held, at):
    row = Outcome.objects.get(months=3, side="NEED")
    with pytest.raises(NotPermitted):
        actions.answer_outcome(outcome=row, code="SIGNED", by=world.member.actor, at=at)
    by = world.unit_admin.actor
    said = {"outcome": row, "by": by, "at": at}
    assert refusal(actions.answer_outcome, **said, code="WHO") == "outcome.unknown"
    assert refusal(actions.answer_outcome, **said, code="SIGNED", amount_fen=0) == "outcome.amount"
    assert refusal(actions.answer_outcome, **said, code="NOTHING", amount_fen=5) == (
        "outcome.amount_without_contract"
    )
    done = actions.answer_outcome(**said, code="SIGNED", amount_fen=80_000_000, note="合同已签")
    assert (done.code, done.amount_fen, done.by_person) == (
        "SIGNED", 80_000_000, world.unit_admin.person,
    )  # fmt: skip
    assert refusal(actions.answer_outcome, **said, code="LANDED") == "outcome.answered"


def test_the_desk_answers_for_who_was_telephoned(world, held, at):
    row = Outcome.objects.get(months=6, side="OFFER")
    done = actions.answer_outcome(outcome=row, code="TALKING", by=world.liaison.actor, at=at)
    assert done.by_person == world.liaison.person


def test_a_talk_goes_into_the_ledger(world, held, signed, at):
    made = actions.introduce(
        need=signed[0].need, offer=signed[1].offer, event=held, reason_code="TARGETS_MET",
        note="会上谈妥试片。", by=world.liaison.actor, at=at,
    )  # fmt: skip
    assert Introduction.objects.get(event=held) == made
    assert Need.objects.get(pk=signed[0].need.pk).state == "ACCEPTED"
