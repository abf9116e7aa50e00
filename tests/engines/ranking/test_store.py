"""The index on disk: what is committed counts, what is damaged is made anew, nothing leaks."""

import json
import math
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kechuang.engines.ranking import (
    Document,
    Facets,
    IndexDamaged,
    Kind,
    Query,
    Ranker,
    Reader,
    Writer,
    made_anew,
)
from kechuang.engines.ranking.lexicon import Lexicon, LexiconProblem, aliases_from, lexicon_from
from kechuang.engines.ranking.spans import taken_apart

OFFERS = [
    Document("1", "氮化铝陶瓷基板", "陶瓷 基板", "热导率 226 W/(m·K)。", owner="A",
             facets=Facets("RESULT", "52/5201/520102", "新材料", "PILOT")),
    Document("2", "氮化铝单晶热沉", "", "用于功率激光器散热。", owner="A",
             facets=Facets("PATENT", "52/5201", "新材料", "LAB")),
    Document("3", "农业面源污染治理", "农业", "稻田退水中总磷去除率 67%。", owner="B",
             facets=Facets("RESULT", "52/5203", "环保", "MASS")),
    Document("4", "氮化铝粉体", "", "内部工艺", owner="C", readers=frozenset({"C", "office:52"})),
]  # fmt: skip
QUERY = Query("氮化铝陶瓷", "激光器散热", kind=Kind.RELATED)


@pytest.fixture
def folder(tmp_path):
    with Writer(tmp_path / "index") as writer:
        assert writer.put(OFFERS) == 4
        assert writer.commit() == 1
    return tmp_path / "index"


def ids(ranker, query=QUERY, **more):
    return [hit.id for hit in ranker.rank(query, **more).hits]


def test_what_is_put_counts_from_the_commit_on_and_is_taken_in_by_a_refresh(folder):
    ranker = Ranker(folder)
    assert len(ranker) == 4 and not ranker.refresh()
    with Writer(folder) as writer:
        writer.put([Document("5", "氮化铝陶瓷封装", "", "")])
        assert "5" not in ids(ranker) and not ranker.refresh()
        writer.commit()
        assert "5" not in ids(ranker)
        assert ranker.refresh() and "5" in ids(ranker)


def test_what_was_not_committed_is_forgotten(folder):
    with Writer(folder) as writer:
        writer.put([Document("5", "氮化铝陶瓷封装")])
        writer.drop(["1"])
    ranker = Ranker(folder)
    assert len(ranker) == 4 and "1" in ids(ranker) and "5" not in ids(ranker)
    with Writer(folder) as writer:
        assert writer.commit() == 1  # nothing to commit is no generation


def test_changing_and_dropping_leave_the_index_as_if_made_so(folder, tmp_path):
    changed = Document("2", "碳化硅单晶衬底", "", "用于功率器件。")
    with Writer(folder) as writer:
        writer.put([changed, Document("5", "氮化铝")])
        writer.put([Document("5", "氮化铝陶瓷管壳")])
        writer.drop(["3", "unknown"])
        writer.commit()
    with Writer(tmp_path / "fresh") as writer:
        writer.put([OFFERS[0], OFFERS[3], changed, Document("5", "氮化铝陶瓷管壳")])
        writer.commit()
    grown, fresh = Ranker(folder), Ranker(tmp_path / "fresh")
    assert len(grown) == len(fresh) == 4
    for kind in Kind:
        for text in ("氮化铝陶瓷", "碳化硅单晶", "农业"):
            query = Query(text, kind=kind)
            assert grown.rank(query).hits == fresh.rank(query).hits


def test_filters_and_readers(folder):
    ranker = Ranker(folder)
    assert set(ids(ranker)) == {"1", "2"}
    assert set(ids(ranker, reader=Reader(frozenset({"C"})))) == {"1", "2", "4"}
    for facets, expected in (
        (Facets(region="52/5201"), {"1", "2"}),
        (Facets(region="52/5201/520102"), {"1"}),
        (Facets(region="5"), set()),
        (Facets(kind="PATENT"), {"2"}),
        (Facets(industry="新材料", maturity="LAB"), {"2"}),
        (Facets(industry="环保"), set()),
    ):
        assert set(ids(ranker, reader=Reader(facets=facets))) == expected


def test_a_document_without_readers_is_found_by_nobody(folder):
    with Writer(folder) as writer:
        writer.put([Document("1", "氮化铝陶瓷基板", readers=frozenset())])
        writer.commit()
    assert "1" not in ids(Ranker(folder), reader=Reader(frozenset({"C", "office:52"})))


def test_excluded_documents_are_left_out_before_anything_is_learnt_from_them(folder):
    ranker = Ranker(folder)
    query = Query(QUERY.text, QUERY.body, frozenset({"1"}), Kind.RELATED)
    assert ids(ranker, query) == ["2"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "state.json").write_text("{"),
        lambda folder: (folder / "state.json").unlink(),
        lambda folder: (folder / "texts.bin").write_bytes(b""),
        lambda folder: (folder / "rows.bin").unlink(),
        lambda folder: (folder / "statistics-1.npz").write_bytes(b"PK"),
        lambda folder: (folder / "words" / "meta.json").write_text("garbage"),
        lambda folder: shutil.rmtree(folder / "words"),
        lambda folder: [each.unlink() for each in (folder / "words").glob("*.idx")],
        lambda folder: [each.write_bytes(b"x" * 9) for each in (folder / "words").glob("*.term")],
    ],
)
def test_a_damaged_index_is_refused_and_made_anew(folder, damage):
    before = Ranker(folder).rank(QUERY).hits
    damage(folder)
    with pytest.raises(IndexDamaged):
        Ranker(folder).rank(QUERY)
    made_anew(folder, lambda: OFFERS)
    assert Ranker(folder).rank(QUERY).hits == before
    assert sorted(each.name for each in folder.parent.iterdir()) == ["index"]


