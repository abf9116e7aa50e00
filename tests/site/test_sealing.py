"""`kechuang seal`, `custodian` and `open` on files: the whole way, and each refusal."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import typer
from typer.testing import CliRunner

from kechuang.site import sealing

app = typer.Typer()
app.command("seal")(sealing.seal)
app.command("open")(sealing.open_bid)
app.add_typer(sealing.custodian)


def run(*arguments):
    return CliRunner().invoke(app, [str(one) for one in arguments])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A call with three custodians, two needed, whose deadline has passed; and a sealed bid."""
    monkeypatch.chdir(tmp_path)
    for name in ("甲", "乙", "丙", "session"):
        made = run("custodian", "new", "--name", name, "--out", f"{name}.key",
                   "--public", f"{name}.pub")  # fmt: skip
        assert made.exit_code == 0
    told = {
        "challenge": "JB-2026-000001",
        "k": 2,
        "criteria_hash": "00" * 32,
        "custodians": [json.loads((tmp_path / f"{n}.pub").read_text()) for n in ("甲", "乙", "丙")],
        "deadline": (datetime.now(UTC) - timedelta(minutes=1)).isoformat(),
    }
    (tmp_path / "call.json").write_text(json.dumps(told))
    (tmp_path / "bid.txt").write_text("标书")
    sealed = run("seal", "bid.txt", "--call", "call.json", "--unit", "A", "--out", "bid.sealed",
                 "--receipt", "receipt.json")  # fmt: skip
    assert sealed.exit_code == 0
    told["current"] = [json.loads((tmp_path / "receipt.json").read_text())["envelope"]]
    (tmp_path / "call.json").write_text(json.dumps(told))
    return tmp_path


def share_of(name):
    return run("custodian", "share", "bid.sealed", "--call", "call.json", "--key", f"{name}.key",
               "--session", "session.pub", "--out", f"{name}.share")  # fmt: skip


def opened_with(*names):
    shares = [word for name in names for word in ("--share", f"{name}.share")]
    return run("open", "bid.sealed", "--call", "call.json", "--session", "session.key", *shares,
               "--out", "bid.opened", "--minutes", "minutes.json")  # fmt: skip


def test_the_whole_way(folder):
    assert (folder / "甲.key").stat().st_mode & 0o777 == 0o600
    assert [share_of(name).exit_code for name in ("甲", "丙")] == [0, 0]
    assert opened_with("甲", "丙").exit_code == 0
    assert (folder / "bid.opened").read_text() == "标书"
    minutes = json.loads((folder / "minutes.json").read_text())
    assert (minutes["shares_of"], minutes["false_shares_of"], minutes["void"]) == (
        ["甲", "丙"], [], ""
    )  # fmt: skip
    printed = run("custodian", "fingerprint", "--call", "call.json").stdout
    assert (
        json.loads((folder / "receipt.json").read_text())["custodians"][1]["fingerprint"] in printed
    )


def test_too_few_shares_open_nothing(folder):
    share_of("甲")
    result = opened_with("甲")
    assert (result.exit_code, "1 of 2 shares fit" in result.stderr) == (2, True)
    assert not (folder / "bid.opened").exists()
    assert not (folder / "minutes.json").exists()


def test_a_void_bid_is_told_in_the_minutes(folder):
    sealed = bytearray((folder / "bid.sealed").read_bytes())
    sealed[-1] ^= 1
    (folder / "bid.sealed").write_bytes(sealed)
    told = json.loads((folder / "call.json").read_text())
    import hashlib

    told["current"].append(hashlib.sha256(sealed).hexdigest())
    (folder / "call.json").write_text(json.dumps(told))
    for name in ("甲", "乙"):
        share_of(name)
    result = opened_with("甲", "乙")
    assert (result.exit_code, "void: A" in result.stderr) == (1, True)
    assert not (folder / "bid.opened").exists()
    assert "was changed" in json.loads((folder / "minutes.json").read_text())["void"]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"deadline": "2999-01-01T00:00:00+08:00"}, "has not passed"),
        ({"deadline": "tomorrow"}, "deadline: must be"),
        ({"current": []}, "not a current one"),
        ({"current": None}, "current must list"),
        ({"challenge": "JB-2026-000002"}, "another call"),
        ({"k": 9}, "k of n"),
    ],
)
def test_a_custodian_does_not_give_a_share(folder, change, word):
    told = json.loads((folder / "call.json").read_text())
    (folder / "call.json").write_text(json.dumps(told | change))
    result = share_of("甲")
    assert (result.exit_code, word in result.stderr) == (2, True)
    assert not (folder / "甲.share").exists()


