"""The desk of the demonstration opens by everybody's own acts."""

import random
from datetime import date

import pytest

from kechuang.base.actor import Role
from kechuang.compute import queries
from kechuang.compute.models import Allocation, Centre, Job, Run, Statement
from kechuang.site.demo import computing
from kechuang.site.demo.cast import Cast
from kechuang.site.demo.texts import Clock


@pytest.mark.django_db
def test_the_desk_opens_with_centres_allocations_and_a_job(world):
    world.add("luyao", Role.CENTRE, organisation=world.institute)
    people = {"luyao": world.luyao, "linjing": world.officer, "xuzhi": world.officer_province,
              "shenzhiyuan": world.member, "mengqi": world.rival_admin,
              "gaoyuan": world.filler}  # fmt: skip
    cast = Cast(
        Clock(date(2026, 11, 22)), random.Random(1),
        regions={one.code: one for one in (world.province, world.city)},
        organisations={computing.RUN_BY: world.institute},
        seats={name: member.appointment for name, member in people.items()},
    )  # fmt: skip
    computing.open_desk(cast)
    backends = list(Centre.objects.order_by("pk").values_list("backend", flat=True))
    assert backends == ["LOCAL", "NONE", "NONE", "NONE", "LOCAL"]
    states = Allocation.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["GRANTED", "GRANTED", "REQUESTED"]
    ended = list(Job.objects.order_by("pk").values_list("state", flat=True))
    assert ended == ["DONE"] * 12 + ["FAILED"] + ["DONE"] * 3 + ["STAGED"]
    assert Run.objects.filter(is_collected=False).count() == 1  # the worker has that one alone
    assert {one.month for one in Statement.objects.all()} == {"2026-09", "2026-10"}
    for one in Statement.objects.prefetch_related("bills"):
        assert one.total_fen == sum(bill.total_fen for bill in one.bills.all()) > 0
    assert sum(one.adjustments.count() for one in Statement.objects.all()) == 1
    node = Centre.objects.filter(backend="LOCAL").order_by("pk").first()
    (seen,) = queries.figures_of([node], cast.clock.now)
    assert (seen.jobs, seen.customers) == (5, 2)
    assert 0 < seen.utilisation < 1
