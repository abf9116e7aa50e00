"""The home card: an enterprise's benefits and what it nearly gets; whom an officer might visit."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from kechuang.base.actor import Actor
from kechuang.cultivation.actions import recompute
from kechuang.cultivation.models import Contract
from tests.cultivation import granting

pytestmark = pytest.mark.django_db


@pytest.fixture
def nearly(world, at):
    """One is a twelfth away from the reward, another gets it."""
    near, got = granting.crowd(world, at - timedelta(days=3), 2)
    for unit, wan in ((world.enterprise, 4600), (got, 6000)):
        if unit is world.enterprise:
            granting.sells(unit, wan, date(2025, 6, 1))
        Contract.objects.filter(organisation=unit).update(signed_date=date(2025, 6, 1))
    Contract.objects.filter(organisation=near).update(amount_fen=1)
    recompute(by=Actor.CLOCK, at=at)


def home(client, prefix=""):
    return client.get(prefix + reverse("home")).content.decode()


def test_an_enterprise_reads_what_it_nearly_gets_and_what_it_would_bring(
    nearly, world, client_as, client
):
    page = home(client_as(world.filler))
    assert ("您的奖补" in page, "差一点：" in page, "达到可得约" in page, "20 万元" in page) == (
        True, True, True, True
    )  # fmt: skip
    assert "您的奖补" not in home(client)
    assert "您的奖补" not in home(client_as(world.member))


def test_an_officer_reads_whom_to_visit_the_nearest_first(nearly, world, client_as):
    page = home(client_as(world.officer))
    assert ("最值得走访的企业" in page, world.enterprise.name in page, "离要求还有 9%" in page) == (
        True, True, True
    )  # fmt: skip
    assert "最值得走访的企业" not in home(client_as(world.head))


def test_what_was_granted_stands_with_its_state(world, at, client_as):
    funding = granting.year(world, at)
    granting.sells(world.enterprise, 6000)
    granting.approved(world, at, funding)
    page = home(client_as(world.unit_admin))
    assert ("技术合同成交额奖补" in page, "20 万元" in page, "已批准" in page) == (
        True, True, True
    )  # fmt: skip
