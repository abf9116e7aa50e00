"""How a search is read."""

import pytest

from kechuang.engines.ranking import LONGEST
from kechuang.search.rules import Asked, asked, findable_tokens, is_common, rarest, score


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("氮化铝", Asked(("氮化", "化铝"))),
        ("铟", Asked(("铟",))),
        ('"刀具寿命"', Asked(("刀具", "具寿", "寿命"), ("刀具寿命",))),
        ("“刀具”", Asked(("刀具",), ("刀具",))),
        ("单晶 -涂层", Asked(("单晶",), (), ("涂层",))),
        ("Al-B4C", Asked(("al-b4c", "al", "b4c"))),
        ("5G基站", Asked(("5g", "基站"))),
        ("！？…", Asked(())),
        ("-涂层", Asked((), (), ("涂层",))),
        ('""', Asked(())),
        ("", Asked(())),
        ("a\x00b", Asked(("ab",))),
    ],
)
def test_a_search_is_read(text, expected):
    assert asked(text) == expected


def test_a_search_of_only_marks_is_empty():
    assert asked("，。").is_empty
    assert asked("-涂层").is_empty
    assert not asked("铟").is_empty


def test_ten_thousand_characters_are_read():
    words = asked("钛" * LONGEST + "铟铟").words
    assert words == ("钛钛",)


def test_a_document_is_found_by_bigrams_words_and_single_characters():
    assert findable_tokens("铟靶\n5g") == ["5g", "铟", "铟靶", "靶"]


def test_the_score_prefers_the_title_and_saturates():
    question = asked("靶材")
    in_title = score(question, "靶材", "", "靶材")
    in_body = score(question, "别的", "", "别的 靶材")
    often = score(question, "别的", "", "靶材 " * 90)
    assert 0 < in_body < often < in_title <= 1
    assert score(asked("，"), "a", "b", "c") == 0


def test_the_rarest_words_are_those_that_are_not_frequent():
    shares = {"技术": 0.5, "研究": 0.2}
    assert rarest(["技术", "铟靶", "研究"], shares, 2) == ["铟靶"]
    assert rarest(["技术", "研究"], shares, 2) == ["研究", "技术"]


def test_of_very_many_documents_fewer_words_are_looked_up():
    words = ["铟靶", "废靶", "靶材", "回收", "纯化"]
    shares = {"纯化": 0.04}
    assert rarest(words, shares, 5, 20_000) == words
    assert rarest(words, shares, 5, 100_000) == ["铟靶", "废靶", "靶材", "回收"]
    assert rarest(words, shares, 5, 150_000) == ["铟靶", "废靶", "靶材"]
    assert rarest(words, shares, 5, 10_000_000) == ["铟靶", "废靶", "靶材"]
    assert rarest(words[:2], shares, 5, 10_000_000) == ["铟靶", "废靶"]


def test_common_words_are_looked_up_from_the_newest():
    shares = {"技术": 0.5, "研究": 0.2, "of": 0.9}
    assert is_common(["技术", "研究"], shares)
    assert not is_common(["技术", "铟靶"], shares)
    assert not is_common(["of"], shares)
