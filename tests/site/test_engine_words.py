"""What engines refuse is said in the reader's language, and an unmarked text is found."""

import pickle
from pathlib import Path

import pytest
from django.utils.translation import override

from kechuang.base.refusals import Said, worded
from kechuang.doors.words import message_of, said_in_language, way_on_of
from kechuang.engines.eligibility import RuleRefused
from kechuang.engines.eligibility.ruleset import read
from kechuang.engines.eligibility.testing import outcomes
from kechuang.site import catalogues
from tests.cultivation.test_new_rules import RULES, TESTS

HERE = Path("here")


def refused(text, tests=None):
    with pytest.raises(RuleRefused) as caught:
        for _one in outcomes(read(text, HERE), tests or TESTS):
            pass
    return caught.value


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("[]", ("规则集要是一个映射", "第一行写 code: 代码。"),
         ("a rule set must be a mapping", "The first line is code: and the code.")),
        (RULES.replace("instrument: grant", "instrument: gift"),
         ("不认得的方式 gift", "可用：grant、equity、deduction"),
         ("the instrument gift is not known", "There are: grant, equity, deduction")),
        (RULES.replace("clause: 第三条", "clause: [第三条]"),
         ("要是一段文字", "以 {、[、*、& 开头或含“: ”的，要加引号。"),
         ("it must be a text", "What begins with {, [, * or &, or has “: ” in it, needs quotes.")),
        (RULES.replace('300人"', '300元"'),
         ("单位不同：人与元（staff[y - 1] >= 300元）",
          "每个数都要写单位，例如 5000万元、500人、60分、6%。"),
         ("different units: 人 and 元 (staff[y - 1] >= 300元)",
          "Every number needs its unit, for example 5000万元, 500人, 60分, 6%.")),
    ],
)  # fmt: skip
def test_a_refusal_is_said_in_both_languages(text, zh, en):
    one = refused(text)
    for language, (what, way_on) in (("zh-hans", zh), ("en", en)):
        with override(language):
            assert message_of(one).endswith(what)
            assert way_on_of(one) == way_on
    assert (str(one.facts["what"]), str(one.way_on)) == zh


def test_what_a_person_wrote_stays_as_written():
    said = worded("没有 {called} 这一项", called="分")
    with override("en"):
        assert said_in_language(said) == "there is no 分"


def test_a_failing_test_is_said_in_both_languages():
    text = TESTS.replace("amount_fen: 10万元", "amount_fen: 9万元")
    problem = next(outcomes(read(RULES, HERE), text)).problems[0]
    assert problem == "amount_fen：应为 9万元，得到 10000000"
    with override("en"):
        assert said_in_language(problem) == "amount_fen: should be 9万元, is 10000000"


def test_a_sentence_crosses_processes_with_its_parts():
    said = worded("没有 {called} 这一项", called="x")
    again = pickle.loads(pickle.dumps(said))
    assert (again, type(again), again.template, again.parts) == (
        "没有 x 这一项", Said, said.template, said.parts
    )  # fmt: skip


def test_no_engine_refuses_in_chinese_alone():
    assert list(catalogues.unmarked("engines")) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('raise RuleRefused(place, N_("缺少 {key}"), key=key)', 0),
        ('raise RuleRefused(place, "缺少 key")', 1),
        ('raise self.refuse(N_("缺少"), f"例如 {key}")', 1),
        ('raise RowRefused(place, "id", worded("缺少") if bad else "没有")', 1),
        ('HINT = "请改正"\nraise RowRefused(place, "id", N_("缺少"), HINT)', 1),
        ('HINT = N_("请改正")\nraise RowRefused(place, "id", N_("缺少"), HINT)', 0),
    ],
)  # fmt: skip
def test_a_text_left_unmarked_is_found(tmp_path, monkeypatch, source, found):
    (tmp_path / "engines").mkdir()
    (tmp_path / "engines" / "one.py").write_text(source, encoding="utf-8")
    monkeypatch.setattr(catalogues, "PACKAGE", tmp_path)
    assert len(list(catalogues.unmarked("engines"))) == found
