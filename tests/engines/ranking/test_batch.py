"""Ranking all at once gives what ranking one by one gives, to the last hit."""

import sys
import threading

import numpy as np
import pytest

from kechuang.engines.ranking import Document, Kind, Query, Ranker, Writer
from kechuang.engines.ranking.batch import (
    SHARE,
    RayMissing,
    Setting,
    rank_all,
    rank_whole,
    rank_with,
)
from kechuang.engines.ranking.codes import Tabled, Wanted
from kechuang.engines.ranking.spans import all_taken_apart


@pytest.mark.parametrize("workers", [1, 2])
def test_all_at_once_is_one_by_one(tmp_path, workers):
    with Writer(tmp_path / "index") as writer:
        writer.put(Document(str(at), f"氮化铝{at}", body="陶瓷基板" * (at % 5)) for at in range(60))
        writer.commit()
    queries = [Query(f"氮化铝陶瓷{at}", kind=kind) for at in range(SHARE) for kind in Kind]
    ranker = Ranker(tmp_path / "index")
    singly = [ranker.rank(query, 7).hits for query in queries]
    assert list(rank_all(tmp_path / "index", queries, 7, workers)) == singly
    assert list(rank_with(Setting(tmp_path / "index"), [], workers)) == []


def test_without_ray_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(RayMissing, match=r"kechuang\[ray\]"):
        list(rank_whole(Setting(tmp_path), [Query("氮化铝")], ray="local"))


def offers():
    return [
        Document(str(at), f"氮化铝{at}", body="陶瓷基板" * (at % 5) + "散热") for at in range(60)
    ]


@pytest.fixture
def folder(tmp_path):
    with Writer(tmp_path / "index") as writer:
        writer.put(offers())
        writer.commit()
    return tmp_path / "index"


def test_whole_rankings_come_with_what_takes_them_apart(folder):
    queries = [Query(f"氮化铝陶瓷{at}", "散热", kind=Kind.RELATED) for at in range(2 * SHARE)]
    texts = {str(each.id): {"title": each.title, "body": each.body} for each in offers()}
    ranker = Ranker(folder)
    for query, whole in zip(queries, rank_whole(Setting(folder, top=7), queries, 2), strict=True):
        singly = ranker.rank(query, 7)
        assert whole.hits == singly.hits
        assert whole.rows().tolist() == singly.rows().tolist()
        held = [texts[str(hit.id)] for hit in singly.hits]
        assert all_taken_apart(whole, held) == all_taken_apart(singly, held)
        assert len(whole.candidates) == len(whole.hits)
        with pytest.raises(RuntimeError):
            _ = whole.total


def test_a_process_with_threads_of_its_own_starts_new_workers(folder):
    queries = [Query(f"氮化铝陶瓷{at}") for at in range(2 * SHARE)]
    is_over = threading.Event()
    thread = threading.Thread(target=is_over.wait)
    thread.start()
    try:
        found = list(rank_all(folder, queries, 7, 2))
    finally:
        is_over.set()
        thread.join()
    assert found == list(rank_all(folder, queries, 7, 1))


@pytest.mark.parametrize("many", [0, 1, 240, 5_000])
def test_a_table_of_places_finds_what_the_search_finds(many):
    chance = np.random.default_rng(2026)
    every = np.unique(chance.integers(0, 1 << 32, 20_000, dtype=np.uint64).astype(np.uint32))
    wanted = np.sort(chance.choice(every, many, replace=False))
    codes = chance.choice(every, 30_000)
    one, other = Wanted(wanted).among(codes), Tabled(wanted).among(codes)
    assert [each.tolist() for each in one] == [each.tolist() for each in other]
