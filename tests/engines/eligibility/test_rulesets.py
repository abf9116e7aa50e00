"""The rule sets that ship: each passes its own tests, and a wrong one would not."""

from datetime import date

import pytest
import yaml

from kechuang.engines.eligibility import SHIPPED, RuleRefused, bind, load, load_all, query
from kechuang.engines.eligibility.boundaries import boundaries, boundary_outcomes
from kechuang.engines.eligibility.testing import outcomes

DAY = date(2023, 8, 29)
CODES = [
    "hnte-2008-172", "hnte-2016-32", "innovative-sme-2022", "ln-fledgling-2021",
    "ln-gazelle-2021", "ln-unicorn-2021", "rd-super-deduction", "sme-2017-115",
    "sy-contract-reward", "sy-pilot-equity",
]  # fmt: skip
RULES = {each.code: each for each in load_all(SHIPPED)}


def test_all_ten_ship():
    assert sorted(RULES) == CODES


@pytest.mark.parametrize("code", CODES)
def test_a_rule_set_passes_its_own_tests(code):
    found = list(outcomes(RULES[code]))
    assert len(found) >= 8
    assert [(one.name, one.problems) for one in found if one.problems] == []


@pytest.mark.parametrize("code", CODES)
def test_either_side_of_every_threshold(code):
    found = list(boundary_outcomes(RULES[code]))
    assert [(one.name, one.problems) for one in found if one.problems] == []


@pytest.mark.parametrize("code", CODES)
def test_every_criterion_that_reads_data_has_boundaries(code):
    rules = RULES[code]
    day = rules.days_of_change()[-1]
    covered = {one.criterion for one in boundaries(bind(rules, day))}
    of_others = ("points", "min(ip_advanced", "ip_", "innovation", "growth +", "growth_points +",
                 "field_points +", "staff_points +", "judged(")  # fmt: skip
    sums = {name for name, one in rules.criteria.items() if one["rule"].startswith(of_others)}
    assert set(rules.criteria) - covered <= sums


@pytest.mark.parametrize("code", CODES)
def test_every_rule_names_its_source(code):
    said = RULES[code].said
    assert said["document"]["number"] and said["document"]["issuer"]
    assert all(one["what"] and one["url"] and one["read"] for one in said["sources"])
    assert RULES[code].assumed()  # none was read on the issuer's own page


def _changed(tmp_path, code, old, new, count=1):
    folder = tmp_path / code
    folder.mkdir()
    for name in ("rules.yaml", "tests.yaml"):
        (folder / name).write_text((SHIPPED / code / name).read_text("utf-8"), "utf-8")
    text = (folder / "rules.yaml").read_text("utf-8")
    assert text.count(old) >= count
    (folder / "rules.yaml").write_text(text.replace(old, new), "utf-8")
    return folder


@pytest.mark.parametrize(
    ("code", "old", "new"),
    [
        ("sme-2017-115", "is: 500人", "is: 501人"),
        ("sme-2017-115", "[30%, 20分], [25%, 16分]", "[31%, 20分], [25%, 16分]"),
        ("hnte-2016-32", '["<= 5000万元", 5%]', '["< 5000万元", 5%]'),
        ("hnte-2016-32", "points > pass_points", "points >= pass_points"),
        ("innovative-sme-2022", "[15%, 20分], [10%, 15分]", "[16%, 20分], [10%, 15分]"),
        ("ln-gazelle-2021", "is: 2.5%", "is: 2.6%"),
        ("rd-super-deduction", "since: 2021-01-01, is: 100%", "since: 2021-01-02, is: 100%"),
    ],
)
def test_a_wrong_figure_fails_the_tests(tmp_path, code, old, new):
    wrong = load(_changed(tmp_path, code, old, new))
    assert any(one.problems for one in outcomes(wrong))
    assert wrong.version != RULES[code].version


def test_a_wrong_evaluator_fails_the_boundaries(monkeypatch):
    from kechuang.engines.eligibility import conditions

    def blind(test, row):
        left, right = (side.value(row) for side in test.sides)
        return None if left is None or right is None else float(left) > float(right)

    monkeypatch.setattr(conditions.Comparison, "value", blind)
    assert any(one.problems for one in boundary_outcomes(RULES["hnte-2016-32"]))


