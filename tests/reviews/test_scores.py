"""Score sheets, deviations, minutes: one test per way out."""


import pytest
from django.db import IntegrityError, transaction

from kechuang.base.refusals import NotPermitted, Refused, Stale
from kechuang.parties.models import Person
from kechuang.record.queries import history_of
from kechuang.reviews import actions, queries, rules
from kechuang.reviews.models import (
    Minutes,
    Panel,
    Review,
    Score,
    Seat,
    Submission,
)
from tests.reviews.bench import (
    FAIR,
    GOOD,
    LOW,
    SUBJECT,
    codes,
    reviewing,
    scored,
)

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
