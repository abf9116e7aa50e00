"""Texts read into tokens, with the user's own words (用户词典) and other names (别名).

A word of the lexicon counts as one token besides its bigrams, so that 立方氮化硼 as a whole weighs
more than its pieces. Other names work on the query alone: nothing is indexed anew for them.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from operator import add
from typing import NamedTuple

from kechuang.engines.ranking.analysis import fold, parts_of, runs

SHORTEST = 3  # Han characters of a word that its bigrams do not say already


class LexiconProblem(ValueError):
    """A line of a lexicon or of a file of other names says nothing; the line is named."""


class Read(NamedTuple):
    """The tokens of a text: bigrams and whole words, and single characters and whole words."""

    grams: list[str]
    singles: list[str]


@dataclass(frozen=True)
class Lexicon:
    """Words that count as a whole; of several that begin at one place, the longest."""

    words: frozenset[str] = frozenset()

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        longest_first = sorted(self.words, key=lambda each: (-len(each), each))
        return re.compile("|".join(map(re.escape, longest_first)))

    @property
    def fingerprint(self) -> str:
        """Names the words that an index was read with; empty for none."""
        if not self.words:
            return ""
        return sha256("\n".join(sorted(self.words)).encode()).hexdigest()[:16]

    def found_in(self, folded: str) -> Iterator[re.Match[str]]:
        """Where its words stand in a text that is folded already, none inside another."""
        return self._pattern.finditer(folded) if self.words else iter(())

    def read(self, text: str) -> Read:
        """The tokens of a text; 10,000 characters are read, the rest is cut.

        >>> Lexicon(frozenset({"氮化硼"})).read("氮化硼 CBN").grams
        ['氮化', '化硼', 'cbn', '氮化硼']
        """
        grams: list[str] = []
        singles: list[str] = []
        folded = fold(text)
        for han, word in runs(folded):
            if han:
                singles.extend(han)
                grams.extend(map(add, han, han[1:]))
            else:
                whole = parts_of(word)
                grams.extend(whole)
                singles.extend(whole)
        own = [found[0] for found in self.found_in(folded)]
        return Read(grams + own, singles + own)


NO_LEXICON = Lexicon()


def lexicon_from(lines: Iterable[str]) -> Lexicon:
    """A word a line; what follows a space or tab (a frequency, a tag) is left aside; # comments."""
    words = set()
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        word = fold(line.split()[0])
        if not [run for run in runs(word) if run[0]]:
            raise LexiconProblem(f"line {number}: no Chinese word")
        words.add(word)
    return Lexicon(frozenset(word for word in words if len(word) >= SHORTEST))


@dataclass(frozen=True, slots=True)
class Aliases:
    """Groups of names for one thing; a query that says one is also asked with the others."""

    groups: tuple[tuple[str, ...], ...] = ()

    @property
    def fingerprint(self) -> str:
        """Names the groups; empty for none."""
        if not self.groups:
            return ""
        said = "\n".join(sorted(",".join(group) for group in self.groups))
        return sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:8]

    def others(self, text: str) -> list[str]:
        """The other names of what a text says, each once.

        >>> Aliases((("cbn", "立方氮化硼"),)).others("CBN刀具")
        ['立方氮化硼']
        """
        folded = fold(text)
        tokens = set(NO_LEXICON.read(text).grams) if self.groups else set()
        found: dict[str, None] = {}
        for group in self.groups:
            if any(_says(folded, tokens, name) for name in group):
                found.update((name, None) for name in group if not _says(folded, tokens, name))
        return list(found)


NO_ALIASES = Aliases()


def _says(folded: str, tokens: set[str], name: str) -> bool:
    return name in tokens if name.isascii() and " " not in name else name in folded


def aliases_from(lines: Iterable[str]) -> Aliases:
    """A group of names a line, separated by commas, 、 or tabs; # begins a comment."""
    groups: list[Sequence[str]] = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        plain = line.replace("，", ",").replace("、", ",").replace("\t", ",").replace("=", ",")
        names = [fold(name).strip() for name in plain.split(",")]
        names = [name for name in names if NO_LEXICON.read(name).singles]
        if len(names) < 2:
            raise LexiconProblem(f"line {number}: at least two names, separated by commas")
        groups.append(names)
    return Aliases(tuple(map(tuple, groups)))
