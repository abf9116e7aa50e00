"""The sentence that is quoted is the text's own, with the words that counted marked."""

from kechuang.engines.ranking import quote

TEXT = (
    "研制了大尺寸基片。采用钇钙复合助烧剂的氮化铝陶瓷流延基板，热导率达 226 W/(m⋅K)，"
    "已用于功率模块样件。申请专利 6 件。"
)
TERMS = dict.fromkeys(["氮化", "化铝", "铝陶", "陶瓷", "基板", "功率", "率模", "模块"], 1.0)


def test_quote_gives_the_best_sentence_with_marks():
    pieces = quote(TEXT, TERMS, longest=len(TEXT.split("。")[1]) + 1)
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
