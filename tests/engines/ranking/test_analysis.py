"""Folding and tokens: what an engineer types and what a document says must meet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kechuang.engines.ranking.analysis import LONGEST, fold, placed_tokens, tokens
from kechuang.engines.ranking.traditional import SIMPLIFIED


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("ＣＢＮ", "cbn"),
        ("氮化鋁陶瓷", "氮化铝陶瓷"),
        ("零\u200b宽\ufeff", "零宽"),
        ("g/cm³", "g/cm3"),
        ("℃", "°c"),
        ("ﬁber", "fiber"),
    ],
)
def test_fold_evens_out_what_means_the_same(written, folded):
    assert fold(written) == folded


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5G基站", ["5g", "基站"]),
        ("CBN单晶", ["cbn", "单晶"]),
        ("Al-B4C", ["al-b4c", "al", "b4c"]),
        ("密度1.80", ["密度", "1.80"]),
        ("67%", ["67%"]),
        ("铟", ["铟"]),
        ("，。！?…", []),
        ("😀\u200b", []),
        ("", []),
        ("β-SiC晶须", ["β-sic", "β", "sic", "晶须"]),
        ("𬭁合金", ["𬭁合", "合金"]),
    ],
)
def test_tokens(text, expected):
    assert tokens(text) == expected


def test_a_text_is_cut_not_refused():
    assert len(fold("材" * (LONGEST + 5))) == LONGEST


def test_the_table_of_forms_is_one_to_one_character():
    assert all(len(old) == 1 and len(new) == 1 and old != new for old, new in SIMPLIFIED.items())
    assert not set(SIMPLIFIED) & set(SIMPLIFIED.values()) - set("藉")


@given(st.text(max_size=200))
def test_placed_tokens_are_the_tokens_and_point_into_the_text(text):
    placed = placed_tokens(text)
    assert [token.text for token in placed] == tokens(text)
    assert all(0 <= token.start < token.end <= len(text) for token in placed)


@given(st.text(max_size=200))
def test_folding_twice_changes_nothing_for_tokens(text):
    assert tokens(fold(text)) == tokens(text)
