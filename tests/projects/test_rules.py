"""Both sides of the rules of projects; no database."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import NotPermitted
from kechuang.projects import rules
from kechuang.projects.rules import InstalmentTerm, PaymentFacts, ProjectFacts
from tests.projects.line import TERMS, WAN

CITY = "990000/990100"
FACTS = ProjectFacts("XM-2026-000001", "ACTIVE", CITY, "LEAD", "RY-1", ("LEAD", "OTHER"), ("RY-9",))


def actor(role: Role, person: str = "RY-5", unit: str = "", region: str = "") -> Actor:
    return Actor(person, "A", role, unit, region)


@pytest.mark.parametrize(
    ("who", "capacities"),
    [
        (actor(Role.MEMBER, "RY-1", "LEAD"), {"LEADER"}),
        (actor(Role.MEMBER, "RY-2", "LEAD"), set()),
        (actor(Role.MEMBER, "RY-1", "OTHER"), set()),
        (actor(Role.UNIT_ADMIN, "RY-3", "LEAD"), {"UNIT_ADMIN"}),
        (actor(Role.UNIT_ADMIN, "RY-3", "OTHER"), set()),
        (actor(Role.OFFICER, region=CITY), {"OFFICER"}),
        (actor(Role.HEAD, region="990000"), {"HEAD"}),
        (actor(Role.OFFICER, region=CITY + "/990104"), set()),
        (actor(Role.FINANCE, region="990000/99010"), set()),
        (actor(Role.EXPERT, "RY-9"), {"ACCEPTOR"}),
        (actor(Role.EXPERT, "RY-8"), set()),
        (actor(Role.SUPERVISOR, region=CITY), set()),
        (actor(Role.OPERATOR), set()),
        (Actor.PUBLIC, set()),
        (Actor.CLOCK, {"CLOCK"}),
    ],
)
def test_capacities(who: Actor, capacities: set[str]) -> None:
    assert rules.capacities_of(who, FACTS) == capacities


@pytest.mark.parametrize(
    ("who", "reads"),
    [
        (actor(Role.MEMBER, "RY-2", "LEAD"), True),
        (actor(Role.FILLER, "RY-2", "OTHER"), True),
        (actor(Role.FILLER, "RY-2", "RIVAL"), False),
        (actor(Role.SUPERVISOR, region=CITY), True),
        (actor(Role.PAYER, region=CITY), True),
        (actor(Role.OFFICER, region=CITY + "/990104"), False),
        (actor(Role.EXPERT, "RY-9"), True),
        (actor(Role.EXPERT, "RY-8"), False),
        (actor(Role.OPERATOR), False),
        (actor(Role.LIAISON, region=CITY), False),
        (Actor.PUBLIC, False),
    ],
)
def test_who_reads_inside(who: Actor, reads: bool) -> None:
    assert rules.may_read_inside(who, FACTS) == reads


@pytest.mark.parametrize("verb", sorted(rules.STEPS))
def test_each_step_leaves_only_its_own_states(verb: str) -> None:
    step = rules.STEPS[verb]
    holders = {
        "LEADER": actor(Role.MEMBER, "RY-1", "LEAD"),
        "FILLER": actor(Role.FILLER, "RY-3", "LEAD"),
        "UNIT_ADMIN": actor(Role.UNIT_ADMIN, "RY-3", "LEAD"),
        "OFFICER": actor(Role.OFFICER, region=CITY),
        "HEAD": actor(Role.HEAD, region=CITY),
        "FINANCE": actor(Role.FINANCE, region=CITY),
        "PAYER": actor(Role.PAYER, region=CITY),
        "ACCEPTOR": actor(Role.EXPERT, "RY-9"),
        "CLOCK": Actor.CLOCK,
    }
    for state in rules.STATE_NAMES:
        facts = replace(FACTS, state=state)
        for capacity, who in holders.items():
            allowed = capacity in step.capacities and state in step.sources
            assert rules.may_act(verb, who, facts) == allowed
            if allowed:
                rules.check_step(verb, who, facts)
            elif capacity not in step.capacities:
                with pytest.raises(NotPermitted):
                    rules.check_step(verb, who, facts)
            else:
                with pytest.raises(rules.ProjectRefused):
                    rules.check_step(verb, who, facts)


def codes(**changes: Any) -> list[str]:
    return [one.code for one in rules.problems_with_terms(replace(TERMS, **changes))]


def test_the_worked_example_has_no_problem() -> None:
    assert rules.problems_with_terms(TERMS) == []


def test_every_problem_of_terms_is_named() -> None:
    first, *rest = TERMS.instalments
    m1, m2 = TERMS.milestones
    t1, t2 = TERMS.targets
    assert codes(total_fen=1) == ["projects.total_not_parts"]
    assert codes(until="2026-12-01")[0] == "projects.term_of_agreement"
    assert codes(targets=()) == ["projects.no_target"]
    assert codes(targets=(t1, replace(t2, code="T1"))) == ["projects.code_twice"]
    assert codes(targets=(replace(t1, value="很小"),)) == ["projects.target_value"]
    assert codes(targets=(replace(t1, value="NaN"),)) == ["projects.target_value"]
    assert codes(targets=(replace(t1, test_method=" "),)) == ["projects.target_incomplete"]
    assert codes(milestones=(m1, replace(m2, due_date="2029-01-01"))) == ["projects.milestone_date"]
    assert codes(milestones=(replace(m1, content=""), m2)) == ["projects.milestone_incomplete"]
    assert "projects.no_milestone" in codes(milestones=())
    assert codes(instalments=(replace(first, amount_fen=601 * WAN), *rest)) == [
        "projects.instalments_not_public"
    ]
    assert codes(instalments=(replace(first, sequence=0), *rest)) == [
        "projects.instalment_sequence"
    ]
    assert codes(instalments=(replace(first, milestone="M1"), *rest)) == [
        "projects.instalment_gate"
    ]
    assert codes(instalments=(replace(first, own_due_fen=1300 * WAN), *rest)) == [
        "projects.own_due"
    ]


def test_terms_survive_being_kept() -> None:
    kept = rules.terms_to_json(TERMS)
    assert rules.terms_from_json(kept) == TERMS
    assert rules.fingerprint_of(kept) == rules.fingerprint_of(dict(reversed(kept.items())))
    changed = kept | {"own_fen": kept["own_fen"] + 1}
    assert rules.fingerprint_of(changed) != rules.fingerprint_of(kept)


def test_an_amendment_keeps_what_was_released_or_passed() -> None:
    released = {1: TERMS.instalments[0]}
    assert rules.problems_with_amendment(TERMS, released, ["M1"], ["M2"]) == []
    touched = {1: InstalmentTerm(1, "SIGNING", "", 599 * WAN, 0)}
    problems = rules.problems_with_amendment(TERMS, touched, ["M9"], [])
    assert [one.code for one in problems] == [
        "projects.released_instalment_changed", "projects.passed_milestone_dropped",
    ]  # fmt: skip


def payment(**changes: Any) -> PaymentFacts:
    return replace(PaymentFacts(True, True, 1200, 1200, False, "ELIGIBLE"), **changes)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"gate_passed": False}, "projects.gate_not_passed"),
        ({"agreement_in_force": False}, "projects.no_agreement_in_force"),
        ({"own_received_fen": 1199}, "projects.own_funds_short"),
        ({"is_frozen": True}, "projects.frozen"),
    ],
)
def test_each_check_of_a_payment(changes: dict[str, Any], code: str) -> None:
    assert [one.code for one in rules.problems_with_payment(payment(**changes))] == [code]
    assert [good for _name, good in rules.checks_of_payment(payment(**changes))].count(False) == 1


def test_a_payment_without_problems() -> None:
    assert rules.problems_with_payment(payment()) == []
    assert all(good for _name, good in rules.checks_of_payment(payment()))


def test_a_pass_needs_every_opinion_and_more_than_half() -> None:
    allowed = rules.MILESTONE_VERDICTS
    rules.check_verdict("PASSED", allowed, ["PASSED", "PASSED", "FAILED"])
    rules.check_verdict("FAILED", allowed, ["PASSED", "PASSED", "PASSED"])
    for verdict, opinions, code in [
        ("PASSED", ["PASSED", "PASSED", ""], "projects.opinions_missing"),
        ("PASSED", [], "projects.opinions_missing"),
        ("PASSED", ["PASSED", "FAILED", "FAILED"], "projects.verdict_against_opinions"),
        ("CONCLUDED", ["PASSED"] * 3, "projects.verdict_unknown"),
    ]:
        with pytest.raises(rules.AcceptanceRefused) as caught:
            rules.check_verdict(verdict, allowed, opinions)
        assert caught.value.code == code


def test_acceptors_are_odd_at_least_three_and_from_outside() -> None:
    rules.check_acceptors(["RY-1", "RY-2", "RY-3"], [])
    for numbers, conflicted, code in [
        (["RY-1", "RY-2"], [], "projects.acceptors_too_few"),
        (["RY-1", "RY-2", "RY-3", "RY-4"], [], "projects.acceptors_too_few"),
        (["RY-1", "RY-1", "RY-2"], [], "projects.acceptors_too_few"),
        (["RY-1", "RY-2", "RY-3"], ["高原"], "projects.acceptor_in_conflict"),
    ]:
        with pytest.raises(rules.AcceptanceRefused) as caught:
            rules.check_acceptors(numbers, conflicted)
        assert caught.value.code == code


@pytest.mark.parametrize(
    ("today", "sent", "due"),
    [
        (date(2026, 10, 31), set(), []),
        (date(2026, 11, 1), set(), [-30]),
        (date(2026, 11, 1), {-30}, []),
        (date(2026, 11, 24), {-30}, [-7]),
        (date(2026, 12, 1), {-30, -7}, [0]),
        (date(2026, 12, 8), {-30, -7, 0}, [7]),
        (date(2027, 1, 8), {-30, -7, 0, 7}, []),
    ],
)
def test_reminders_at_their_days(today: date, sent: set[int], due: list[int]) -> None:
    assert rules.reminders_due(date(2026, 12, 1), today, frozenset(sent)) == due


def test_overdue_is_an_overlay_of_what_is_not_handed_in() -> None:
    due = date(2026, 12, 1)
    assert rules.is_overdue("PLANNED", due, date(2026, 12, 2))
    assert not rules.is_overdue("PLANNED", due, due)
    assert not rules.is_overdue("SUBMITTED", due, date(2026, 12, 2))
