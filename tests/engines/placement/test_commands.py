"""The command line on files."""

import json

import pytest
from typer.testing import CliRunner

from kechuang.engines.placement.commands import app
from tests.engines.placement.test_trace import HEAD, row


@pytest.fixture
def swf(tmp_path):
    path = tmp_path / "small.swf"
    rows = [row(n, 10 * n, 60, 4 + n % 9) for n in range(1, 41)]
    path.write_text("\n".join([HEAD, *rows]) + "\n")
    return str(path)


def run(*words):
    return CliRunner().invoke(app, list(words))


def simulate(swf, *words):
    return run("simulate", "--trace", swf, "--order", "sjf", "--length", "10", *words)


def test_json_is_one_object_of_unrounded_means(swf):
    done = simulate(swf, "--backfill", "easy", "--starts", "0,20", "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert set(said) == {
        "bounded_slowdown", "utilisation", "utilisation_to_last_end", "mean_wait_seconds", "windows"
    }  # fmt: skip
    assert [each["start"] for each in said["windows"]] == [0, 20]
    slowdowns = [each["bounded_slowdown"] for each in said["windows"]]
    assert said["bounded_slowdown"] == sum(slowdowns) / 2


def test_without_json_it_speaks_in_lines(swf):
    done = simulate(swf, "--windows", "2", "--seed", "3", "--corrected")
    assert done.exit_code == 0, done.output
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == [
        "bounded_slowdown", "utilisation", "utilisation_to_last_end", "mean_wait_seconds"
    ]  # fmt: skip


def test_users_and_estimates_are_seeded(swf):
    words = ("--windows", "2", "--estimates", "5,1", "--users", "4,2", "--json")
    once, again = simulate(swf, *words), simulate(swf, *words)
    assert once.stdout == again.stdout
    assert json.loads(once.stdout)["fairness"]["users"] > 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "--starts"),
        (("--starts", "0", "--windows", "2"), "--starts"),
        (("--starts", "0,x"), "indices"),
        (("--starts", "35"), "does not lie"),
        (("--starts", "0", "--backfill", "hard"), "--backfill hard"),
        (("--starts", "0", "--estimates", "5"), "two numbers"),
        (("--starts", "0", "--estimates", "0,1"), "U >= 1"),
        (("--starts", "0", "--processors", "2"), "line 3"),
    ],
)
def test_a_refusal_says_what_is_wrong_and_ends_with_2(swf, words, says):
    done = simulate(swf, *words)
    assert done.exit_code == 2
    assert says in done.output
    assert done.stdout == ""
