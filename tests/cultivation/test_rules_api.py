"""A city's own policy with a new code through the API: as on the page, refused as on the page."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from kechuang.base.actor import Actor
from kechuang.base.time import shanghai_date
from kechuang.cultivation import actions
from kechuang.cultivation.models import RuleVersion
from kechuang.files.actions import keep_upload
from tests.cultivation.builders import NONE, SME, known
from tests.cultivation.test_new_rules import RULES, TESTS, zipped

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/policies/rules"


@pytest.fixture
def city(world):
    actions.load_shipped(by=Actor.CLOCK, at=timezone.now() - timedelta(days=1))
    year = shanghai_date(timezone.now()).year - 1
    known(world.enterprise, {year: SME | {"staff": 300, "staff_rd": 100}}, **NONE)
    known(world.rival, {year: SME | {"staff": 299, "staff_rd": 100}}, **NONE)


def sent(client, address="", **given):
    return client.post(f"{ADDRESS}{address}", given, content_type="application/json")


def done(client, address="", **given):
    answer = sent(client, address, **given)
    assert answer.status_code == 200, answer.content
    return answer.json()


def refusal(answer):
    assert answer.status_code == 422, answer.content
    (one,) = answer.json()["refusals"]
    return one["code"], one.get("field"), one["message"]


def test_from_text_to_force_by_two_people(city, world, api_as):
    officer, second = api_as(world.officer), api_as(world.officer2)
    looked = done(officer, "/look", text=RULES, tests_text=TESTS)
    effect = looked["effect"]
    assert (looked["code"], looked["tests"], looked["failing"]) == ("city-staff-2026", 2, [])
    assert (effect["whole"]["gained"], effect["whole"]["after_fen"]) == (1, 10_000_000)
    assert {"old": "not_met", "new": "met", "count": 1} in effect["moves"]
    assert not RuleVersion.objects.filter(code="city-staff-2026").exists()
    kept = done(officer, text=RULES, tests_text=TESTS, reason="本市新政策", seen=looked["content"])
    assert (kept["state"], kept["author"]) == ("DRAFT", world.officer.person.number)
    one = f"/{kept['code']}/{kept['number']}"
    assert Client().get(f"{ADDRESS}{one}").status_code == 404
    tested = done(officer, f"{one}/test")
    assert (tested["state"], tested["tests_passed"]) == ("TESTED", 2)
    today = shanghai_date(timezone.now()).isoformat()
    own = sent(officer, f"{one}/publish", in_force_date=today)
    assert own.json()["refusals"][0]["code"] == "cultivation.may_not_approve_rules"
    assert done(second, f"{one}/return", reason="少一条条款。")["state"] == "DRAFT"
    done(officer, f"{one}/test")
    public = done(second, f"{one}/publish", in_force_date=today)
    assert (public["state"], public["reviewer"]) == ("PUBLIC", world.officer2.person.number)
    seen = Client().get(f"{ADDRESS}{one}").json()
    assert (seen["in_force_date"], seen["author"], seen["reviewer"]) == (today, "", "")
    assert sent(officer, f"{one}/withdraw").status_code == 422
    listed = Client().get(ADDRESS).json()["items"]
    assert listed[0]["code"] == "city-staff-2026"


def uploaded(member, file):
    """The number of one's own finished upload."""
    return keep_upload(
        filename="city.zip", content=file.read(), by=member.actor, at=timezone.now()
    ).number


def test_a_zip_is_read_from_ones_own_upload(city, world, api_as):
    number = uploaded(world.officer, zipped(rules=RULES, tests=TESTS))
    looked = done(api_as(world.officer), "/look", upload=number)
    assert (looked["code"], looked["tests"]) == ("city-staff-2026", 2)
    kept = done(api_as(world.officer), upload=number, reason="新政策", seen=looked["content"])
    assert RuleVersion.objects.get(number=kept["number"]).text == RULES
    code, field, _words = refusal(sent(api_as(world.officer2), "/look", upload=number))
    assert (code, field) == ("cultivation.rules_zip", "upload")
    half = uploaded(world.officer, zipped(rules=RULES))
    code, field, _words = refusal(sent(api_as(world.officer), "/look", upload=half))
    assert (code, field) == ("cultivation.rules_zip", "upload")


@pytest.mark.parametrize(
    ("given", "code", "field", "says"),
    [
        ({"text": RULES.replace('300人"', '300元"')}, "cultivation.rule_line", "text",
         "第 8 行：单位不同：人与元"),
        ({"text": RULES.replace("code: city-staff-2026", "code: sme-2017-115")},
         "cultivation.rule_code_taken", "text", "代码 sme-2017-115 已有规则集。"),
        ({"tests_text": TESTS.replace("state: met", "state: yes")}, "cultivation.rule_line",
         "tests_text", "第 4 行：没有 True 这种结论"),
        ({"text": "", "tests_text": ""}, "cultivation.rule_line", "text",
         "第 1 行：规则集要是一个映射"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("address", ["/look", ""])
def test_what_is_refused(city, world, api_as, address, given, code, field, says):
    body = {"text": RULES, "tests_text": TESTS, "reason": "新政策", "seen": "0" * 16} | given
    found = refusal(sent(api_as(world.officer), address, **body))
    assert (found[0], found[1], found[2].startswith(says)) == (code, field, True), found


def test_what_was_not_looked_at_is_not_kept(city, world, api_as):
    code, _field, _words = refusal(sent(
        api_as(world.officer), text=RULES, tests_text=TESTS, reason="新政策", seen="0" * 16
    ))  # fmt: skip
    assert code == "cultivation.effect_unseen"


@pytest.mark.parametrize("who", ["officer_county", "head", "filler", "supervisor"])
def test_who_may_not(world, api_as, who):
    for address in ("/look", ""):
        answer = sent(api_as(getattr(world, who)), address, text=RULES, tests_text=TESTS,
                      reason="x", seen="0")  # fmt: skip
        assert refusal(answer)[0] == "cultivation.may_not_edit_rules"
    assert sent(Client(), "/look", text=RULES).status_code == 401
