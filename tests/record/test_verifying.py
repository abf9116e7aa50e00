"""A superuser rewrites the record in every way; `verify` finds it and names the first entry."""

import json
import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from typer.testing import CliRunner

from kechuang.base.actor import Actor, Role
from kechuang.base.time import rfc3339
from kechuang.record import actions, queries, rules
from kechuang.record.commands import app
from kechuang.record.models import Checkpoint, Cosignature, Entry, Payload, Tile
from kechuang.record.queries import verifying
from kechuang.record.rules.hashing import Row, canonical_all, leaf_content
from kechuang.record.rules.verifying import Held, Kind

pytestmark = pytest.mark.django_db
COUNT = 60


@pytest.fixture
def filled(at, settings):
    """A record of sixty entries with two checkpoints; gives the second as held outside."""
    settings.RECORD_BATCH = 0  # without fillers; what they change is in test_batches
    by = Actor(person="RY-2026-000001", role=Role.OFFICER, organisation="91990104MA00000019")
    for number in range(COUNT):
        actions.append(
            verb="needs.sign", object_number=f"XQ-2026-{number:06}", by=by,
            at=at + timedelta(seconds=number), payload={"state": "需求", "n": number},
        )
        if number == COUNT // 2:
            actions.sequence_entries()
            actions.take_checkpoint(at=at)
    actions.sequence_entries()
    last = actions.take_checkpoint(at=at + timedelta(hours=1))
    before = transaction.savepoint()
    yield Held(last.size, bytes.fromhex(last.root), outside=True)
    transaction.savepoint_rollback(before)  # what a superuser broke would break the next test


TABLES = ("record_entry", "record_payload", "record_checkpoint", "record_tile",
          "record_cosignature")
KEYS = """
SELECT conrelid::regclass::text, conname FROM pg_constraint
WHERE contype = 'f' AND (conrelid::regclass::text = ANY(%s) OR confrelid::regclass::text = ANY(%s))
"""


