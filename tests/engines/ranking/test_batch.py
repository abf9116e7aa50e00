"""Ranking all at once gives what ranking one by one gives, to the last hit."""

import sys

import pytest

from kechuang.engines.ranking import Document, Kind, Query, Ranker, Writer
from kechuang.engines.ranking.batch import (
    SHARE,
    RayMissing,
    Setting,
    rank_all,
    rank_on_ray,
    rank_with,
)


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
        list(rank_on_ray(Setting(tmp_path), [Query("氮化铝")]))
