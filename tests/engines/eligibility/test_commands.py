"""The commands on files: answers, exit codes, and nothing half-written."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from kechuang.engines.eligibility import SHIPPED
from kechuang.engines.eligibility.commands import app, rules

SELLER = {
    "id": "S1",
    "region": "210112",
    "contracts": [{"signed_date": "2022-05-01", "amount_fen": 6 * 10**9}],
}


def run(which, *arguments):
    return CliRunner().invoke(which, [str(one) for one in arguments])


def entitle(tmp_path, *rows, options=()):
    enterprises, out = tmp_path / "e.jsonl", tmp_path / "out.jsonl"
    enterprises.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    done = run(app, "--enterprises", enterprises, "--as-of", "2023-08-29", "--out", out, *options)
    return done, out


def test_answers_for_every_policy_also_where_unknown(tmp_path):
    done, out = entitle(tmp_path, SELLER, {"id": "S2"})
    assert done.exit_code == 0
    first, second = map(json.loads, out.read_text("utf-8").splitlines())
    assert first["id"] == "S1" and len(first["policies"]) == 10
    reward = first["policies"]["sy-contract-reward"]
    assert (reward["state"], reward["amount_fen"], reward["missing"]) == ("met", 20_000_000, [])
    assert reward["criteria"]["contracts_over"] == {
        "state": "met", "value": 6 * 10**9, "threshold": 5 * 10**9,
    }  # fmt: skip
    assert first["policies"]["sme-2017-115"]["score"] == [0, 100]
    unknown = second["policies"]["sy-contract-reward"]
    assert (unknown["state"], unknown["missing"]) == ("unknown", ["contracts", "region"])
    assert second["policies"]["hnte-2008-172"]["criteria"]["in_force"]["state"] == "not_met"


def test_one_rule_set_with_reasons(tmp_path):
    done, out = entitle(
        tmp_path, SELLER, options=("--rules", SHIPPED / "sy-contract-reward", "--explain")
    )
    assert done.exit_code == 0
    (policy,) = json.loads(out.read_text("utf-8"))["policies"].values()
    assert policy["explain"]["criteria"]["contracts_over"]["clause"] == "报道"
    assert any("0.4%" in one for one in policy["explain"]["assumed"])


def test_a_bad_row_leaves_no_file(tmp_path):
    done, out = entitle(tmp_path, SELLER, {"id": "S2", "returns": [{"year": 2022, "revenue": 1}]})
    assert done.exit_code == 2
    assert "e.jsonl 第2行" in done.output and "revenue_fen" in done.output
    assert sorted(one.name for one in tmp_path.iterdir()) == ["e.jsonl"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--enterprises", "nowhere.jsonl", "--as-of", "2023-08-29", "--out", "o.jsonl"),
        ("--enterprises", __file__, "--as-of", "2023-08-29", "--out", "/nowhere/o.jsonl"),
        ("--enterprises", __file__, "--as-of", "today", "--out", "o.jsonl"),
        ("--enterprises", __file__, "--as-of", "2023-08-29", "--out", "o", "--rules", "nowhere"),
    ],
)
def test_bad_arguments_are_two(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(app, *arguments).exit_code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def changed(tmp_path):
    """A copy of a rule set with a lower limit."""
    folder = tmp_path / "changed"
    shutil.copytree(SHIPPED / "sy-contract-reward", folder)
    path = folder / "rules.yaml"
    text = path.read_text("utf-8").replace("is: 5000万元", "is: 7000万元")
    path.write_text(text, "utf-8")
    return folder


def test_check_names_what_is_assumed():
    done = run(rules, "check", SHIPPED)
    assert done.exit_code == 0
    assert done.output.count("✓") == 10 and "比例没有找到" in done.output


def test_test_says_which_fail(changed):
    assert run(rules, "test", SHIPPED / "sy-contract-reward").exit_code == 0
    done = run(rules, "test", changed)
    assert done.exit_code == 1
    assert "✗ sy-contract-reward" in done.output


def test_diff_names_the_figure(changed):
    done = run(rules, "diff", SHIPPED / "sy-contract-reward", changed)
    assert done.exit_code == 0
    assert "parameters.turnover_over" in done.output and "7000万元" in done.output
    same = run(rules, "diff", changed, changed)
    assert "没有变化" in same.output


def test_effect_counts_who_loses(changed, tmp_path):
    enterprises = tmp_path / "e.jsonl"
    enterprises.write_text(json.dumps(SELLER), "utf-8")
    done = run(
        rules, "effect", SHIPPED / "sy-contract-reward", "--after", changed,
        "--enterprises", enterprises, "--as-of", "2023-08-29",
    )  # fmt: skip
    assert done.exit_code == 0
    assert "+0 −1" in done.output and "met → not_met: 1" in done.output
    assert "200,000.00 → 0.00" in done.output and "地区：210112 1" in done.output


def test_columns_name_unit_and_owner():
    done = run(rules, "columns", "sy-contract-reward")
    assert done.exit_code == 0
    assert "contracts.amount_fen\t技术合同·成交额\t元\t科技局\tcontracts_over" in done.output


def test_a_rule_set_that_cannot_be_read_is_two(changed):
    path = changed / "rules.yaml"
    path.write_text(path.read_text("utf-8").replace("is: 7000万元", "is: 7000"), "utf-8")
    done = run(rules, "check", changed)
    assert done.exit_code == 2
    assert "单位不同" in done.output
