"""Who finds a document, and how it stands in the index."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Protocol

from kechuang.base.actor import Actor, Role
from kechuang.engines.ranking import EVERYBODY, Document, Facets

MOST_WORDS = 64  # distinct words of one search that must all occur; beyond, the likest are shown
LIKE_SHARE = 0.2  # of the best one's score, and a document is like a text
BATCH = 2_000  # documents read at a time


class Visibility(StrEnum):
    """Who finds a document: anybody; the offices of its region too; only its owner's side."""

    PUBLIC = "PUBLIC"
    OFFICERS = "OFFICERS"
    OWNER = "OWNER"


# These roles find what is open to the offices, in the subtree of their region.
OFFICE_ROLES = frozenset({Role.OFFICER, Role.HEAD, Role.LIAISON, Role.SUPERVISOR})
JOBS = "jobs"  # the key of the clock, for rankings that reach nobody before they are narrowed


class Indexable(Protocol):
    """A row of the documents table."""

    number: str
    kind: str
    title: str
    keywords: str
    body: str
    region_path: str
    owner_code: str
    visibility: str
    readers: list[str]
    facets: dict[str, Any]


def indexed(row: Indexable) -> Document:
    """A row as the engine takes it."""
    return Document(
        row.number, row.title, row.keywords, row.body, row.owner_code, _facets(row),
        frozenset(readers_of(row)), tuple(row.facets.get("people") or ()),
    )  # fmt: skip


def readers_of(row: Indexable) -> Iterable[str]:
    """The keys of which one opens a document; see `keys_of`.

    What lies below a region is open to the region's offices, so it names every region above it.
    """
    if row.visibility == Visibility.PUBLIC:
        return [EVERYBODY]
    keys = [JOBS, *row.readers, *([row.owner_code] if row.owner_code else [])]
    if row.visibility == Visibility.OFFICERS and row.region_path:
        steps = row.region_path.split("/")
        keys += ["office:" + "/".join(steps[:count]) for count in range(1, len(steps) + 1)]
    return keys


def keys_of(actor: Actor) -> frozenset[str]:
    """The keys that an actor holds; the same rule as `queries.visible_to`, in the engine's words.

    >>> sorted(keys_of(Actor("RY-1", "A", Role.OFFICER, "", "990000")))
    ['RY-1', 'office:990000']
    """
    if actor.is_role(Role.CLOCK):
        return frozenset({JOBS})
    if not actor.is_signed_in:
        return frozenset()
    keys = {actor.person, actor.organisation}
    if actor.region and is_office(actor):
        keys.add(f"office:{actor.region}")
    return frozenset(keys - {""})


def is_office(actor: Actor) -> bool:
    """Whether an actor finds what is open to the offices of a region."""
    return actor.is_role(*OFFICE_ROLES) and not actor.serves_one_unit


def _facets(row: Indexable) -> Facets:
    """What a document can be filtered by: its kind and finer kind, region, chains, maturity."""
    held = row.facets
    finer = held.get("kind")
    kinds = (row.kind, finer_kind(row.kind, finer)) if finer else (row.kind,)
    level = held.get("trl")
    return Facets(kinds, row.region_path, chains_of(held), str(level) if level else "")


def finer_kind(kind: str, finer: str) -> str:
    """The name of a kind within a kind: offer/PATENT."""
    return f"{kind}/{finer}"


def chains_of(facets: Mapping[str, Any]) -> tuple[str, ...]:
    """The industry chains that a document names.

    >>> chains_of({"chain": "NEW_MATERIALS"}), chains_of({"chains": ["A", "B"]}), chains_of({})
    (('NEW_MATERIALS',), ('A', 'B'), ())
    """
    chains = facets.get("chains") or facets.get("chain") or ()
    return (chains,) if isinstance(chains, str) else tuple(chains)


def keyword_text(keywords: str | Iterable[str]) -> str:
    """Keywords as one text."""
    return keywords if isinstance(keywords, str) else " ".join(keywords)
