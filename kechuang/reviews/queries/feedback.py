"""What a bidder is told of the reviews of its case: figures and opinions, never who gave them."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from kechuang.reviews import rules
from kechuang.reviews.models import Case, Criterion, Minutes, Panel, Review
from kechuang.reviews.queries.panels import criteria_of
from kechuang.reviews.queries.scores import ranking_of


@dataclass(frozen=True, slots=True)
class CriterionFeedback:
    """One criterion: its weight and threshold, and the mean of the counted points."""

    name: str
    weight: int
    threshold: int | None
    mean_text: str
    is_below: bool


@dataclass(frozen=True, slots=True)
class Feedback:
    """One case in the signed minutes, as its bidder may read it."""

    case_number: str
    title: str
    rank: int
    of: int
    mean_text: str
    pass_mark: int
    is_passed: bool
    counted: int
    trim: int
    criteria: tuple[CriterionFeedback, ...]
    opinions: tuple[str, ...]
    minutes_hash: str
    signed_at: datetime


def feedback_of(subject_number: str, case_number: str) -> Feedback | None:
    """The feedback of a case from the locked reviews of its finished panel; None without one.

    Opinions stand in the order of a fingerprint, so that the order of seats is not told.
    """
    minutes = (
        Minutes.objects.filter(
            panel__subject_number=subject_number, panel__state=Panel.State.FINISHED
        )
        .select_related("panel")
        .order_by("-pk")
        .first()
    )
    case = Case.objects.filter(panel=minutes.panel, number=case_number).first() if minutes else None
    if minutes is None or case is None:
        return None
    ranking = ranking_of(minutes.panel)
    row = next((one for one in ranking if one.case_number == case_number), None)
    if row is None:
        return None
    return Feedback(
        case.number, case.title, row.rank, len(ranking), row.score_text, minutes.panel.pass_mark,
        row.is_passed, row.counted, minutes.panel.trim,
        tuple(_criterion(one, row) for one in criteria_of(minutes.panel)),
        tuple(_opinions(case, minutes)), minutes.content_hash, minutes.signed_at,
    )  # fmt: skip


def _criterion(one: Criterion, row: rules.Ranked) -> CriterionFeedback:
    mean = rules.points_text(row.criteria_means[one.code] * 100)
    return CriterionFeedback(one.name, one.weight, one.threshold, mean, one.code in row.below)


def _opinions(case: Case, minutes: Minutes) -> list[str]:
    rows = Review.objects.filter(case=case, state=Review.State.COUNTED).exclude(opinion="")
    given = list(rows.values_list("number", "opinion"))
    given.sort(
        key=lambda row: hashlib.sha256(f"{minutes.content_hash} {row[0]}".encode()).hexdigest()
    )
    return [opinion for _number, opinion in given]
