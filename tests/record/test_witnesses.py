"""Checkpoints shown to a directory and to a witness over HTTP; a log that shrank is not signed."""

from threading import Thread

import pytest
from typer.testing import CliRunner

from kechuang.base.actor import Actor
from kechuang.base.refusals import RefusedTogether
from kechuang.doors.witnesses import WitnessRefused, witnesses
from kechuang.engines.transparency.checkpoints import signed_at, verifier_from
from kechuang.record import actions, queries
from kechuang.record.commands import app
from kechuang.record.jobs import witness as job
from kechuang.record.models import Cosignature
from kechuang.site import witness as server

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def without_fillers(settings):
    settings.RECORD_BATCH = 0  # sizes say what was done, so that the tests can name them


def grow(at, count):
    for _ in range(count):
        actions.append(verb="x", object_number="n", by=Actor.CLOCK, at=at)
    actions.sequence_entries()
    return actions.take_checkpoint(at=at)


@pytest.fixture
def listed(tmp_path, monkeypatch):
    """A directory and a running witness, both on the list."""
    runner = CliRunner()
    key, kept, folder = tmp_path / "key", tmp_path / "kept", tmp_path / "archive"
    folder.mkdir()
    told = runner.invoke(server.app, ["new-key", "--name", "w.example", "--key", str(key)])
    assert key.stat().st_mode & 0o777 == 0o600
    running = server.server_of(
        ("127.0.0.1", 0), "w.example", key, queries.log_verifier().text(), kept
    )
    Thread(target=running.serve_forever, daemon=True).start()
    port = running.server_address[1]
    names = tmp_path / "witnesses.toml"
    names.write_text(
        f'[[witness]]\nname = "archive"\ndirectory = "{folder}"\n'
        f'[[witness]]\nname = "w.example"\nurl = "http://127.0.0.1:{port}/add-checkpoint"\n'
        f'key = "{told.stdout.strip()}"\n'
    )
    monkeypatch.setenv("KECHUANG_WITNESSES", str(names))
    yield folder, kept, verifier_from(told.stdout)
    running.shutdown()
    running.server_close()


def test_every_witness_keeps_every_checkpoint(listed, at):
    folder, kept, verifier = listed
    for count, size in ((3, 3), (5, 8)):
        grow(at, count)
        job(0)
        latest = queries.checkpoint()
        assert sorted(one.witness for one in latest.cosignatures.all()) == ["archive", "w.example"]
        assert signed_at(queries.note_of(latest), verifier) > 0
        assert (folder / f"checkpoint-{size}.txt").read_text() == latest.note
        assert signed_at((kept / f"checkpoint-{size}.txt").read_text(), verifier) > 0
    job(0)
    assert Cosignature.objects.count() == 4
    verified = CliRunner().invoke(app, ["verify", "--checkpoint", str(kept)])
    assert verified.exit_code == 0


def test_a_log_that_was_rolled_back_is_refused_by_both(listed, at, tmp_path):
    folder, kept, _ = listed
    grow(at, 8)
    job(0)
    for place in (folder, kept):  # as after a rollback to another log of five entries
        note = (place / "checkpoint-8.txt").read_text()
        (place / "checkpoint-8.txt").unlink()
        (place / "checkpoint-9.txt").write_text(note.replace("\n8\n", "\n9\n"))
    grow(at, 1)
    with pytest.raises(RefusedTogether) as refused:
        job(0)
    assert len(refused.value.refusals) == 2
    assert Cosignature.objects.filter(checkpoint__size=9).count() == 0


def test_the_command_shows_what_was_not_seen(listed, at):
    grow(at, 2)
    said = CliRunner().invoke(app, ["witness"])
    assert (said.exit_code, said.stdout) == (0, "archive: 2\nw.example: 2\n")
    assert CliRunner().invoke(app, ["witness"]).stdout == ""


def test_no_list_is_said(monkeypatch, at):
    monkeypatch.delenv("KECHUANG_WITNESSES", raising=False)
    grow(at, 1)
    assert witnesses() == []
    assert CliRunner().invoke(app, ["witness"]).exit_code == 2


@pytest.mark.parametrize("text", ["[[witness]]\nname = 'a'\n", "x", "[[witness]]\nnam = 'a'\n"])
def test_a_list_that_cannot_be_read_is_refused(text, tmp_path, monkeypatch):
    path = tmp_path / "w.toml"
    path.write_text(text)
    monkeypatch.setenv("KECHUANG_WITNESSES", str(path))
    with pytest.raises(WitnessRefused):
        witnesses()