def test_a_commit_that_was_cut_short_is_noticed(folder):
    state = json.loads((folder / "state.json").read_text())
    (folder / "state.json").write_text(json.dumps(state | {"opstamp": state["opstamp"] + 1}))
    with pytest.raises(IndexDamaged):
        Writer(folder)


def test_what_a_killed_writer_left_behind_is_no_harm(folder):
    with (folder / "texts.bin").open("ab") as out:
        out.write(b"half a document")
    with (folder / "rows.bin").open("ab") as out:
        out.write(b"half a row")
    with Writer(folder) as writer:
        writer.put([Document("5", "氮化铝陶瓷封装")])
        writer.commit()
    assert "5" in ids(Ranker(folder))


def test_an_index_read_with_another_lexicon_is_made_anew(folder):
    words = Lexicon(frozenset({"氮化铝"}))
    with pytest.raises(IndexDamaged, match="another lexicon"):
        Ranker(folder, words)
    made_anew(folder, lambda: OFFERS, words)
    ranked = Ranker(folder, words).rank(QUERY)
    assert ranked.hits and "氮化铝" in ranked.question.grams.texts


def test_lexicon_and_aliases_name_the_line_that_says_nothing():
    with pytest.raises(LexiconProblem, match="line 2"):
        lexicon_from(["氮化铝", "abc"])
    with pytest.raises(LexiconProblem, match="line 3"):
        aliases_from(["# names", "CBN、立方氮化硼", "，，"])


# --- what should not matter ----------------------------------------------------------------

_TEXT = st.text(alphabet="氮化铝陶瓷基板热导率abc 5G，。%", max_size=30)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.tuples(_TEXT, _TEXT, _TEXT), min_size=1, max_size=8),
    _TEXT, _TEXT, st.sampled_from(list(Kind)), st.randoms(),
)  # fmt: skip
def test_scores_are_their_parts_and_no_order_of_coming_in_matters(
    tmp_path_factory, rows, text, body, kind, chance
):
    documents = [Document(str(at), *row) for at, row in enumerate(rows)]
    folder = tmp_path_factory.mktemp("drawn")
    query = Query(text, body, kind=kind)
    mixed = list(documents)
    chance.shuffle(mixed)
    rankings = []
    for name, order in (("a", documents), ("b", mixed)):
        with Writer(folder / name) as writer:
            for each in order:
                writer.put([each])
            writer.commit()
        rankings.append(Ranker(folder / name).rank(query, 50))
    first, second = rankings
    scores = {hit.id: hit.score for hit in second.hits}
    assert {hit.id for hit in first.hits} == set(scores)
    for place, hit in enumerate(first.hits):
        assert math.isclose(hit.score, scores[hit.id], abs_tol=1e-9)
        document = documents[int(str(hit.id))]
        fields = {"title": document.title, "keywords": document.keywords, "body": document.body}
        taken = taken_apart(first, place, fields)
        spans = math.fsum(span.points for span in taken.spans)
        assert math.isclose(math.fsum(taken.terms.values()), hit.score, abs_tol=1e-9)
        assert math.isclose(spans + math.fsum(taken.rest.values()), hit.score, abs_tol=1e-9)
        for span in taken.spans:
            assert fields[span.field][span.start : span.end] == span.text


# --- what the reader may not see ----------------------------------------------------------


def _candidates(folder, reader=None):
    ranker = Ranker(folder)
    ranked = ranker.rank(QUERY, 3, reader or Reader())
    return {ranker._forward.card(row)["id"] for row in ranked.candidates.tolist()}


def test_hidden_documents_do_not_sway_which_are_looked_at(tmp_path, monkeypatch):
    """Neither by their words nor by their length, however many they are."""
    monkeypatch.setattr("kechuang.engines.ranking.ranker.CANDIDATES", 5)
    seen = [
        Document(str(at), f"氮化铝{'陶瓷' * (at % 3)}", "", "激光器散热" * (at % 4) + f"工艺{at}")
        for at in range(40)
    ]
    hidden = [
        Document(f"h{at}", "激光器散热", "", "激光器散热" * 60, readers=frozenset({"C"}))
        for at in range(80)
    ]
    for name, documents in (("alone", seen), ("beside", [*hidden, *seen])):
        with Writer(tmp_path / name) as writer:
            writer.put(documents)
            writer.commit()
    alone, beside = _candidates(tmp_path / "alone"), _candidates(tmp_path / "beside")
    assert alone == beside and 3 <= len(alone) <= 5
    stranger = Reader(frozenset({"D"}))
    assert _candidates(tmp_path / "beside", stranger) == alone
    inside = _candidates(tmp_path / "beside", Reader(frozenset({"C"})))
    assert alone < inside and any(each.startswith("h") for each in inside)


def test_a_document_that_is_closed_leaves_what_is_open(folder):
    with Writer(folder) as writer:
        writer.put([Document("1", "氮化铝陶瓷基板", readers=frozenset({"A"}))])
        writer.commit()
    ranker = Ranker(folder)
    assert ids(ranker) == ["2"] and ranker.rank(QUERY).total == 1
    assert set(ids(ranker, reader=Reader(frozenset({"A"})))) == {"1", "2"}
    with Writer(folder) as writer:
        writer.put([OFFERS[0]])
        writer.commit()
    assert ranker.refresh() and set(ids(ranker)) == {"1", "2"}
