"""Many texts read at once: the same tokens as one by one, but counted over arrays of characters.

Texts are laid one after the other, evened out through a table of code points, and cut into runs;
what would be a loop over characters is a step over millions of them.
"""

import re
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kechuang.engines.ranking.analysis import HAN, LONGEST, folded_codepoint, parts_of
from kechuang.engines.ranking.codes import (
    FAR,
    PLANE,
    Codes,
    pair_code,
    word_code,
)
from kechuang.engines.ranking.lexicon import NO_LEXICON, Lexicon

Places = NDArray[np.int64]

_UNKNOWN, _DROPPED, _MANY = 0xFFFF_FFFF, 0xFFFF_FFFE, 0xFFFF_FFFD
_OTHER, _HAN, _WORD, _JOINT, _TAIL = range(5)
_MOST_WORDS = 200_000  # words whose codes are remembered
_SIGNS = {**dict.fromkeys("-./+", _JOINT), **dict.fromkeys("%‰", _TAIL)}
_is_han = re.compile(f"[{HAN}]").match

_table = np.full(0x11_0000, _UNKNOWN, dtype=np.uint32)
_sorts = np.zeros(0x11_0000, dtype=np.uint8)


class Tokens(NamedTuple):
    """Tokens of one sort: their codes, the text of each, and where it stands there."""

    codes: Codes
    texts: Places
    starts: Places
    ends: Places


class Read(NamedTuple):
    """What many texts say. `words` are whole words, the user's own among them; `written` how each
    is written. `folded` are the texts evened out, from `edges[n]` to `edges[n + 1]` the text n."""

    singles: Tokens
    pairs: Tokens
    words: Tokens
    written: list[str]
    folded: str
    edges: Places


class _Words(dict[str, tuple[tuple[int, str], ...]]):
    """A run of Latin letters or figures → its codes: its own, and those of its parts."""

    def __missing__(self, word: str) -> tuple[tuple[int, str], ...]:
        if len(self) > _MOST_WORDS:
            self.clear()
        self[word] = found = tuple((word_code(part), part) for part in parts_of(word))
        return found


_words = _Words()


def read(texts: Sequence[str], lexicon: Lexicon = NO_LEXICON) -> Read:
    """The tokens of texts; 10,000 characters of each are read, the rest is cut."""
    cut = [text if len(text) <= LONGEST else text[:LONGEST] for text in texts]
    begins = np.zeros(len(cut) + 1, dtype=np.int64)
    np.cumsum([len(text) + 1 for text in cut], out=begins[1:])
    raw = np.frombuffer("\n".join([*cut, ""]).encode("utf-32-le", "surrogatepass"), np.uint32)
    elements, origin = _folded(raw)
    text_of = np.repeat(np.arange(len(cut)), np.diff(begins))[origin]
    local = origin - begins[text_of]
    sorts = _sorts[elements]
    folded = elements.tobytes().decode("utf-32-le", "surrogatepass")
    singles, pairs = _han_tokens(elements, sorts == _HAN, text_of, local)
    words, written = _word_tokens(folded, sorts, text_of, local)
    if lexicon.words:
        own, names = _own_words(folded, lexicon, text_of, local)
        words = _together(words, own)
        written += names
    edges = np.searchsorted(origin, begins)
    return Read(singles, pairs, words, written, folded, edges)


def _folded(raw: Codes) -> tuple[Codes, Places]:
    """Characters evened out, and the place in `raw` that each came from."""
    found = _table[raw]
    if (found == _UNKNOWN).any():
        for each in np.unique(raw[found == _UNKNOWN]).tolist():
            _learn(each)
        found = _table[raw]
    if not (found >= _MANY).any():
        return found, np.arange(len(raw))
    counts = np.ones(len(raw), dtype=np.int64)
    counts[found == _DROPPED] = 0
    many = np.flatnonzero(found == _MANY)
    said = [folded_codepoint(int(raw[at])) or "" for at in many.tolist()]
    counts[many] = [len(each) for each in said]
    origin = np.repeat(np.arange(len(raw)), counts)
    elements = found[origin]
    elements[elements == _MANY] = list(map(ord, chain.from_iterable(said)))
    return elements, origin


