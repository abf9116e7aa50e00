"""A learnt model outlives the index that it was learnt on, and ranks alike on another."""

import json

import pytest

from kechuang.engines.ranking import Document, Kind, Query, Ranker, Writer
from kechuang.engines.ranking.kept import Case, Kept, data_hash, learnt_from
from kechuang.engines.ranking.models import FIXED, Boosted, Linear

MATERIALS = "铝铜钛镁锌镍钨钼铬锰硅硼碳氮磷硫铁钴锡铅铋锑镓铟锗银铂钯铑"
TOPICS = [
    "靶材回收提纯", "薄膜沉积设备", "粉末烧结工艺", "腐蚀防护涂层", "精密铸造模具", "电解槽节能",
]  # fmt: skip


def documents():
    """Of each material and topic two offers that say the same; one of each pair is wanted."""
    return [
        Document(
            f"{material}{place}{turn}", f"{material}{topic}", "",
            f"{topic}与{material}，{material}锭与{material}丝。",
        )
        for material in MATERIALS
        for place, topic in enumerate(TOPICS)
        for turn in "ab"
    ]  # fmt: skip


def cases(count=28):
    """Needs that are about one material and one topic; the liaison always took the second."""
    return [
        Case(f"{material}{TOPICS[0]}", f"求{TOPICS[0]}。", {f"{material}0b": 2, f"{material}0a": 0})
        for material in MATERIALS[:count]
    ]


@pytest.fixture
def index(tmp_path):
    def made(rows, name="index"):
        with Writer(tmp_path / name) as writer:
            writer.put(rows)
            writer.commit()
        return Ranker(tmp_path / name)

    return made


def kept(name="precedents"):
    weights = dict(FIXED.weights[Kind.RELATED]) | {"precedents": 1.0}
    return Kept(Linear(name, {Kind.RELATED: weights}), tuple(cases()))


def test_fewer_than_25_judged_needs_teach_nothing(index):
    assert learnt_from(index(documents()), cases(24)) == (None, [])


def test_needs_without_anything_accepted_do_not_count(index):
    refused = [Case(f"{one}涂层", "", {f"{one}3a": 0}) for one in MATERIALS]
    assert learnt_from(index(documents()), refused) == (None, [])


def test_what_proved_itself_is_kept_with_the_needs_that_it_learnt_from(index):
    model, trials = learnt_from(index(documents()), cases())
    assert [trial.name for trial in trials] == ["precedents", "logistic"]
    promoted = [trial for trial in trials if trial.is_promoted]
    assert (model is None) == (not promoted)
    if model:
        assert len(model.cases) == 28


def test_json_and_back_is_the_same_model():
    model = kept()
    again = Kept.from_said(json.loads(json.dumps(model.said())))
    assert (again.id, again) == (model.id, model)
    trees = Kept(Boosted((0.5,) * 12, "tree\n"), tuple(cases(2)))
    assert Kept.from_said(json.loads(json.dumps(trees.said()))).id == trees.id
    assert trees.id.startswith("lambdarank-")


def test_bound_to_another_index_it_ranks_the_same(index):
    """Rows are numbered otherwise there; what was accepted is found by its id."""
    first, second = index(documents()), index(documents()[::-1], "other")
    query = Query(f"铝{TOPICS[0]}", f"求{TOPICS[0]}。", kind=Kind.RELATED)
    model = kept()
    found = [held.rank(query, 1, model=model.bound(held)) for held in (first, second)]
    assert first.rank(query, 2).hits[0].id == "铝0a"
    assert [each.hits[0].id for each in found] == ["铝0b", "铝0b"]
    assert found[0].hits[0].score == pytest.approx(found[1].hits[0].score, abs=0.05)
    assert [each.model for each in found] == [model.id, model.id]


def test_what_is_gone_is_no_precedent(index):
    held = index([each for each in documents() if each.id != "铝0b"])
    query = Query(f"铝{TOPICS[0]}", kind=Kind.RELATED)
    assert held.rank(query, 1, model=kept().bound(held)).hits[0].id == "铝0a"


def test_the_data_hash_names_judgements_in_any_order():
    assert data_hash(cases()) == data_hash(cases()[::-1])
    assert data_hash(cases()) != data_hash(cases(27))
