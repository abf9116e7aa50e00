"""Conflicts and fences: who may not read, and who decides."""

from datetime import date

import pytest
from django.utils import timezone

from kechuang.base.actor import Actor
from kechuang.base.refusals import NotPermitted
from kechuang.parties.models import Organisation
from kechuang.record.models import Entry, Payload
from kechuang.reviews import actions, queries, rules
from kechuang.reviews.models import (
    Conflict,
    Fence,
    Score,
    Submission,
)
from tests.reviews.bench import (
    SUBJECT,
    employ,
    reviewing,
    scored,
    states,
)

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


# conflicts that become known late


def test_a_conflict_known_after_handing_in_voids_the_points_and_keeps_what_was_handed_in(
    world, at
):
    bench = scored(world, at)
    seat = queries.seat_of(bench.panel, world.expert2.person)
    before = queries.totals_of(bench.review("expert2").case)
    review = actions.declare(
        seat=seat, case_number="BID0000001A", conflict=True, ground="刚知道是师生",
        by=world.expert2.actor, at=at,
    )  # fmt: skip
    assert (review.state, review.total, review.submitted_at) == ("RECUSED", None, None)
    assert len(queries.totals_of(review.case)) == len(before) - 1
    assert not Score.objects.filter(review=review).exists()
    assert [one.round for one in Submission.objects.filter(review=review)] == [1]
    assert states(bench, "expert2") == ["RECUSED", "SUBMITTED"]
    assert queries.may_read_case(world.expert2.actor, "BID0000001A", at) is False
    entry = Entry.objects.filter(verb="reviews.declare").latest("pk")
    assert Payload.objects.get(entry=entry).content["rounds_void"] == 1


def test_the_secretary_takes_an_expert_off_with_a_reason_and_too_few_reviews_finish_nothing(
    world, at
):
    bench = scored(world, at)
    actions.open_consensus(panel=bench.panel, by=world.expert1.actor, at=at)
    review = bench.review("expert2")
    with pytest.raises(NotPermitted):
        actions.recuse_late(review=review, reason="师生", by=world.expert3.actor, at=at)
    actions.recuse_late(review=review, reason="举报属实", by=world.officer2.actor, at=at)
    conflict = Conflict.objects.get(review=review)
    assert (conflict.kind, conflict.verdict, conflict.reason) == (
        "FOUND_LATE", "BLOCKING", "举报属实"
    )  # fmt: skip
    bench.panel.refresh_from_db()
    assert bench.panel.consensus_at is None
    with pytest.raises(rules.PanelRefused):
        actions.finish_review(panel=bench.panel, by=world.expert1.actor, at=at)
    with pytest.raises(rules.PanelRefused):  # once is enough
        actions.recuse_late(review=review, reason="再", by=world.officer2.actor, at=at)


def test_a_late_conflict_by_page_and_api(world, client_as, api_as):
    bench = scored(world, timezone.now())
    row = bench.review("expert2")
    own, secretary = client_as(world.expert2), client_as(world.officer2)
    page = secretary.get(f"/reviews/{row.number}/").content.decode()
    assert f"/reviews/{row.number}/recuse/" in page
    assert f"/reviews/{row.number}/declare/" in own.get(f"/reviews/{row.number}/").content.decode()
    answer = own.post(f"/reviews/{row.number}/declare/", {"ground": ""})
    assert (answer.status_code, bench.review("expert2").state) == (302, "RECUSED")
    other = bench.review("expert3")
    answer = secretary.post(f"/reviews/{other.number}/recuse/", {"reason": "举报属实"})
    assert (answer.status_code, bench.review("expert3").state) == (302, "RECUSED")
    last = bench.review("expert3", 1)
    told = api_as(world.officer2).post(
        f"/api/v1/reviews/{last.number}/recuse", {"reason": "举报属实"},
        content_type="application/json",
    )  # fmt: skip
    assert (told.status_code, told.json()["state"]) == (200, "RECUSED")
