"""What is ranked and what it is ranked for: documents, queries, readers and filters."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

EVERYBODY = "*"  # the key that every reader holds
TITLE_TIMES, KEYWORDS_TIMES = 3, 2  # a word of a document's title counts as three of its body
TIMES = (TITLE_TIMES, KEYWORDS_TIMES, 1)
LONGEST_FIELD = 1 << 20  # more than any field that is read is long
BODY_SHARE = 0.2  # a need's title counts five times its body


class Kind(StrEnum):
    """What a query is after: this very thing, what keywords name, or what resembles a text."""

    KNOWN = "known"
    KEYWORDS = "keywords"
    RELATED = "related"


Values = str | tuple[str, ...]


def each_of(values: Values) -> tuple[str, ...]:
    """One value, several, or none.

    >>> each_of("offer"), each_of(("A", "B")), each_of("")
    (('offer',), ('A', 'B'), ())
    """
    if isinstance(values, str):
        return (values,) if values else ()
    return values


@dataclass(frozen=True, slots=True)
class Facets:
    """What a document is filtered by; of several values a document has each, and a reader asks for
    any. `region` is a path from the top: 52/5201/520102."""

    kind: Values = ""
    region: str = ""
    industry: Values = ""
    maturity: Values = ""


@dataclass(frozen=True, slots=True)
class Document:
    """What can be found.

    `readers` are the keys of which a reader must hold one; without any, nobody finds it. `owner`
    is whose it is, for at most two of one owner on a page. `of` are those whose work it is:
    experts, teams, platforms.
    """

    id: Hashable
    title: str = ""
    keywords: str = ""
    body: str = ""
    owner: str = ""
    facets: Facets = Facets()
    readers: frozenset[str] = frozenset({EVERYBODY})
    of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for: a need's title in `text`, the rest in `body`; `exclude` are ids.

    `without` are expansion terms that the reader took away. A `whole` query finds only what holds
    every word of it.
    """

    text: str
    body: str = ""
    exclude: frozenset[Hashable] = frozenset()
    kind: Kind = Kind.KNOWN
    without: frozenset[str] = frozenset()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks, by the keys held; and what the reader filters by (an empty facet filters none)."""

    keys: frozenset[str] = frozenset()
    facets: Facets = field(default_factory=Facets)

    @property
    def all_keys(self) -> frozenset[str]:
        return self.keys | {EVERYBODY}


PUBLIC = Reader()


class Hit(NamedTuple):
    id: Hashable
    score: float


def saturated(count: int) -> float:
    """The weight of a query's term that occurs `count` times: 2n/(n+1), so repeating gains little.

    >>> [round(saturated(n), 2) for n in (1, 2, 9)]
    [1.0, 1.33, 1.8]
    """
    return 2 * count / (count + 1)
