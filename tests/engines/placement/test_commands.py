"""The command line on files."""

import json

import pytest
from typer.testing import CliRunner

from kechuang.engines.placement.broker import POLICIES
from kechuang.engines.placement.commands import app
from tests.engines.placement.test_broker import CENTRE, JOB
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


@pytest.fixture
def files(tmp_path):
    centres, jobs = tmp_path / "centres.json", tmp_path / "jobs.jsonl"
    centres.write_text(json.dumps([CENTRE, CENTRE | {"id": "west", "processors": 8}]))
    rows = [JOB | {"id": n, "submit": 10 * n, "processors": 1 + n % 4} for n in range(30)]
    jobs.write_text("\n".join(json.dumps(row) for row in rows))
    return centres, jobs


def broker(files, *words):
    return run("broker", "--centres", str(files[0]), "--jobs", str(files[1]), *words)


@pytest.mark.parametrize("policy", POLICIES)
def test_every_policy_places_every_job(files, policy):
    done = broker(files, "--policy", policy, "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert {"total_yuan", "terms", "wait_p95_seconds", "by_centre"} <= set(said)
    assert sum(each["jobs"] for each in said["by_centre"].values()) == 30


def test_reasons_are_written_a_line_a_job(files, tmp_path):
    why = tmp_path / "why.jsonl"
    done = broker(files, "--policy", "ours", "--explain", str(why))
    assert done.exit_code == 0 and done.stdout.startswith("total_yuan")
    rows = [json.loads(line) for line in why.read_text().splitlines()]
    assert [row["job"] for row in rows] == [str(n) for n in range(30)]
    assert {"predicted_start", "start", "options", "refused", "terms"} <= set(rows[0])
    assert list(tmp_path.glob("*.part")) == []


@pytest.mark.parametrize(
    ("which", "text", "says"),
    [
        (0, "[", "centres.json: the file: not JSON"),
        (0, "[]", "a list of objects"),
        (1, "{}", "line 1: home"),
        (1, '{"id": 1}\n]', "line 1"),
        (1, "", "there are no jobs"),
        (1, json.dumps(JOB | {"data_class": "secret"}), "no centre may take it"),
    ],
)
def test_a_file_that_cannot_be_used_writes_nothing(files, tmp_path, which, text, says):
    files[which].write_text(text)
    done = broker(files, "--policy", "ours", "--explain", str(tmp_path / "why.jsonl"))
    assert done.exit_code == 2
    assert says in " ".join(done.output.replace("│", " ").split())
    assert not (tmp_path / "why.jsonl").exists()


def test_an_unknown_policy_is_refused(files):
    done = broker(files, "--policy", "dearest")
    assert done.exit_code == 2 and "wait-transfer" in done.output
