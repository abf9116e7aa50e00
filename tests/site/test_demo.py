"""The demonstration refuses what it must not touch, before it writes anything."""

from datetime import date

import pytest

from kechuang.parties.models import Region
from kechuang.site.demo import DemoRefused, load
from kechuang.site.demo.texts import rows
from tests.world import World


def test_nothing_is_mixed_with_anybodys_data(world: World) -> None:
    with pytest.raises(DemoRefused) as refused:
        load("town", date(2026, 11, 22))
    assert refused.value.code == "demo.not_empty"


@pytest.mark.django_db
def test_a_day_before_the_rules_is_refused() -> None:
    with pytest.raises(DemoRefused) as refused:
        load("town", date(2020, 1, 1))
    assert refused.value.code == "demo.too_early"
    assert not Region.objects.exists()


def test_the_texts_are_as_many_and_as_long_as_asked() -> None:
    needs, offers = rows("needs.jsonl"), rows("offers.jsonl")
    assert (len(needs) >= 60, len(offers) >= 200) == (True, True)
    assert all(120 <= len(need["body"]) <= 250 for need in needs)
    assert len({need["chain"] for need in needs}) == 8
    assert {offer["near"] for offer in offers} == {need["code"] for need in needs}
