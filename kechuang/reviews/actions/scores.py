"""Declare, score, hand in, reopen, explain, and finish a panel with its signed minutes."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import N_, check_version, refuse_all, require
from kechuang.base.time import SHANGHAI, rfc3339
from kechuang.messages.actions import tell
from kechuang.parties.models import Person
from kechuang.record.actions import append
from kechuang.reviews import queries, rules
from kechuang.reviews.actions.steps import (
    locked_panel,
    move_panel,
    move_review,
    move_reviews,
    require_state,
    require_unfenced,
)
from kechuang.reviews.models import (
    Conflict,
    Minutes,
    Panel,
    Review,
    Score,
    Seat,
    Submission,
)


def _locked(review: Review) -> tuple[Panel, Review]:
    """The review and its panel, the panel locked first: one order for all."""
    panel = locked_panel(review.case.panel)
    row = Review.objects.select_related("seat__expert__person", "case").get(pk=review.pk)
    return panel, row


def _own(review: Review, by: Actor) -> tuple[Panel, Review]:
    """The actor's own review under a lock, in a panel that is reviewing."""
    panel, review = _locked(review)
    require(
        rules.may_hold_seat(by, review.seat.expert.person.number),
        rules.not_permitted(rules.EXPERT_MAY),
    )
    require_state(panel.number, panel, Panel.State.REVIEWING)
    require_state(panel.number, review.seat, Seat.State.ACCEPTED)
    return panel, review


@transaction.atomic
def declare(
    *, seat: Seat, case_number: str, conflict: bool, by: Actor, at: datetime, ground: str = ""
) -> Review:
    """Declare for one case whether there is a conflict; without one the case may be read.

    A conflict known later is declared as well, until the minutes are signed: `take_off`. A declared
    conflict recuses at once and needs no proof. A possible one that was computed keeps the case
    closed until the secretary has decided.
    """
    review = queries.review_for(seat, case_number)
    if review is None:
        raise rules.ReviewRefused(
            "reviews.no_such_review",
            N_("不能申报。该席位没有这份方案的评审。"), {}, ("case_number",),
            N_("请从您的评审清单进入。"),
        )  # fmt: skip
    panel, review = _own(review, by)
    if not (conflict and review.state in rules.REVIEW_OPENED):
        require_state(review.number, review, Review.State.DECLARING)
        review.declared_at = at
    if conflict and review.state == Review.State.SUBMITTED and panel.secretary:
        tell(
            people=[panel.secretary.number], template="reviews.declared_late",
            object_number=panel.number, by=by, at=at,
        )  # fmt: skip
    if conflict:
        Conflict.objects.create(
            review=review, kind=Conflict.Kind.DECLARED, verdict=Conflict.Verdict.BLOCKING,
            ground=ground, found_at=at,
        )  # fmt: skip
        take_off(panel, review, by, at)
    elif _has_possible(review):
        review.save(update_fields=["declared_at"])
    else:
        move_review(review, Review.State.ACTIVE, by, at)
    void = Submission.objects.filter(review=review).count() if conflict else 0
    append(
        verb="reviews.declare", object_number=panel.number, by=by, at=at,
        payload={"review": review.number, "case": case_number, "conflict": conflict,
                 "rounds_void": void},
    )  # fmt: skip
    return review


def take_off(panel: Panel, review: Review, by: Actor, at: datetime, note: str = "") -> None:
    """Take a reviewer off a case: the points are void, what was handed in is kept as it was.

    A consensus that was open is closed again where reviews are lacking now: they come first.
    """
    was_scored = review.state == Review.State.SUBMITTED
    review.total = review.submitted_at = None
    review.is_deviating, review.explanation = False, ""
    move_review(review, Review.State.RECUSED, by, at, note)
    Score.objects.filter(review=review).delete()  # the database locks the points of what counts
    if not was_scored:
        return
    mark_deviations(review)
    left = Review.objects.filter(case=review.case, state=Review.State.SUBMITTED).count()
    if panel.consensus_at is not None and left < max(
        rules.REVIEWS_MIN, panel.reviews_per_case or 0
    ):
        panel.consensus_at = None
        panel.version += 1
        panel.save()


