"""All needs against all offers, on all cores, or on Ray over several machines.

Each worker opens the same index and ranks its share; a need is ranked as it would be by itself, so
the result is the same to the last hit, however many workers there are.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from kechuang.engines.ranking.lexicon import NO_ALIASES, NO_LEXICON, Aliases, Lexicon
from kechuang.engines.ranking.models import FIXED, Model
from kechuang.engines.ranking.ranker import Ranker
from kechuang.engines.ranking.texts import PUBLIC, Hit, Query, Reader

SHARE = 16  # needs that a worker takes at a time


class RayMissing(RuntimeError):
    """Ray is not installed: pip install 'kechuang[ray]'."""


@dataclass(frozen=True)
class Setting:
    """What every worker ranks with."""

    folder: Path
    lexicon: Lexicon = NO_LEXICON
    aliases: Aliases = NO_ALIASES
    model: Model = FIXED
    reader: Reader = PUBLIC
    top: int = 100

    @property
    def key(self) -> tuple[Any, ...]:
        """Names the setting: two with the same key rank alike."""
        words = (self.lexicon.fingerprint, self.aliases)
        return (self.folder, *words, self.model.id, self.reader, self.top)

    def ranker(self) -> Ranker:
        return Ranker(self.folder, self.lexicon, self.aliases, self.model)


_open: list[tuple[Setting, Ranker]] = []  # of this worker: at most one


def _begin(setting: Setting) -> None:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"  # the workers are the cores already
    _open[:] = [(setting, setting.ranker())]


def _share(queries: Sequence[Query]) -> list[list[Hit]]:
    setting, ranker = _open[0]
    return [ranker.rank(query, setting.top, setting.reader).hits for query in queries]


def rank_all(
    folder: Path, queries: Sequence[Query], top: int = 100, workers: int = 0
) -> Iterator[list[Hit]]:
    """The hits of each query, in their order; `workers` 0 takes every core."""
    yield from rank_with(Setting(folder, top=top), queries, workers)


def rank_with(setting: Setting, queries: Sequence[Query], workers: int = 0) -> Iterator[list[Hit]]:
    """The hits of each query, in their order."""
    shares = _shares(queries)
    count = min(workers or os.cpu_count() or 1, len(shares))
    if count <= 1:
        _begin(setting)
        for share in shares:
            yield from _share(share)
        return
    with ProcessPoolExecutor(
        count, get_context("spawn"), initializer=_begin, initargs=(setting,)
    ) as pool:
        for found in pool.map(_share, shares):
            yield from found


def rank_on_ray(
    setting: Setting, queries: Sequence[Query], address: str = ""
) -> Iterator[list[Hit]]:
    """The same on a Ray cluster; every machine sees the index folder. `address` names a cluster
    that is there; without one Ray starts on this machine."""
    try:
        import ray
    except ImportError as error:
        raise RayMissing(RayMissing.__doc__) from error
    started = not ray.is_initialized()
    if started:
        ray.init(address=address or None, include_dashboard=False, log_to_driver=False)
    try:
        remote: Any = ray.remote(_alone)
        for found in ray.get([remote.remote(setting, share) for share in _shares(queries)]):
            yield from found
    finally:
        if started:
            ray.shutdown()


def _alone(setting: Setting, queries: Sequence[Query]) -> list[list[Hit]]:
    if not _open or _open[0][0].key != setting.key:
        _begin(setting)
    return _share(queries)


def _shares(queries: Sequence[Query]) -> list[Sequence[Query]]:
    return [queries[at : at + SHARE] for at in range(0, len(queries), SHARE)]
