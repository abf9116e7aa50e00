"""Experts, teams and platforms behind the offers: whose work one is, and how they are ranked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kechuang.base.refusals import N_
from kechuang.engines.ranking import Hit
from kechuang.engines.ranking.spreading import through_works
from kechuang.matching.rules.points import LEAST_SHARE, MUTUAL_DEPTH, in_pages

MAKERS_KEPT = 10  # of a sort


class Sort(StrEnum):
    """Whom a need may turn to beside an offer."""

    EXPERT = "EXPERT"
    TEAM = "TEAM"
    PLATFORM = "PLATFORM"


SORT_NAMES = {Sort.EXPERT: N_("专家"), Sort.TEAM: N_("团队"), Sort.PLATFORM: N_("平台")}
# Units that offer what they have made to others; enterprises and offices are none.
PLATFORM_KINDS = frozenset({"UNIVERSITY", "INSTITUTE", "NEW_RND", "HOSPITAL"})
_OWN_PAGES = frozenset({"EXPERT", "TEAM"})  # offers that present people, and are no works


@dataclass(frozen=True, slots=True, order=True)
class Maker:
    """An expert of a unit by name, a team by its own offer, or a unit as a platform."""

    sort: Sort
    unit: str  # credit code
    name: str = ""
    offer: str = ""  # number of the own page, where one was found


@dataclass(frozen=True, slots=True)
class Made:
    """What is looked at of an offer: its points, whose it is, and who made it."""

    number: str
    kind: str
    tenths: int
    unit: str
    unit_kind: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RankedMaker:
    """A maker with the works that answer, best first: numbers of offers with their points."""

    maker: Maker
    tenths: int
    works: tuple[tuple[str, int], ...]
    is_mutual: bool


def makers_of(one: Made, pages: Iterable[Made]) -> list[Maker]:
    """Whose work an offer is; `pages` are the units' offers that present experts and teams.

    People are one where unit and name agree. An expert's own page speaks for the expert, a team's
    for the team; a result or patent speaks for the people it names and for their team.
    """
    if not one.unit:
        return []
    theirs = [page for page in pages if page.unit == one.unit and set(page.people) & {*one.people}]
    found = []
    if one.kind != Sort.TEAM:
        own = {name: page.number for page in theirs if page.kind == Sort.EXPERT
               for name in page.people}  # fmt: skip
        found += [Maker(Sort.EXPERT, one.unit, name, own.get(name, "")) for name in one.people]
    if one.kind == Sort.TEAM:
        found.append(Maker(Sort.TEAM, one.unit, offer=one.number))
    elif one.kind not in _OWN_PAGES:
        found += [
            Maker(Sort.TEAM, one.unit, offer=page.number) for page in theirs
            if page.kind == Sort.TEAM
        ]  # fmt: skip
    if one.unit_kind in PLATFORM_KINDS:
        found.append(Maker(Sort.PLATFORM, one.unit))
    return found


def ranked_makers(
    offers: Sequence[Made], pages: Sequence[Made], mutual: frozenset[str]
) -> dict[Sort, list[RankedMaker]]:
    """Makers of each sort, best first: the best work counts whole, the second half, the third a
    third. Kept are those with a third of the best one's points or more, of one unit at most two on
    a page. `mutual` are offers that have the need among their first, and the need them.

    >>> one = Made("CG-1", "PATENT", 300, "U", "INSTITUTE", ("张宁",))
    >>> found = ranked_makers([one], [], frozenset({"CG-1"}))
    >>> [(row.maker.name, row.tenths, row.is_mutual) for row in found[Sort.EXPERT]]
    [('张宁', 300, True)]
    """
    behind = {one.number: makers_of(one, pages) for one in offers}
    hits = [Hit(one.number, float(one.tenths)) for one in offers]
    return {sort: _ranked(sort, behind, hits, mutual) for sort in Sort}


def _ranked(
    sort: Sort, behind: Mapping[str, list[Maker]], hits: Sequence[Hit], mutual: frozenset[str]
) -> list[RankedMaker]:
    """The makers of one sort."""
    named = {
        "/".join((one.unit, one.name, one.offer)): one
        for each in behind.values() for one in each if one.sort is sort
    }  # fmt: skip
    names = {one: name for name, one in named.items()}
    found = through_works(
        hits, lambda hit: [names[one] for one in behind[str(hit.id)] if one in names]
    )
    rows = [
        RankedMaker(
            named[one.name],
            round(one.score),
            tuple((str(work.id), round(work.score)) for work in one.works),
            place < MUTUAL_DEPTH and any(str(work.id) in mutual for work in one.works),
        )
        for place, one in enumerate(found)
        if one.score > 0 and one.score * LEAST_SHARE >= found[0].score
    ]
    return in_pages(rows, lambda row: row.maker.unit)[:MAKERS_KEPT]