@transaction.atomic
def recuse_late(*, review: Review, reason: str, by: Actor, at: datetime) -> Review:
    """The secretary takes an expert off a case for a conflict that became known late.

    Refuses once the minutes are signed: then the way is an objection to the award.
    """
    panel, review = _locked(review)
    require(rules.may_run_panel(by, panel.facts), rules.not_permitted(rules.SECRETARY_MAY))
    require_unfenced(panel, by)
    require_state(panel.number, panel, Panel.State.REVIEWING)
    require_state(review.number, review, *rules.REVIEW_OPENED)
    Conflict.objects.create(
        review=review, kind=Conflict.Kind.FOUND_LATE, verdict=Conflict.Verdict.BLOCKING,
        reason=reason, found_at=at, decided_at=at,
        decided_by=Person.objects.get(number=by.person),
    )  # fmt: skip
    take_off(panel, review, by, at, reason)
    append(
        verb="reviews.recuse_late", object_number=panel.number, by=by, at=at,
        payload={"review": review.number, "case": review.case.number,
                 "rounds_void": Submission.objects.filter(review=review).count()},
    )  # fmt: skip
    tell(
        people=[review.seat.expert.person.number], template="reviews.recused_late",
        object_number=review.number, by=by, at=at,
    )  # fmt: skip
    return review


def _has_possible(review: Review) -> bool:
    return Conflict.objects.filter(review=review, verdict=Conflict.Verdict.POSSIBLE).exists()


@transaction.atomic
def decide_conflict(
    *, conflict: Conflict, is_conflict: bool, reason: str, by: Actor, at: datetime
) -> Conflict:
    """The secretary decides a possible conflict with a reason: recuse, or clear."""
    panel, review = _locked(conflict.review)
    conflict = Conflict.objects.get(pk=conflict.pk)
    require(rules.may_run_panel(by, panel.facts), rules.not_permitted(rules.SECRETARY_MAY))
    require_unfenced(panel, by)
    if conflict.verdict != Conflict.Verdict.POSSIBLE:
        raise rules.refused_in_state(conflict.number, conflict.get_verdict_display())
    require_state(panel.number, panel, *rules.PANEL_OPEN)
    verdict = Conflict.Verdict.BLOCKING if is_conflict else Conflict.Verdict.CLEARED
    conflict.verdict, conflict.reason, conflict.decided_at = verdict, reason, at
    conflict.decided_by = Person.objects.get(number=by.person)
    conflict.save()
    if is_conflict and review.state in rules.REVIEW_WAITING:
        move_review(review, Review.State.RECUSED, by, at)
    elif review.declared_at and review.state == "DECLARING" and not _has_possible(review):
        move_review(review, Review.State.ACTIVE, by, at)
    append(
        verb="reviews.decide_conflict", object_number=panel.number, by=by, at=at,
        payload={"review": review.number, "kind": conflict.kind, "verdict": conflict.verdict},
    )  # fmt: skip
    return conflict


@transaction.atomic
def save_score(
    *,
    review: Review,
    points: Mapping[str, int | None],
    by: Actor,
    at: datetime,
    opinion: str = "",
    version: int | None = None,
) -> Review:
    """Save a draft of the score sheet as far as it is filled; autosaves are not recorded.

    `points` maps criterion codes to whole points or None. Refuses (rules.ReviewRefused) points
    outside 0 to 100, and a review that is not open to the actor; refuses a stale version.
    """
    panel, review = _own(review, by)
    require_state(review.number, review, *rules.REVIEW_SCORING)
    check_version(review.number, version, review.version)
    _keep_points(panel, review, points)
    review.opinion = opinion
    if review.state == Review.State.ACTIVE:
        move_review(review, Review.State.DRAFT, by, at)
    else:
        review.version += 1
        review.save()
    return review


def _keep_points(panel: Panel, review: Review, points: Mapping[str, int | None]) -> None:
    """Write the points given, take away those emptied."""
    criteria = queries.criteria_of(panel)
    refuse_all(rules.problems_with_points({one.code: one.name for one in criteria}, points))
    for criterion in criteria:
        value = points.get(criterion.code)
        if value is None:
            Score.objects.filter(review=review, criterion=criterion).delete()
            continue
        Score.objects.update_or_create(
            review=review, criterion=criterion, defaults={"points": value}
        )


