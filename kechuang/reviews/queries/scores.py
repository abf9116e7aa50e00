"""How far a panel is, what is undecided, and the ranking by the reviews handed in."""

from collections import defaultdict
from typing import Any

from django.db.models import Count, Q, QuerySet

from kechuang.reviews import rules
from kechuang.reviews.models import (
    Case,
    Conflict,
    Panel,
    Review,
    Score,
)
from kechuang.reviews.queries.panels import cases_of, criteria_of


def score_sheet(panel: Panel) -> rules.ScoreSheet:
    criteria = criteria_of(panel)
    return rules.ScoreSheet(
        {c.code: c.weight for c in criteria},
        {c.code: c.threshold for c in criteria if c.threshold is not None},
        panel.pass_mark,
        panel.trim,
    )


def ranking_of(panel: Panel) -> list[rules.Ranked]:
    """The ranking by the reviews handed in so far; final once the panel is finished."""
    totals: dict[int, list[int]] = defaultdict(list)
    points: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    scored = Q(state__in=rules.REVIEW_SCORED, total__isnull=False)
    for case, total in Review.objects.filter(scored, case__panel=panel).values_list(
        "case", "total"
    ):
        totals[case].append(total or 0)
    for case, code, value in Score.objects.filter(
        review__case__panel=panel, review__state__in=rules.REVIEW_SCORED
    ).values_list("review__case", "criterion__code", "points"):
        points[case][code].append(value)
    rows = [
        rules.CaseScores(
            case.number, case.title, tuple(totals[case.pk]),
            {code: tuple(values) for code, values in points[case.pk].items()},
        )
        for case in cases_of(panel)
        if totals[case.pk]
    ]  # fmt: skip
    return rules.ranked(rows, score_sheet(panel))


def totals_of(case: Case) -> list[int]:
    """The totals handed in for a case, highest first: who gave which is not told."""
    rows = Review.objects.filter(case=case, state__in=rules.REVIEW_SCORED)
    given = rows.values_list("total", flat=True)
    return sorted((total for total in given if total is not None), reverse=True)


def progress_of(panel: Panel) -> list[rules.CaseProgress]:
    """How far each case is: handed in, waiting, recused, deviating without a word."""
    state = Review.State
    counts: dict[int, dict[str, Any]] = {
        row["case"]: dict(row)
        for row in Review.objects.filter(case__panel=panel).values("case").annotate(
            submitted=Count("pk", filter=Q(state__in=rules.REVIEW_SCORED)),
            waiting=Count("pk", filter=Q(state__in=rules.REVIEW_WAITING)),
            recused=Count("pk", filter=Q(state=state.RECUSED)),
            unexplained=Count(
                "pk", filter=Q(state=state.SUBMITTED, is_deviating=True, explanation="")
            ),
        )
    }  # fmt: skip
    none = dict.fromkeys(("submitted", "waiting", "recused", "unexplained"), 0)
    return [
        rules.CaseProgress(
            case.number, case.title, row["submitted"], row["waiting"], row["recused"],
            row["unexplained"],
        )
        for case in cases_of(panel)
        for row in [counts.get(case.pk, none)]
    ]  # fmt: skip


def open_conflicts(panel: Panel) -> QuerySet[Conflict]:
    """Possible conflicts of live reviews that the secretary has not decided."""
    return (
        Conflict.objects.filter(
            review__case__panel=panel, verdict=Conflict.Verdict.POSSIBLE,
            review__state__in=rules.REVIEW_WAITING,
        )
        .select_related("review__case", "review__seat__expert__person")
        .order_by("pk")
    )  # fmt: skip
