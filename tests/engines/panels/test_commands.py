"""`kechuang panel` on files: exit codes, bytes, and nothing half-written."""

import json
import subprocess
import sys

import numpy as np
import pytest
from typer.testing import CliRunner

from kechuang.engines.panels.commands import app

GOOD = {"bids": 2, "experts": 3, "demand": 1, "load_max": 1, "scores": [[0, 0, 1], [1, 1, 0.5]]}


def run(*arguments):
    return CliRunner().invoke(app, [str(one) for one in arguments])


@pytest.fixture
def problem(tmp_path):
    path = tmp_path / "problem.json"
    path.write_text(json.dumps(GOOD))
    return path


def test_solve_and_verify(problem, tmp_path):
    out = tmp_path / "result.json"
    first = run("solve", problem, "--objective", "total", "--out", out)
    assert first.exit_code == 0
    written = out.read_bytes()
    assert json.loads(written)["total"] == 1.5
    assert set(json.loads((tmp_path / "result.stats.json").read_text())) == {
        "seconds", "megabytes_max"
    }  # fmt: skip
    assert run("solve", problem, "--objective", "total", "--out", out).exit_code == 0
    assert out.read_bytes() == written
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "problem.json", "result.json", "result.stats.json"
    ]  # fmt: skip
    proved = run("verify", problem, out)
    assert (proved.exit_code, proved.stdout.split(":")[0]) == (0, "proved")


def test_a_forged_result_is_refuted(problem, tmp_path):
    out = tmp_path / "result.json"
    run("solve", problem, "--out", out)
    out.write_text(json.dumps(json.loads(out.read_text()) | {"total": 2}))
    refuted = run("verify", problem, out)
    assert (refuted.exit_code, refuted.stdout) == (
        1, "refuted: wrong total: 2.0 is told, 1.5 is so\n"
    )  # fmt: skip


def test_an_infeasible_problem_names_the_clash(problem, tmp_path):
    problem.write_text(json.dumps(GOOD | {"demand": 4}))
    out = tmp_path / "result.json"
    result = run("solve", problem, "--objective", "fair", "--out", out)
    assert result.exit_code == 3
    assert json.loads(out.read_text())["infeasible"] == [{"rule": "demand", "bids": [1]}]
    assert "clash: demand bids 1" in result.stderr
    assert run("verify", problem, out).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["solve", "missing.json", "--out", "r.json"], "cannot be read"),
        (["solve", "bad.json", "--out", "r.json"], "not JSON"),
        (["solve", "problem.json", "--objective", "best", "--out", "r.json"], "--objective"),
        (["solve", "problem.json", "--out", "none/r.json"], "there is no folder"),
        (["verify", "problem.json", "missing.json"], "cannot be read"),
        (["verify", "problem.json", "bad.json"], "not JSON"),
        (["verify", "bad.json", "problem.json"], "not JSON"),
    ],
)  # fmt: skip
def test_bad_input_is_told_and_writes_nothing(problem, monkeypatch, arguments, word):
    monkeypatch.chdir(problem.parent)
    (problem.parent / "bad.json").write_text("{")
    result = run(*arguments)
    assert result.exit_code == 2
    assert word in result.stderr
    assert sorted(path.name for path in problem.parent.iterdir()) == ["bad.json", "problem.json"]


def test_verify_goes_straight_without_what_draws_tables(problem, tmp_path):
    out = tmp_path / "result.json"
    run("solve", problem, "--out", out)
    code = (
        "import sys; from kechuang.site.entry import main\n"
        "try: main()\n"
        "except SystemExit as end: code = end.code\n"
        "heavy = [one for one in ('typer', 'rich', 'django', 'scipy') if one in sys.modules]\n"
        "print(code, heavy)"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, "panel", "verify", str(problem), str(out)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert said.stdout.splitlines()[0].startswith("proved: total, total 1.5")
    assert said.stdout.splitlines()[1] == "0 []"


def test_either_order_of_a_table_is_the_same_problem(tmp_path):
    table = np.array([[0.25, 1.0, np.nan], [0.5, -1.0, 0.75]])  # experts x bids
    told = {"bids": 3, "experts": 2, "demand": [1, 1, 0], "load_max": 1, "seed": "s"}
    totals = []
    for order, rows in (("experts x bids", table), ("bids x experts", table.T.copy())):
        np.save(tmp_path / "t.npy", rows)
        path = tmp_path / "p.json"
        path.write_text(json.dumps(told | {"scores": {"npy": "t.npy", "order": order}}))
        out = tmp_path / f"{len(totals)}.json"
        assert run("solve", path, "--out", out).exit_code == 0
        assert run("verify", path, out).exit_code == 0
        totals.append(out.read_bytes())
    assert totals[0] == totals[1]
    assert json.loads(totals[0])["total"] == 1.5


def test_by_chance_without_a_most_a_pair_may_be_certain(problem, tmp_path):
    out = tmp_path / "result.json"
    solved = run("solve", problem, "--objective", "random", "--out", out)
    assert (solved.exit_code, "pair_probability_max: not given" in solved.stderr) == (0, True)
    told = json.loads(out.read_text())
    assert (told["expected_total"], told["marginals_max"]) == (1.5, 1.0)
    assert run("verify", problem, out).exit_code == 0


def test_what_is_no_problem_is_bad_input_though_the_result_is_wrong_too(problem, tmp_path):
    np.save(tmp_path / "t.npy", np.array([[1, np.inf, 0], [0, 0, 0]]))
    scores = {"npy": "t.npy", "order": "bids x experts"}
    problem.write_text(json.dumps(GOOD | {"scores": scores}))
    (tmp_path / "r.json").write_text("{}")
    refused = run("verify", problem, tmp_path / "r.json")
    assert (refused.exit_code, "must be finite" in refused.stderr) == (2, True)
