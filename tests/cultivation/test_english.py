"""Gaps, figures and names of data on English pages; what is quoted stays as it is written."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from kechuang.base.actor import Actor
from kechuang.cultivation.actions import recompute
from kechuang.cultivation.queries import saying
from kechuang.engines.eligibility import SHIPPED, load_all
from tests.cultivation.builders import NONE, SME, known

GAP = {
    "columns": ["returns.2025.rd_fen"], "from": 1, "to": 2, "by": 1,
    "text": "2025年研发费用还差 312,000元（按现有2025年销售（营业）收入）",
}  # fmt: skip


def test_a_gap_is_said_in_the_readers_language():
    assert saying.gap_words(GAP) == GAP["text"]
    with translation.override("en"):
        assert saying.gap_words(GAP) == (
            "R&D expense 2025: short by 312,000 yuan (at the present Revenue 2025)"
        )
        assert saying.figure_words("≥ 500人") == "≥ 500 persons"
        assert saying.figure_words("60–70.5分") == "60–70.5 points"
        assert saying.figure_words("2.5%") == "2.5%"


def test_every_owner_and_name_of_the_schema_has_english():
    found = saying.schema()
    names = {*found.owners.values(), *found.labels.values()}
    names |= {one.zh for one in (*found.enterprise.values(), *found.returns.values())}
    names |= {one.zh for columns in found.lists.values() for one in columns.values()}
    assert sorted(names - set(saying.NAMES)) == []


def test_every_criterion_of_a_rule_set_has_english():
    lacking = [
        (rules.code, code)
        for rules in load_all(SHIPPED)
        for code, one in rules.criteria.items()
        if not one.get("en")
    ]
    assert lacking == []


@pytest.mark.django_db
def test_an_english_page_says_what_lacks_in_english(world, at, client_as):
    known(world.enterprise, {2025: SME | {"rd_fen": 30_000_000}}, at - timedelta(days=2), **NONE)
    recompute(by=Actor.CLOCK, at=at)
    page = client_as(world.filler).get(
        "/en" + reverse("evaluation", args=[world.enterprise.number]).removeprefix("/en")
    )
    text = page.content.decode()
    assert "short by" in text
    plain = re.sub(r'<(\w+)[^>]*lang="zh-Hans"[^>]*>.*?</\1>', "", text, flags=re.S)
    assert [one for one in ("还差", "超出", "由税务局") if one in plain] == []
