"""The index of the ranking engine, read: each process keeps one open and sees new generations."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from kechuang.base.actor import Actor
from kechuang.engines.ranking import Facets, Query, Reader
from kechuang.search import rules
from kechuang.search.queries.terms import ALIASES, aliases_of, spoken

if TYPE_CHECKING:
    from kechuang.engines.ranking import Ranked, Ranker
    from kechuang.engines.ranking.batch import Setting
    from kechuang.engines.ranking.lexicon import Lexicon
    from kechuang.engines.ranking.models import Model

_log = logging.getLogger(__name__)

# At most one: that of this process, with when the other names beside it were written.
_kept: list[tuple["Ranker", int]] = []


def index_folder() -> Path:
    """Where the index lies. Derived: it is in no backup, and made anew when it is lost."""
    return Path(settings.SEARCH_INDEX)


def ranker() -> "Ranker | None":
    """The index as it was committed last; None while there is none, or it is being made anew.

    What is open is never changed, so that threads may share it: a new generation is opened beside
    it and takes its place.
    """
    from kechuang.engines.ranking import IndexDamaged, Ranker  # numpy and tantivy, when needed
    from kechuang.engines.ranking.store import State, lexicon_of

    folder = index_folder()
    for _ in range(2):  # once more where it was being put in its place
        try:
            held, written = _kept[0] if _kept else (None, 0)
            now = _written(folder)
            is_ours = held is not None and held.folder == folder and written == now
            if held is None or not is_ours or held.state.name != State.load(folder).name:
                held = Ranker(folder, lexicon_of(folder), aliases_of(folder))
                _kept[:] = [(held, now)]
            return held
        except IndexDamaged:
            continue
    return None


def is_taken_in() -> bool:
    """Whether the index in use is read and asked with the words and names in force."""
    held, words = ranker(), spoken()
    return held is not None and (held.lexicon, held.aliases) == (words.lexicon, words.aliases)


def _written(folder: Path) -> int:
    """When the other names were written, to the nanosecond; 0 for none."""
    try:
        return (folder / ALIASES).stat().st_mtime_ns
    except OSError:
        return 0


@dataclass(frozen=True, slots=True)
class Ranking:
    """A ranking, and what it can be told by: the index, the model, the own words that texts are
    read with, and how many documents the reader might have found."""

    ranked: "Ranked"
    index: str
    lexicon: "Lexicon"
    _counted: Callable[[], int]

    @property
    def documents(self) -> int:
        return self._counted()

    @property
    def model(self) -> str:
        return self.ranked.model

    @property
    def numbers(self) -> list[str]:
        """The documents, best first."""
        return [str(hit.id) for hit in self.ranked.hits]


def ranked(  # noqa: PLR0913 - a question, by whom, among what
    query: Query,
    *,
    actor: Actor,
    facets: Facets = Facets(),  # noqa: B008 - a frozen value
    top: int = 100,
    model: "Model | None" = None,
    every_figure: bool = False,
) -> Ranking | None:
    """The documents that answer best among those that an actor may find; None without an index.

    With Actor.CLOCK among all: for jobs, whose results reach nobody before they are narrowed.
    """
    held = ranker()
    if held is None:
        return None
    from kechuang.engines.ranking import IndexDamaged

    reader = Reader(rules.keys_of(actor), facets)
    try:
        found = held.rank(query, top, reader, every_figure, model)
    except IndexDamaged:
        _give_up(held)
        return None
    return Ranking(found, held.name, held.lexicon, partial(held.count, reader))


MANY_DOCUMENTS, MANY_QUERIES = 20_000, 64  # from which on starting more processes pays


def ranked_all(
    queries: Sequence[Query],
    *,
    facets: Facets = Facets(),  # noqa: B008 - a frozen value
    top: int = 100,
    model: "Model | None" = None,
    workers: int = 0,
) -> Iterator[Ranking | None]:
    """What everybody would find for each of many questions, in their order, on all cores; the same
    as one by one to the last digit. None from where on there is no index.

    Few questions, or few documents, are asked in this process; `workers` says otherwise.
    """
    held = ranker()
    is_many = held is not None and len(held) >= MANY_DOCUMENTS and len(queries) >= MANY_QUERIES
    if held is None or not (is_many or workers):
        for query in queries:
            yield ranked(query, actor=Actor.PUBLIC, facets=facets, top=top, model=model)
        return
    from kechuang.engines.ranking import IndexDamaged
    from kechuang.engines.ranking.batch import Setting

    reader = Reader(frozenset(), facets)
    words = (held.lexicon, held.aliases)
    setting = Setting(held.folder, *words, model or held.model, reader, top)
    documents = held.count(reader)
    try:
        for query, found in zip(queries, _everywhere(setting, queries, workers), strict=True):
            if found.generation != held.state.generation:  # the index went on meanwhile
                yield ranked(query, actor=Actor.PUBLIC, facets=facets, top=top, model=model)
            else:
                yield Ranking(found, held.name, held.lexicon, lambda: documents)
    except IndexDamaged:
        _give_up(held)
        yield from [None] * len(queries)


def _everywhere(
    setting: "Setting", queries: Sequence[Query], workers: int
) -> "Iterator[Ranked]":
    """On the Ray cluster of the settings, and where there is none, or it is not there, on the cores
    of this machine: the rankings are the same."""
    from kechuang.engines.ranking.batch import RayMissing, RayUnreachable, rank_whole

    if settings.RANKING_RAY:
        try:
            yield from rank_whole(setting, queries, ray=settings.RANKING_RAY)
            return
        except (RayMissing, RayUnreachable) as error:
            _log.warning("ranking goes on without Ray: %s", error)
    yield from rank_whole(setting, queries, workers)


def _give_up(damaged: "Ranker") -> None:
    """Close an index that cannot be read, and take away what names it: the job that keeps the
    index finds none, and makes it anew."""
    from kechuang.engines.ranking import IndexDamaged
    from kechuang.engines.ranking.store import State

    _kept.clear()
    with suppress(IndexDamaged):
        if State.load(damaged.folder).name == damaged.state.name:
            (damaged.folder / "state.json").unlink(missing_ok=True)
