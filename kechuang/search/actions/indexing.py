"""The index of the ranking engine, kept in step with the documents table.

The table is the truth. What changed in it stands in `Change`; the index takes that in and the
database notes which index, and which generation of it, it heard of last. An index that is lost,
damaged, not the one that was heard of last, or read with other own words is made anew.
"""

import logging
from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from kechuang.engines.ranking.lexicon import Aliases, Lexicon
from kechuang.search import rules
from kechuang.search.models import Change, Document, Indexed
from kechuang.search.queries import Spoken, index_folder, spoken
from kechuang.search.queries.terms import ALIASES, aliases_text, written

AT_ONCE = 5_000  # changes of one commit
_WHOLE = 1  # the key of the one row of `Indexed`
_log = logging.getLogger(__name__)


@transaction.atomic
def index_documents(*, at: datetime, limit: int = AT_ONCE) -> int:
    """Take what changed into the index; returns how many documents were looked at, 0 when all is
    in step. One process at a time: the others wait, and find nothing left to do.

    The words are committed before the row that names them, so that whatever is cut short is
    noticed, and the index is made anew.
    """
    heard, _ = Indexed.objects.select_for_update().get_or_create(pk=_WHOLE)
    changes = list(Change.objects.order_by("pk").values_list("pk", "number")[:limit])
    words = spoken()
    if not changes and heard.name and heard.name == _name_on_disk() and _is_said(words):
        return 0
    numbers = {number for _, number in changes}
    count = _taken_in(heard, numbers, words.lexicon)
    if count is None:
        changes = list(Change.objects.order_by("pk").values_list("pk", "number"))
        count = _made_anew(heard, words.lexicon)
    _say(words.aliases)
    heard.indexed_at = at
    heard.save()
    Change.objects.filter(pk__in=[key for key, _ in changes]).delete()
    return max(count, len(numbers))


def _is_said(words: Spoken) -> bool:
    """Whether the index was read with these words, and these names lie beside it."""
    from kechuang.engines.ranking.store import lexicon_of

    folder = index_folder()
    is_read = lexicon_of(folder) == words.lexicon
    return is_read and aliases_text(folder) == written(words.aliases)


def _say(aliases: Aliases) -> None:
    """Put the names beside the index, where they are others; each process takes them in with its
    next question."""
    folder, text = index_folder(), written(aliases)
    if aliases_text(folder) != text:
        fresh = folder / f"{ALIASES}.new"
        fresh.write_text(text, "utf-8")
        fresh.replace(folder / ALIASES)


def _name_on_disk() -> str:
    """The name of the index that lies there; empty for none."""
    from kechuang.engines.ranking import IndexDamaged
    from kechuang.engines.ranking.store import State

    try:
        return State.load(index_folder()).name
    except IndexDamaged:
        return ""


def _taken_in(heard: Indexed, numbers: set[str], lexicon: Lexicon) -> int | None:
    """Change and drop these documents; None where the index has to be made anew."""
    from kechuang.engines.ranking import IndexDamaged, Writer

    if not heard.name or heard.name != _name_on_disk():
        return None
    found = list(Document.objects.filter(number__in=numbers).iterator(rules.BATCH))
    gone = numbers - {row.number for row in found}
    try:
        with Writer(index_folder(), lexicon) as writer:
            writer.drop(gone)
            writer.put(map(rules.indexed, found))
            writer.commit()
            heard.name, heard.documents = writer.state.name, writer.state.documents
    except IndexDamaged as damage:
        _log.warning("the index is made anew: %s", damage)
        return None
    return len(numbers)


def _made_anew(heard: Indexed, lexicon: Lexicon) -> int:
    """Make the index from the whole table."""
    from kechuang.engines.ranking import made_anew
    from kechuang.engines.ranking.store import State

    folder = index_folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    made_anew(folder, _every_document, lexicon)
    state = State.load(folder)
    heard.name, heard.documents = state.name, state.documents
    return state.documents


def _every_document() -> Iterator[rules.Indexable]:
    rows = Document.objects.order_by("pk").iterator(rules.BATCH)
    return map(rules.indexed, rows)
