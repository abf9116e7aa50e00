"""A record is redrawn by the engine and by the stand-alone verifier; both name what is not so."""

import ast
import copy
import json
import subprocess
import sys
from pathlib import Path

import pytest

from kechuang.engines.drawing import commitment_of, drawn, fault_of

TOOL = Path(__file__).resolve().parents[3] / "tools" / "verify_draw.py"
STEPS = ("closed", "opened", "pool", "commitments", "reveals_until", "public_value")


def planned(suite="intl"):
    nonces = {name: bytes([place]) * 32 for place, name in enumerate(("甲", "乙", "丙"))}
    return {
        "suite": suite,
        "challenge": "JB-2026-000001",
        "times": {step: f"2026-03-0{day}T09:00:00+08:00" for day, step in enumerate(STEPS, 1)},
        "pool": {
            "filters": {"fields": ["材料", "化学"], "load_max": 4},
            "members": [f"RY-2026-{n:06}" for n in range(40)],
        },
        "bids_root": "ab" * 32,
        "commitments": [
            {"custodian": name, "commitment": commitment_of(nonce, name, suite)}
            for name, nonce in nonces.items()
        ],
        "reveals": [{"custodian": name, "nonce": nonces[name].hex()} for name in ("丙", "甲")],
        "public": {"source": "福彩双色球 2026025 期", "value": "03 11 17 20 28 31 + 09"},
        "seats": 5,
        "outcomes": [],
    }


def with_a_refusal(suite="intl"):
    record = drawn(planned(suite))
    first = {"member": record["drawn"][0], "outcome": "refused", "reason": "出差"}
    return drawn(planned(suite) | {"outcomes": [first]})


def told_by_tool(record, tmp_path):
    path = tmp_path / "record.json"
    path.write_text(record if isinstance(record, str) else json.dumps(record))
    return subprocess.run(
        [sys.executable, "-I", TOOL, path], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("suite", ["intl", "gm"])
def test_a_record_is_redrawn_by_both(suite, tmp_path):
    record = with_a_refusal(suite)
    assert len(record["drawn"]) == 6
    assert record["withheld"] == ["乙"]
    assert record["drawn"][:5] == drawn(planned(suite))["drawn"]
    assert fault_of(record) is None
    told = told_by_tool(record, tmp_path)
    assert (told.returncode, told.stdout.splitlines()[0]) == (0, "as told: 6 drawn from 40")


def changed(*path_and_value):
    *path, last, value = path_and_value

    def change(record):
        here = record
        for step in path:
            here = here[step]
        here[last] = value(here[last]) if callable(value) else value

    return change


CHANGES = [
    (changed("pool", "members", lambda old: old[1:]), "pool: its hash"),
    (changed("pool", "filters", {}), "pool: its hash"),
    (changed("public", "value", "03"), "seed: it does not come"),
    (changed("challenge", "JB-2026-000002"), "seed: it does not come"),
    (changed("bids_root", "cd" * 32), "seed: it does not come"),
    (changed("seed", "00" * 32), "seed: it does not come"),
    (changed("reveals", 0, "nonce", "07" * 32), "is not the one committed to"),
    (changed("reveals", lambda old: old[:1]), "withheld"),
    (changed("reveals", lambda old: old + old[:1]), "reveals: 丙"),
    (changed("withheld", []), "withheld"),
    (changed("commitments", lambda old: old + old[:1]), "commitments: a custodian"),
    (changed("commitments", 0, "commitment", "00"), "is no hash"),
    (changed("reveals", 0, "custodian", "\ud800"), "reveals: "),
    (changed("times", "public_value", "2026-03-05T08:00:00+08:00"), "does not come after"),
    (changed("drawn", lambda old: old[::-1]), "drawn: place 1"),
    (changed("drawn", lambda old: old[:-1]), "5 were drawn for 5 seats and 1"),
    (changed("outcomes", 0, "reason", ""), "without a reason"),
    (changed("outcomes", 0, "member", "RY-2026-999999"), "was not drawn"),
    (changed("outcomes", 0, "outcome", "forgotten"), "no known outcome"),
    (changed("seats", 0), "seats: must be"),
    (changed("format", "kechuang-draw-9"), "is not known"),
]


@pytest.mark.parametrize(("change", "word"), CHANGES, ids=[f"{n}" for n in range(len(CHANGES))])
def test_what_is_not_so_is_named_by_both(change, word, tmp_path):
    record = copy.deepcopy(with_a_refusal())
    change(record)
    assert word in fault_of(record)
    told = told_by_tool(record, tmp_path)
    assert told.returncode == 1
    assert word in told.stdout


@pytest.mark.parametrize("record", ["{", "[]", "{}", '{"suite": "md5"}'])
def test_what_is_no_record_is_told(record, tmp_path):
    assert told_by_tool(record, tmp_path).returncode == 2
    if record != "{":
        assert fault_of(json.loads(record)).startswith("not a record of a draw")


def test_withholding_a_nonce_changes_the_seed_and_is_recorded():
    record = planned()
    fewer = record | {"reveals": record["reveals"][:1]}
    assert drawn(record)["seed"] != drawn(fewer)["seed"]
    assert drawn(fewer)["withheld"] == ["甲", "乙"]


def test_the_verifier_stands_alone():
    source = TOOL.read_text()
    assert len(source.splitlines()) <= 200
    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name).split(".")[0]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert imported <= sys.stdlib_module_names
