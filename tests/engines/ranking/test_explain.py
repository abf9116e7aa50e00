"""The reason shown is the score taken apart, never a story beside it."""

import math

from kechuang.engines.ranking import Document, Index, Query, explain, quote

TEXT = (
    "研制了大尺寸基片。采用钇钙复合助烧剂的氮化铝陶瓷流延基板，热导率达 226 W/(m⋅K)，"
    "已用于功率模块样件。申请专利 6 件。"
)
INDEX = Index([Document(1, "", "", TEXT), Document(2, "", "", "古籍修复与纸张脱酸。")])
QUERY = Query("功率模块用氮化铝陶瓷基板")


def test_phrases_and_terms_sum_to_the_score():
    found = explain(INDEX, QUERY, 1, TEXT)
    assert found.score == INDEX.rank(QUERY)[0].score
    assert math.isclose(math.fsum(phrase.points for phrase in found.phrases), found.score)
    assert found.phrases[0].text == "氮化铝陶瓷"


def test_words_that_the_text_lacks_stay_as_phrases_of_their_own():
    found = explain(INDEX, QUERY, 1, "")
    assert math.isclose(math.fsum(phrase.points for phrase in found.phrases), found.score)
    assert {phrase.text for phrase in found.phrases} == set(found.terms)


def test_quote_gives_the_best_sentence_with_marks():
    pieces = quote(TEXT, explain(INDEX, QUERY, 1, TEXT).terms, longest=len(TEXT.split("。")[1]) + 1)
    assert [piece.text for piece in pieces if piece.marked] == ["氮化铝陶瓷", "基板", "功率模块"]
    assert pieces[0] == ("……", False) and pieces[-1] == ("……", False)
    assert "".join(piece.text for piece in pieces[1:-1]) in TEXT


def test_quote_of_a_text_without_the_words_is_nothing():
    assert quote("古籍修复", {"氮化": 1.0}) == []


def test_quote_cuts_a_long_sentence_around_its_words():
    text = "前" * 300 + "氮化铝陶瓷" + "后" * 300
    pieces = quote(text, {"氮化": 2.0, "化铝": 2.0}, longest=60)
    assert ("氮化铝", True) in pieces
    assert sum(len(piece.text) for piece in pieces) <= 60 + 4
