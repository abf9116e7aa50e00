"""Panels, experts and seats: one test per way out."""


import pytest
from django.db import IntegrityError, transaction

from kechuang.base.refusals import NotPermitted, Refused
from kechuang.record.queries import history_of
from kechuang.reviews import actions, queries, rules
from kechuang.reviews.models import (
    Panel,
    PanelStage,
    Review,
    Seat,
)
from tests.reviews.bench import (
    CRITERIA,
    GOOD,
    SUBJECT,
    codes,
    employ,
    planned,
    reviewing,
    states,
)

# plan_panel and its officers


def test_a_panel_is_planned_with_its_criteria(world, at):
    panel = planned(world, at).panel
    assert (panel.number, panel.state, panel.pass_mark) == ("PS-2026-000001", "PLANNED", 60)
    assert [(c.code, c.weight, c.threshold) for c in queries.criteria_of(panel)] == [
        ("technology", 50, 50), ("team", 30, None), ("cost", 20, None),
    ]  # fmt: skip
    assert [entry.verb for entry in history_of(panel.number)] == ["reviews.plan_panel"]


@pytest.mark.parametrize("name", ["officer_county", "filler", "expert1", "supervisor", "operator"])
def test_nobody_but_the_regions_office_plans_a_panel(world, at, name):
    with pytest.raises(NotPermitted):
        actions.plan_panel(
            subject_number=SUBJECT, subject_title="榜单", region_path=world.city.path,
            criteria=CRITERIA, by=getattr(world, name).actor, at=at,
        )  # fmt: skip
    assert Panel.objects.count() == 0


def test_one_open_panel_per_subject(world, at):
    planned(world, at)
    with pytest.raises(rules.PanelRefused) as refused:
        planned(world, at)
    assert codes(refused) == ["reviews.panel_exists"]


def test_weights_must_sum_to_a_hundred(world, at):
    with pytest.raises(rules.PanelRefused) as refused:
        actions.plan_panel(
            subject_number=SUBJECT, subject_title="榜单", region_path=world.city.path,
            criteria=CRITERIA[:2], by=world.officer.actor, at=at,
        )  # fmt: skip
    assert codes(refused) == ["reviews.weights_do_not_sum"]


def test_secretary_and_chair_are_two_people(world, at):
    panel = planned(world, at).panel
    with pytest.raises(rules.PanelRefused) as refused:
        actions.name_panel_officers(
            panel=panel, secretary=world.officer2.person, chair=world.officer2.person,
            by=world.officer.actor, at=at,
        )  # fmt: skip
    assert codes(refused) == ["reviews.secretary_is_chair"]
    with pytest.raises(IntegrityError), transaction.atomic():
        Panel.objects.filter(pk=panel.pk).update(
            secretary=world.officer2.person, chair=world.officer2.person
        )


def test_an_officer_tied_to_a_bid_is_neither_secretary_nor_chair(world, at):
    bench = planned(world, at).cases()
    employ(world, "expert1", world.university)
    with pytest.raises(rules.ConflictOfInterest) as refused:
        bench.officers()
    assert codes(refused) == ["reviews.officer_in_conflict"]


# experts and seats


def test_experts_are_invited_with_a_term_to_answer(world, at):
    bench = planned(world, at).officers().experts()
    bench.panel.refresh_from_db()
    assert [(seat.order, seat.state) for seat in bench.seats] == [
        (1, "INVITED"), (2, "INVITED"), (3, "INVITED"),
    ]  # fmt: skip
    assert bench.panel.state == "INVITING"
    assert bench.panel.invite_until.isoformat() == "2026-11-24T09:00:00+00:00"


def test_all_reasons_against_experts_are_told_together(world, at):
    bench = planned(world, at).officers().cases()
    with pytest.raises(Refused) as refused:
        bench.experts("expert2", "officer", "member", "officer2")
    assert codes(refused) == [
        "reviews.not_in_pool", "reviews.staff_as_expert",
        "reviews.not_in_pool", "reviews.expert_is_bidder",
        "reviews.already_named", "reviews.not_in_pool", "reviews.staff_as_expert",
    ]  # fmt: skip
    assert Seat.objects.count() == 0


