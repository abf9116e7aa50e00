"""Rows written by COPY are the rows that INSERT writes."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError

from kechuang.doors.rows import write_rows, write_values
from kechuang.offers.models import Figure, Offer, OfferStage
from kechuang.offers.rules import State
from kechuang.search.models import Document

MANY = 150


def offers(world, at, count):
    return [
        Offer(
            number=f"CG-2026-{serial:06d}", state=State.PUBLISHED, version=1,
            title='反斜杠\\与"引号"', body="第一行\n第二行\t制表",
            keywords=["甲，乙", "c\\d"], chains=[], trl=None,
            patent_status_date=date(2026, 3, 1), price_low_fen=1,
            organisation=world.university, since=at, changed_at=at, submitted_at=at,
            published_at=at,
        )
        for serial in range(count)
    ]  # fmt: skip


def columns_of(model):
    rows = model.objects.order_by("pk").values()
    return [{k: v for k, v in row.items() if k not in ("id", "offer_id")} for row in rows]


def test_many_rows_read_back_as_written(world, at):
    made = offers(world, at, MANY)
    write_rows(made)
    copied = columns_of(Offer)
    keys = list(Offer.objects.order_by("pk").values_list("pk", flat=True))
    assert [one.pk for one in made] == keys
    assert not made[0]._state.adding
    Offer.objects.all().delete()
    Offer.objects.bulk_create(offers(world, at, MANY))
    assert copied == columns_of(Offer)


def test_numbers_and_links_read_back(world, at):
    made = offers(world, at, MANY)
    write_rows(made)
    write_rows([Figure(offer=one, place=1, name="热导率", value=Decimal("226.5"), unit="W/(m·K)")
                for one in made])  # fmt: skip
    assert Figure.objects.filter(offer=made[-1]).get().value == Decimal("226.500000")
    assert Figure.objects.count() == MANY


def test_what_is_not_named_the_database_fills_in(world, at):
    [made] = offers(world, at, 1)
    write_rows([made])
    names = ("offer_id", "stage", "since", "by_person", "by_role", "by_organisation",
             "note_public", "note_private")  # fmt: skip
    write_values(OfferStage, names, [(made.pk, State.PUBLISHED, at, "", "CLOCK", "", "", "")])
    stage = OfferStage.objects.get()
    assert (stage.stage, stage.since, stage.recorded_at is None) == ("PUBLISHED", at, False)


def test_lists_and_facets_read_back(db, at):
    names = [one.attname for one in Document._meta.concrete_fields if one.attname != "id"]
    row = {name: "" for name in names} | {
        "number": "CG-1", "kind": "offer", "visibility": "PUBLIC", "readers": ["RY-1", "甲"],
        "facets": {"trl": 4}, "updated_at": at,
    }  # fmt: skip
    write_values(Document, names, [tuple(row[name] for name in names)])
    found = Document.objects.get()
    assert (found.readers, found.facets) == (["RY-1", "甲"], {"trl": 4})


def test_a_row_that_is_there_breaks_the_batch(world, at):
    write_rows(offers(world, at, 1))
    with pytest.raises(IntegrityError):
        write_rows(offers(world, at, MANY))
    assert Offer.objects.count() == 1


def test_so_many_statements_for_any_number_of_rows(world, at, django_assert_num_queries):
    few, many = offers(world, at, 2 * MANY)[:MANY], offers(world, at, 3 * MANY)[MANY:]
    with django_assert_num_queries(4):  # a savepoint, the keys, COPY, its end
        write_rows(few)
    with django_assert_num_queries(4):
        write_rows(many)
