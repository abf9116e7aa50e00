"""Dealing cases out: the best lawful assignment, proved, and never relaxed silently."""

import json

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from kechuang.base.refusals import NotPermitted, Refused
from kechuang.engines.panels import problem_from, verify
from kechuang.record.queries import history_of
from kechuang.reviews import actions, queries, rules
from kechuang.reviews.models import Assignment, Panel, Review
from kechuang.reviews.rules import CaseFacts
from kechuang.reviews.waiting import matters_for
from tests.reviews.bench import codes, employ, planned

TOPICS = ("轴承", "轴承", "电池", "电池", "材料", "材料")


def bench(world, at, per_case=3, load_max=4, topics=TOPICS):
    """Five experts have accepted; six cases are in; each is to be judged by three."""
    fields = {"expert1": "轴承", "expert2": "轴承", "expert3": "电池", "expert4": "电池",
              "expert5": "材料"}  # fmt: skip
    for name, field in fields.items():
        person = getattr(world, name).person
        person.fields_of_work = [field]
        person.save()
    row = planned(world, at)
    row.officers()
    actions.set_dealing(
        panel=row.panel, reviews_per_case=per_case, load_max=load_max, by=world.officer2.actor,
        at=at,
    )  # fmt: skip
    row.cases(*(
        CaseFacts(f"BID{place:08d}", f"{topic}方案 {place}", (world.university.code,))
        for place, topic in enumerate(topics)
    ))  # fmt: skip
    return row.experts(*fields).accepted()


def deal(row, world, objective="total"):
    return actions.deal_cases(
        panel=row.panel, objective=objective, by=world.officer2.actor, at=row.at
    )


def dealt(row):
    reviews = Review.objects.filter(case__panel=row.panel).exclude(state="RECUSED")
    return {(r.seat.expert.person.name, r.case.title)
            for r in reviews.select_related("seat__expert__person", "case")}  # fmt: skip


def test_nobody_is_given_a_case_before_it_is_dealt(world, at):
    row = bench(world, at)
    assert (row.panel.state, Review.objects.count()) == ("COMPLETE", 0)
    assert ("分派方案", True) in [
        (one.task, one.mine) for one in matters_for(world.officer2.actor, at)
    ]


@pytest.mark.parametrize("objective", ["total", "fair"])
def test_cases_are_dealt_to_the_nearest_and_the_result_is_proved(world, at, objective):
    row = bench(world, at)
    made = deal(row, world, objective)
    row.panel.refresh_from_db()
    problem, result = json.loads(made.problem), json.loads(made.result)
    assert verify(problem_from(problem), result) is None
    counts = (len(dealt(row)), len(result["assignment"]))
    assert (row.panel.state, counts) == ("REVIEWING", (18, 18))
    assert {s for s in Review.objects.values_list("state", flat=True)} == {"DECLARING"}
    near = {
        ("expert1-人", "轴承方案 0"), ("expert3-人", "电池方案 2"), ("expert5-人", "材料方案 4"),
    }  # fmt: skip
    assert near <= dealt(row)
    held = queries.live_reviews_by_seat(row.panel)
    assert max(held.values()) <= 4 and sum(held.values()) == 18
    assert "reviews.deal_cases" in [entry.verb for entry in history_of(row.panel.number)]


def test_a_tie_of_any_kind_is_never_dealt(world, at):
    employ(world, "expert2", world.university)
    row = bench(world, at, topics=TOPICS[:3])
    deal(row, world)
    assert not [pair for pair in dealt(row) if pair[0] == "expert2-人"]


def test_a_case_that_loses_its_reviewer_is_dealt_again_and_nothing_else_moves(world, at):
    row = bench(world, at, load_max=5)
    deal(row, world)
    before = dealt(row)
    review = Review.objects.select_related("seat__expert__person", "case").first()
    actions.declare(
        seat=review.seat, case_number=review.case.number, conflict=True, ground="师生",
        by=row.actor_of(review.seat), at=at,
    )  # fmt: skip
    lost = (review.seat.expert.person.name, review.case.title)
    assert [case.pk for case, _missing in queries.short_cases(row.panel)] == [review.case.pk]
    deal(row, world)
    assert dealt(row) > before - {lost} and lost not in dealt(row)
    assert (len(dealt(row)), Assignment.objects.count()) == (18, 2)
    with pytest.raises(rules.PanelRefused) as refused:
        deal(row, world)
    assert codes(refused) == ["reviews.deal_nothing_short"]


