"""How a query is read: its terms with their weights, phrases that must stand, words that must not
stand.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kechuang.engines.ranking.analysis import LONGEST, fold
from kechuang.engines.ranking.codes import Codes, code
from kechuang.engines.ranking.lexicon import NO_ALIASES, NO_LEXICON, Aliases, Lexicon
from kechuang.engines.ranking.statistics import Statistics
from kechuang.engines.ranking.texts import BODY_SHARE, Kind, Query, saturated

ALIAS_SHARE = 0.8
MOST_GRAMS, MOST_SINGLES = 240, 120  # terms of a long need that are looked at, the strongest
SEARCH_LONGEST = 40  # characters beyond which quotes and minus signs are punctuation

_QUOTED = re.compile(r'"([^"]+)"|“([^”]+)”|「([^」]+)」')
_WITHOUT = re.compile(r"(?:^|(?<=\s))[-－−](?![-－−])(\S+)")
_CLAUSE = re.compile(r"[，。！？；,!?;\n]+")


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms of one sort, by ascending code: how each is written, and its weight in the query."""

    codes: Codes
    texts: tuple[str, ...]
    weights: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True, slots=True)
class Question:
    """A query as it is scored. `aliases` are other names that were added to it."""

    grams: Terms
    singles: Terms
    phrases: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Nothing to look for: punctuation, or only words that must not stand."""
        return not len(self.grams) and not len(self.singles)


def question_of(
    query: Query,
    statistics: Statistics,
    lexicon: Lexicon = NO_LEXICON,
    aliases: Aliases = NO_ALIASES,
) -> Question:
    """Read a query; a clause that the body repeats is read once."""
    text, phrases, without = _operators(query)
    others = aliases.others(f"{text}\n{query.body}")
    grams: Counter[str] = Counter()
    singles: Counter[str] = Counter()
    for share, part in (
        (1.0, text),
        (BODY_SHARE, _once(query.body[:LONGEST])),
        (ALIAS_SHARE, "\n".join(others)),
    ):
        read = lexicon.read(part)
        for weights, found in ((grams, read.grams), (singles, read.singles)):
            for token, count in Counter(found).items():
                weights[token] += share * saturated(count)  # type: ignore[assignment]
    return Question(
        _strongest(grams, statistics, MOST_GRAMS),
        _strongest(singles, statistics, MOST_SINGLES),
        phrases,
        without,
        tuple(others),
    )


def _operators(query: Query) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """A short search may quote a phrase that must stand, and put a minus before what must not."""
    text = query.text[:LONGEST]
    if query.kind is Kind.RELATED or len(text) > SEARCH_LONGEST:
        return text, (), ()
    phrases = [fold(next(filter(None, found.groups()))) for found in _QUOTED.finditer(text)]
    plain = _QUOTED.sub(" ", text)
    without = [fold(found[1]) for found in _WITHOUT.finditer(plain)]
    left = _WITHOUT.sub(" ", plain)
    tokens = NO_LEXICON.read
    return (
        "\n".join([left, *phrases]),
        tuple(phrase for phrase in phrases if tokens(phrase).singles),
        tuple(word for word in without if tokens(word).singles),
    )


def _once(body: str) -> str:
    return "\n".join(dict.fromkeys(each.strip() for each in _CLAUSE.split(body)))


def _strongest(weights: Counter[str], statistics: Statistics, most: int) -> Terms:
    """The terms that can add most to a score: weight x idf."""
    texts = list(weights)
    codes = np.array([code(each) for each in texts], dtype=np.uint32)
    values = np.array([weights[each] for each in texts], dtype=np.float64)
    if len(texts) > most:
        kept = np.argsort(-values * statistics.idf(codes), kind="stable")[:most]
    else:
        kept = np.arange(len(texts))
    return terms_of(codes[kept], [texts[at] for at in kept], values[kept])


def terms_of(codes: Codes, texts: Iterable[str], weights: NDArray[np.float64]) -> Terms:
    """Terms put in the order of their codes."""
    written = list(texts)
    order = np.argsort(codes, kind="stable")
    return Terms(codes[order], tuple(written[at] for at in order), weights[order])
