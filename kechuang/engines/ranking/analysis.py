"""From text to tokens: characters evened out, then Han bigrams and whole runs of the rest."""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from kechuang.engines.ranking.traditional import SIMPLIFIED

LONGEST = 10_000  # characters of one text that are read; the rest is cut, never refused

HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(rf"(?P<han>[{HAN}]+)|(?P<word>[^\W_{HAN}]+(?:[-./+][^\W_{HAN}]+)*[%‰]?)")
_PARTS = re.compile(r"[-/+]")


class Token(NamedTuple):
    """A token and where it stands in the text as it was written."""

    text: str
    start: int
    end: int


class _Folding(dict[int, str | None]):
    """Code point → folded text, computed once for each character that turns up."""

    def __missing__(self, code: int) -> str | None:
        self[code] = folded = _folded_character(chr(code))
        return folded


def _folded_character(character: str) -> str | None:
    plain = unicodedata.normalize("NFKC", character).lower()
    folded = "".join(SIMPLIFIED.get(each, each) for each in plain if _is_seen(each))
    return folded if folded == character else folded and fold(folded)


def folded_codepoint(code: int) -> str | None:
    """What one character becomes when text is evened out; nothing where it is left out."""
    return _FOLDING[code]


def _is_seen(character: str) -> bool:
    """Not a zero-width mark, a joiner, a variation selector, or an accent by itself."""
    return character != "\x00" and unicodedata.category(character) not in ("Cf", "Mn", "Cs")


_FOLDING = _Folding()


def fold(text: str) -> str:
    """The text with width, case, traditional forms and zero-width marks evened out.

    >>> fold("ＣＢＮ單晶\u200b ℃")
    'cbn单晶 °c'
    """
    return text[:LONGEST].translate(_FOLDING)


def tokens(text: str) -> list[str]:
    """The tokens of a text in order: bigrams of Han runs, whole runs of the rest.

    A compound such as al-b4c gives itself and its parts. A text of punctuation gives nothing.

    >>> tokens("Al-B4C复合材料，67%")
    ['al-b4c', 'al', 'b4c', '复合', '合材', '材料', '67%']
    """
    found: list[str] = []
    for run in _RUN.finditer(fold(text)):
        han = run["han"]
        if han is None:
            found.extend(_words(run["word"]))
        elif len(han) == 1:
            found.append(han)
        else:
            found.extend(map("".join, zip(han, han[1:], strict=False)))
    return found


def runs(folded: str) -> list[tuple[str, str]]:
    """The runs of a folded text in order: Han characters and nothing, or nothing and a word.

    >>> runs("用 al-b4c 板")
    [('用', ''), ('', 'al-b4c'), ('板', '')]
    """
    return _RUN.findall(folded)


def parts_of(word: str) -> tuple[str, ...]:
    """A word, and the parts of a compound.

    >>> parts_of("al-b4c")
    ('al-b4c', 'al', 'b4c')
    """
    return (word,) if word.isalnum() else tuple(_words(word))


def placed_tokens(text: str) -> list[Token]:
    """The tokens of a text with their places in the text as written (not as folded)."""
    folded, origin = _folded_with_origin(text)
    return [
        Token(token, origin[start], origin[end - 1] + 1) for token, start, end in _spans(folded)
    ]


def _words(word: str) -> Iterator[str]:
    yield word
    parts = _PARTS.split(word)
    if len(parts) > 1:
        yield from (part for part in parts if part)


def _spans(folded: str) -> Iterator[tuple[str, int, int]]:
    for run in _RUN.finditer(folded):
        start, end = run.span()
        if run["han"] is None:
            whole, *parts = _words(run["word"])
            yield whole, start, end
            for part in parts:
                start = folded.index(part, start, end)
                yield part, start, start + len(part)
                start += len(part)
        elif end - start == 1:
            yield folded[start:end], start, end
        else:
            for at in range(start, end - 1):
                yield folded[at : at + 2], at, at + 2


def _folded_with_origin(text: str) -> tuple[str, list[int]]:
    pieces: list[str] = []
    origin: list[int] = []
    for place, character in enumerate(text[:LONGEST]):
        piece = _FOLDING[ord(character)]
        if piece:
            pieces.append(piece)
            origin.extend([place] * len(piece))
    return "".join(pieces), origin
