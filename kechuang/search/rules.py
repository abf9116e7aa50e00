"""What a document is found by, and how a search is read."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kechuang.base.actor import Role
from kechuang.engines.ranking import LONGEST, distinct_tokens, fold, tokens

MOST_WORDS = 64  # distinct tokens of one search that must all occur; beyond, the likest are shown


class Visibility(StrEnum):
    """Who finds a document: anybody; the offices of its region too; only its owner's side."""

    PUBLIC = "PUBLIC"
    OFFICERS = "OFFICERS"
    OWNER = "OWNER"


# These roles find what is open to the offices, in the subtree of their region.
OFFICE_ROLES = frozenset({Role.OFFICER, Role.HEAD, Role.LIAISON, Role.SUPERVISOR})

_QUOTED = re.compile(r'"([^"]*)"|“([^”]*)”|「([^」]*)」')
_WITHOUT = re.compile(r"(?:^|(?<=\s))[-－−](\S+)")
_HAN = re.compile("[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as it was meant: tokens that count, phrases that must stand, words that must not.

    >>> asked('CBN单晶 "刀具寿命" -涂层')
    Asked(words=('cbn', '单晶', '刀具', '具寿', '寿命'), phrases=('刀具寿命',), without=('涂层',))
    """

    words: tuple[str, ...]
    phrases: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """A search of punctuation, or of words to leave out only: it finds nothing."""
        return not self.words


def asked(text: str) -> Asked:
    """Read a search. 10,000 characters are read, the rest is cut."""
    plain = text[:LONGEST].replace("\x00", "")
    phrases = [fold(next(filter(None, found.groups()), "")) for found in _QUOTED.finditer(plain)]
    rest = _QUOTED.sub(" ", plain)
    without = [fold(found[1]) for found in _WITHOUT.finditer(rest)]
    rest = _WITHOUT.sub(" ", rest)
    words = tokens(rest) + [token for phrase in phrases for token in tokens(phrase)]
    return Asked(
        tuple(dict.fromkeys(words)),
        tuple(phrase for phrase in phrases if tokens(phrase)),
        tuple(word for word in without if tokens(word)),
    )


def findable_tokens(folded: str) -> list[str]:
    """What a document is found by: the bigrams and words of its folded text, and each character.

    >>> findable_tokens("铟靶 zno")
    ['zno', '铟', '铟靶', '靶']
    """
    return sorted(distinct_tokens(folded))


def score(question: Asked, title: str, keywords: str, folded: str) -> float:
    """How well a found document answers: words of the title count most, repetition little.

    Between 0 and 1. `title` and `keywords` are folded too.
    """
    if not question.words:
        return 0.0
    points = 0.0
    for word in question.words:
        often = folded.count(word)
        points += 3 * (word in title) + 2 * (word in keywords) + 2 * often / (often + 1)
    return points / (7 * len(question.words))


COMMON_SHARE = 0.02
FREQUENT_SHARE = 0.05


FEWEST_WORDS = 3
GATHERED_MOST = 10_000  # documents that are looked up to find the likest among them


def rarest(
    words: Sequence[str], shares: dict[str, float], most: int, documents: int = 0
) -> list[str]:
    """The words that tell documents apart best; frequent ones only where there are no others.

    `shares` are the frequent words' shares of all documents; a word that is not among them is
    taken to be half as frequent as the last that is. Of very many documents only so many words
    are taken as gather some ten thousand, three at least.
    """
    ordered = sorted(words, key=lambda word: shares.get(word, 0.0))[:most]
    telling = [word for word in ordered if shares.get(word, 0.0) < FREQUENT_SHARE] or ordered
    unknown = min(shares.values(), default=0.0) / 2
    gathered, taken = 0.0, 0
    for word in telling:
        gathered += documents * shares.get(word, unknown)
        if gathered > GATHERED_MOST and taken >= FEWEST_WORDS:
            break
        taken += 1
    return telling[:taken]


def is_common(words: Sequence[str], shares: dict[str, float]) -> bool:
    """Whether so many documents hold all words that the newest soon give enough.

    Only for Han words, which stand in a text exactly where they stand in its tokens.

    >>> is_common(["研究"], {"研究": 0.4}), is_common(["铟靶"], {"研究": 0.4})
    (True, False)
    """
    share = 1.0
    for word in words:
        share *= shares.get(word, 0.0) if _HAN.match(word) else 0.0
    return share >= COMMON_SHARE


def keyword_text(keywords: str | Iterable[str]) -> str:
    """Keywords as one text."""
    return keywords if isinstance(keywords, str) else " ".join(keywords)
