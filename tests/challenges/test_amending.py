"""Targets, scoring sheet and form of an open call are amended by page, in public."""

from dataclasses import asdict
from datetime import timedelta

import pytest
from django.test import Client

from kechuang.base.refusals import Refused, RefusedTogether
from kechuang.challenges import actions, queries
from kechuang.challenges.models import Bid
from kechuang.challenges.rules import ChallengeRefused
from kechuang.challenges.rules.drafting import CriterionFacts
from kechuang.challenges.rules.form import FieldFacts
from kechuang.doors.forms import moment_text
from tests.challenges import stages

pytestmark = pytest.mark.django_db
HEAVIER = [CriterionFacts("TECH", "技术水平", 50), CriterionFacts("FEAS", "可行性", 30, 60),
           CriterionFacts("RISK", "风险", 20)]  # fmt: skip
ASKED = [FieldFacts("PLAN", "失败了怎么办", "TEXT", is_required=True, criterion="RISK")]


@pytest.fixture
def line(world, at, monkeypatch):
    """An open call with a sealed bid; the pages' clock shows the line's time."""
    found = stages.opened(world, at)
    stages.sealed_bid(found, world.member, world.research_admin)
    monkeypatch.setattr("kechuang.doors.clock.now", lambda: found.at)
    return found


def sheet(line, criteria=None, asked=None, **changes):
    """The page as it stands or as changed, as a browser sends it."""
    row = line.fresh()
    parts = {
        "targets": [asdict(one) for one in queries.target_facts(row)],
        "criteria": [asdict(one) for one in criteria or queries.criterion_facts(row)],
        "fields": [asdict(one) | {"options": "\n".join(one.options)}
                   for one in (queries.form_of(row) if asked is None else asked)],
    }  # fmt: skip
    data = {"version": row.version, "deadline_at": moment_text(row.deadline_at), "reason": "更稳"}
    for prefix, rows in parts.items():
        data |= {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": 0}
        for place, one in enumerate(rows):
            data |= {f"{prefix}-{place}-{name}": value for name, value in one.items()
                     if value not in (None, False, "")}  # fmt: skip
    return data | changes


def page_of(line):
    return f"/challenges/{line.challenge.number}/amend/sheet/"


def test_the_head_amends_sheet_and_form_by_page_and_bids_wait_to_be_confirmed(
    world, line, client_as
):
    head, path = client_as(world.head), page_of(line)
    assert path in head.get(f"/challenges/{line.challenge.number}/amend/").content.decode()
    page = head.get(path).content.decode()
    assert 'name="criteria-0-weight"' in page and 'name="targets-0-value"' in page
    later = line.challenge.deadline_at + timedelta(days=3)
    done = head.post(path, sheet(line, HEAVIER, ASKED, deadline_at=moment_text(later)))
    assert (done.status_code, done["Location"]) == (302, f"/challenges/{line.challenge.number}/")
    assert (line.fresh().deadline_at, queries.form_of(line.challenge)) == (later, ASKED)
    assert queries.criterion_facts(line.challenge) == HEAVIER
    bid = Bid.objects.select_related("challenge", "organisation").get()
    assert bid.state == "NEEDS_RECONFIRM"
    assert line.challenge.amendments.get().is_substantial
    with pytest.raises((Refused, RefusedTogether), match="answer"):
        actions.reconfirm_bid(bid=bid, by=world.research_admin.actor, at=line.at)
    shown = client_as(world.research_admin).get(f"/bids/{bid.number}/reconfirm/").content.decode()
    assert "PLAN 失败了怎么办（一行文字，必填）" in shown


def test_everybody_reads_what_was_changed_row_by_row(world, line, client_as):
    client_as(world.head).post(page_of(line), sheet(line, HEAVIER, ASKED))
    page = Client().get(f"/challenges/{line.challenge.number}/").content.decode()
    (old,) = [one for one in stages.CRITERIA if one.code == "TECH"]
    assert f"<del>{old.name}，权重 {old.weight}</del>" in page
    assert "<ins>技术水平，权重 50</ins>" in page
    assert "<ins>可行性，权重 30，单项分数线 60</ins>" in page
    assert "填报项：— → PLAN 失败了怎么办（一行文字，必填）" in page
    english = Client().get(f"/en/challenges/{line.challenge.number}/").content.decode()
    assert "<ins>技术水平, weight 50</ins>" in english


def test_targets_are_amended_too(world, line, client_as):
    before = queries.target_facts(line.challenge)[0]
    done = client_as(world.head).post(page_of(line), sheet(line, **{"targets-0-value": "99.5"}))
    assert done.status_code == 302
    assert queries.target_facts(line.challenge)[0].value != before.value
    page = Client().get(f"/challenges/{line.challenge.number}/").content.decode()
    assert f"{before.indicator} ≥ 99.5" in page


@pytest.mark.parametrize("who", ["officer", "finance", "supervisor", "filler", "member"])
def test_nobody_but_the_head_amends_them(world, line, client_as, who):
    client = client_as(getattr(world, who))
    assert client.get(page_of(line)).status_code == 404
    done = client.post(page_of(line), sheet(line, HEAVIER))
    assert done.status_code in (404, 422)
    assert line.challenge.amendments.count() == 0


def test_what_is_refused_is_said_on_the_page(world, line, client_as):
    head, path = client_as(world.head), page_of(line)
    for data, said in (
        (sheet(line), "没有可公布的改动"),
        (sheet(line, HEAVIER[:2]), "各项权重之和是 80"),
        (sheet(line, None, ASKED), "评审标准"),
        (sheet(line, HEAVIER, reason=""), "必填"),
    ):
        answer = head.post(path, data)
        assert (answer.status_code, said in answer.content.decode()) == (422, True), said
    assert head.post(path, sheet(line, HEAVIER, version="1")).status_code == 409
    line.at = line.challenge.deadline_at - timedelta(days=1)
    answer = head.post(path, sheet(line, HEAVIER))
    assert "实质性改动后至少要留" in answer.content.decode()
    assert line.challenge.amendments.count() == 0


def test_nothing_is_amended_once_the_deadline_has_passed(world, line):
    late = line.challenge.deadline_at
    draft = actions.Draft({"deadline_at": late + timedelta(days=30)})
    with pytest.raises(ChallengeRefused, match="amended_late"):
        actions.amend_challenge(challenge=line.challenge, draft=draft, reason="来晚了",
                                by=world.officer.actor, at=late)


def test_a_form_that_goes_is_told_too(world, line, client_as):
    head = client_as(world.head)
    head.post(page_of(line), sheet(line, HEAVIER, ASKED))
    head.post(page_of(line), sheet(line, None, []))
    assert queries.form_of(line.challenge) == []
    page = Client().get(f"/challenges/{line.challenge.number}/").content.decode()
    assert "填报项：PLAN 失败了怎么办（一行文字，必填） → —" in page
