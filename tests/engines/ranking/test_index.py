"""Ranking: a sum, deterministic, and steady under what should not matter."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kechuang.engines.ranking import Document, Index, Query, rank
from kechuang.engines.ranking.index import query_weights

OFFERS = [
    Document("CG-1", "高导热氮化铝陶瓷流延成型与共烧工艺", "陶瓷基板", "热导率 226 W/(m⋅K)。"),
    Document("CG-2", "大尺寸氮化铝单晶热沉制备", "", "面向功率激光器散热，热导率 205 W/(m⋅K)。"),
    Document("CG-3", "农业面源污染治理技术", "农业", "稻田退水中氮磷去除率 67%。"),
    Document("CG-4", "人乳头瘤病毒分型检测试剂", "PCR", "用荧光定量 PCR 一次检出二十一型。"),
]
NEED = Query("功率模块用高导热氮化铝陶瓷基板", "要求热导率不低于 220 W/(m⋅K)，用于功率模块。")


@pytest.fixture(scope="module")
def index():
    return Index(OFFERS)


def test_the_fitting_offer_comes_first(index):
    assert [hit.id for hit in index.rank(NEED)][:2] == ["CG-1", "CG-2"]


def test_contributions_sum_to_the_score(index):
    for hit in index.rank(NEED):
        parts = index.contributions(NEED, hit.id)
        assert math.isclose(math.fsum(parts.values()), hit.score, rel_tol=0, abs_tol=1e-9)


def test_no_shared_word_is_no_hit(index):
    assert index.rank(Query("齿轮箱振动")) == []


@pytest.mark.parametrize("text", ["", "，。！", "😀", "\u200b"])
def test_a_query_without_words_finds_nothing(index, text):
    assert index.rank(Query(text)) == []


def test_an_empty_index_finds_nothing():
    assert Index([]).rank(NEED) == []
    assert Index([Document("a")]).rank(NEED) == []


def test_excluded_documents_are_left_out(index):
    query = Query(NEED.text, exclude=frozenset({"CG-1", "unknown"}))
    assert [hit.id for hit in index.rank(query)] == ["CG-2"]


def test_top_cuts_and_equal_scores_keep_the_order():
    same = [Document(number, body="氮化铝") for number in range(9)]
    assert [hit.id for hit in rank(Query("氮化铝"), same, top=4)] == [0, 1, 2, 3]


def test_ids_are_unique():
    with pytest.raises(ValueError, match="unique"):
        Index([Document(1), Document(1)])


def test_a_need_title_counts_five_times_its_body():
    weights = query_weights(Query("陶瓷", "陶瓷 基板"))
    assert weights == pytest.approx({"陶瓷": 1.2, "基板": 0.2})


@pytest.mark.parametrize("form", ["氮化鋁陶瓷", "氮化铝陶瓷", "氮化\u200b铝陶瓷"])
def test_forms_of_one_word_give_the_same_hits(index, form):
    assert index.rank(Query(form)) == index.rank(Query("氮化铝陶瓷"))


def test_a_repeated_paragraph_does_not_move_the_first_hit(index):
    twice = Query(NEED.text, NEED.body * 2)
    assert index.rank(twice)[0].id == index.rank(NEED)[0].id


def test_an_unrelated_new_document_keeps_the_order():
    more = Index([*OFFERS, Document("CG-5", "古籍修复", "", "纸张脱酸与装帧。")])
    assert [hit.id for hit in more.rank(NEED)] == [hit.id for hit in Index(OFFERS).rank(NEED)]


_TEXT = st.text(alphabet="氮化铝陶瓷基板热导率abc 5G，。", max_size=40)


@given(st.lists(_TEXT, max_size=12), _TEXT, _TEXT)
def test_scores_are_their_contributions_whatever_the_texts(bodies, title, body):
    index = Index(Document(number, body=text) for number, text in enumerate(bodies))
    query = Query(title, body)
    hits = index.rank(query, top=50)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    for hit in hits:
        total = math.fsum(index.contributions(query, hit.id).values())
        assert math.isclose(total, hit.score, rel_tol=0, abs_tol=1e-9)