def test_files_that_are_not_what_they_should_be_are_told(folder):
    (folder / "bad").write_text("{")
    for arguments, word in (
        (("seal", "none", "--call", "call.json", "--unit", "A", "--out", "o", "--receipt", "r"),
         "cannot be read"),
        (("seal", "bid.txt", "--call", "bad", "--unit", "A", "--out", "o", "--receipt", "r"),
         "not JSON"),
        (("seal", "bid.txt", "--call", "call.json", "--unit", "A", "--part", "both", "--out", "o",
          "--receipt", "r"), "must be one of"),
        (("custodian", "new", "--name", "甲", "--out", "甲.key", "--public", "p"),
         "is there already"),
        (("custodian", "share", "bid.sealed", "--call", "call.json", "--key", "receipt.json",
          "--session", "session.pub", "--out", "o"), "holds no private key"),
    ):  # fmt: skip
        result = run(*arguments)
        assert (result.exit_code, word in result.stderr) == (2, True), arguments
    assert not (folder / "o").exists()


def test_nothing_is_written_over_what_is_read(folder):
    keys = {one: one.read_bytes() for one in folder.iterdir()}
    for arguments in (
        ("seal", "bid.txt", "--call", "call.json", "--unit", "A", "--out", "./bid.txt",
         "--receipt", "r"),
        ("seal", "bid.txt", "--call", "call.json", "--unit", "A", "--out", "o", "--receipt", "o"),
        ("custodian", "new", "--name", "丁", "--out", "丁.key", "--public", "丁.key"),
        ("custodian", "share", "bid.sealed", "--call", "call.json", "--key", "甲.key",
         "--session", "session.pub", "--out", "甲.key"),
        ("open", "bid.sealed", "--call", "call.json", "--session", "session.key", "--share",
         "甲.pub", "--out", "session.key", "--minutes", "m"),
    ):  # fmt: skip
        result = run(*arguments)
        assert (result.exit_code, "written over" in result.stderr) == (2, True), arguments
    assert {one: one.read_bytes() for one in folder.iterdir()} == keys


def test_a_file_that_is_no_share_stops_no_opening_and_its_giver_is_told(folder):
    for name in ("甲", "乙", "丙"):
        share_of(name)
    told = json.loads((folder / "甲.share").read_text())
    (folder / "甲.share").write_text(json.dumps(told | {"sealed": "00" * 49}))
    (folder / "丁.share").write_text("no share")
    result = opened_with("甲", "丁", "乙", "丙")
    assert result.exit_code == 0
    assert "甲.share, 甲: " in result.stderr
    assert json.loads((folder / "minutes.json").read_text())["shares_unread"] == [
        {"file": "甲.share", "custodian": "甲",
         "why": "a share that is not for this key, or was changed"
                " / 份额不是给这把密钥的，或已被改动"},
        {"file": "丁.share", "custodian": "?",
         "why": "not a share of this format / 不是本格式的份额"},
    ]  # fmt: skip


def false_share(folder, name, x):
    """A share that was not dealt, sealed to the session as a true one is."""
    from kechuang.engines.sealing import hpke, opening

    told = json.loads((folder / f"{name}.share").read_text())
    session = bytes.fromhex(json.loads((folder / "session.pub").read_text())["public"])
    info = opening._posted_info(bytes.fromhex(told["envelope"]), x)
    own, sealed = hpke.seal(session, info, b"", bytes(33), b"\1" * 32)
    (folder / "false.share").write_text(
        json.dumps(told | {"encapsulated": own.hex(), "sealed": sealed.hex()})
    )


def test_a_false_share_beside_a_true_one_makes_nobody_a_liar(folder):
    for name in ("甲", "乙", "丙"):
        share_of(name)
    false_share(folder, "甲", 1)
    for order in (("false", "甲", "乙"), ("甲", "false", "乙")):
        assert opened_with(*order).exit_code == 0
        minutes = json.loads((folder / "minutes.json").read_text())
        assert (minutes["false_shares_of"], minutes["shares_unread"]) == ([], [
            {"file": "false.share", "custodian": "甲",
             "why": "another share for the same place / 同一位保管人的另一份份额"},
        ])  # fmt: skip
    assert opened_with("false", "乙", "丙").stderr == "false share / 假份额：甲\n"
