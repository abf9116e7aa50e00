"""Draft, check, enact and close a policy; give it a year's money."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, check_version, refuse_all, require
from kechuang.cultivation.actions.benefits.moves import (
    locked_funding,
    locked_policy,
    move_policy,
    note_act,
    person,
    tell_office,
)
from kechuang.cultivation.models import Batch, Funding, Policy, PolicyExclusion
from kechuang.cultivation.queries import rule_sets
from kechuang.cultivation.rules import benefits as rules
from kechuang.record.actions import take_number

State = Policy.State
PLAIN = (
    "title", "title_en", "document_title", "document_number", "issuer", "rule_set", "department",
    "payer", "instrument", "shortfall", "ranking_criterion", "notice_days",
)  # fmt: skip


@transaction.atomic
def draft_policy(*, typed: rules.PolicyTyped, by: Actor, at: datetime) -> Policy:
    """Draft a policy for the own region.

    Refuses (rules.PolicyRefused), all reasons together, missing document, clauses, department or
    payer, an unknown rule set, and an instrument that is not the rule set's.
    """
    require(rules.may_draft(by), rules.not_permitted(typed.title))
    _check(typed)
    policy = Policy(
        number=take_number("ZC", at=at), region_path=by.region, drafted_by=person(by),
        state_since=at, **_columns(typed),
    )  # fmt: skip
    move_policy(policy, State.DRAFT, by, at)
    _set_exclusions(policy, typed)
    note_act("draft_policy", policy.number, by, at, _payload(policy))
    tell_office(policy.region_path, Role.HEAD, "policy_to_check", policy.number, by, at)
    return policy


@transaction.atomic
def edit_policy(
    *, policy: Policy, typed: rules.PolicyTyped, version: int | None, by: Actor, at: datetime
) -> Policy:
    """Write a draft anew; what was checked is returned first."""
    policy = (
        Policy.objects.select_for_update(of=("self",), no_key=True)
        .select_related("drafted_by")
        .get(pk=policy.pk)
    )
    require(
        rules.may_draft(by) and by.covers(policy.region_path), rules.not_permitted(policy.number)
    )
    require(policy.state == State.DRAFT, _not_a_draft(policy))
    check_version(policy.number, version, policy.version)
    _check(typed)
    for name, value in _columns(typed).items():
        setattr(policy, name, value)
    policy.drafted_by = person(by)
    move_policy(policy, State.DRAFT, by, at)
    _set_exclusions(policy, typed)
    note_act("edit_policy", policy.number, by, at, _payload(policy))
    return policy


def _not_a_draft(policy: Policy) -> rules.PolicyRefused:
    return rules.PolicyRefused(
        "cultivation.policy_not_a_draft",
        N_("不能修改。“{number}”已复核，现在是“{state}”。"),
        {"number": policy.number, "state": str(policy.get_state_display())},
        way_on=N_("请先退回，改后再复核。"),
    )  # fmt: skip


def _check(typed: rules.PolicyTyped) -> None:
    sets = {one.code: str(one.said.get("instrument", "")) for one in rule_sets()
            if one.said.get("instrument")}  # fmt: skip
    criteria = next((list(one.criteria) for one in rule_sets() if one.code == typed.rule_set), [])
    refuse_all(rules.problems_with_policy(typed, sets, criteria))


def _columns(typed: rules.PolicyTyped) -> dict[str, Any]:
    said = {name: getattr(typed, name) for name in PLAIN}
    return said | {"clauses": [list(clause) for clause in typed.clauses]}


def _set_exclusions(policy: Policy, typed: rules.PolicyTyped) -> None:
    PolicyExclusion.objects.filter(policy=policy).delete()
    for other in Policy.objects.filter(number__in=typed.excludes).exclude(pk=policy.pk):
        PolicyExclusion.objects.create(policy=policy, other=other)


def _payload(policy: Policy) -> dict[str, Any]:
    return {
        "rule_set": policy.rule_set, "instrument": str(policy.instrument),
        "shortfall": str(policy.shortfall), "notice_days": policy.notice_days,
    }  # fmt: skip


@transaction.atomic
def check_policy(*, policy: Policy, by: Actor, at: datetime) -> Policy:
    """Check a drafted policy: somebody else than who drafted it."""
    policy = locked_policy(policy, "check_policy", by)
    policy.checked_by = person(by)
    move_policy(policy, State.CHECKED, by, at)
    note_act("check_policy", policy.number, by, at)
    tell_office(policy.region_path, Role.HEAD, "policy_to_enact", policy.number, by, at)
    return policy


@transaction.atomic
def return_policy(*, policy: Policy, reason: str, by: Actor, at: datetime) -> Policy:
    """Return a policy to its drafter with a reason."""
    policy = locked_policy(policy, "return_policy", by)
    policy.checked_by = None
    move_policy(policy, State.DRAFT, by, at, reason)
    note_act("return_policy", policy.number, by, at)
    return policy


@transaction.atomic
def enact_policy(*, policy: Policy, by: Actor, at: datetime) -> Policy:
    """Put a checked policy in force: from the next night on it is computed."""
    policy = locked_policy(policy, "enact_policy", by)
    move_policy(policy, State.IN_FORCE, by, at)
    note_act("enact_policy", policy.number, by, at, _payload(policy))
    return policy


@transaction.atomic
def close_policy(*, policy: Policy, reason: str, by: Actor, at: datetime) -> Policy:
    """Close a policy that has no batch under way."""
    policy = locked_policy(policy, "close_policy", by)
    is_open = Batch.objects.filter(funding__policy=policy, state__in=rules.OPEN_BATCHES).exists()
    require(not is_open, rules.batches_open(policy.number))
    move_policy(policy, State.CLOSED, by, at, reason)
    note_act("close_policy", policy.number, by, at)
    return policy


@transaction.atomic
def exclude_policy(*, policy: Policy, other: Policy, by: Actor, at: datetime) -> None:
    """Say that two policies may not be enjoyed together in a period; both ways, once."""
    require(rules.may_fund(by, policy.region_path), rules.not_permitted(policy.number))
    PolicyExclusion.objects.get_or_create(policy=policy, other=other)
    note_act("exclude_policy", policy.number, by, at, {"other": other.number})


@transaction.atomic
def open_funding(
    *, policy: Policy, typed: rules.FundingTyped, by: Actor, at: datetime
) -> Funding:
    """Give a policy a period: the day of the data, when it is computed, the budget."""
    require(rules.may_fund(by, policy.region_path), rules.not_permitted(policy.number))
    policy = Policy.objects.select_for_update(no_key=True).get(pk=policy.pk)
    require(policy.state != State.CLOSED, rules.not_in_force(
        policy.number, str(policy.get_state_display())
    ))  # fmt: skip
    refuse_all(rules.problems_with_funding(typed))
    require(
        not Funding.objects.filter(policy=policy, period=typed.period).exists(),
        rules.PolicyRefused(
            "cultivation.period_taken", N_("“{period}”年度已经安排过。"), {"period": typed.period},
            ("period",), N_("要改预算，请改那一年的安排。"),
        ),
    )  # fmt: skip
    funding = Funding.objects.create(
        number=take_number("ZA", at=at), policy=policy, **asdict(typed)
    )
    note_act(
        "open_funding", policy.number, by, at,
        {"funding": funding.number, "period": funding.period, "budget_fen": funding.budget_fen,
         "as_of": funding.as_of_date.isoformat()},
    )  # fmt: skip
    return funding


@transaction.atomic
def set_budget(*, funding: Funding, budget_fen: int, by: Actor, at: datetime) -> Funding:
    """Set a year's budget anew; never below what is paid and reserved."""
    funding = locked_funding(funding)
    require(
        rules.may_fund(by, funding.policy.region_path), rules.not_permitted(funding.policy.number)
    )
    committed = funding.reserved_fen + funding.paid_fen
    require(budget_fen >= max(committed, 1), rules.budget_under_committed(committed))
    funding.budget_fen = budget_fen
    funding.save(update_fields=["budget_fen"])
    note_act(
        "set_budget", funding.policy.number, by, at,
        {"funding": funding.number, "budget_fen": budget_fen},
    )  # fmt: skip
    return funding
