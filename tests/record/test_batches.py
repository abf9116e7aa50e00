"""The tree grows by a fixed number of leaves at fixed times, whatever was done."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from kechuang.base.actor import Actor
from kechuang.record import actions, queries, rules
from kechuang.record.models import Batch, Entry
from kechuang.record.rules.verifying import Held, Kind
from kechuang.site import health

pytestmark = pytest.mark.django_db
BATCH = 16  # four places of it for what is done with bids


@pytest.fixture(autouse=True)
def small(settings):
    settings.RECORD_BATCH = BATCH


def done(at, verbs):
    """Something is done, in this order, and placed in the order of commits."""
    for verb in verbs:
        actions.append(verb=verb, object_number="n", by=Actor.CLOCK, at=at)
    actions.sequence_entries()


def positions(verb):
    rows = Entry.objects.filter(verb=verb).order_by("turn")
    return list(rows.values_list("position", flat=True))


@pytest.mark.parametrize("bids", [0, 1, 4, 20])
def test_sizes_and_positions_do_not_depend_on_the_bids(at, bids):
    done(at, ["x"] * 3)
    assert actions.take_checkpoint(at=at).size == BATCH
    done(at, ["needs.sign", *["bids.submit"] * (bids // 2), "needs.pass",
              *["bids.submit"] * (bids - bids // 2), "challenges.answer"])
    sizes = [actions.take_checkpoint(at=at).size for _ in range(3)]
    assert sizes == [2 * BATCH, 3 * BATCH, 4 * BATCH]
    plain = [*positions("needs.sign"), *positions("needs.pass"), *positions("challenges.answer")]
    assert plain == [BATCH, BATCH + 1, BATCH + 2]
    placed = [one for one in positions("bids.submit") if one is not None]
    assert len(placed) == min(bids, 3 * BATCH // 4)
    assert not set(placed) & {*range(BATCH), *plain}
    report = queries.report_on()
    assert (report.size, report.findings) == (4 * BATCH, [])
    assert report.fillers == 4 * BATCH - 3 - 3 - len(placed)
    assert report.waiting == bids - len(placed)


def test_where_a_bids_entry_stands_is_chance(at):
    done(at, ["x"])
    actions.take_checkpoint(at=at)
    seen = set()
    for _ in range(12):
        done(at, ["bids.submit"])
        actions.take_checkpoint(at=at)
        seen.add(positions("bids.submit")[-1] % BATCH)
    assert len(seen) > 3


def test_what_does_not_fit_waits_and_the_first_batch_takes_everything(at):
    done(at, ["x"] * 40)
    assert actions.take_checkpoint(at=at).size == 3 * BATCH
    assert None not in positions("x")
    done(at, ["y"] * 14)
    actions.take_checkpoint(at=at)
    assert positions("y").count(None) == 2
    actions.take_checkpoint(at=at)
    assert None not in positions("y")
    done(at, ["z"] * 20)
    assert actions.take_checkpoint(at=at, everything=True).size == 7 * BATCH
    assert None not in positions("z")


def test_followers_read_at_once_in_the_order_of_commits(at):
    done(at, ["a", "bids.sign", "b"])
    assert [one.verb for one in queries.entries_after(-1)] == ["a", "bids.sign", "b"]
    assert queries.tree_size() == 0


def test_an_entry_that_was_made_a_filler_is_found(at):
    done(at, ["x"] * 5)
    last = actions.take_checkpoint(at=at)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE record_entry DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE record_payload DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM record_payload WHERE entry_id = "
                       "(SELECT id FROM record_entry WHERE position = 2)")
        cursor.execute("DELETE FROM record_entry WHERE position = 2")
        found = queries.report_on([Held(last.size, bytes.fromhex(last.root), outside=True)])
        assert (found.findings[0].kind, found.findings[0].position) == (Kind.DELETED, 2)
        transaction.set_rollback(True)


def test_a_filler_is_proved_by_its_seed_alone(at):
    done(at, ["x"])
    actions.take_checkpoint(at=at)
    batch = Batch.objects.get()
    leaf = rules.filler_leaf(bytes(batch.filler_seed), 5)
    assert queries.fillers().get(5) == leaf
    assert queries.fillers().get(BATCH) is None
    with pytest.raises(KeyError):
        queries.fillers()[BATCH]
    refused = pytest.raises(IntegrityError, match="written_once")
    with refused, transaction.atomic():
        Batch.objects.update(size=1)


def test_a_backlog_is_told_without_a_number(at):
    done(at, ["x"])
    actions.take_checkpoint(at=at)
    done(at, ["bids.submit"] * 9)
    actions.take_checkpoint(at=at)
    late = Entry.objects.first().recorded_at + timedelta(hours=2)
    assert health._record(late).is_well
    done(at, ["y"])
    told = health._record(late)
    assert (told.is_well, told.facts) == (False, {"size": 2 * BATCH})
