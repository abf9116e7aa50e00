"""The record: what an entry holds, what it refuses, and how positions are given."""

from datetime import datetime

import pytest
from django.db import IntegrityError, transaction

from kechuang.base.actor import Actor
from kechuang.engines.transparency import node_hash
from kechuang.record import actions, queries, rules
from kechuang.record.models import Entry, Payload


def test_entry_keeps_role_and_organisation_as_they_were(world, at):
    entry = actions.append(
        verb="needs.sign", object_number="XQ-2026-000001", by=world.unit_admin.actor, at=at,
        payload={"state": "COUNTY_CHECK"},
    )  # fmt: skip
    kept = Entry.objects.get(number=entry.number)
    assert (kept.role, kept.organisation) == ("UNIT_ADMIN", world.enterprise.code)
    assert kept.leaf_hash == rules.leaf_hash(rules.canonical_json(queries.leaf_of(kept)))
    assert Payload.objects.get(entry=kept).content == {"state": "COUNTY_CHECK"}


def test_a_number_taken_twice_is_refused_by_the_database(world, at, monkeypatch):
    entry = actions.append(verb="x", object_number="x", by=Actor.CLOCK, at=at)
    assert entry.recorded_at and not entry._state.adding
    monkeypatch.setattr(actions, "new_random_number", lambda: entry.number)
    refused = pytest.raises(IntegrityError, match="one_record_per_number")
    with refused, transaction.atomic():
        actions.append(verb="y", object_number="y", by=Actor.CLOCK, at=at)
    assert list(Entry.objects.filter(number=entry.number).values_list("verb", flat=True)) == ["x"]


@pytest.mark.django_db(transaction=True)
def test_an_append_outside_a_transaction_is_one_of_its_own(at):
    entry = actions.append(verb="x", object_number="x", by=Actor.CLOCK, at=at, payload={"需": 1})
    kept = Entry.objects.get(number=entry.number)
    assert (kept.pk, kept.leaf_hash, kept.at) == (entry.pk, entry.leaf_hash, at)
    assert Payload.objects.get(entry=kept).content == {"需": 1}


@pytest.mark.django_db
@pytest.mark.parametrize("value", [1.5, b"x", "字" * 201, {"a": [2.0]}])
def test_payload_refuses_floats_bytes_and_prose(at, value):
    with pytest.raises(rules.PayloadRefused):
        actions.append(verb="x", object_number="x", by=Actor.CLOCK, at=at, payload={"v": value})
    assert Entry.objects.count() == 0


@pytest.mark.django_db
def test_sequencer_gives_turns_without_gaps(at):
    for _ in range(3):
        actions.append(verb="x", object_number="n", by=Actor.CLOCK, at=at)
    assert actions.sequence_entries(limit=2) == 2
    assert actions.sequence_entries() == 1
    assert [e.turn for e in queries.entries_after(-1)] == [0, 1, 2]
    assert queries.tree_size() == 0
    assert [e.turn for e in queries.entries_after(0)] == [1, 2]


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"verb": "y"}, {"position": 9}, {"turn": 9}])
def test_database_refuses_to_rewrite_an_entry(at, change):
    entry = actions.append(verb="x", object_number="n", by=Actor.CLOCK, at=at)
    actions.sequence_entries()
    actions.take_checkpoint(at=at)
    with pytest.raises(IntegrityError, match="append_only"), transaction.atomic():
        Entry.objects.filter(pk=entry.pk).update(**change)


@pytest.mark.django_db
def test_database_refuses_to_delete_an_entry(at):
    entry = actions.append(verb="x", object_number="n", by=Actor.CLOCK, at=at)
    with pytest.raises(IntegrityError, match="append_only"), transaction.atomic():
        Entry.objects.filter(pk=entry.pk)._raw_delete("default")


@pytest.mark.django_db
def test_numbers_follow_one_another_by_kind_and_year(at):
    assert actions.take_number("XQ", at=at) == "XQ-2026-000001"
    assert actions.take_numbers("XQ", 2, at=at) == ["XQ-2026-000002", "XQ-2026-000003"]
    assert actions.take_number("JB", at=at) == "JB-2026-000001"
    new_year = datetime.fromisoformat("2026-12-31T16:00:00+00:00")
    assert actions.take_number("XQ", at=new_year) == "XQ-2027-000001"


@pytest.mark.parametrize(
    ("leaves", "root"),
    [
        ([], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (["00" * 32], "00" * 32),
    ],
)
def test_root_of_none_and_of_one(leaves, root):
    assert rules.merkle_root(leaves) == root


def test_root_promotes_an_odd_leaf():
    a, b, c = (f"{n:02x}" * 32 for n in (1, 2, 3))
    inner = node_hash(bytes.fromhex(a), bytes.fromhex(b))
    assert rules.merkle_root([a, b, c]) == node_hash(inner, bytes.fromhex(c)).hex()
