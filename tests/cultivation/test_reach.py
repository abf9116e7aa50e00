"""One thing away, and near: what can be had, the nearest first; what cannot is left out."""

from datetime import date, timedelta

import pytest

from kechuang.base.actor import Actor
from kechuang.cultivation import queries
from kechuang.cultivation.actions import recompute
from kechuang.cultivation.models import Verdict
from tests.cultivation import granting
from tests.cultivation.builders import NONE, SME, known

pytestmark = pytest.mark.django_db
REWARD = "sy-contract-reward"


def verdict(organisation, policy=REWARD):
    return Verdict.objects.get(organisation=organisation, policy=policy, until=None)


def sold(organisation, wan, at):
    rows = [{"signed_date": date(2025, 6, 1), "amount_fen": wan * granting.WAN}]
    known(organisation, contracts=rows, at=at - timedelta(days=3))


@pytest.fixture
def three(world, at):
    """Short by a tenth of the limit, by a half, and one that gets it."""
    far, paid = granting.crowd(world, at - timedelta(days=9), 2)
    sold_for = ((world.enterprise, 4600), (world.rival, 4000))
    for unit, wan in sold_for:
        sold(unit, wan, at)
    for unit, wan in ((far, 2000), (paid, 60_00)):
        unit_rows = {"signed_date": date(2025, 6, 1), "amount_fen": wan * granting.WAN}
        from kechuang.cultivation.models import Contract

        Contract.objects.filter(organisation=unit).update(**unit_rows)
    recompute(by=Actor.CLOCK, at=at)
    return far, paid


def test_a_figure_within_the_share_is_near_and_the_nearest_stands_first(world, at, three):
    far, _paid = three
    assert [(one.reach, one.distance) for one in map(verdict, (world.enterprise, world.rival, far))
            ] == [("GAP", 81), ("GAP", 201), ("FAR", 601)]  # fmt: skip
    listed = queries.one_thing_away(world.officer.actor, at, REWARD)
    assert [one.organisation for one in listed] == [world.enterprise, world.rival]
    assert queries.near_kinds(world.officer.actor, at, REWARD) == {"GAP": 2, "FAR": 1}


def test_what_it_would_bring_is_what_those_who_have_it_get(world, at, three):
    assert verdict(world.enterprise).brings_fen == 20 * granting.WAN
    near = queries.within_reach(world.officer.actor, at, 1)
    assert [one.organisation for one in near] == [world.enterprise]


def test_a_correction_of_data_is_reckoned_anew_though_the_answer_stays(world, at, three):
    from kechuang.cultivation.models import Contract

    Contract.objects.filter(organisation=world.enterprise).update(amount_fen=4900 * granting.WAN)
    recompute(organisations=[world.enterprise], by=Actor.CLOCK, at=at + timedelta(hours=1))
    assert (verdict(world.enterprise).distance, verdict(world.rival).distance) == (21, 201)


def test_a_missing_datum_is_near_and_an_age_is_not(world, at):
    before = at - timedelta(days=2)
    known(world.enterprise, {2025: SME}, before, **NONE | {"ip": [
        {"ip_class": "I", "count": 1, "own": True, "granted_date": date(2020, 1, 1)}]},
          resident=None)  # fmt: skip
    known(world.rival, {2025: SME}, before, **NONE | {"ip": [
        {"ip_class": "I", "count": 1, "own": True, "granted_date": date(2020, 1, 1)}]},
          resident=False)  # fmt: skip
    recompute(by=Actor.CLOCK, at=at)
    sme = "sme-2017-115"
    assert (verdict(world.enterprise, sme).reach, verdict(world.rival, sme).reach) == (
        "DATA", "FAR"
    )  # fmt: skip
    assert queries.one_thing_away(world.officer.actor, at, sme, kind="DATA").count() == 1
    assert queries.one_thing_away(world.unit_admin.actor, at, sme).count() == 1
    assert queries.one_thing_away(Actor.PUBLIC, at, sme).count() == 0
