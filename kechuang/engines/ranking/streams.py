"""Texts as streams of numbers: what the forward store keeps, and what scores are counted from.

A stream has one 32-bit element for each Han character (its code point), one for each whole run of
Latin letters or digits (the top bit and 31 bits of its CRC-32), and 0 where Han characters do not
touch. Characters, words and bigrams are all read off one stream.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from kechuang.engines.ranking.analysis import runs

Stream = NDArray[np.uint32]
Codes = NDArray[np.int64]

WORD_BIT = 0x8000_0000
_HAN_BITS = 18
ALONE = 1 << 36  # characters and words by themselves stand above all bigrams


@dataclass(frozen=True)
class Placed:
    """Codes with the place in the stream at which each begins."""

    codes: Codes
    places: NDArray[np.int64]

    @cached_property
    def slots(self) -> NDArray[np.uint16]:
        """A small number for each code, by which most that are not asked for are passed over."""
        return slots(self.codes)

    def among(self, wanted: Codes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Which of the codes are wanted, and where each stands in `wanted` (ascending)."""
        marked = np.zeros(1 << 16, dtype=np.bool_)
        marked[slots(wanted)] = True
        likely = np.flatnonzero(marked[self.slots])
        codes = self.codes[likely]
        at = np.minimum(np.searchsorted(wanted, codes), len(wanted) - 1)
        hit = wanted[at] == codes
        return likely[hit], at[hit]


def slots(codes: Codes) -> NDArray[np.uint16]:
    """Multiplicative hashing to 16 bits (Knuth, 1973)."""
    spread = codes.view(np.uint64) * np.uint64(0x9E37_79B9_7F4A_7C15)
    return np.asarray((spread >> np.uint64(48)).astype(np.uint16))


def code(token: str) -> int:
    """The code of a token: a Han bigram, a Han character by itself, or a whole word.

    >>> code("铟靶") == ord("铟") << 18 | ord("靶")
    True
    """
    if token.isascii() or len(token) > 2 or not _is_han(token):
        return ALONE | WORD_BIT | crc32(token.encode())
    if len(token) == 1:
        return ALONE | ord(token)
    return ord(token[0]) << _HAN_BITS | ord(token[1])


def _is_han(token: str) -> bool:
    return all(han for han, _ in runs(token))


def singles(elements: Stream) -> Placed:
    """Every Han character and every word of a stream."""
    places = np.flatnonzero(elements)
    return Placed(elements[places].astype(np.int64) | ALONE, places)


def is_word(elements: Stream) -> NDArray[np.bool_]:
    """Which elements are whole words."""
    return elements >= WORD_BIT


def grams(elements: Stream) -> Placed:
    """Every bigram and every whole word of a stream, bigrams first."""
    pairs = bigrams(elements)
    places = np.flatnonzero(is_word(elements))
    codes = elements[places].astype(np.int64) | ALONE
    return Placed(np.concatenate((pairs.codes, codes)), np.concatenate((pairs.places, places)))


def text_of(code: int) -> str:
    """The Han characters of a code; empty for a word, of which only a number is kept."""
    if code & ALONE:
        alone = code & 0xFFFF_FFFF
        return "" if alone >= WORD_BIT else chr(alone)
    return chr(code >> _HAN_BITS) + chr(code & ((1 << _HAN_BITS) - 1))


def bigrams(elements: Stream) -> Placed:
    """Every two Han characters of a stream that touch."""
    han = (elements > 0) & (elements < WORD_BIT)
    places = np.flatnonzero(han[:-1] & han[1:])
    first, second = elements[places].astype(np.int64), elements[places + 1].astype(np.int64)
    return Placed((first << _HAN_BITS) | second, places)


def joined(streams: Sequence["array[int]"]) -> tuple[Stream, NDArray[np.int64]]:
    """Streams one after the other, and the number of each element's stream.

    Each ends with a 0, so that the last character of one does not touch the first of the next.
    """
    whole = array("I")
    lengths = array("q")
    for each in streams:
        whole.extend(each)
        lengths.append(len(each))
    elements = np.frombuffer(whole, dtype=np.uint32)
    counts = np.frombuffer(lengths, dtype=np.int64)
    return elements, np.repeat(np.arange(len(counts)), counts)