def _learn(codepoint: int) -> None:
    """Enter a character in the tables."""
    folded = folded_codepoint(codepoint)
    _table[codepoint] = _DROPPED if not folded else ord(folded) if len(folded) == 1 else _MANY
    for each in folded or "":
        _sorts[ord(each)] = _sort_of(each)


def _sort_of(character: str) -> int:
    if _is_han(character):
        return _HAN
    return _WORD if character.isalnum() else _SIGNS.get(character, _OTHER)


def _han_tokens(
    elements: Codes, han: NDArray[np.bool_], text_of: Places, local: Places
) -> tuple[Tokens, Tokens]:
    """Every Han character, and every two that touch."""
    at = np.flatnonzero(han)
    alone = elements[at]
    far = alone >= PLANE
    if far.any():
        alone[far] += FAR
    singles = Tokens(alone, text_of[at], local[at], local[at] + 1)
    at = np.flatnonzero(han[:-1] & han[1:])
    first, second = elements[at], elements[at + 1]
    codes = (first << np.uint32(16)) | second
    for place in np.flatnonzero((first >= PLANE) | (second >= PLANE)).tolist():
        codes[place] = pair_code(int(first[place]), int(second[place]))
    return singles, Tokens(codes, text_of[at], local[at], local[at + 1] + 1)


def _word_tokens(
    folded: str, sorts: NDArray[np.uint8], text_of: Places, local: Places
) -> tuple[Tokens, list[str]]:
    """Runs of Latin letters and figures, joined by -./+, with a % at the end; and their parts."""
    word = sorts == _WORD
    before, after = np.zeros_like(word), np.zeros_like(word)
    before[1:], after[:-1] = word[:-1], word[1:]
    tail = (sorts == _TAIL) & before
    inside = word | tail | ((sorts == _JOINT) & before & after)
    begun, over = inside.copy(), inside.copy()
    begun[1:] &= ~inside[:-1] | tail[:-1]
    over[:-1] &= ~inside[1:] | tail[:-1]
    starts, lasts = np.flatnonzero(begun), np.flatnonzero(over)
    begins, closes = starts.tolist(), lasts.tolist()
    found = [
        _words[folded[start : last + 1]] for start, last in zip(begins, closes, strict=True)
    ]
    codes, written = [each[0][0] for each in found], [each[0][1] for each in found]
    for start, parts in zip(tuple(begins), found, strict=True):
        if len(parts) > 1:
            at = start
            for code, text in parts[1:]:
                at = folded.index(text, at)
                codes.append(code)
                written.append(text)
                begins.append(at)
                at += len(text)
    return _as_tokens(codes, written, begins, text_of, local), written


def _own_words(
    folded: str, lexicon: Lexicon, text_of: Places, local: Places
) -> tuple[Tokens, list[str]]:
    """The user's own words, the longest first, none inside another."""
    found = list(lexicon.found_in(folded))
    written = [each[0] for each in found]
    codes, starts = [word_code(each) for each in written], [each.start() for each in found]
    return _as_tokens(codes, written, starts, text_of, local), written


def _together(one: Tokens, other: Tokens) -> Tokens:
    return Tokens(
        np.concatenate((one.codes, other.codes)),
        np.concatenate((one.texts, other.texts)),
        np.concatenate((one.starts, other.starts)),
        np.concatenate((one.ends, other.ends)),
    )


def _as_tokens(
    codes: list[int], written: list[str], starts: list[int], text_of: Places, local: Places
) -> Tokens:
    begin = np.array(starts, dtype=np.int64)
    lengths = np.array(list(map(len, written)), dtype=np.int64)
    ends = local[begin + lengths - 1] + 1
    return Tokens(np.array(codes, dtype=np.uint32), text_of[begin], local[begin], ends)
