"""Dated switches of a panel: who sees what from when, and who may set them."""

import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import NotPermitted, Refused
from kechuang.doors.forms import moment_text
from kechuang.messages.models import Message
from kechuang.record.models import Payload
from kechuang.reviews import actions, jobs, queries, rules, waiting
from kechuang.reviews.models import Panel
from tests.reviews.bench import codes, planned, reviewing, scored

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def dated(at, score=2, others=3, consensus=5):
    days = (score, others, consensus)
    return rules.Phases(*(None if n is None else at + n * DAY for n in days))


def set_for(bench, phases, by=None, at=None):
    return actions.set_phases(
        panel=bench.panel, phases=phases, by=by or bench.world.officer.actor, at=at or bench.at
    )


@pytest.fixture
def clock(monkeypatch):
    def show(at):
        monkeypatch.setattr("kechuang.doors.clock.now", lambda: at)

    return show


def test_an_officer_sets_the_dates_ahead_and_they_are_recorded_and_told(world, at):
    bench = reviewing(world, at)
    panel = set_for(bench, dated(at))
    assert panel.phases == dated(at)
    payload = Payload.objects.get(entry__verb="reviews.set_phases").content
    assert set(payload) == {"score_until", "others_from", "consensus_from"}
    told = set(
        Message.objects.filter(template="reviews.phases_set").values_list(
            "person_number", flat=True
        )
    )
    assert told == {getattr(world, f"expert{n}").person.number for n in (1, 2, 3)}
    set_for(bench, dated(at), at=at + DAY)
    assert Payload.objects.filter(entry__verb="reviews.set_phases").count() == 1


def test_the_secretary_too_and_nobody_else(world, at):
    bench = planned(world, at).officers()
    set_for(bench, dated(at), by=world.officer2.actor)
    for name in ("expert1", "supervisor", "officer_county", "filler"):
        with pytest.raises(NotPermitted):
            set_for(bench, dated(at, 4), by=getattr(world, name).actor)
    with pytest.raises(NotPermitted):
        set_for(bench, dated(at, 4), by=Actor.CLOCK)


@pytest.mark.parametrize(
    ("days", "found"),
    [
        ((2, 1, None), ["reviews.phases_out_of_order"]),
        ((3, 4, 3.5), ["reviews.phases_out_of_order"]),
        ((3, None, 2), ["reviews.phases_out_of_order"]),
        ((-1, None, None), ["reviews.phase_past"]),
        ((0, 0, 0), ["reviews.phase_past"] * 3),
        ((None, 1, None), ["reviews.phase_without_scoring"]),
        ((2, 2, 2), []),
        ((None, None, None), []),
    ],
)
def test_dates_lie_ahead_and_in_order(at, days, found):
    problems = rules.problems_with_phases(dated(at, *days), rules.Phases(), at)
    assert [one.code for one in problems] == found


def test_what_has_begun_is_not_taken_back(world, at):
    bench = reviewing(world, at)
    set_for(bench, dated(at))
    late = at + 4 * DAY
    with pytest.raises(Refused) as refused:
        set_for(bench, dated(at, 2, 6, 7), at=late)
    assert codes(refused) == ["reviews.phase_begun"]
    assert set_for(bench, dated(at, 2, 3, 9), at=late).consensus_from == at + 9 * DAY


def test_the_database_keeps_the_order(world, at):
    bench = planned(world, at)
    for name, days in (("others_are_seen", (2, 1, None)), ("consensus_comes", (2, 3, 1))):
        rows = Panel.objects.filter(pk=bench.panel.pk)
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            phases = dated(at, *days)
            rows.update(score_until=phases.score_until, others_from=phases.others_from,
                        consensus_from=phases.consensus_from)  # fmt: skip


def test_others_totals_are_seen_from_the_date_on_by_who_has_handed_in(
    world, at, client_as, clock
):
    bench = reviewing(world, at).declared()
    set_for(bench, dated(at))
    for name in ("expert1", "expert2"):
        review = bench.review(name)
        bench.submit(review, {"technology": 90, "team": 80, "cost": 70})
    pages = {name: f"/reviews/{bench.review(name).number}/" for name in ("expert1", "expert3")}

    def sees(name):
        page = client_as(getattr(world, name)).get(pages[name])
        return "同一方案各专家总分" in page.content.decode()

    clock(at + 3 * DAY - timedelta(minutes=1))
    assert not sees("expert1")
    clock(at + 3 * DAY)
    assert sees("expert1") and not sees("expert3")