def as_superuser(*statements):
    """What whoever owns the tables can do: no triggers, no keys; undone with the savepoint."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # tables of pending checks stay as they are
        cursor.execute(KEYS, [list(TABLES), list(TABLES)])
        for table, key in cursor.fetchall():
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{key}"')
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def found(held=None):
    report = queries.report_on([held] if held else [])
    return [(one.kind, one.position) for one in report.findings]


def test_nothing_is_found_where_nothing_was_done(filled):
    report = queries.report_on([filled])
    assert (report.size, report.findings, report.outside) == (COUNT, [], [COUNT])
    actions.append(verb="x", object_number="n", by=Actor.CLOCK, at=Checkpoint.objects.first().at)
    assert queries.report_on([filled]).waiting == 1


@pytest.mark.parametrize(
    ("statements", "first"),
    [
        (["UPDATE record_entry SET verb = 'needs.return' WHERE position = 41"],
         (Kind.EDITED, 41)),
        (["UPDATE record_entry SET person = 'RY-2026-000002' WHERE position = 0"],
         (Kind.EDITED, 0)),
        (["UPDATE record_payload SET content = '{\"n\": 7}' WHERE entry_id = "
          "(SELECT id FROM record_entry WHERE position = 17)"], (Kind.PAYLOAD, 17)),
        (["DELETE FROM record_payload WHERE entry_id = "
          "(SELECT id FROM record_entry WHERE position = 18)"], (Kind.PAYLOAD, 18)),
        (["DELETE FROM record_entry WHERE position = 30"], (Kind.DELETED, 30)),
        (["DELETE FROM record_entry WHERE position = 30",
          "UPDATE record_entry SET position = -position WHERE position > 30",
          "UPDATE record_entry SET position = -position - 1 WHERE position < 0"],
         (Kind.DELETED, 30)),
        (["UPDATE record_entry SET position = 100000 WHERE position = 10",
          "UPDATE record_entry SET position = 10 WHERE position = 20",
          "UPDATE record_entry SET position = 20 WHERE position = 100000"],
         (Kind.REORDERED, 10)),
        (["DELETE FROM record_entry WHERE position >= 50"], (Kind.ROLLED_BACK, 50)),
    ],
)  # fmt: skip
def test_what_a_superuser_does_is_named_by_its_first_entry(filled, statements, first):
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE record_entry DROP CONSTRAINT record_position_not_negative"
        )
    as_superuser(*statements)
    assert found(filled) == [first]


def test_an_edit_whose_hash_was_mended_is_named_by_the_tree(filled):
    entry = Entry.objects.get(position=12)
    entry.verb = "needs.return"
    leaf = rules.leaf_hash(rules.canonical_json(queries.leaf_of(entry)))
    as_superuser(
        f"UPDATE record_entry SET verb = 'needs.return', leaf_hash = '{leaf}' WHERE position = 12"
    )
    assert found() == found(filled) == [(Kind.EDITED, 12)]


def rewrite_everything(position):
    """Edit an entry, mend its hash, grow the tree anew and sign every checkpoint again."""
    entry = Entry.objects.get(position=position)
    entry.verb = "needs.return"
    leaf = rules.leaf_hash(rules.canonical_json(queries.leaf_of(entry)))
    as_superuser(
        f"UPDATE record_entry SET verb = 'needs.return', leaf_hash = '{leaf}' "
        f"WHERE position = {position}",
        "DELETE FROM record_tile",
    )
    actions.grow_tree()
    for one in Checkpoint.objects.all():
        root = queries.tree(one.size).root().hex()
        as_superuser(f"UPDATE record_checkpoint SET root = '{root}' WHERE id = {one.pk}")


def test_only_a_checkpoint_from_outside_finds_that_everything_was_rewritten(filled, at):
    first = Checkpoint.objects.order_by("size").first()
    early = Held(first.size, bytes.fromhex(first.root), outside=True)
    rewrite_everything(40)
    assert found() == []
    [one] = queries.report_on([filled]).findings
    assert (one.kind, one.position, one.until) == (Kind.REWRITTEN, 0, COUNT - 1)
    [one] = queries.report_on([early, filled]).findings
    assert (one.kind, one.position, one.until) == (Kind.REWRITTEN, 31, COUNT - 1)


def test_a_rollback_of_everything_is_found_from_outside_alone(filled):
    as_superuser(
        "DELETE FROM record_entry WHERE position > 30", "DELETE FROM record_tile",
        "DELETE FROM record_checkpoint WHERE size > 31",
    )
    actions.grow_tree()
    assert found() == []
    assert found(filled) == [(Kind.ROLLED_BACK, 31)]


def edits(chance):
    """One random edit of an entry by a superuser, as SQL, and where it lies."""
    place = chance.randrange(COUNT - 2)
    entry = f"WHERE position = {place}"
    column = chance.choice(
        ["verb", "object_number", "person", "appointment", "role", "organisation", "region", "via",
         "payload_hash", "number", "at", "salt", "suite", "payload", "delete", "swap"]
    )  # fmt: skip
    if column == "payload":
        chosen = f"(SELECT id FROM record_entry {entry})"
        return place, [f"UPDATE record_payload SET content = '{{}}' WHERE entry_id = {chosen}"]
    if column == "delete":
        return place, [f"DELETE FROM record_entry {entry}"]
    if column == "swap":
        return place, [
            f"UPDATE record_entry SET position = 900000 {entry}",
            f"UPDATE record_entry SET position = {place} WHERE position = {place + 1}",
            f"UPDATE record_entry SET position = {place + 1} WHERE position = 900000",
        ]
    value = {
        "at": "at + interval '1 second'", "salt": "sha256(salt)", "number": "'AAAAAAAAAAA'",
    }.get(column, f"'{chance.randrange(10**9)}'")  # fmt: skip
    return place, [f"UPDATE record_entry SET {column} = {value} {entry}"]


def test_fifty_random_edits_are_all_found_and_named(filled):
    chance = random.Random(4)
    for _ in range(50):
        place, statements = edits(chance)
        with transaction.atomic():
            as_superuser(*statements)
            report = queries.report_on([filled])
            assert [one.position for one in report.findings] == [place], statements
            transaction.set_rollback(True)


def test_the_quick_way_of_writing_a_leaf_is_the_canonical_one(filled):
    for entry in Entry.objects.order_by("position")[:3]:
        entry.object_number = 'a"\\é需\n'
        for suite in (rules.FIRST_SUITE, rules.SUITE):
            entry.suite = suite
            row = Row(
                0, entry.number, entry.verb, entry.object_number, entry.person, entry.appointment,
                entry.role, entry.organisation, entry.region, entry.via, rfc3339(entry.at), suite,
                bytes(entry.salt), entry.payload_hash, entry.leaf_hash, b"{}",
            )
            assert leaf_content(row) == rules.canonical_json(queries.leaf_of(entry))


ODD = [
    {}, {"b": 1, "a": "x"}, None, {"a": "需", "é": 1}, {"a": ["x,y", {"c": None, "b": True}]},
    {"a": 'q"\\\n'}, {"": -3, "aa": 1, "b": 2}, {"a": "1.5"}, {"a": 0.5}, {"a": "x" * 900 + "需"},
]  # fmt: skip


def test_payloads_written_together_are_those_written_alone():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT one::jsonb::text FROM unnest(%s::text[]) AS given(one)",
            [[None if one is None else json.dumps(one) for one in ODD]],
        )
        held = [row[0] for row in cursor.fetchall()]
    kept = ODD[:-2]  # no fractions, and no prose
    assert canonical_all(held) == [
        *(None if one is None else rules.canonical_json(one) for one in kept), b"", b"",
    ]  # fmt: skip
    deep = "[" * 20_000 + "]" * 20_000
    assert canonical_all([held[1], deep, None]) == [b'{"a":"x","b":1}', b"", None]
    assert canonical_all([]) == []


@pytest.mark.parametrize("fraction", [0, 120_000, 7])
def test_the_database_writes_instants_as_the_record_does(filled, fraction):
    at = datetime(2026, 11, 30, 16, 59, 59, fraction, tzinfo=UTC)
    with transaction.atomic():
        as_superuser(f"UPDATE record_entry SET at = '{at.isoformat()}' WHERE position = 2")
        with connection.cursor() as cursor:
            cursor.execute(verifying._ROWS, [2, 3])
            row = Row._make(cursor.fetchone())
        transaction.set_rollback(True)
    assert row.at == rfc3339(at)


def test_hashing_on_every_core_finds_the_same(filled, monkeypatch):
    monkeypatch.setattr(verifying, "AT_ONCE", 2)
    alone = list(verifying._judged())
    monkeypatch.setattr(verifying, "BATCHES_WORTH_PROCESSES", 1)
    monkeypatch.setattr(verifying.os, "sched_getaffinity", lambda process: {0, 1})
    assert list(verifying._judged()) == alone
    assert [one.position for one in alone] == sorted(one.position for one in alone)
    assert len(alone) > 2 * verifying.IN_HAND and all(one.is_whole for one in alone)


@pytest.mark.parametrize(
    ("table", "change"),
    [("record_payload", "content = '{}'"), ("record_checkpoint", "root = ''"),
     ("record_tile", "hashes = sha256(hashes)")],
)  # fmt: skip
def test_triggers_are_a_seat_belt(filled, table, change):
    from django.db import IntegrityError

    for statement in (f"UPDATE {table} SET {change}", f"DELETE FROM {table}"):
        refused = pytest.raises(IntegrityError, match="record_")
        with refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_verify_as_a_command(filled, tmp_path):
    runner = CliRunner()
    note = tmp_path / "checkpoint.txt"
    assert runner.invoke(app, ["checkpoint", "--out", str(note)]).exit_code == 0
    good = runner.invoke(app, ["verify", "--checkpoint", str(note), "--json"])
    assert (good.exit_code, json.loads(good.stdout)) == (
        0, {"size": COUNT, "waiting": 0, "fillers": 0, "erased": [],
            "proved_by_outside": COUNT, "findings": []}
    )  # fmt: skip
    plain = tmp_path / "plain.txt"
    plain.write_text(f"{filled.size} {filled.root.hex()}\n")
    assert runner.invoke(app, ["verify", "--checkpoint", str(plain)]).exit_code == 0
    assert runner.invoke(app, ["verify", "--checkpoint", str(tmp_path)]).exit_code == 0
    number = Entry.objects.get(position=5).number
    as_superuser("UPDATE record_entry SET via = 'job' WHERE position = 5")
    bad = runner.invoke(app, ["verify", "--checkpoint", str(note)])
    assert bad.exit_code == 1
    assert f"位置 5 {number}: 条目被改动" in bad.stdout
    note.write_text(note.read_text().replace(str(COUNT), str(COUNT + 1)))
    forged = runner.invoke(app, ["verify", "--checkpoint", str(note)])
    assert (forged.exit_code, "not signed by" in forged.stderr) == (2, True)


def test_proofs_of_a_number_are_checked_by_the_stand_alone_verifier(filled, tmp_path):
    out, kept = tmp_path / "proofs.json", tmp_path / "kept.txt"
    runner = CliRunner()
    assert runner.invoke(app, ["proofs", "XQ-2026-000007", "--out", str(out)]).exit_code == 0
    kept.write_text(Checkpoint.objects.order_by("-size").first().note)

    def checked(*arguments):
        return subprocess.run(
            [sys.executable, "-I", "tools/verify_log.py", *map(str, arguments)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    said = checked(out, kept)
    assert (said.returncode, "proved     1 entries" in said.stdout) == (0, True)
    assert "RY-2026-000001" not in out.read_text()
    told = json.loads(out.read_text())
    for place, value in (("leaf_hash", "00" * 32), ("position", 8), ("proof", [])):
        changed = json.loads(out.read_text())
        changed["entries"][0][place] = value
        out.write_text(json.dumps(changed))
        assert checked(out).returncode == 1
        out.write_text(json.dumps(told))
    changed = json.loads(out.read_text())
    changed["entries"][0]["leaf"]["verb"] = "needs.return"
    out.write_text(json.dumps(changed))
    assert "not what was recorded" in checked(out).stdout
    out.write_text(json.dumps(told))
    kept.write_text(f"{COUNT} {'00' * 32}")
    assert "the log was rewritten" in checked(out, kept).stdout


def test_a_payload_is_told_with_a_salt_that_tells_nobody(filled):
    latest = queries.checkpoint()
    told = queries.proofs_file(
        queries.history_of("XQ-2026-000009"), latest, told_verbs=["needs.sign"]
    )
    [entry] = told["entries"]
    assert entry["payload"] == {"state": "需求", "n": 9}
    salt = bytes.fromhex(entry["payload_salt"])
    assert rules.payload_hash(salt, entry["payload"]) == entry["leaf"]["payload"]
    assert salt != bytes(Entry.objects.get(position=9).salt)
    assert Payload.objects.count() == COUNT
    assert (Tile.objects.count(), Cosignature.objects.count()) == (1, 0)
