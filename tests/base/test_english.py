"""Both languages where no door is at hand."""

import pytest

from kechuang.base import english
from kechuang.base.refusals import worded
from kechuang.doors.words import said_in_language
from kechuang.engines.drawing import DrawRefused, draw, fault_of
from kechuang.engines.sealing import SealRefused, call_from, suite_of
from kechuang.site import catalogues


def test_the_small_reader_reads_what_the_large_one_does():
    whole = catalogues.catalogue("engines")
    known = {one.id: one.string for one in whole if one.id and isinstance(one.id, str)}
    assert {key: text for key, text in english.translations().items() if key} == known


@pytest.mark.parametrize(
    ("act", "refused", "said"),
    [
        (lambda: call_from({"custodians": []}), SealRefused,
         "call.custodians: must be a list, each with name and public"
         " / call.custodians：要是一列，每项有 name 和 public"),
        (lambda: suite_of("sm4"), SealRefused,
         "profile 'sm4': must be one of intl, gm / 算法组 'sm4'：只能是 intl、gm"),
        (lambda: draw(["a"], 2, b"s"), DrawRefused,
         "k 2: must be a whole number from 0 to the pool's 1 / k 2：要是 0 至名单人数 1 的整数"),
    ],
)  # fmt: skip
def test_what_sealing_and_drawing_refuse_is_told_in_both(act, refused, said):
    with pytest.raises(refused) as caught:
        act()
    assert str(caught.value) == said
    assert said.endswith(f" / {caught.value.said}")
    assert said_in_language(caught.value.said) == caught.value.said  # pages ask by the reader


def test_a_fault_of_a_record_is_told_in_both():
    assert fault_of({"format": "x"}) == "format 'x' is not known / 不认得格式 'x'"


def test_what_nobody_translated_stands_once():
    assert english.both(worded("{a} b", a=[1, 2])) == "1, 2 b / 1、2 b"
    assert english.both(worded("{a} b", a=1)) == "1 b"