def test_the_consensus_waits_for_its_day_and_then_opens_by_itself(world, at):
    bench = scored(world, at)
    set_for(bench, dated(at))
    with pytest.raises(rules.PanelRefused) as refused:
        actions.open_consensus(panel=bench.panel, by=world.expert1.actor, at=at + 4 * DAY)
    assert codes(refused) == ["reviews.consensus_is_dated"]
    (matter,) = [one for one in waiting.matters_for(world.expert1.actor, at) if one.until]
    assert (str(matter.task), matter.until) == ("到日自动开始合议", at + 5 * DAY)
    assert queries.panels_due_for_consensus(at + 4 * DAY) == []
    due = at + 5 * DAY
    assert queries.panels_due_for_consensus(due) == [bench.panel.number]
    jobs.open_consensus(bench.panel.number, int(due.timestamp()))
    bench.panel.refresh_from_db()
    assert bench.panel.consensus_at == due
    assert queries.panels_due_for_consensus(due) == []
    with pytest.raises(rules.PanelRefused) as refused:
        set_for(bench, dated(due, 1, 2, 3), at=due)
    assert codes(refused) == ["reviews.phases_are_over"]


def test_a_day_that_comes_too_early_opens_nothing(world, at):
    bench = reviewing(world, at).declared()
    set_for(bench, dated(at))
    due = at + 5 * DAY
    assert queries.panels_due_for_consensus(due) == []
    jobs.open_consensus(bench.panel.number, int(due.timestamp()))
    bench.panel.refresh_from_db()
    assert bench.panel.consensus_at is None
    with pytest.raises(NotPermitted):
        actions.open_consensus(
            panel=scored_without_day(world, at), by=Actor.CLOCK, at=at
        )


def scored_without_day(world, at):
    return planned(world, at, subject="JB-2026-000099").officers().panel


def test_dates_are_set_by_page_which_says_who_sees_what(world, at, client_as, clock):
    bench = reviewing(world, at)
    clock(at)
    address = f"/reviews/panels/{bench.panel.number}"
    office, expert = client_as(world.officer), client_as(world.expert1)
    assert f"{address}/phases/" in office.get(f"{address}/").content.decode()
    page = office.get(f"{address}/phases/").content.decode()
    assert "谁从什么时候看到什么" in page and "随合议开始" in page
    phases = dated(at)
    typed = {name: moment_text(getattr(phases, name)) for name in rules.PHASE_NAMES}
    wrong = office.post(f"{address}/phases/", typed | {"others_from": typed["consensus_from"],
                                                       "consensus_from": typed["others_from"]})
    assert (wrong.status_code, "不能早于" in wrong.content.decode()) == (422, True)
    assert office.post(f"{address}/phases/", typed)["Location"] == f"{address}/"
    bench.panel.refresh_from_db()
    assert bench.panel.others_from == phases.others_from.replace(second=0, microsecond=0)
    assert f"自 {typed['others_from']}" in office.get(f"{address}/").content.decode()
    assert expert.post(f"{address}/phases/", typed).status_code == 422
    own = expert.get(f"/reviews/{bench.review('expert1').number}/").content.decode()
    assert "谁从什么时候看到什么" in own and typed["consensus_from"] in own


def test_dates_are_set_by_api(world, at, api_as, clock):
    bench = planned(world, at).officers()
    clock(at)
    way = f"/api/v1/reviews/panels/{bench.panel.number}/phases"
    body = {name: getattr(dated(at), name).isoformat() for name in rules.PHASE_NAMES}

    def post(member, **told):
        return api_as(member).post(way, json.dumps(told), content_type="application/json")

    assert post(world.officer, **body).json()["consensus_from"] is not None
    refused = post(world.officer, **body | {"score_until": body["consensus_from"]})
    assert refused.status_code == 422
    assert post(world.filler, **body).status_code == 404
