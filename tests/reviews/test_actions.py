"""Each action of the reviews: one test per way out."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import NotPermitted, Refused, Stale
from kechuang.parties.models import Appointment, Organisation, Person
from kechuang.record.queries import history_of
from kechuang.reviews import actions, queries, rules
from kechuang.reviews.models import (
    Conflict,
    Fence,
    Minutes,
    Panel,
    PanelStage,
    Review,
    Score,
    Seat,
    Submission,
)
from tests.reviews.bench import CRITERIA, FAIR, GOOD, SUBJECT, planned, reviewing, scored

LOW = {"technology": 20, "team": 20, "cost": 20}


def codes(refused):
    return [one.code for one in refused.value.refusals]


def employ(world, name, organisation, until=None):
    """Give a member of the world a dated tie to an organisation."""
    Appointment.objects.create(
        person=getattr(world, name).person, role=Role.MEMBER, organisation=organisation,
        since=date(2015, 1, 1), until=until,
    )  # fmt: skip


def states(bench, name):
    return [bench.review(name, place).state for place in (0, 1)]


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


# conflicts


def test_a_case_is_read_only_after_declaring_no_conflict(world, at):
    bench = reviewing(world, at)
    read = queries.may_read_case
    assert read(world.expert2.actor, "BID0000001A", at) is False
    seat = queries.seat_of(bench.panel, world.expert2.person)
    actions.declare(
        seat=seat, case_number="BID0000001A", conflict=False, by=world.expert2.actor, at=at
    )
    assert read(world.expert2.actor, "BID0000001A", at) is True
    assert read(world.expert2.actor, "BID0000002B", at) is False
    for name in ("expert4", "member", "head", "supervisor", "operator", "filler"):
        assert read(getattr(world, name).actor, "BID0000001A", at) is False
    assert read(Actor.PUBLIC, "BID0000001A", at) is False


def test_a_chair_who_scores_declares_first_too(world, at):
    bench = reviewing(world, at)
    assert queries.may_read_case(world.expert1.actor, "BID0000001A", at) is False
    bench.declared()
    assert queries.may_read_case(world.expert1.actor, "BID0000001A", at) is True


def test_a_declared_conflict_recuses_and_the_case_vanishes(world, at):
    bench = reviewing(world, at)
    seat = queries.seat_of(bench.panel, world.expert2.person)
    actions.declare(
        seat=seat, case_number="BID0000001A", conflict=True, ground="师生",
        by=world.expert2.actor, at=at,
    )  # fmt: skip
    assert states(bench, "expert2") == ["RECUSED", "DECLARING"]
    seen = queries.own_reviews(world.expert2.actor, at)
    assert [review.case.number for review in seen] == ["BID0000002B"]
    assert queries.may_read_case(world.expert2.actor, "BID0000001A", at) is False


@pytest.mark.parametrize(
    ("until", "state", "kind"),
    [
        (None, "RECUSED", "SAME_UNIT"),
        (date(2024, 6, 1), "RECUSED", "FORMER_UNIT"),
        (date(2023, 11, 22), "RECUSED", "FORMER_UNIT"),
        (date(2023, 11, 21), "DECLARING", None),
    ],
)
def test_the_same_organisation_is_found_by_its_code(world, at, until, state, kind):
    employ(world, "expert2", world.university, until)
    bench = reviewing(world, at)
    assert states(bench, "expert2") == [state, "DECLARING"]
    found = Conflict.objects.filter(review=bench.review("expert2"))
    assert [one.kind for one in found] == ([kind] if kind else [])


def test_the_parent_chain_blocks_in_both_directions(world, at):
    Organisation.objects.filter(pk=world.university.pk).update(parent=world.enterprise)
    employ(world, "expert2", world.enterprise)
    bench = reviewing(world, at)
    conflict = Conflict.objects.get()
    assert (bench.review("expert2").state, conflict.kind) == ("RECUSED", "PARENT_CHAIN")
    assert conflict.evidence == {
        "unit": world.enterprise.code, "organisation": world.university.code,
    }  # fmt: skip


def sisters(world, at):
    """The second expert works for a sister of the first bid's organisation."""
    for unit in (world.university, world.rival):
        Organisation.objects.filter(pk=unit.pk).update(parent=world.enterprise)
    employ(world, "expert2", world.rival)
    return reviewing(world, at)


