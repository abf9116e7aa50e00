"""`kechuang draw` on files: a witness's number, a record made and verified, and bad input."""

import json

import pytest
from typer.testing import CliRunner

from kechuang.engines.drawing import commitment_of, pool_hash
from kechuang.engines.drawing.commands import app

PLAN = {
    "challenge": "JB-2026-000001", "suite": "intl", "seats": 2, "bids_root": "ab" * 32,
    "times": {
        "closed": "2026-06-01T17:00:00+08:00", "opened": "2026-06-02T09:00:00+08:00",
        "pool": "2026-06-02T10:00:00+08:00", "commitments": "2026-06-02T11:00:00+08:00",
        "reveals_until": "2026-06-02T12:00:00+08:00",
        "public_value": "2026-06-02T21:30:00+08:00",
    },
    "pool": {"members": ["甲", "乙", "丙", "丁"], "filters": {}, "hash": ""},
    "commitments": [{"custodian": "W1", "commitment": commitment_of(bytes(32), "W1")}],
    "reveals": [{"custodian": "W1", "nonce": "00" * 32}],
    "public": {"source": "示例", "value": "7"},
}  # fmt: skip


@pytest.fixture
def run():
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def test_a_number_and_its_commitment_belong_together(run, tmp_path):
    file = tmp_path / "number.json"
    done = run("nonce", "--draw", "CQ-2026-000001", "--witness", "W1", "--suite", "gm",
               "--out", file)  # fmt: skip
    made = json.loads(file.read_text())
    assert made["commitment"] == commitment_of(bytes.fromhex(made["nonce"]), "W1", "gm")
    assert (done.exit_code, done.stdout) == (0, f"commitment {made['commitment']}\n")
    kept = file.read_text()
    again = run("nonce", "--draw", "CQ-2026-000001", "--witness", "W1", "--out", file)
    assert (again.exit_code, file.read_text()) == (2, kept)


def test_a_record_is_made_and_verified_and_a_changed_one_is_not(run, tmp_path):
    plan, record = tmp_path / "plan.json", tmp_path / "record.json"
    plan.write_text(json.dumps(PLAN))
    assert run("make", plan, "--out", record).exit_code == 0
    made = json.loads(record.read_text())
    assert made["pool"]["hash"] == pool_hash(PLAN["pool"]["members"], {})
    assert (len(made["drawn"]), run("verify", record).exit_code) == (2, 0)
    record.write_text(json.dumps(made | {"drawn": made["drawn"][::-1]}))
    assert run("verify", record).exit_code == 1


@pytest.mark.parametrize("text", ["", "[]", "{}", "no json"])
def test_what_is_no_record_is_bad_input(run, tmp_path, text):
    file = tmp_path / "bad.json"
    file.write_text(text)
    assert run("verify", file).exit_code == 2
    assert run("make", file, "--out", tmp_path / "out.json").exit_code == 2
    assert not (tmp_path / "out.json").exists()
