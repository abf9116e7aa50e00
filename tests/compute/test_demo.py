"""The desk of the demonstration opens by everybody's own acts."""

import random
from datetime import date

import pytest

from kechuang.base.actor import Role
from kechuang.compute.models import Allocation, Centre, Job
from kechuang.site.demo import computing
from kechuang.site.demo.cast import Cast
from kechuang.site.demo.texts import Clock


@pytest.mark.django_db
def test_the_desk_opens_with_centres_allocations_and_a_job(world):
    world.add("luyao", Role.CENTRE, organisation=world.institute)
    people = {"luyao": world.luyao, "linjing": world.officer, "xuzhi": world.officer_province,
              "shenzhiyuan": world.member, "gaoyuan": world.filler}  # fmt: skip
    cast = Cast(
        Clock(date(2026, 11, 22)), random.Random(1),
        regions={one.code: one for one in (world.province, world.city)},
        organisations={computing.RUN_BY: world.institute},
        seats={name: member.appointment for name, member in people.items()},
    )  # fmt: skip
    computing.open_desk(cast)
    assert list(Centre.objects.values_list("backend", flat=True)) == ["LOCAL"] + ["NONE"] * 3
    states = Allocation.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["GRANTED", "REQUESTED"]
    assert list(Job.objects.values_list("state", "quotes__centre").distinct())[0][0] == "STAGED"