@pytest.mark.parametrize(("is_conflict", "state"), [(True, "RECUSED"), (False, "ACTIVE")])
def test_a_possible_conflict_stays_closed_until_the_secretary_decides(
    world, at, is_conflict, state
):
    bench = sisters(world, at).declared()
    review, conflict = bench.review("expert2"), Conflict.objects.get()
    assert (review.state, review.declared_at, conflict.verdict) == ("DECLARING", at, "POSSIBLE")
    assert queries.may_read_case(world.expert2.actor, "BID0000001A", at) is False
    for name in ("head", "expert1", "expert2"):
        with pytest.raises(NotPermitted):
            actions.decide_conflict(
                conflict=conflict, is_conflict=False, reason="无", at=at,
                by=getattr(world, name).actor,
            )  # fmt: skip
    actions.decide_conflict(
        conflict=conflict, is_conflict=is_conflict, reason="已核对。",
        by=world.officer2.actor, at=at,
    )  # fmt: skip
    assert bench.review("expert2").state == state
    with pytest.raises(rules.PanelRefused):
        actions.decide_conflict(
            conflict=conflict, is_conflict=True, reason="再裁", by=world.officer2.actor, at=at
        )


def test_a_review_is_declared_once_and_by_its_expert(world, at):
    bench = reviewing(world, at).declared()
    seat = queries.seat_of(bench.panel, world.expert2.person)
    given = {"seat": seat, "case_number": "BID0000001A", "conflict": False, "at": at}
    with pytest.raises(rules.PanelRefused):
        actions.declare(by=world.expert2.actor, **given)
    with pytest.raises(NotPermitted):
        actions.declare(by=world.expert3.actor, **given)
    with pytest.raises(rules.ReviewRefused):
        actions.declare(by=world.expert2.actor, **{**given, "case_number": "BID0000009Z"})


# fences


def test_an_officer_who_declares_a_conflict_is_fenced(world, at):
    bench = scored(world, at)
    assert queries.is_fenced(world.officer.actor, SUBJECT) is False
    actions.declare_officer_conflict(
        subject_number=SUBJECT, ground="配偶任职", by=world.officer.actor, at=at
    )
    assert queries.is_fenced(world.officer.actor, SUBJECT) is True
    assert queries.panels_visible_to(world.officer.actor, at).count() == 0
    assert queries.reviews_visible_to(world.officer.actor, at).count() == 0
    assert queries.places_on_the_line([SUBJECT], world.officer.actor, at) == []
    with pytest.raises(NotPermitted):
        actions.cancel_panel(panel=bench.panel, reason="撤", by=world.officer.actor, at=at)
    actions.declare_officer_conflict(
        subject_number=SUBJECT, ground="再次", by=world.officer.actor, at=at
    )
    assert Fence.objects.count() == 1


def test_an_officer_who_worked_for_a_bidder_is_fenced_by_computation(world, at):
    employ(world, "head", world.institute, date(2025, 1, 1))
    reviewing(world, at)
    fence = Fence.objects.get()
    assert (fence.person, fence.kind) == (world.head.person, "FORMER_UNIT")
    assert queries.panels_visible_to(world.head.actor, at).count() == 0
    assert queries.panels_visible_to(world.head2.actor, at).count() == 1


# scores


