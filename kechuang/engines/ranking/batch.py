"""All needs against all offers, on all cores, or on Ray over several machines.

Each worker holds the same index in memory and ranks its share; a need is ranked as it would be by
itself, so the result is the same to the last hit, however many workers there are.
"""

import ctypes
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from kechuang.engines.ranking.lexicon import NO_ALIASES, NO_LEXICON, Aliases, Lexicon
from kechuang.engines.ranking.models import FIXED, Model
from kechuang.engines.ranking.ranker import Ranked, Ranker
from kechuang.engines.ranking.texts import PUBLIC, Hit, Query, Reader

SHARE = 8  # needs that a worker takes at a time: few, so that all end together
HELD_BACK = 4  # shares in a worker's hands or on their way to it
TRIM, MAPPED = -1, -3  # what mallopt(3) calls M_TRIM_THRESHOLD and M_MMAP_THRESHOLD
KEPT, LARGE = 256 << 20, 32 << 20  # bytes that a worker keeps; of a piece that it gives back


class RayMissing(RuntimeError):
    """Ray is not installed: pip install 'kechuang[ray]'."""


class RayUnreachable(RuntimeError):
    """There is no Ray cluster at this address; start one (ray start --head) or name another."""


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
        return Ranker(self.folder, self.lexicon, self.aliases, self.model, is_bulk=True)


_open: list[tuple[Setting, Ranker]] = []  # of this worker: at most one


def _begin(setting: Setting) -> None:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"  # the workers are the cores already
    if not _open or _open[0][0].key != setting.key:
        _open[:] = [(setting, setting.ranker())]


def _keep_memory() -> None:
    """Have a worker keep what it frees. A need takes and frees some hundred arrays of the size of
    its candidates; handed back to the system and fetched again each time, page by page, they take
    a sixth of the time (measured; docs/bench.md). A libc without mallopt keeps its own habits."""
    try:
        libc = ctypes.CDLL(None)
        libc.mallopt(TRIM, KEPT)
        libc.mallopt(MAPPED, LARGE)
    except (OSError, AttributeError):
        return


def _begin_worker(setting: Setting) -> None:
    _keep_memory()
    _begin(setting)


def _share(queries: Sequence[Query]) -> list[list[Hit]]:
    setting, ranker = _open[0]
    return [ranker.rank(query, setting.top, setting.reader).hits for query in queries]


def _share_whole(queries: Sequence[Query]) -> list[Ranked]:
    setting, ranker = _open[0]
    return [ranker.rank(query, setting.top, setting.reader).kept() for query in queries]


def rank_all(
    folder: Path, queries: Sequence[Query], top: int = 100, workers: int = 0
) -> Iterator[list[Hit]]:
    """The hits of each query, in their order; `workers` 0 takes every core."""
    yield from rank_with(Setting(folder, top=top), queries, workers)


def rank_with(setting: Setting, queries: Sequence[Query], workers: int = 0) -> Iterator[list[Hit]]:
    """The hits of each query, in their order."""
    yield from _ranked(setting, queries, workers, _share)


def rank_whole(
    setting: Setting, queries: Sequence[Query], workers: int = 0, ray: str | None = None
) -> Iterator[Ranked]:
    """The ranking of each query, in their order, with what takes its scores apart; of the
    candidates the hits alone.

    `ray` is the address of a Ray cluster that does it (`local` for one that starts here). Each of
    its machines has Kechuang installed and sees the index folder by the same path; a share of the
    needs goes to whichever is free. Raises RayMissing and RayUnreachable.
    """
    if ray is not None:
        yield from _on_ray(setting, queries, ray, _share_whole)
    else:
        yield from _ranked(setting, queries, workers, _share_whole)


def _ranked(
    setting: Setting,
    queries: Sequence[Query],
    workers: int,
    work: Callable[[Sequence[Query]], list[Any]],
) -> Iterator[Any]:
    """The answers to shares of the queries; a few shares ahead of whoever takes them, no more."""
    shares = _shares(queries)
    count = min(workers or os.cpu_count() or 1, len(shares))
    try:
        if count <= 1:
            _begin(setting)
            for share in shares:
                yield from work(share)
            return
        with _pool(setting, count) as pool:
            ahead = [pool.submit(work, share) for share in shares[: HELD_BACK * count]]
            for later in [*shares[HELD_BACK * count :], *([None] * len(ahead))]:
                found = ahead.pop(0).result()
                if later is not None:
                    ahead.append(pool.submit(work, later))
                yield from found
    finally:
        _open.clear()


def _pool(setting: Setting, count: int) -> ProcessPoolExecutor:
    """Workers with the index open. Where nothing else runs in this process they come of it by a
    fork, with all that is loaded; a process with threads of its own starts new ones."""
    if threading.active_count() == 1 and hasattr(os, "fork"):
        _begin(setting)
        return ProcessPoolExecutor(count, get_context("fork"), initializer=_keep_memory)
    return ProcessPoolExecutor(
        count, get_context("spawn"), initializer=_begin_worker, initargs=(setting,)
    )


def _on_ray(
    setting: Setting,
    queries: Sequence[Query],
    address: str,
    work: Callable[[Sequence[Query]], list[Any]],
) -> Iterator[Any]:
    try:
        import ray
    except ImportError as error:
        raise RayMissing(RayMissing.__doc__) from error
    started = not ray.is_initialized()
    if started:
        try:
            ray.init(address or "local", include_dashboard=False, log_to_driver=False)
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise RayUnreachable(f"{address}: {RayUnreachable.__doc__}") from error
    try:
        remote: Any = ray.remote(_alone)
        held = ray.put(setting)
        for found in [remote.remote(held, share, work) for share in _shares(queries)]:
            yield from ray.get(found)
    finally:
        if started:
            ray.shutdown()


def _alone(
    setting: Setting, queries: Sequence[Query], work: Callable[[Sequence[Query]], list[Any]]
) -> list[Any]:
    _begin_worker(setting)
    return work(queries)


def _shares(queries: Sequence[Query]) -> list[Sequence[Query]]:
    return [queries[at : at + SHARE] for at in range(0, len(queries), SHARE)]
