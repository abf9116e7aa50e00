"""What a match is worth, and how it is told: points in tenths that sum, words that were lacking."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeVar

Row = TypeVar("Row")
PAIR = 2

CANDIDATES = 100  # offers that are looked at closely for one need
KEPT = 20  # matches that are kept for one need
LEAST_SHARE = 3  # a match has at least a third of the best one's points
PHRASES_KEPT = 12
LACKING_KEPT, LEARNT_KEPT = 12, 12
MUTUAL_DEPTH = 3
PAGE, MOST_OF_ONE_OWNER = 5, 2  # on a page of five at most two offers of one unit

# Points in tenths. The engine's scores are small numbers, some eight for a need and the offer that
# fits it, which makes some thirty points; beside them stand these, for what words do not show.
TENTHS_OF_A_POINT = 40
TARGET_MET_TENTHS = 30
SAME_CHAIN_TENTHS = 40
SAME_CITY_TENTHS = 20


@dataclass(frozen=True, slots=True)
class Points:
    """A match's points in tenths, by where they come from; the score is their sum."""

    text_tenths: int
    targets_tenths: int
    chain_tenths: int
    local_tenths: int

    @property
    def score_tenths(self) -> int:
        return self.text_tenths + self.targets_tenths + self.chain_tenths + self.local_tenths


def points_of(text_score: float, targets_met: int, same_chain: bool, same_city: bool) -> Points:
    """What a match is worth.

    >>> points_of(7.81, 4, False, True).score_tenths
    452
    """
    return Points(
        text_tenths=tenths_of(text_score),
        targets_tenths=TARGET_MET_TENTHS * targets_met,
        chain_tenths=SAME_CHAIN_TENTHS * same_chain,
        local_tenths=SAME_CITY_TENTHS * same_city,
    )


def tenths_of(engine_score: float) -> int:
    """Points in tenths of what the engine counts."""
    return round(engine_score * TENTHS_OF_A_POINT)


def city_of(region_path: str) -> str:
    """The path down to the city.

    >>> city_of("990000/990100/990104")
    '990000/990100'
    """
    return "/".join(region_path.split("/")[:2])


def is_same_city(region_path: str, other: str) -> bool:
    """True where both lie in one city; a path that names no city lies in none."""
    city = city_of(region_path)
    return "/" in city and city == city_of(other)


def in_tenths(phrases: Iterable[tuple[str, float]], total_tenths: int) -> list[list[str | int]]:
    """The best phrases with their points in tenths, then the rest as one row: sums to the total.

    >>> in_tenths([("陶瓷", 0.5), ("基板", 0.25)], 31)
    [['陶瓷', 20], ['基板', 10], ['', 1]]
    """
    best = sorted(phrases, key=lambda each: -each[1])[:PHRASES_KEPT]
    rows: list[list[str | int]] = [
        [words, int(points * TENTHS_OF_A_POINT)] for words, points in best
    ]
    rows = [row for row in rows if row[1]]
    left = total_tenths - sum(int(row[1]) for row in rows)
    return [*rows, ["", left]] if left else rows


def summed(phrases: Iterable[tuple[str, float]]) -> list[tuple[str, float]]:
    """Each phrase once, with what all its places bring.

    >>> summed([("陶瓷", 1.0), ("基板", 0.5), ("陶瓷", 0.5)])
    [('陶瓷', 1.5), ('基板', 0.5)]
    """
    points: dict[str, float] = {}
    for words, value in phrases:
        points[words] = points.get(words, 0.0) + value
    return list(points.items())


def lacking_words(asked: str, lacking: Collection[str]) -> list[str]:
    """The words of a title that an offer does not say, as they stand in it; `asked` is folded,
    `lacking` are the pairs of characters and the whole words that the offer lacks.

    >>> lacking_words("功率模块用氮化铝基板 aln", {"功率", "率模", "模块", "块用", "用氮", "aln"})
    ['功率模块用', 'aln']
    >>> lacking_words("高导热基板", {"热基"})
    []
    """
    found: dict[str, None] = {}
    for run in asked.split():
        if run.isascii():
            found |= {run: None} if run in lacking else {}
            continue
        said = [False] * len(run)
        for at in range(len(run) - 1):
            if run[at : at + PAIR] not in lacking:
                said[at] = said[at + 1] = True
        start = 0
        for is_said, places in groupby(said):
            count = len(list(places))
            if not is_said and count >= PAIR:
                found[run[start : start + count]] = None
            start += count
    return [word for word in found if not any(word != each and word in each for each in found)]


def in_pages(rows: Sequence[Row], owner_of: Callable[[Row], str]) -> list[Row]:
    """The same rows, best first, but of one owner at most two on a page while others are left.

    What has no owner counts for itself.

    >>> in_pages(["a1", "a2", "a3", "b1", "c1", "d1"], lambda row: row[0])
    ['a1', 'a2', 'b1', 'c1', 'd1', 'a3']
    """
    left, ordered = list(rows), list[Row]()
    while left:
        page, waiting = list[Row](), list[Row]()
        for row in left:
            owner = owner_of(row)
            is_many = owner and sum(owner_of(one) == owner for one in page) >= MOST_OF_ONE_OWNER
            full = len(page) == PAGE
            (waiting if full or is_many else page).append(row)
        ordered += page
        left = waiting
    return ordered
