"""Documents made ready for the index: each one's distinct tokens with how often they count."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kechuang.engines.ranking import codes as numbers
from kechuang.engines.ranking.codes import Codes
from kechuang.engines.ranking.lexicon import Lexicon
from kechuang.engines.ranking.reading import Places, Read, Tokens, read
from kechuang.engines.ranking.texts import TIMES, Document

FIELDS = len(TIMES)
IN_TITLE, OFTEN_MOST = 0x80, 0x7F  # of the byte that says how often a token counts
REPEATED_MOST = 6  # that a word is said to the index of words; more would not move its score
_CODE_BITS, _WEIGHT_BITS = 32, 8


@dataclass(frozen=True, slots=True)
class Digest:
    """Documents one after the other: `codes` ascend within each, from `edges[n]` on."""

    codes: Codes
    often: NDArray[np.uint8]
    edges: Places
    grams: NDArray[np.int64]  # of each document, weighted by field
    said: list[tuple[str, str]]  # of each document the grams and the singles, for the index
    folded: list[str]


def digested(documents: Sequence[Document], lexicon: Lexicon) -> Digest:
    """Read documents; a word of the title counts three times, one of the keywords twice."""
    found = read(
        [text for each in documents for text in (each.title, each.keywords, each.body)], lexicon
    )
    count = len(documents)
    times = np.array(TIMES, dtype=np.int64)
    keys = np.concatenate([_keys(tokens, times) for tokens in found[:3]])
    keys.sort()
    named = keys >> _WEIGHT_BITS
    first = np.flatnonzero(np.diff(named, prepend=-1))
    weights = keys & ((1 << _WEIGHT_BITS) - 1)
    summed = np.add.reduceat(weights, first) if len(first) else first
    last = np.append(first, len(keys))[1:] - 1
    often = np.minimum(summed, OFTEN_MOST).astype(np.uint8)
    often[weights[last] == TIMES[0]] |= IN_TITLE
    named = named[first]
    owner = named >> _CODE_BITS
    codes = (named & 0xFFFF_FFFF).astype(np.uint32)
    edges = np.searchsorted(owner, np.arange(count + 1))
    grams = np.zeros(count, dtype=np.int64)
    for tokens in (found.pairs, found.words):
        weights = times[tokens.texts % FIELDS]
        grams += np.bincount(tokens.texts // FIELDS, weights, count).astype(np.int64)
    said = list(_said(codes, often & np.uint8(OFTEN_MOST), edges, _words_of(found, count)))
    folded = [
        found.folded[start : end - 1]
        for start, end in zip(
            found.edges[:-1:FIELDS].tolist(), found.edges[FIELDS::FIELDS].tolist(), strict=True
        )
    ]
    return Digest(codes, often, edges, grams, said, folded)


def _keys(tokens: Tokens, times: NDArray[np.int64]) -> NDArray[np.int64]:
    """Document, code and weight in one number, to be sorted."""
    document, field = np.divmod(tokens.texts, FIELDS)
    high = (document << _CODE_BITS) | tokens.codes.astype(np.int64)
    return np.asarray((high << _WEIGHT_BITS) | times[field])


def _words_of(found: Read, count: int) -> list[list[str]]:
    """The whole words of each document, repeated by field."""
    words: list[list[str]] = [[] for _ in range(count)]
    owners, fields = np.divmod(found.words.texts, FIELDS)
    times = np.array(TIMES)[fields].tolist()
    for owner, often, word in zip(owners.tolist(), times, found.written, strict=True):
        words[owner].append(word if often == 1 else " ".join([word] * often))
    return words


def _said(
    codes: Codes, often: NDArray[np.uint8], edges: Places, words: list[list[str]]
) -> Iterator[tuple[str, str]]:
    """What the index of words is told: bigrams and words as often as they count, characters once.

    Of tokens outside the first plane the forward store keeps numbers only; they are told as such.
    """
    pairs = codes >= numbers.PAIRS
    times = np.where(pairs, np.minimum(often, REPEATED_MOST), 0).astype(np.int64)
    repeated = codes[np.repeat(np.arange(len(codes)), times)]
    line = np.empty((len(repeated), 3), dtype="<u2")
    line[:, 0], line[:, 1], line[:, 2] = repeated >> np.uint32(16), repeated & np.uint32(0xFFFF), 32
    grams = line.tobytes().decode("utf-16-le", "surrogatepass")
    gram_edges = (3 * _summed(times, edges)).tolist()
    alone = codes < numbers.PLANE
    line = np.empty((int(alone.sum()), 2), dtype="<u2")
    line[:, 0], line[:, 1] = codes[alone], 32
    singles = line.tobytes().decode("utf-16-le", "surrogatepass")
    single_edges = (2 * _summed(alone, edges)).tolist()
    far = _far(codes, edges)
    for number, own in enumerate(words):
        pieces = [grams[gram_edges[number] : gram_edges[number + 1]], *own]
        single = singles[single_edges[number] : single_edges[number + 1]]
        if number in far:
            pieces += [token_name(code) for code in far[number] if code >= numbers.FAR_PAIRS]
            single += " ".join(token_name(code) for code in far[number] if code < numbers.FAR_PAIRS)
        yield " ".join(pieces), single


def _far(codes: Codes, edges: Places) -> dict[int, list[int]]:
    """By document its tokens that hold a character outside the first plane."""
    far: dict[int, list[int]] = {}
    at = np.flatnonzero((codes >= numbers.FAR) & (codes < numbers.WORDS))
    owners = np.searchsorted(edges, at, side="right") - 1
    for owner, code in zip(owners.tolist(), codes[at].tolist(), strict=True):
        far.setdefault(owner, []).append(code)
    return far


def token_name(code: int) -> str:
    """How a token of characters outside the first plane is written in the index of words."""
    return f"#{code:x}"


def indexed_as(token: str) -> str:
    """How any token is written there."""
    if token.isascii() or not numbers.FAR <= (code := numbers.code(token)) < numbers.WORDS:
        return token
    return token_name(code)


def _summed(counts: NDArray[np.generic], edges: Places) -> Places:
    """The running sum of counts at the edges."""
    running = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=running[1:])
    return running[edges]
