"""Verdicts: set based, kept as they change; the one thing that is in the way."""

from datetime import date, timedelta

import pytest

from kechuang.base.actor import Actor
from kechuang.cultivation import actions, queries
from kechuang.cultivation.models import Profile, Recount, Verdict, YearlyReturn
from kechuang.engines.eligibility import answer
from kechuang.messages.models import Message
from tests.cultivation.builders import NONE, SME, known, source

pytestmark = pytest.mark.django_db
II = {"ip_class": "II", "kind": "实用新型", "count": 3, "own": True,
      "granted_date": date(2020, 5, 1)}  # fmt: skip


def verdict(world, policy="sme-2017-115"):
    return Verdict.objects.get(organisation=world.enterprise, policy=policy, until=None)


def test_recompute_keeps_what_the_evaluator_says_of_every_rule_set(world, at):
    known(world.enterprise, {2025: SME}, **NONE | {"ip": [II]})
    known(world.rival, {2025: SME | {"rd_fen": 10_000_000}})
    actions.recompute(by=Actor.CLOCK, at=at)
    policies = queries.policies_on(at.date())
    rows = queries.flat_rows([world.enterprise, world.rival])
    kept = {
        (one.organisation.code, one.policy): (one.state, one.amount_fen)
        for one in Verdict.objects.filter(until=None).select_related("organisation")
    }
    assert kept == {
        (code, policy.code): (given.state, given.amount_fen)
        for code, row in rows.items()
        for policy in policies
        for given in [answer(policy, row)]
    }
    assert (verdict(world).state, verdict(world).low) == (Verdict.State.MET, 880)


def test_a_second_run_without_change_writes_nothing(world, at):
    known(world.enterprise, {2025: SME}, **NONE)
    first = actions.recompute(by=Actor.CLOCK, at=at)
    second = actions.recompute(by=Actor.CLOCK, at=at + timedelta(hours=1))
    assert (first.enterprises, first.changed) == (1, len(queries.policies_on(at.date())))
    assert (second.enterprises, second.changed) == (1, 0)


def test_a_correction_ends_one_verdict_and_begins_another(world, at):
    known(world.enterprise, {2025: SME}, **NONE | {"ip": [II]})
    actions.recompute(by=Actor.CLOCK, at=at)
    later = at + timedelta(days=1)
    row = YearlyReturn.objects.get()
    YearlyReturn.objects.filter(pk=row.pk).update(known_until=later)
    YearlyReturn.objects.create(
        organisation=world.enterprise, source=source(), year=2025, known_since=later,
        **SME | {"staff_rd": 9},
    )  # fmt: skip
    run = actions.recompute(organisations=[world.enterprise], by=Actor.CLOCK, at=later)
    rows = Verdict.objects.filter(policy="sme-2017-115").order_by("pk")
    assert [(v.state, v.since, v.until) for v in rows] == [(3, at, later), (0, later, None)]
    assert run.is_whole is False
    facts = queries.enterprise_facts([world.enterprise], known_at=at)[world.enterprise.code]
    assert facts["returns"][0]["staff_rd"] == 30


def test_an_enterprise_one_criterion_short_is_one_thing_away(world, at):
    known(world.enterprise, {2025: SME | {"rd_fen": 10_000_000}}, **NONE)
    known(world.rival, {2025: SME | {"rd_fen": 10_000_000, "staff": 501}}, **NONE)
    actions.recompute(by=Actor.CLOCK, at=at)
    assert (verdict(world).state, verdict(world).away) == (0, "evaluated")
    rival = Verdict.objects.get(organisation=world.rival, policy="sme-2017-115")
    assert (rival.state, rival.away) == (0, "")


def test_only_the_enterprises_given_are_touched(world, at):
    known(world.enterprise, {2025: SME}, **NONE)
    known(world.rival, {2025: SME}, **NONE)
    actions.recompute(organisations=[world.rival], by=Actor.CLOCK, at=at)
    assert set(Verdict.objects.values_list("organisation", flat=True)) == {world.rival.pk}
    assert Recount.objects.get().enterprises == 1


def test_a_second_profile_known_now_is_refused_by_the_database(world):
    known(world.enterprise)
    with pytest.raises(Exception, match="one_profile_known_now"):
        Profile.objects.create(
            organisation=world.enterprise, source=source(), known_since=source().entered_at
        )


@pytest.mark.parametrize(
    ("who", "codes"),
    [("filler", ["enterprise"]), ("officer", ["enterprise", "rival"]), ("liaison", []),
     ("expert1", []), ("operator", [])],
)  # fmt: skip
def test_who_reads_which_enterprise(world, at, who, codes):
    found = queries.visible_to(getattr(world, who).actor, at).filter(kind="ENTERPRISE")
    wanted = {getattr(world, code).pk for code in codes}
    assert set(found.values_list("pk", flat=True)) >= wanted
    assert bool(found) == bool(wanted)
    assert not queries.visible_to(Actor.PUBLIC, at).exists()


def test_the_holder_is_told_once_ninety_days_before_a_certificate_ends(world, at):
    day = at.date()
    rows = [
        {"kind": "hnte", "since": date(2024, 1, 1), "until": day + timedelta(days=90)},
        {"kind": "tech_sme", "since": date(2024, 1, 1), "until": day + timedelta(days=91)},
        {"kind": "software", "since": date(2024, 1, 1), "until": day + timedelta(days=9)},
    ]
    known(world.enterprise, certificates=rows)
    assert actions.remind_of_expiry(by=Actor.CLOCK, at=at) == 1
    told = Message.objects.filter(template="cultivation.expires")
    assert set(told.values_list("person_number", flat=True)) == {
        world.filler.person.number, world.unit_admin.person.number,
    }
    assert actions.remind_of_expiry(by=Actor.CLOCK, at=at) == 0
    assert actions.remind_of_expiry(by=Actor.CLOCK, at=at + timedelta(days=1)) == 1


def test_a_certificate_recognises_until_the_day_it_ends(world, at):
    day = at.date()
    known(world.enterprise, {2025: SME}, **NONE | {"certificates": [
        {"kind": "hnte", "since": date(2024, 1, 1), "until": day}]})
    actions.recompute(by=Actor.CLOCK, at=at)
    by_day = {
        one: {each.tier.code: each.state for each in
              queries.standings([world.enterprise], one)[world.enterprise.pk]}
        for one in (day - timedelta(days=1), day)
    }
    assert [by_day[one]["HNTE"] == "RECOGNISED" for one in by_day] == [True, False]
    assert by_day[day]["TECH_SME"] == "CANDIDATE"
    counts = {tier.code: (held, met) for tier, held, met in
              queries.tier_counts("990000", day - timedelta(days=1))}
    assert (counts["HNTE"], counts["TECH_SME"]) == ((1, 0), (0, 1))


def test_a_change_of_data_enqueues_the_recomputation_in_its_transaction(world, at):
    from procrastinate.contrib.django.models import ProcrastinateJob

    actions.enter_return(organisation=world.enterprise, year=2025, figures={"staff": 5},
                         title="社保", department="科技局", by=world.officer.actor, at=at)
    job = ProcrastinateJob.objects.get(task_name="cultivation.recompute")
    assert job.args == {"numbers": [world.enterprise.number]}
