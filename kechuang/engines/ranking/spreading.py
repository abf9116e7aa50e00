"""From hits to a page: at most two of one owner, and people found through their works."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from kechuang.engines.ranking.texts import Hit

MOST_OF_ONE_OWNER = 2
WORKS_SHOWN = 3


class Found(NamedTuple):
    """An expert, team or platform, found through works; `works` are the evidence, best first."""

    name: str
    score: float
    works: tuple[Hit, ...]


def spread(
    hits: Sequence[Hit], owner_of: Callable[[Hit], str], most: int = MOST_OF_ONE_OWNER
) -> list[Hit]:
    """The same hits in the same order, without an owner's third and further ones.

    What has no owner counts for itself.

    >>> hits = [Hit("a1", 9.0), Hit("a2", 8.0), Hit("a3", 7.0), Hit("b1", 6.0)]
    >>> [hit.id for hit in spread(hits, lambda hit: str(hit.id)[0])]
    ['a1', 'a2', 'b1']
    """
    shown: dict[str, int] = {}
    kept = []
    for hit in hits:
        owner = owner_of(hit)
        shown[owner] = shown.get(owner, 0) + 1
        if not owner or shown[owner] <= most:
            kept.append(hit)
    return kept


def through_works(hits: Sequence[Hit], makers_of: Callable[[Hit], Sequence[str]]) -> list[Found]:
    """Experts, teams or platforms by the works that answer, best first.

    The best work counts whole, the second half, the third a third: one good answer outweighs many
    faint ones, and who has several stands before who has one. Works that score below 0 add nothing.
    """
    works: dict[str, list[Hit]] = {}
    for hit in sorted(hits, key=lambda each: -each.score):
        for name in dict.fromkeys(makers_of(hit)):
            works.setdefault(name, []).append(hit)
    found = [
        Found(
            name,
            sum(max(work.score, 0.0) / place for place, work in enumerate(own[:WORKS_SHOWN], 1)),
            tuple(own[:WORKS_SHOWN]),
        )
        for name, own in works.items()
    ]
    return sorted(found, key=lambda each: -each.score)


def mutual(
    there: Sequence[Sequence[int]], back: Sequence[Sequence[int]], depth: int = 10
) -> list[tuple[int, int]]:
    """Pairs of need and offer of which each is among the other's first `depth`.

    `there` lists the offers of each need, `back` the needs of each offer, best first.

    >>> mutual([[0, 1], [1]], [[1], [0, 1]])
    [(0, 1), (1, 1)]
    """
    heads = [set(needs[:depth]) for needs in back]
    return [
        (need, offer)
        for need, offers in enumerate(there)
        for offer in offers[:depth]
        if need in heads[offer]
    ]
