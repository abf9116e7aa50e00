"""Own words and other names: which are in force, and whether the index has taken them in."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kechuang.base.actor import Actor
from kechuang.engines.ranking.lexicon import Aliases, Lexicon, LexiconProblem, aliases_from
from kechuang.search import rules
from kechuang.search.models import Term
from kechuang.search.rules import TermSort

ALIASES = "aliases.txt"  # beside the index; the engine keeps the words that texts were read with
ENDED_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Spoken:
    """What texts are read with, and what questions are asked with besides."""

    lexicon: Lexicon
    aliases: Aliases


def spoken() -> Spoken:
    """The words and names in force; one statement."""
    rows = Term.objects.filter(is_in_force=True).order_by("pk").values_list("sort", "names")
    held = list(rows)
    words = frozenset(names[0] for sort, names in held if sort == TermSort.WORD)
    groups = tuple(tuple(names) for sort, names in held if sort == TermSort.ALIAS)
    return Spoken(Lexicon(words), Aliases(groups))


def written(aliases: Aliases) -> str:
    """Other names as their file says them: a group a line."""
    return "\n".join(",".join(group) for group in aliases.groups)


def aliases_text(folder: Path) -> str:
    """What the file of other names beside an index says; empty for none."""
    try:
        return (folder / ALIASES).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def aliases_of(folder: Path) -> Aliases:
    """The other names that lie beside an index; none where the file is lost, until the job that
    keeps the index writes it again."""
    try:
        return aliases_from(aliases_text(folder).splitlines())
    except LexiconProblem:
        return Aliases()


def terms_in_force(actor: Actor, at: datetime) -> list[Term]:
    """The words and names in force, newest first; none for who may not see them."""
    if not rules.may_see_terms(actor):
        return []
    return list(Term.objects.filter(is_in_force=True))


def terms_ended(actor: Actor, at: datetime) -> list[Term]:
    """Those taken out last."""
    if not rules.may_see_terms(actor):
        return []
    return list(Term.objects.filter(is_in_force=False).order_by("-until", "-id")[:ENDED_SHOWN])
