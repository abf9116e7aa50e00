"""What the home page says to who has signed in: benefits of the own unit, enterprises to visit."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language

from kechuang.base.actor import Actor, Role
from kechuang.base.time import shanghai_date
from kechuang.cultivation import queries as cultivation
from kechuang.cultivation.models import Line
from kechuang.cultivation.queries import benefits
from kechuang.parties.models import Organisation
from kechuang.parties.queries import organisation_by_code

SHOWN = 3
VISITS = 5
UNIT = (Role.FILLER, Role.UNIT_ADMIN)


@dataclass(frozen=True, slots=True)
class Own:
    """The card of a reader: what came or comes, what is nearly reached, whom to visit."""

    got: list[dict[str, Any]] = field(default_factory=list)
    almost: list[dict[str, Any]] = field(default_factory=list)
    visits: list[dict[str, Any]] = field(default_factory=list)
    more_url: str = ""

    @property
    def is_of_unit(self) -> bool:
        return not self.visits and bool(self.got or self.almost)


def own_card(actor: Actor, at: datetime) -> Own | None:
    """The card for an enterprise's people or for the officer of a region; nobody else has one."""
    if actor.is_role(*UNIT) and actor.organisation:
        unit = organisation_by_code(actor.organisation)
        if unit is not None and unit.kind == Organisation.Kind.ENTERPRISE:
            return _of_unit(unit, at)
    if actor.is_role(Role.OFFICER) and actor.region:
        return _of_officer(actor, at)
    return None


def _language() -> str:
    return "en" if (get_language() or "").startswith("en") else "zh"


def _of_unit(unit: Organisation, at: datetime) -> Own | None:
    lines = benefits.benefits_of(unit).exclude(state=Line.State.TAKEN_OUT)[:SHOWN]
    got = [
        {"title": _title(one), "amount_fen": one.amount_fen, "words": one.get_state_display(),
         "is_paid": one.state in benefits.PAID, "url": reverse("benefit", args=[one.number]),
         "until": None if one.state in benefits.PAID else one.batch.until}
        for one in lines
    ]  # fmt: skip
    almost = _almost(unit, at)
    return Own(got, almost, [], reverse("benefits")) if got or almost else None


def _title(line: Line) -> str:
    policy = line.funding.policy
    return policy.title_en if _language() == "en" and policy.title_en else policy.title


def _almost(unit: Organisation, at: datetime) -> list[dict[str, Any]]:
    verdicts = list(cultivation.near_of(unit)[:SHOWN])
    if not verdicts:
        return []
    policies = {one.code: one for one in cultivation.policies_on(shanghai_date(at))}
    row = cultivation.flat_rows([unit])[unit.code]
    found = []
    for one in verdicts:
        if one.policy not in policies:
            continue
        said = cultivation.explain(policies[one.policy], row, away=one.away)
        reason = next((each for each in said.reasons if each.is_away), None)
        found.append({
            "title": said.title.get(_language()) or said.title["zh"],
            "reason": reason, "brings_fen": one.brings_fen or 0, "reach": one.reach,
            "kind": one.get_reach_display(),
            "name": (reason.en if _language() == "en" else reason.zh) if reason else "",
            "url": reverse("evaluation", args=[unit.number]),
        })  # fmt: skip
    return found


def _of_officer(actor: Actor, at: datetime) -> Own | None:
    titles = {one.code: one.said["title"] for one in cultivation.rule_sets()}
    visits = [
        {"unit": one.organisation, "percent": -(-(one.distance or 0) // 10),
         "title": titles.get(one.policy, {}).get(_language(), one.policy),
         "brings_fen": one.brings_fen or 0,
         "url": reverse("evaluation", args=[one.organisation.number])}
        for one in cultivation.within_reach(actor, at, VISITS)
    ]  # fmt: skip
    return Own([], [], visits, reverse("evaluations-near")) if visits else None
