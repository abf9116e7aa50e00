"""The larger sizes: by the batch, the same for the same day, and every index there afterwards."""

import random
from datetime import date

import pytest
from django.db import IntegrityError, connection
from rich.progress import Progress

from kechuang.needs.models import Need
from kechuang.needs.rules import TITLE_LONGEST
from kechuang.offers.models import Offer
from kechuang.record.models import Entry, Payload
from kechuang.search.models import Document
from kechuang.site.demo import bulk, cast, texts, variety
from kechuang.site.demo.tables import taking_in

DAY = date(2026, 11, 22)


def indexes_and_keys():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexdef FROM pg_indexes WHERE tablename = ANY(%s) UNION ALL"
            " SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE contype = 'f' AND conrelid = ANY(%s::regclass[])",
            [[model._meta.db_table for model in bulk.TABLES]] * 2,
        )
        # what stands behind WHERE is the same condition, written with its casts folded
        return sorted(row[0].split(" WHERE ")[0] for row in cursor.fetchall())


def test_indexes_and_links_are_as_before(db):
    before = indexes_and_keys()
    plain = [one for one in before if "CREATE INDEX" in one]
    assert any("document_by_kind" in one for one in plain)
    with taking_in(*bulk.TABLES):
        within = indexes_and_keys()
    assert indexes_and_keys() == before
    assert not any(one in plain or "FOREIGN KEY" in one for one in within)
    assert [one for one in within if "UNIQUE" in one] == [o for o in before if "UNIQUE" in o]


def test_links_that_point_nowhere_break_the_whole(world, at):
    before = indexes_and_keys()
    with pytest.raises(IntegrityError), taking_in(*bulk.TABLES):
        Need.objects.create(number="XQ-1", organisation_id=10**9, since=at, changed_at=at)
    assert indexes_and_keys() == before
    assert not Need.objects.exists()


def filled(needs, offers):
    people = cast.gather(texts.Clock(DAY), random.Random(1), 300)
    bulk.fill(people, needs, offers, Progress(disable=True))


@pytest.mark.django_db
def test_one_entry_of_the_record_for_each_sheet(monkeypatch):
    monkeypatch.setattr(bulk, "BATCH", 100)
    monkeypatch.setattr(bulk, "MANY", 100)
    filled(150, 200)
    assert (Need.objects.count(), Offer.objects.count()) == (150, 200)
    assert Document.objects.count() == 350
    entries = Entry.objects.filter(verb__in=("needs.import", "offers.import")).order_by("id")
    rows = [payload.content["rows"] for payload in Payload.objects.filter(entry__in=entries)]
    assert sorted(rows) == [50, 100, 100, 100]
    waiting = Need.objects.exclude(state="ACCEPTED").values_list("state", flat=True)
    assert sorted(waiting) == ["CITY_CHECK"] * 4 + ["COUNTY_CHECK"] * 4


@pytest.mark.django_db
def test_few_rows_leave_the_indexes_alone():
    filled(3, 4)
    assert (Need.objects.count(), Offer.objects.count()) == (3, 4)
    assert Need.objects.exclude(until=None).exists()


def test_texts_are_the_same_each_time_and_seldom_alike():
    rows = texts.rows("needs.jsonl")
    first = list(variety.needs(rows, 2000, "seed"))
    assert first == list(variety.needs(rows, 2000, "seed"))
    assert first != list(variety.needs(rows, 2000, "other"))
    assert max(len(one["title"]) for one in first) <= TITLE_LONGEST
    assert len({one["body"] for one in first}) == 2000
    assert len({one["title"] for one in first}) > 1800


def test_a_word_finds_some_offers_and_not_all():
    rows = [row for row in texts.rows("offers.jsonl") if row["kind"] != "PATENT"]
    made = list(variety.offers(rows, 2000, "seed"))
    holding = sum("轴承" in one["title"] + one["body"] for one in made)
    assert 20 < holding < 600
