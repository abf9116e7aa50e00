"""Who finds a document, how it stands in the index, and which words an office may add."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, NotPermitted, Refused
from kechuang.engines.ranking import EVERYBODY, Document, Facets, fold, tokens
from kechuang.engines.ranking.lexicon import SHORTEST

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


# --- own words and other names -----------------------------------------------------------------


class TermSort(StrEnum):
    """A word that counts as a whole (用户词典), or names for one thing (别名)."""

    WORD = "WORD"
    ALIAS = "ALIAS"


TERM_SORT_NAMES = {TermSort.WORD: N_("整词"), TermSort.ALIAS: N_("别名")}
TERM_LONGEST, NAMES_MOST, TERMS_MOST, WHY_LONGEST = 30, 12, 2_000, 500
TERM_TEXT_LONGEST = (TERM_LONGEST + 1) * NAMES_MOST
_LEVELS_OF_A_CITY = 2


class TermRefused(Refused):
    """An own word or a group of names that cannot be taken, or not taken out."""


def may_see_terms(actor: Actor) -> bool:
    """The desk, who supervises it, and who operates the platform."""
    return actor.is_role(Role.LIAISON, Role.OFFICER, Role.HEAD, Role.SUPERVISOR, Role.OPERATOR)


def may_keep_terms(actor: Actor) -> bool:
    """Words count for everybody who searches here: officers and heads of a city or above."""
    is_wide = bool(actor.region) and len(actor.region.split("/")) <= _LEVELS_OF_A_CITY
    return actor.is_role(Role.OFFICER, Role.HEAD) and is_wide


def terms_not_permitted() -> NotPermitted:
    return NotPermitted(
        "search.may_not_keep_terms",
        N_("您不能增删整词和别名。"),
        {},
        (),
        N_("请告知市级科技局经办人。"),
    )


def term_names(sort: str, text: str) -> list[str]:
    """What was typed as it is kept: evened out, each name once.

    Refuses (TermRefused) a word that the engine reads as a whole anyway, and a group without two
    names.

    >>> term_names("WORD", "立方氮化硼"), term_names("ALIAS", "CBN、立方氮化硼")
    (['立方氮化硼'], ['cbn', '立方氮化硼'])
    """
    if sort not in set(TermSort):
        raise TermRefused("search.term_sort_unknown", N_("请选整词或别名。"), fields=("sort",))
    plain = text[: TERM_TEXT_LONGEST + 1]
    for mark in "，、;；=\t\n\r":
        plain = plain.replace(mark, ",")
    names = [fold(name).strip() for name in plain.split(",")]
    names = list(dict.fromkeys(name for name in names if tokens(name) and name.isprintable()))
    if any(len(name) > TERM_LONGEST for name in names) or len(text) > TERM_TEXT_LONGEST:
        raise TermRefused(
            "search.term_too_long", N_("每个名称最多 {most} 个字。"), {"most": TERM_LONGEST},
            ("text",),
        )  # fmt: skip
    (_check_word if sort == TermSort.WORD else _check_group)(names)
    return names


def _check_word(names: Sequence[str]) -> None:
    if len(names) != 1:
        raise TermRefused("search.word_is_one", N_("整词一次写一个。"), fields=("text",))
    runs = [token for token in tokens(names[0]) if not token.isascii()]
    is_whole = names[0].isprintable() and " " not in names[0]
    if not runs or len(names[0]) < SHORTEST or not is_whole:
        raise TermRefused(
            "search.word_is_whole",
            N_("整词要有三个以上汉字，中间没有空格；字母、数字和两字的词本来就整个读。"),
            fields=("text",),
        )


def _check_group(names: Sequence[str]) -> None:
    if not 1 < len(names) <= NAMES_MOST:
        raise TermRefused(
            "search.alias_is_a_group",
            N_("别名写同一样东西的两个以上名称，用逗号或顿号隔开，最多 {most} 个。"),
            {"most": NAMES_MOST}, ("text",),
        )  # fmt: skip


def check_reason(reason: str) -> str:
    """Refuses (TermRefused) without words."""
    if not reason.strip():
        raise TermRefused("search.term_reason_missing", N_("请写明理由。"), fields=("reason",))
    return reason.strip()[:WHY_LONGEST]


def term_is_there() -> TermRefused:
    return TermRefused("search.term_is_there", N_("这一条已经在用。"), fields=("text",))


def terms_are_many() -> TermRefused:
    return TermRefused(
        "search.terms_are_many", N_("最多 {most} 条；请先去掉不用的。"), {"most": TERMS_MOST}
    )


def term_is_ended() -> TermRefused:
    return TermRefused("search.term_is_ended", N_("这一条已经去掉了。"))
