"""Pages of the rule sets: what each reader finds, and an edit whose effect is seen before it is
saved."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from kechuang.base.actor import Actor
from kechuang.base.time import shanghai_date
from kechuang.cultivation import actions, queries
from kechuang.cultivation.models import RuleVersion
from tests.cultivation.builders import NONE, SME, known

pytestmark = pytest.mark.django_db
CODE = "sme-2017-115"
IP = {"ip_class": "I", "kind": "发明专利", "count": 1, "own": True}


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def shipped(world, now):
    actions.load_shipped(by=Actor.CLOCK, at=now - timedelta(days=1))
    return queries.in_force(CODE, shanghai_date(now))


@pytest.fixture
def enterprises(world, now):
    year = now.year - 1
    ip = [IP | {"granted_date": shanghai_date(now) - timedelta(days=900)}]
    known(world.enterprise, {year: SME | {"staff": 400, "staff_rd": 120}}, **NONE | {"ip": ip})
    known(world.rival, {year: SME}, **NONE | {"ip": ip})


def base(row):
    return f"/policies/rules/{row.code}/{row.number}/"


def typed(row, now, **given):
    return {
        "since": shanghai_date(now).isoformat(), "value": "300", "unit": "人",
        "clause": "第六条（二）",
        "quote": "职工总数不超过300人", "reason": "按修订后的办法", "version": row.version,
    } | given  # fmt: skip


def test_the_public_reads_what_is_in_force_with_sources_and_assumptions(shipped):
    text = Client().get("/policies/rules/").content.decode()
    assert "科技型中小企业评价" in text and "正在修订" not in text
    text = Client().get(f"/policies/rules/{CODE}/").content.decode()
    for words in ("国科发政〔2017〕115号", "职工总数不超过500人", "假定", "staff[y-1]"):
        assert words in text
    assert "修改参数" not in text
    english = Client().get(f"/en/policies/rules/{CODE}/").content.decode()
    assert "Evaluation of technology-based SMEs" in english
    lines = Client().get("/policies/rules.csv").content.decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + RuleVersion.objects.filter(state="PUBLIC").count()


def test_an_empty_list_says_what_fills_it(world):
    assert "还没有规则集" in Client().get("/policies/rules/").content.decode()
    assert Client().get("/policies/rules/none/").status_code == 404


def test_the_text_as_a_file(shipped):
    answer = Client().get(base(shipped)[:-1] + ".yaml")
    assert answer.content.decode() == shipped.text


def test_an_officer_edits_a_threshold_and_sees_the_effect_before_saving(
    shipped, enterprises, world, client_as, now
):
    client = client_as(world.officer)
    assert "staff_most" in client.get(base(shipped) + "edit/").content.decode()
    address = base(shipped) + "edit/staff_most/"
    assert "保存草稿" not in client.get(address).content.decode()
    looked = client.post(address, typed(shipped, now) | {"act": "look"})
    text = looked.content.decode()
    assert looked.status_code == 200
    for words in ("符合的企业由 2 家变为 1 家", "不再符合 1 家", world.enterprise.name,
                  "由 500人 改为 300人", "制造业", "保存草稿"):  # fmt: skip
        assert words in text
    assert not RuleVersion.objects.filter(state="DRAFT").exists()
    file = client.post(address, typed(shipped, now) | {"act": "csv"})
    assert world.enterprise.code in file.content.decode("utf-8-sig")
    seen = looked.context["seen"]
    saved = client.post(address, typed(shipped, now, seen=seen) | {"act": "save"})
    row = RuleVersion.objects.get(state="DRAFT")
    assert (saved.status_code, saved["Location"]) == (302, base(row))
    client.post(base(row) + "test/", {})
    row.refresh_from_db()
    assert row.state == "TESTED"
    page = client_as(world.officer2).get(base(row)).content.decode()
    assert "审定并公布" in page and "按修订后的办法" in page
    day = {"in_force_date": shanghai_date(now).isoformat()}
    client_as(world.officer2).post(base(row) + "publish/", day)
    row.refresh_from_db()
    assert (row.state, row.reviewer) == ("PUBLIC", world.officer2.person.number)
    assert "职工总数不超过300人" in Client().get(f"/policies/rules/{CODE}/").content.decode()


def test_an_edit_that_was_not_looked_at_is_not_saved(shipped, world, client_as, now):
    answer = client_as(world.officer).post(
        base(shipped) + "edit/staff_most/", typed(shipped, now) | {"act": "save"}
    )
    assert answer.status_code == 422
    assert "还没有看过这一改动对全部企业的影响" in answer.content.decode()


def test_a_wrong_unit_is_said_by_its_line(shipped, world, client_as, now):
    text = shipped.text.replace("is: 500人", "is: 500元")
    given = {"text": text, "tests_text": shipped.tests_text, "reason": "x",
             "version": shipped.version, "act": "look"}  # fmt: skip
    answer = client_as(world.officer).post(base(shipped) + "text/", given)
    line = next(at for at, one in enumerate(text.splitlines(), 1) if "staff_size:" in one)
    assert answer.status_code == 422
    assert f"第 {line} 行：单位不同" in answer.content.decode()


def test_bands_are_edited_line_by_line(shipped, enterprises, world, client_as, now):
    address = base(shipped) + "edit/staff_bands/"
    page = client_as(world.officer).get(address).content.decode()
    assert "30% → 20分" in page
    given = typed(shipped, now, value="40% → 20分\n20% → 10分\n0分") | {"act": "look"}
    answer = client_as(world.officer).post(address, given)
    assert answer.status_code == 200
    assert "40% → 20分；20% → 10分；0分" in answer.content.decode()


def test_two_versions_over_all_enterprises(shipped, enterprises, world, client_as, now):
    client = client_as(world.officer)
    looked = client.post(
        base(shipped) + "edit/staff_most/", typed(shipped, now) | {"act": "look"}
    )
    seen = looked.context["seen"]
    client.post(
        base(shipped) + "edit/staff_most/", typed(shipped, now, seen=seen) | {"act": "save"}
    )
    draft = RuleVersion.objects.get(state="DRAFT")
    address = f"/policies/rules/{CODE}/simulate"
    assert client.get(address + "/").status_code == 200
    asked = {"a": shipped.number, "b": draft.number, "day": shanghai_date(now).isoformat()}
    text = client.get(address + "/", asked).content.decode()
    assert "符合的企业由 2 家变为 1 家" in text
    lines = client.get(address + ".csv", asked).content.decode("utf-8-sig").strip().splitlines()
    assert lines[1:] == [
        f"{world.enterprise.code},{world.enterprise.name},符合,不符合,0.00,0.00"
    ]


@pytest.mark.parametrize(
    ("who", "verb", "status"),
    [("officer_county", "edit", 404), ("filler", "edit", 404), ("head", "edit", 404),
     ("filler", "test", 404), ("officer", "edit", 200), ("head", "publish", 200)],
)  # fmt: skip
def test_who_opens_which_form(shipped, world, client_as, who, verb, status):
    assert client_as(getattr(world, who)).get(base(shipped) + verb + "/").status_code == status


def test_the_list_asks_a_fixed_number_of_queries(
    shipped, world, now, django_assert_max_num_queries
):
    client = Client()
    client.get("/policies/rules/")
    with django_assert_max_num_queries(8):
        client.get("/policies/rules/")
