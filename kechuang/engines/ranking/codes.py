"""Tokens as 32-bit numbers: what the forward store keeps, and what scores are counted from.

    characters of the first plane    their code point            below 0x0001_0000
    other characters                 above 0x0010_0000           their bigrams: hashed, see below
    whole words                      hashed, from 0x0100_0000    below 0x3000_0000
    bigrams of the first plane       both code points            from 0x3007_0000

so that one ascending list holds the characters, the words and the bigrams of a text, in this order.
Two words of eight hundred million share a number.
"""

from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from kechuang.engines.ranking.analysis import runs

Codes = NDArray[np.uint32]

PLANE = 0x1_0000
FAR = 0x10_0000  # characters outside the first plane
FAR_PAIRS = 0x20_0000  # bigrams with one of them
WORDS = 0x100_0000
PAIRS = 0x3000_0000
_SLOT_BITS = 16
_PAIR, _USUAL = 2, ("\u4e00", "\u9fff")  # the block that nearly every Han character is of


def pair_code(first: int, second: int) -> int:
    """The code of two Han characters that touch."""
    if first < PLANE and second < PLANE:
        return first << 16 | second
    return FAR_PAIRS + crc32(f"{first} {second}".encode()) % (WORDS - FAR_PAIRS)


def word_code(word: str) -> int:
    return WORDS + crc32(word.encode()) % (PAIRS - WORDS)


def character_code(character: int) -> int:
    return character if character < PLANE else FAR + character


@lru_cache(maxsize=65_536)
def code(token: str) -> int:
    """The code of a token: a Han bigram, a Han character by itself, or a whole word.

    >>> code("铟靶") == ord("铟") << 16 | ord("靶")
    True
    """
    if len(token) == _PAIR and _USUAL[0] <= min(token) and max(token) <= _USUAL[1]:
        return ord(token[0]) << 16 | ord(token[1])
    if token.isascii() or len(token) > _PAIR or not all(han for han, _ in runs(token)):
        return word_code(token)
    if len(token) == 1:
        return character_code(ord(token))
    return pair_code(ord(token[0]), ord(token[1]))


def text_of(code: int) -> str:
    """The Han characters of a code; empty where only a number is kept."""
    if code >= PAIRS:
        return chr(code >> 16) + chr(code & 0xFFFF)
    if code < PLANE:
        return chr(code)
    return chr(code - FAR) if code < FAR_PAIRS else ""


def is_gram(codes: Codes) -> NDArray[np.bool_]:
    """Which are bigrams or whole words, and not characters by themselves."""
    return codes >= FAR_PAIRS


class Wanted:
    """Ascending codes that are looked for among very many."""

    def __init__(self, codes: Codes) -> None:
        self.codes = codes
        self._marked = np.zeros(1 << _SLOT_BITS, dtype=np.bool_)
        self._marked[_slots(codes)] = True

    def among(self, codes: Codes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The places of `codes` that are wanted, and which each of them is."""
        likely = np.flatnonzero(self._marked[_slots(codes)])
        found = codes[likely]
        which = np.minimum(np.searchsorted(self.codes, found), max(len(self.codes) - 1, 0))
        hit = self.codes[which] == found if len(self.codes) else np.zeros(0, dtype=np.bool_)
        return likely[hit], which[hit]


class Tabled:
    """The same with a table of places: for whoever asks so often that the table pays."""

    def __init__(self, codes: Codes) -> None:
        self.codes = codes
        slots = _slots(codes)
        self._places = np.full(1 << _SLOT_BITS, -1, dtype=np.int16)
        self._places[slots] = np.arange(len(codes), dtype=np.int16)
        self._beside = np.flatnonzero(self._places[slots] != np.arange(len(codes)))

    def among(self, codes: Codes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """As `Wanted.among`, to the last place."""
        found = self._places.take(_slots(codes).astype(np.int64))
        likely = np.flatnonzero(found >= 0)
        which = found[likely].astype(np.int64)
        hit = self.codes[which] == codes[likely]
        places, which = likely[hit], which[hit]
        if not len(self._beside):
            return places, which
        others = [np.flatnonzero(codes == self.codes[each]) for each in self._beside.tolist()]
        counts = [len(each) for each in others]
        places = np.concatenate([places, *others])
        which = np.concatenate([which, np.repeat(self._beside, counts)])
        order = np.argsort(places, kind="stable")
        return places[order], which[order]


def _slots(codes: Codes) -> Codes:
    """Multiplicative hashing to 16 bits (Knuth, 1973)."""
    return (codes * np.uint32(0x9E37_79B1)) >> np.uint32(32 - _SLOT_BITS)