def test_comments_do_not_make_a_version(tmp_path):
    same = _changed(tmp_path, "sme-2017-115", "code: sme-2017-115", "# a word\ncode: sme-2017-115")
    assert load(same).version == RULES["sme-2017-115"].version


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("is: 500人", "is: 500", "单位不同"),
        ("is: 500人", "is: 500万元", "单位不同"),
        ("    clause: 第六条（一）\n", "", "缺少 clause"),
        ("    quote: 职工总数不超过500人\n    values", "    values", "缺少 quote"),
        ("rule: resident", "rule: residnet", "是不是 resident"),
        ("rule: resident", "rules: resident", "不认得的键"),
        ("  resident_enterprise:", "  resident:", "不能作名称"),
        ("staff_size and revenue_size", "revenue_size", "没有用到：staff_size"),
        ("score: points", "score: pints", "score 要是"),
        ("score: points", "score: direct", "score 要是"),
        ("valid: {since: 2017-05-03}", "valid: {since: soon}", "要是日期"),
        ("since: 2017-05-03, is: 500人", "since: 2018-05-03, is: 500人", "没有取值"),
        ("staff_points + rd_points + ip_points", "points + ip_points", "用到了它自己"),
        ("code: sme-2017-115", "code: [", "不是 YAML"),
        ("sources:", "source:", "不认得的键"),
        ("valid: {since: 2017-05-03}", "valid: {since: 2017-05-03, until: 2017-05-03}", "不晚于"),
        ("code: sme-2017-115", "code: SME 2017", "小写英文"),
        ("  issuer: 科技部、财政部、国家税务总局\n", "", "document 缺少 issuer"),
        ("[25%, 16分], [20%, 12分]", "[20%, 12分], [25%, 16分]", "与上一档重叠"),
        ("kind == 'hnte'", "kind == 'hntee'", "是不是 hnte"),
        ("'integrity'] and", "'integrty'] and", "是不是 integrity"),
    ],
)
def test_a_rule_set_that_does_not_hold_together_is_refused(tmp_path, old, new, says):
    folder = _changed(tmp_path, "sme-2017-115", old, new)
    with pytest.raises(RuleRefused) as refused:
        rules = load(folder)
        bind(rules, rules.since)
    assert says in str(refused.value) + refused.value.way_on


def test_a_folder_without_rules_is_refused(tmp_path):
    with pytest.raises(RuleRefused, match="没有规则集"):
        load_all(tmp_path)
    with pytest.raises(RuleRefused, match="没有这个目录"):
        load_all(tmp_path / "nowhere")


def test_a_code_names_a_shipped_rule_set():
    from pathlib import Path

    assert [each.code for each in load_all(Path("sme-2017-115"))] == ["sme-2017-115"]


WHOLE = {"name": "x", "as_of": DAY, "enterprise": "small", "expect": {"state": "met"}}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (WHOLE | {"enterprise": "nobody"}, "没有 nobody"),
        (WHOLE | {"as_of": None}, "要写 as_of"),
        (WHOLE | {"expect": {"stat": 1}}, "不认得的键 stat"),
        (WHOLE | {"then": 1}, "不认得的键"),
        (WHOLE | {"change": {"colour": "red"}}, "没有这些列"),
    ],
)
def test_a_test_that_tests_nothing_is_refused(tmp_path, change, says):
    folder = _changed(tmp_path, "sme-2017-115", "code:", "code:")
    said = yaml.safe_load((folder / "tests.yaml").read_text("utf-8"))
    (folder / "tests.yaml").write_text(yaml.safe_dump(said | {"tests": [change]}), "utf-8")
    with pytest.raises(RuleRefused, match=says):
        list(outcomes(load(folder)))


def test_dated_parameters_give_one_enterprise_two_answers():
    from kechuang.engines.eligibility import answer

    row = {
        "resident": True, "industry": "I6510", "certificates": [],
        "returns.2022.rd_fen": 10**8, "returns.2021.rd_fen": 10**8,
    }  # fmt: skip
    rules = RULES["rd-super-deduction"]
    amounts = [
        answer(bind(rules, day), row).amount_fen
        for day in (date(2022, 9, 30), date(2022, 10, 1), date(2023, 1, 1))
    ]
    assert amounts == [75_000_000, 100_000_000, 100_000_000]


def test_points_beyond_what_a_query_can_carry_are_refused(tmp_path):
    rules = load(_changed(tmp_path, "sme-2017-115", "[[30%, 20分]", "[[30%, 200000分]"))
    with pytest.raises(RuleRefused, match="分值超过"):
        query([bind(rules, rules.since)])