def test_one_expert_per_unit(world, at):
    employ(world, "expert2", world.enterprise)
    employ(world, "expert3", world.enterprise)
    bench = planned(world, at).officers()
    with pytest.raises(rules.SeatRefused) as refused:
        bench.experts("expert2", "expert3")
    assert codes(refused) == ["reviews.unit_twice"]


def test_the_office_names_experts_only_while_there_is_no_secretary(world, at):
    bench = planned(world, at)
    actions.assign_experts(
        panel=bench.panel, experts=[world.expert2.person], by=world.officer.actor, at=at
    )
    bench.officers()
    with pytest.raises(NotPermitted):
        actions.assign_experts(
            panel=bench.panel, experts=[world.expert3.person], by=world.officer.actor, at=at
        )


def test_the_last_acceptance_starts_the_review(world, at):
    bench = planned(world, at).officers().cases().experts()
    for seat in bench.seats[:2]:
        actions.accept_seat(seat=seat, by=bench.actor_of(seat), at=at)
    bench.panel.refresh_from_db()
    assert (bench.panel.state, Review.objects.filter(state="ASSIGNED").count()) == ("INVITING", 4)
    bench.accepted()
    assert bench.panel.state == "REVIEWING"
    assert set(Review.objects.values_list("state", flat=True)) == {"DECLARING"}
    assert list(PanelStage.objects.values_list("stage", flat=True)) == [
        "PLANNED", "INVITING", "COMPLETE", "REVIEWING",
    ]  # fmt: skip


def test_nobody_accepts_for_another(world, at):
    bench = planned(world, at).officers().experts()
    for name in ("expert2", "officer2", "head"):
        with pytest.raises(NotPermitted):
            actions.accept_seat(seat=bench.seats[0], by=getattr(world, name).actor, at=at)


def test_a_seat_is_answered_once(world, at):
    bench = planned(world, at).officers().experts()
    seat = bench.seats[0]
    actions.refuse_seat(seat=seat, reason="出差", by=world.expert1.actor, at=at)
    with pytest.raises(rules.PanelRefused) as refused:
        actions.accept_seat(seat=seat, by=world.expert1.actor, at=at)
    assert codes(refused) == ["reviews.wrong_state"]


def test_a_member_of_a_bid_put_later_loses_the_seat(world, at):
    bench = planned(world, at).officers().experts()
    facts = rules.CaseFacts("BID0000003C", "方案丙", (), (world.expert3.person.number,))
    bench.cases(*bench.two(), facts)
    assert queries.seat_of(bench.panel, world.expert3.person).state == "BARRED"


def test_a_released_expert_leaves_what_was_handed_in(world, at):
    bench = reviewing(world, at).declared()
    bench.submit(bench.review("expert2"), GOOD)
    seat = queries.seat_of(bench.panel, world.expert2.person)
    with pytest.raises(NotPermitted):
        actions.release_seat(seat=seat, reason="逾期", by=world.head.actor, at=at)
    actions.release_seat(seat=seat, reason="逾期", by=world.officer2.actor, at=at)
    assert states(bench, "expert2") == ["SUBMITTED", "DROPPED"]


def test_cases_are_not_put_once_the_review_has_begun(world, at):
    bench = reviewing(world, at)
    with pytest.raises(rules.PanelRefused):
        bench.cases(rules.CaseFacts("BID0000009Z", "迟到方案"))


def test_a_cancelled_panel_lets_nobody_read(world, at):
    bench = reviewing(world, at).declared()
    assert queries.may_read_case(world.expert2.actor, "BID0000001A", at) is True
    actions.cancel_panel(panel=bench.panel, reason="撤榜", by=world.head.actor, at=at)
    assert queries.may_read_case(world.expert2.actor, "BID0000001A", at) is False
    assert queries.may_read_case(world.officer2.actor, "BID0000001A", at) is False
    assert queries.panel_for(SUBJECT) is None