@transaction.atomic
def submit_score(
    *,
    review: Review,
    points: Mapping[str, int | None],
    by: Actor,
    at: datetime,
    opinion: str,
    version: int | None = None,
) -> Review:
    """Hand in a complete score sheet with an opinion; it is locked from then on.

    Refuses, all reasons together, criteria without points and a missing opinion.
    """
    panel, review = _own(review, by)
    require_state(review.number, review, *rules.REVIEW_SCORING)
    check_version(review.number, version, review.version)
    criteria = queries.criteria_of(panel)
    names = {one.code: one.name for one in criteria}
    refuse_all(rules.problems_with_sheet(names, points, opinion))
    given = {code: int(points[code] or 0) for code in names}
    _keep_points(panel, review, given)
    review.opinion = opinion
    review.total = rules.weighted_total(given, {one.code: one.weight for one in criteria})
    review.submitted_at = at
    move_review(review, Review.State.SUBMITTED, by, at)
    rounds = Submission.objects.filter(review=review).count()
    Submission.objects.create(
        review=review, round=rounds + 1, points=given, total=review.total, opinion=opinion,
        submitted_at=at,
    )  # fmt: skip
    mark_deviations(review)
    append(
        verb="reviews.submit_score", object_number=review.number, by=by, at=at,
        payload={"case": review.case.number, "round": rounds + 1,
                 "points": rules.minutes_hash({"points": given, "salt": review.number})},
    )  # fmt: skip
    return review


def mark_deviations(review: Review) -> None:
    """Flag the handed-in reviews of a case that lie more than 20 % off the median."""
    rows = list(Review.objects.filter(case=review.case, state=Review.State.SUBMITTED))
    totals = [row.total for row in rows]
    for row in rows:
        row.is_deviating = len(rows) >= rules.REVIEWS_MIN and rules.is_deviating(
            row.total, totals
        )
    Review.objects.bulk_update(rows, ["is_deviating"])
    review.is_deviating = next(
        (row.is_deviating for row in rows if row.pk == review.pk), False
    )


@transaction.atomic
def reopen_review(*, review: Review, reason: str, by: Actor, at: datetime) -> Review:
    """The chair gives a handed-in review back with a reason; what was handed in is kept."""
    panel, review = _locked(review)
    require(rules.may_lead_panel(by, panel.facts), rules.not_permitted(rules.CHAIR_MAY))
    require_unfenced(panel, by)
    require_state(panel.number, panel, Panel.State.REVIEWING)
    require_state(review.number, review, Review.State.SUBMITTED)
    review.is_deviating = False
    review.explanation = ""
    move_review(review, Review.State.DRAFT, by, at, reason)
    mark_deviations(review)
    append(
        verb="reviews.reopen_review", object_number=review.number, by=by, at=at,
        payload={"case": review.case.number},
    )  # fmt: skip
    tell(
        people=[review.seat.expert.person.number], template="reviews.reopened",
        object_number=review.number, by=by, at=at,
    )  # fmt: skip
    return review


@transaction.atomic
def explain_deviation(*, review: Review, explanation: str, by: Actor, at: datetime) -> Review:
    """Say why the own total lies far from the others', once the consensus is open."""
    panel, review = _own(review, by)
    require_state(review.number, review, Review.State.SUBMITTED)
    if panel.consensus_at is None or not review.is_deviating:
        raise rules.ReviewRefused(
            "reviews.nothing_to_explain",
            N_("不必说明。合议尚未开始，或您的评分没有偏离。"),
            way_on=N_("合议开始后如有偏离，会列在您的待办里。"),
        )
    review.explanation = explanation
    review.version += 1
    review.save()
    append(
        verb="reviews.explain_deviation", object_number=review.number, by=by, at=at,
        payload={"case": review.case.number},
    )  # fmt: skip
    return review


@transaction.atomic
def open_consensus(*, panel: Panel, by: Actor, at: datetime) -> Panel:
    """Let the experts see each other's scores, once all that are due are handed in.

    The chair's act; where a day was set (`set_phases`) the clock's on it, and nobody's before.
    """
    panel = locked_panel(panel)
    may = rules.may_open_consensus(by, panel.facts, panel.consensus_from)
    require(may, rules.not_permitted(rules.CHAIR_MAY))
    require_unfenced(panel, by)
    require_state(panel.number, panel, Panel.State.REVIEWING)
    dated = panel.consensus_from
    if dated is not None:
        when = f"{dated.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
        require(dated <= at, rules.consensus_is_dated(when))
    refuse_all(rules.problems_with_consensus(queries.progress_of(panel)))
    if panel.consensus_at is None:
        panel.consensus_at = at
        panel.version += 1
        panel.save()
        append(verb="reviews.open_consensus", object_number=panel.number, by=by, at=at)
        tell(
            people=_deviating_people(panel), template="reviews.deviation",
            object_number=panel.number, by=by, at=at,
        )  # fmt: skip
    return panel


