"""How points become totals, deviations and a ranking, in exact numbers."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import median

from kechuang.base.refusals import N_
from kechuang.reviews.rules.facts import (
    DEVIATION_PERCENT,
    PASS_MARK,
    POINTS_MAX,
    ReviewRefused,
)


def problems_with_points(
    names: Mapping[str, str], points: Mapping[str, int | None]
) -> list[ReviewRefused]:
    """Every criterion whose points are given and are no whole number from 0 to 100."""
    return [
        ReviewRefused(
            "reviews.points_out_of_range",
            N_("“{name}”须打 0 到 100 的整数分。"), {"name": name}, (code,),
            N_("请改正后再保存。"),
        )
        for code, name in names.items()
        if points.get(code) is not None and not _is_points(points[code])
    ]  # fmt: skip


def _is_points(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= POINTS_MAX


def problems_with_sheet(
    names: Mapping[str, str], points: Mapping[str, int | None], opinion: str
) -> list[ReviewRefused]:
    """Every reason why a sheet cannot be handed in: empty or wrong points, no opinion."""
    problems = problems_with_points(names, points) + [
        ReviewRefused(
            "reviews.criterion_without_points",
            N_("“{name}”还没有打分。"), {"name": name}, (code,),
            N_("请打 0 到 100 的整数分。"),
        )
        for code, name in names.items()
        if points.get(code) is None
    ]
    if not opinion.strip():
        problems.append(ReviewRefused(
            "reviews.opinion_missing",
            N_("还没有写评审意见。"), {}, ("opinion",),
            N_("请用一两句话写明主要依据，将反馈给申报方。"),
        ))
    return problems


def weighted_total(points: Mapping[str, int], weights: Mapping[str, int]) -> int:
    """The weighted total in hundredths of a point, exact because the weights sum to 100.

    >>> weighted_total({"tech": 85, "cost": 72}, {"tech": 70, "cost": 30})
    8110
    """
    return sum(weights[code] * points[code] for code in weights)


def is_deviating(total: int, totals: Sequence[int]) -> bool:
    """Whether a total lies more than 20 % of the median away from the median.

    >>> is_deviating(6000, [8000, 8000, 6000]), is_deviating(6400, [8000, 8000, 6400])
    (True, False)
    """
    middle = Fraction(median(Fraction(one) for one in totals))
    return abs(total - middle) * 100 > middle * DEVIATION_PERCENT


def trimmed(values: Sequence[int], trim: int) -> list[int]:
    """The values without the `trim` highest and lowest, if at least one remains."""
    ordered = sorted(values)
    return ordered[trim : len(ordered) - trim] if len(ordered) > 2 * trim else ordered


def mean(values: Sequence[int]) -> Fraction:
    return Fraction(sum(values), len(values))


def points_text(value: Fraction | int) -> str:
    """Hundredths of a point written with two decimals, rounded half up.

    >>> points_text(Fraction(8110)), points_text(Fraction(24331, 3))
    ('81.10', '81.10')
    """
    hundredths = math.floor(value + Fraction(1, 2))
    return f"{hundredths // 100}.{hundredths % 100:02d}"


@dataclass(frozen=True)
class Ranked:
    """One case in the ranking; `mean` in hundredths of a point, `tie` says how a tie was split."""

    case_number: str
    title: str
    rank: int
    mean: Fraction
    counted: int
    criteria_means: Mapping[str, Fraction]
    below: tuple[str, ...] = ()  # criteria under their threshold
    is_passed: bool = True  # at or above the pass mark and every threshold
    tie: str = ""  # "" | criterion code that split a tie | EQUAL

    @property
    def score_text(self) -> str:
        return points_text(self.mean)


@dataclass(frozen=True)
class CaseScores:
    """The counted reviews of one case: totals in hundredths, points by criterion."""

    number: str
    title: str
    totals: tuple[int, ...]
    points: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class ScoreSheet:
    """How a panel scores: weights and thresholds by criterion, pass mark, trim."""

    weights: Mapping[str, int]
    thresholds: Mapping[str, int]
    pass_mark: int = PASS_MARK
    trim: int = 0

    @property
    def by_weight(self) -> list[str]:
        """Criteria by falling weight, then as listed: the order in which ties are split."""
        return sorted(self.weights, key=lambda code: -self.weights[code])


def ranked(cases: Iterable[CaseScores], sheet: ScoreSheet) -> list[Ranked]:
    """Rank cases by mean total; a tie is split by the heaviest criterion, then the next.

    What is equal in all of them shares a rank, and the ranking says so.
    """
    rows = sorted(((_key(case, sheet), case) for case in cases), key=lambda row: row[0])
    keys = [key for key, _ in rows]
    result = []
    for place, (key, case) in enumerate(rows):
        rank = keys.index(key) + 1
        result.append(_ranked_row(case, sheet, rank, _tie(keys, place, sheet)))
    return result


def _key(case: CaseScores, sheet: ScoreSheet) -> tuple[Fraction, ...]:
    total = mean(trimmed(case.totals, sheet.trim))
    return (-total, *(-mean(case.points[code]) for code in sheet.by_weight))


def _tie(keys: list[tuple[Fraction, ...]], place: int, sheet: ScoreSheet) -> str:
    """What decided between this case and those of the same total."""
    rivals = [k for i, k in enumerate(keys) if i != place and k[0] == keys[place][0]]
    if not rivals:
        return ""
    if keys[place] in rivals:
        return "EQUAL"
    splits = [next(i for i in range(1, len(k)) if k[i] != keys[place][i]) for k in rivals]
    return sheet.by_weight[max(splits) - 1]


def _ranked_row(case: CaseScores, sheet: ScoreSheet, rank: int, tie: str) -> Ranked:
    means = {code: mean(case.points[code]) for code in sheet.weights}
    below = tuple(c for c, least in sheet.thresholds.items() if means[c] < least)
    total = mean(trimmed(case.totals, sheet.trim))
    passed = not below and total >= sheet.pass_mark * 100
    return Ranked(
        case.number, case.title, rank, total, len(case.totals), means, below, passed, tie
    )
