"""A city's own policy with a new code: entered by page, checked, its effect seen, approved."""

import io
from datetime import timedelta
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from kechuang.base.actor import Actor
from kechuang.base.time import shanghai_date
from kechuang.cultivation import actions, queries
from kechuang.cultivation.models import RuleVersion, Verdict
from tests.cultivation.builders import NONE, SME, known

pytestmark = pytest.mark.django_db
NEW = "/policies/rules/new/"
RULES = """code: city-staff-2026
title: {zh: 本市用工奖补}
document: {number: 示例科发〔2026〕1号, name: 用工奖补办法, issuer: 示例市科技局}
sources: [{what: 办法全文, url: "https://example.invalid/1", read: 2026-01-05}]
valid: {since: 2020-01-01}
instrument: grant
criteria:
  many_staff:
    {zh: 职工不少于300人, clause: 第三条, quote: 上年末不少于300人, rule: "staff[y-1] >= 300人"}
decision: many_staff
amount: min(10万元, 10万元)
"""
TESTS = """enterprises:
  large: {returns: [{year: 2024, staff: 300}]}
tests:
  - {name: 恰300人, as_of: 2025-03-01, enterprise: large, expect: {state: met, amount_fen: 10万元}}
  - {name: 299人, as_of: 2025-03-01, enterprise: large, change: {returns.2024.staff: 299},
     expect: {state: not_met}}
"""


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def city(world, now):
    actions.load_shipped(by=Actor.CLOCK, at=now - timedelta(days=1))
    year = shanghai_date(now).year - 1
    known(world.enterprise, {year: SME | {"staff": 300, "staff_rd": 100}}, **NONE)
    known(world.rival, {year: SME | {"staff": 299, "staff_rd": 100}}, **NONE)


def typed(**given):
    return {"text": RULES, "tests_text": TESTS, "subject": "ENTERPRISE", "reason": "本市新政策",
            "act": "look"} | given  # fmt: skip


def zipped(**files):
    kept = io.BytesIO()
    with ZipFile(kept, "w") as folder:
        for name, text in files.items():
            folder.writestr(f"city/{name}.yaml", text)
    return SimpleUploadedFile("city.zip", kept.getvalue(), "application/zip")


def test_from_a_zip_to_force(city, world, client_as, now):
    client = client_as(world.officer)
    assert NEW in client.get("/policies/rules/").content.decode()
    assert client.get(NEW).status_code == 200
    looked = client.post(NEW, typed(text="", tests_text="") | {
        "folder": zipped(rules=RULES, tests=TESTS)})  # fmt: skip
    page = looked.content.decode()
    assert looked.status_code == 200
    for words in ("2 项测试，0 项没有通过", "符合的企业由 0 家变为 1 家", world.enterprise.name,
                  "100,000.00", "city-staff-2026"):  # fmt: skip
        assert words in page
    assert not RuleVersion.objects.filter(code="city-staff-2026").exists()
    saved = client.post(NEW, typed(act="save", seen=looked.context["seen"]))
    row = RuleVersion.objects.get(code="city-staff-2026")
    assert (saved.status_code, row.state, row.origin, row.base) == (302, "DRAFT", "EDITED", None)
    assert Client().get(f"/policies/rules/{row.code}/").status_code == 404
    row = actions.test_rules(row=row, by=world.officer.actor, at=now)
    today = shanghai_date(now)
    actions.publish_rules(row=row, in_force_date=today, by=world.officer2.actor, at=now)
    assert "用工奖补办法" in Client().get(f"/policies/rules/{row.code}/").content.decode()
    actions.recompute(by=Actor.CLOCK, at=now + timedelta(minutes=1))
    found = Verdict.objects.filter(policy=row.code).values_list("organisation", "state")
    assert set(found) == {(world.enterprise.pk, 3), (world.rival.pk, 0)}
    assert "city-staff-2026" in {one.code for one in queries.policies_on(today)}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"text": RULES.replace("300人\"", "300元\"")}, "第 8 行：单位不同：人与元"),
        ({"text": RULES.replace("code: city-staff-2026", "code: sme-2017-115")}, "已有规则集"),
        ({"text": RULES.replace("code: city-staff-2026", "code: new")}, "第 1 行：code new"),
        ({"tests_text": TESTS.replace("state: met", "state: yes")}, "第 4 行：没有 True 这种结论"),
        ({"tests_text": "tests: []\n", "act": "save"}, "还没有看过这一改动对全部企业的影响"),
        ({"act": "save"}, "还没有看过这一改动对全部企业的影响"),
        ({"folder": SimpleUploadedFile("a.zip", b"no")}, "读不出 rules.yaml"),
        ({"folder": zipped(rules=RULES)}, "读不出 rules.yaml"),
    ],
)  # fmt: skip
def test_what_is_refused(city, world, client_as, given, says):
    answer = client_as(world.officer).post(NEW, typed(**given))
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not RuleVersion.objects.filter(code="city-staff-2026").exists()


def test_an_english_page_refuses_and_tests_in_english(city, world, client_as):
    wrong = typed(text=RULES.replace('300人"', '300元"'))
    answer = client_as(world.officer).post(f"/en{NEW}", wrong)
    assert "Line 8: different units: 人 and 元" in answer.content.decode()
    braces = typed(text=RULES.replace("clause: 第三条", "clause: [第三条]"))
    answer = client_as(world.officer).post(f"/en{NEW}", braces)
    assert (answer.status_code, "What begins with {, [" in answer.content.decode()) == (422, True)
    failing = typed(tests_text=TESTS.replace("amount_fen: 10万元", "amount_fen: 9万元"))
    page = client_as(world.officer).post(f"/en{NEW}", failing).content.decode()
    assert "amount_fen: should be 9万元, is 10000000" in page


def test_a_failing_test_is_shown(city, world, client_as):
    text = TESTS.replace("amount_fen: 10万元", "amount_fen: 9万元")
    answer = client_as(world.officer).post(NEW, typed(tests_text=text))
    assert "2 项测试，1 项没有通过" in answer.content.decode()


@pytest.mark.parametrize("who", ["officer_county", "head", "filler", "supervisor"])
def test_who_may_not_enter(world, client_as, who):
    assert client_as(getattr(world, who)).get(NEW).status_code == 404
