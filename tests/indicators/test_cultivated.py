"""Figures of enterprises by tier: from what the rules say, with evidence that only offices read."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from kechuang.base.actor import Actor
from kechuang.base.periods import Period
from kechuang.cultivation.actions import recompute
from kechuang.indicators import actions, queries
from kechuang.indicators.measures import evidence_seen
from tests.cultivation.builders import NONE, SME, known

pytestmark = pytest.mark.django_db


@pytest.fixture
def measured(world, at):
    """The first meets the evaluation; the second holds a certificate; neither counts twice."""
    before = at - timedelta(days=2)
    certificate = {"kind": "hnte", "since": date(2024, 1, 1), "until": date(2026, 11, 21)}
    known(world.enterprise, {2025: SME | {"staff": 600, "assets_fen": 30_000_000_000}}, before,
          **NONE | {"certificates": [certificate]})
    known(world.rival, {2025: SME}, before,
          **NONE | {"ip": [{"ip_class": "I", "count": 1, "own": True,
                            "granted_date": date(2020, 1, 1)}]})
    recompute(by=Actor.CLOCK, at=before)

    def measure(code, day):
        indicator = queries.indicator_by_code(code)
        return indicator, actions.measure(
            indicator=indicator, region=world.city, period=Period.parse(f"@{day}"),
            by=world.officer.actor, at=at, known_at=at,
        )

    return measure


@pytest.mark.parametrize(
    ("code", "day", "value"),
    [
        ("technology_enterprises_evaluated", "2026-11-20", 2),
        ("technology_smes_evaluated", "2026-11-20", 1),
        ("technology_smes_evaluated", "2026-11-18", 0),
        ("hnte_valid", "2026-11-20", 1),
        ("fledglings_evaluated", "2026-11-20", 0),
        ("gazelles_evaluated", "2026-11-20", 0),
        ("unicorns_evaluated", "2026-11-20", 0),
    ],
)
def test_a_figure_counts_what_the_rules_and_certificates_say(measured, code, day, value):
    assert measured(code, day)[1].value == Decimal(value)


def test_the_evidence_is_read_by_the_offices_alone(measured, world, at):
    indicator, made = measured("technology_enterprises_evaluated", "2026-11-20")
    officer = evidence_seen(made, indicator, world.officer.actor, at)
    public = evidence_seen(made, indicator, Actor.PUBLIC, at)
    assert (officer.count, public.count, public.listed_count) == (2, 2, 0)
    assert public.hidden_count == 2