def test_rules_that_clash_are_named_and_nothing_is_changed(world, at):
    row = bench(world, at, load_max=3)
    with pytest.raises(rules.PanelRefused) as refused:
        deal(row, world)
    (one,) = refused.value.refusals
    assert one.code == "reviews.deal_infeasible"
    assert {str(rule.text) for rule in one.facts["rules"]} == {
        "每份方案要 {per_case} 份评审", "每位专家最多评 {load_max} 份",
    }  # fmt: skip
    assert (Review.objects.count(), Assignment.objects.count()) == (0, 0)


def test_figures_that_cannot_be_are_refused_together(world, at):
    row = planned(world, at).officers().cases()
    with pytest.raises(Refused) as refused:
        actions.set_dealing(
            panel=row.panel, reviews_per_case=2, load_max=9, by=world.officer2.actor, at=at
        )
    assert codes(refused) == ["reviews.deal_too_few", "reviews.deal_load"]


def test_only_the_secretary_deals_and_not_after_it_began(world, at):
    row = bench(world, at)
    with pytest.raises(NotPermitted):
        actions.deal_cases(panel=row.panel, objective="total", by=world.officer.actor, at=at)
    deal(row, world)
    with pytest.raises(Refused) as refused:
        actions.set_dealing(
            panel=row.panel, reviews_per_case=None, load_max=None, by=world.officer2.actor, at=at
        )
    assert codes(refused)[0].startswith("reviews.")
    with pytest.raises(IntegrityError), transaction.atomic():
        Assignment.objects.update(result="{}")


def test_without_a_solver_it_says_what_is_missing(world, at, monkeypatch):
    row = bench(world, at)
    monkeypatch.setattr(actions.dealing, "SOLVER", "kechuang.engines.panels.not_there")
    with pytest.raises(rules.PanelRefused) as refused:
        deal(row, world)
    assert codes(refused) == ["reviews.deal_no_solver"]


def test_the_secretary_deals_by_form_and_the_files_prove_it(world, client_as):
    now = timezone.now()
    row = bench(world, now)
    secretary = client_as(world.officer2)
    way = f"/reviews/panels/{row.panel.number}"
    assert secretary.get(f"{way}/deal/").status_code == 200
    told = {"reviews_per_case": "3", "load_max": "3", "objective": "fair"}
    refused = secretary.post(f"{way}/deal/", told)
    assert (refused.status_code, "不能同时满足" in refused.content.decode()) == (422, True)
    assert secretary.post(f"{way}/deal/", told | {"load_max": "4"})["Location"] == f"{way}/"
    made = Assignment.objects.get()
    text = secretary.get(f"{way}/").content.decode()
    assert f"/reviews/assignments/{made.number}/result.json" in text
    files = [f"/reviews/assignments/{made.number}/{part}.json" for part in ("problem", "result")]
    problem, result = (secretary.get(file).json() for file in files)
    assert verify(problem_from(problem), result) is None
    assert [Client().get(file).status_code for file in files] == [404, 404]
    Panel.objects.update(is_public=True, state="FINISHED")
    assert [Client().get(file).status_code for file in files] == [200, 200]


def test_by_api(world, at, api_as):
    row = bench(world, at)
    secretary, way = api_as(world.officer2), f"/api/v1/reviews/panels/{row.panel.number}"
    send = {"content_type": "application/json"}
    done = secretary.post(f"{way}/dealing", {"reviews_per_case": 3, "load_max": 5}, **send)
    assert done.status_code == 200
    made = secretary.post(f"{way}/deal", {"objective": "total"}, **send).json()
    assert (len(made["result"]["assignment"]), len(made["cases"])) == (18, 6)
    assert [one["number"] for one in secretary.get(f"{way}/assignments").json()] == [
        made["number"]
    ]