def _deviating_people(panel: Panel) -> list[str]:
    return list(
        Review.objects.filter(case__panel=panel, is_deviating=True, explanation="")
        .values_list("seat__expert__person__number", flat=True)
        .distinct()
    )


@transaction.atomic
def finish_review(
    *, panel: Panel, by: Actor, at: datetime, remark: str = ""
) -> list[rules.Ranked]:
    """The chair signs the minutes: reviews are counted, the ranking is fixed, all is locked.

    Refuses, all reasons together, a case with fewer than three reviews, reviews not handed in,
    deviations without a word, possible conflicts undecided, a chair recused from a case.
    """
    panel = locked_panel(panel)
    require(rules.may_lead_panel(by, panel.facts), rules.not_permitted(rules.CHAIR_MAY))
    require_unfenced(panel, by)
    require_state(panel.number, panel, Panel.State.REVIEWING)
    problems = rules.problems_with_finishing(
        queries.progress_of(panel), queries.open_conflicts(panel).count()
    )
    refuse_all([*problems, *_chair_problems(panel)])
    handed_in = Review.objects.filter(case__panel=panel, state=Review.State.SUBMITTED)
    move_reviews(handed_in, Review.State.COUNTED, by, at)
    ranking = queries.ranking_of(panel)
    content = minutes_content(panel, ranking, remark, by, at)
    minutes = Minutes.objects.create(
        panel=panel, content=content, content_hash=rules.minutes_hash(content), remark=remark,
        signed_by=Person.objects.get(number=by.person), signed_at=at,
    )  # fmt: skip
    move_panel(panel, Panel.State.FINISHED, by, at)
    append(
        verb="reviews.finish_review", object_number=panel.number, by=by, at=at,
        payload={"subject": panel.subject_number, "minutes": minutes.content_hash,
                 "cases": len(ranking)},
    )  # fmt: skip
    return ranking


def _chair_problems(panel: Panel) -> list[rules.ConflictOfInterest]:
    recused = Review.objects.filter(
        case__panel=panel, state=Review.State.RECUSED, seat__expert__person=panel.chair
    )
    return [rules.officer_in_conflict(panel.chair.name, "chair")] if recused.exists() else []


def minutes_content(
    panel: Panel, ranking: list[rules.Ranked], remark: str, by: Actor, at: datetime
) -> dict[str, object]:
    """What the minutes say, in integers and strings only: rules, cases, reviews, ranking."""
    reviews = Review.objects.filter(case__panel=panel).select_related("case", "seat")
    return {
        "panel": panel.number,
        "subject": panel.subject_number,
        "criteria": [
            {"code": c.code, "weight": c.weight, "threshold": c.threshold}
            for c in queries.criteria_of(panel)
        ],
        "pass_mark": panel.pass_mark,
        "trim": panel.trim,
        "reviews": [
            {
                "review": review.number, "case": review.case.number, "seat": review.seat.number,
                "state": review.state, "total": review.total, "points": points,
            }
            for review, points in _with_points(panel, list(reviews.order_by("case", "seat")))
        ],
        "ranking": [
            {
                "case": row.case_number, "rank": row.rank, "sum": int(row.mean.numerator),
                "over": int(row.mean.denominator), "counted": row.counted,
                "passed": row.is_passed, "tie": row.tie, "below": list(row.below),
            }
            for row in ranking
        ],
        "remark": remark,
        "chair": by.person,
        "signed_at": rfc3339(at),
    }  # fmt: skip


def _with_points(
    panel: Panel, reviews: list[Review]
) -> list[tuple[Review, dict[str, int]]]:
    points: dict[int, dict[str, int]] = {review.pk: {} for review in reviews}
    rows = Score.objects.filter(
        review__case__panel=panel, review__state=Review.State.COUNTED
    ).values_list("review", "criterion__code", "points")
    for review, code, value in rows:
        points[review][code] = value
    return [(review, points[review.pk]) for review in reviews]