def test_a_sheet_is_saved_as_far_as_it_is_filled(world, at):
    bench = reviewing(world, at).declared()
    review = bench.review("expert2")
    saved = actions.save_score(
        review=review, points={"technology": 90, "team": None}, opinion="草",
        by=world.expert2.actor, at=at,
    )  # fmt: skip
    assert (saved.state, Score.objects.get().points) == ("DRAFT", 90)
    actions.save_score(
        review=review, points={}, version=saved.version, by=world.expert2.actor, at=at
    )
    assert Score.objects.count() == 0
    assert history_of(review.number).count() == 0
    with pytest.raises(Stale):
        actions.save_score(
            review=review, points={}, version=saved.version, by=world.expert2.actor, at=at
        )


def test_points_outside_the_range_are_refused(world, at):
    bench = reviewing(world, at).declared()
    with pytest.raises(Refused) as refused:
        actions.save_score(
            review=bench.review("expert2"), points={"technology": 101, "team": -1},
            by=world.expert2.actor, at=at,
        )  # fmt: skip
    assert codes(refused) == ["reviews.points_out_of_range"] * 2
    assert Score.objects.count() == 0


def test_nobody_scores_an_undeclared_or_anothers_review(world, at):
    bench = reviewing(world, at)
    review = bench.review("expert2")
    with pytest.raises(rules.PanelRefused):
        actions.save_score(review=review, points=GOOD, by=world.expert2.actor, at=at)
    bench.declared()
    with pytest.raises(NotPermitted):
        actions.save_score(review=review, points=GOOD, by=world.expert3.actor, at=at)


