"""How a document stands in the index, and which keys open it."""

import pytest

from kechuang.base.actor import Actor, Role
from kechuang.engines.ranking import EVERYBODY, Facets
from kechuang.search import rules
from kechuang.search.models import Document

CITY, COUNTY = "990000/990100", "990000/990100/990104"
OWNER = "91990104MA00000001"


def row(**more):
    return Document(
        **{
            "number": "XQ-2026-000001", "kind": "need", "title": "铟靶", "keywords": "铟",
            "body": "回收", "region_path": COUNTY, "owner_code": OWNER, "visibility": "OFFICERS",
            "readers": ["RY-2026-000009"], "facets": {"chain": "NEW_MATERIALS"},
        } | more
    )  # fmt: skip


@pytest.mark.parametrize(
    ("visibility", "keys"),
    [
        ("PUBLIC", {EVERYBODY}),
        ("OWNER", {rules.JOBS, OWNER, "RY-2026-000009"}),
        (
            "OFFICERS",
            {rules.JOBS, OWNER, "RY-2026-000009", "office:990000", f"office:{CITY}",
             f"office:{COUNTY}"},
        ),
    ],
)  # fmt: skip
def test_a_document_names_the_keys_that_open_it(visibility, keys):
    assert rules.indexed(row(visibility=visibility)).readers == keys


@pytest.mark.parametrize(
    ("actor", "keys"),
    [
        (Actor.PUBLIC, set()),
        (Actor.CLOCK, {rules.JOBS}),
        (Actor("RY-1", "A", Role.OFFICER, "", CITY), {"RY-1", f"office:{CITY}"}),
        (Actor("RY-1", "A", Role.OPERATOR, "", CITY), {"RY-1"}),
        (Actor("RY-1", "A", Role.FILLER, OWNER, COUNTY), {"RY-1", OWNER}),
        (Actor("RY-1", "A", Role.LIAISON, OWNER, COUNTY), {"RY-1", OWNER}),
    ],
)
def test_an_actor_holds_the_keys_of_person_unit_and_office(actor, keys):
    assert rules.keys_of(actor) == keys


def test_kinds_chains_and_maturity_are_filters():
    offer = row(kind="offer", facets={"kind": "PATENT", "chains": ["A", "B"], "trl": 6})
    assert rules.indexed(offer).facets == Facets(("offer", "offer/PATENT"), COUNTY, ("A", "B"), "6")
    assert rules.indexed(row()).facets == Facets(("need",), COUNTY, ("NEW_MATERIALS",), "")
    assert rules.indexed(row(facets={})).facets == Facets(("need",), COUNTY, (), "")


def test_people_are_named_as_the_makers_of_their_works():
    assert rules.indexed(row(facets={"people": ["甲", "乙"]})).of == ("甲", "乙")