def test_a_submitted_sheet_is_locked(world, at):
    bench = reviewing(world, at).declared()
    review = bench.submit(bench.review("expert2"), GOOD)
    assert (review.state, review.total, review.total_text) == ("SUBMITTED", 8300, "83.00")
    assert Submission.objects.get().points == GOOD
    with pytest.raises(rules.PanelRefused):
        bench.submit(bench.review("expert2"), FAIR)
    with pytest.raises(IntegrityError), transaction.atomic():
        Score.objects.filter(review=review).update(points=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Submission.objects.update(total=1)


def test_the_chair_reopens_with_a_reason_and_the_first_version_stays(world, at):
    bench = scored(world, at)
    review = bench.review("expert2")
    for name in ("expert2", "officer2", "head"):
        with pytest.raises(NotPermitted):
            actions.reopen_review(
                review=review, reason="漏看", by=getattr(world, name).actor, at=at
            )
    actions.reopen_review(review=review, reason="漏看附件", by=world.expert1.actor, at=at)
    bench.submit(bench.review("expert2"), FAIR)
    assert list(Submission.objects.filter(review=review).values_list("round", "total")) == [
        (1, 8300), (2, 7300),
    ]  # fmt: skip


# finishing


def test_a_deviation_needs_a_word_before_the_minutes(world, at):
    bench = reviewing(world, at).declared()
    for name in ("expert1", "expert2", "expert3"):
        bench.submit(bench.review(name, 1), GOOD)
        bench.submit(bench.review(name), LOW if name == "expert2" else GOOD)
    review = bench.review("expert2")
    assert (review.is_deviating, bench.review("expert3").is_deviating) == (True, False)
    with pytest.raises(rules.ReviewRefused):
        actions.explain_deviation(
            review=review, explanation="缺数据", by=world.expert2.actor, at=at
        )
    actions.open_consensus(panel=bench.panel, by=world.expert1.actor, at=at)
    with pytest.raises(rules.PanelRefused) as refused:
        actions.finish_review(panel=bench.panel, by=world.expert1.actor, at=at)
    assert codes(refused) == ["reviews.deviation_unexplained"]
    actions.explain_deviation(
        review=review, explanation="缺数据", by=world.expert2.actor, at=at
    )
    ranking = actions.finish_review(panel=bench.panel, by=world.expert1.actor, at=at)
    assert [(row.rank, row.score_text) for row in ranking] == [(1, "83.00"), (2, "62.00")]


def test_the_consensus_opens_only_when_all_is_in(world, at):
    bench = reviewing(world, at).declared()
    with pytest.raises(Refused) as refused:
        actions.open_consensus(panel=bench.panel, by=world.expert1.actor, at=at)
    assert codes(refused) == ["reviews.reviews_waiting", "reviews.too_few_reviews"] * 2
    with pytest.raises(NotPermitted):
        actions.open_consensus(panel=bench.panel, by=world.officer2.actor, at=at)


def test_two_reviews_are_too_few_and_the_refusal_says_so(world, at):
    bench = reviewing(world, at)
    seat = queries.seat_of(bench.panel, world.expert2.person)
    actions.declare(
        seat=seat, case_number="BID0000001A", conflict=True, by=world.expert2.actor, at=at
    )
    bench.declared().submitted()
    with pytest.raises(rules.PanelRefused) as refused:
        actions.finish_review(panel=bench.panel, by=world.expert1.actor, at=at)
    assert codes(refused) == ["reviews.too_few_reviews"]
    assert refused.value.facts["count"] == 2
    bench.experts("expert4").accepted().declared().submitted()
    assert len(actions.finish_review(panel=bench.panel, by=world.expert1.actor, at=at)) == 2


def test_the_chair_signs_and_the_ranking_stands(world, at):
    bench = scored(world, at)
    for name in ("officer2", "expert2", "head"):
        with pytest.raises(NotPermitted):
            actions.finish_review(panel=bench.panel, by=getattr(world, name).actor, at=at)
    ranking = actions.finish_review(
        panel=bench.panel, remark="同意", by=world.expert1.actor, at=at
    )
    assert [(row.case_number, row.rank, row.score_text) for row in ranking] == [
        ("BID0000001A", 1, "83.00"), ("BID0000002B", 2, "73.00"),
    ]  # fmt: skip
    minutes = Minutes.objects.get()
    assert minutes.content_hash == rules.minutes_hash(minutes.content)
    assert set(Review.objects.values_list("state", flat=True)) == {"COUNTED"}
    assert queries.ranking_of(queries.panel_for(SUBJECT)) == ranking
    with pytest.raises(rules.PanelRefused):
        actions.finish_review(panel=bench.panel, by=world.expert1.actor, at=at)


def test_a_chair_recused_from_a_case_does_not_sign(world, at):
    bench = reviewing(world, at)
    seat = queries.seat_of(bench.panel, world.expert1.person)
    actions.declare(
        seat=seat, case_number="BID0000001A", conflict=True, by=world.expert1.actor, at=at
    )
    assert queries.led_panels(world.expert1.actor, at).count() == 0
    bench.experts("expert4").accepted().declared().submitted()
    with pytest.raises(rules.ConflictOfInterest) as refused:
        actions.finish_review(panel=bench.panel, by=world.expert1.actor, at=at)
    assert codes(refused) == ["reviews.officer_in_conflict"]
    actions.name_panel_officers(
        panel=bench.panel, secretary=world.officer2.person, chair=world.expert5.person,
        by=world.officer.actor, at=at,
    )  # fmt: skip
    assert len(actions.finish_review(panel=bench.panel, by=world.expert5.actor, at=at)) == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda: Panel.objects.update(pass_mark=0),
        lambda: Review.objects.update(opinion="改"),
        lambda: Score.objects.update(points=0),
        lambda: Minutes.objects.update(content_hash="0"),
        lambda: Minutes.objects.all().delete(),
        lambda: Seat.objects.update(state="RELEASED"),
        lambda: Person.objects.count() and Submission.objects.update(total=0),
    ],
    ids=["panel", "review", "score", "minutes", "no-minutes", "seat", "submission"],
)
def test_the_database_locks_what_is_finished(world, at, change):
    bench = scored(world, at)
    actions.finish_review(panel=bench.panel, by=world.expert1.actor, at=at)
    with pytest.raises(IntegrityError), transaction.atomic():
        change()
