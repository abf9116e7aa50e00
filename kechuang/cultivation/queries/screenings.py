"""Reads of screenings: who sees which round and candidate, what the rules say of the marks."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet

from kechuang.base.actor import Actor
from kechuang.cultivation.models import Candidate, Mark, Screening
from kechuang.cultivation.queries.rulesets import rule_set_of, rule_sets
from kechuang.cultivation.queries.sight import within
from kechuang.cultivation.rules import candidates
from kechuang.cultivation.rules import screenings as rules
from kechuang.cultivation.rules.benefits import UNIT
from kechuang.engines.eligibility import Policy, answer, answer_json, bind
from kechuang.engines.eligibility.states import MET
from kechuang.notices import queries as notices
from kechuang.notices.models import Notice

OF_A_STAKE = {"": "STAKE_AGREED", "REQUESTED": "STAKE_REQUESTED", "REVIEWED": "STAKE_REVIEWED"}
HIDDEN_WHILE = (Candidate.State.SCORING, Candidate.State.WITHDRAWN)


def screenings_visible_to(actor: Actor, at: datetime) -> QuerySet[Screening]:
    """The rounds of an official's region, and those in which somebody judges."""
    seen = Q(judges__person__number=actor.person) if actor.person else Q(pk=None)
    if rules.may_read_rounds(actor):
        seen |= within(actor.region)
    return Screening.objects.filter(seen).select_related("opened_by").distinct()


def candidates_visible_to(actor: Actor, at: datetime) -> QuerySet[Candidate]:
    """The candidates of an official's region, those one judges, and those of the own unit.

    A judge of the candidate's own unit does not find it.
    """
    rows = Candidate.objects.select_related(
        "screening", "organisation", "leader", "proposed_by", "decided_by", "stake__order"
    )
    if rules.may_read_rounds(actor):
        return rows.filter(within(actor.region))
    seen = Q(pk=None)
    if actor.is_role(*UNIT) and actor.organisation:
        seen |= Q(organisation__code=actor.organisation)
    if actor.person:
        judged = Q(screening__judges__person__number=actor.person)
        seen |= judged & ~Q(
            screening__judges__person__number=actor.person,
            screening__judges__person__organisation=F("organisation"),
        )
    return rows.filter(seen).distinct()


def rules_at(screening: Screening) -> Policy:
    """The rule set of a round, as it was when the round was opened."""
    return bind(
        rule_set_of(screening.rule_set, screening.as_of_date, screening.content),
        screening.as_of_date,
    )


def screening_rules(at: Any) -> dict[str, Any]:
    """The rule sets by which candidates can be screened on a day, by code."""
    return {one.code: one for one in rule_sets(at, "CANDIDATE") if one.is_in_force(at)}


def judges_of(candidate: Candidate) -> dict[str, str]:
    """Who judges a candidate, number to name; people of its own unit are left out."""
    rows = candidate.screening.judges.exclude(person__organisation=candidate.organisation_id)
    return dict(rows.values_list("person__number", "person__name"))


def stage_of(candidate: Candidate) -> str:
    """The state of a candidate, or where the money of its stake stands."""
    stake = getattr(candidate, "stake", None)
    if candidate.state != Candidate.State.ACCEPTED or stake is None:
        return str(candidate.state)
    return OF_A_STAKE.get(stake.order.state if stake.order else "", "STAKE_HELD")


def noticed_of(
    candidate: Candidate, at: datetime, known: Mapping[str, Notice] | None = None
) -> candidates.Noticed:
    """How the notice of a candidate on notice stands; `known` are notices read before."""
    if candidate.state != Candidate.State.ON_NOTICE:
        return candidates.Noticed()
    number = candidate.notice_number
    notice = known[number] if known is not None else Notice.objects.get(number=number)
    if notice.state == Notice.State.CANCELLED:
        stands = candidates.CANCELLED
    elif notices.is_over(notice, at):
        stands = candidates.OVER
    else:
        is_open = notice.state == Notice.State.OPEN
        stands = candidates.RUNNING if is_open else candidates.STOPPED
    return candidates.Noticed(number, stands)


def notices_of(rows: Iterable[Candidate]) -> dict[str, Notice]:
    """The notices of candidates, by number; one read."""
    numbers = {one.notice_number for one in rows if one.notice_number}
    return {one.number: one for one in Notice.objects.filter(number__in=numbers)} if numbers else {}


def candidates_on_notice() -> QuerySet[Candidate]:
    """Those whose notice nobody has followed yet: what the clock looks at."""
    return Candidate.objects.filter(state=Candidate.State.ON_NOTICE, until__isnull=True)


def facts_of(
    candidate: Candidate, at: datetime, known: Mapping[str, Notice] | None = None
) -> rules.CandidateFacts:
    """What the rights on a candidate look at."""
    scored = candidate.marks.values_list("person__number", flat=True)
    return rules.CandidateFacts(
        candidate.number, stage_of(candidate), str(candidate.get_state_display()),
        candidate.region_path, candidate.organisation.code, frozenset(judges_of(candidate)),
        frozenset(scored),
        {"proposed": candidate.proposed_by.number if candidate.proposed_by else ""},
        noticed_of(candidate, at, known),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules say of a candidate by the marks so far."""

    state: str
    is_met: bool
    means: dict[str, int]
    amount_fen: int
    said: dict[str, Any]


def judged(candidate: Candidate, policy: Policy | None = None) -> Judged:
    """Hold the mean of the judges' marks against the rule set of the round."""
    bound = policy or rules_at(candidate.screening)
    given: dict[str, list[int]] = defaultdict(list)
    for code, tenths in Mark.objects.filter(candidate=candidate).values_list(
        "criterion", "tenths"
    ):
        given[code].append(tenths)
    means = {code: rules.mean_tenths(marks) for code, marks in given.items()}
    row: dict[str, Any] = {"id": candidate.number}
    row |= {f"judged.{code}": tenths for code, tenths in means.items()}
    found = answer(bound, row)
    said = answer_json(found)
    return Judged(
        said["state"], found.state == MET, means, found.amount_fen or 0,
        {key: said[key] for key in ("state", "score", "amount_fen", "version") if key in said}
        | {"means": means, "criteria": said["criteria"]},
    )  # fmt: skip


def marks_seen(candidate: Candidate, actor: Actor) -> list[Mark]:
    """The marks that a reader sees: one's own; officials all of them once a proposal is made."""
    rows = candidate.marks.select_related("person").order_by("pk")
    if rules.may_read_rounds(actor) and candidate.state not in HIDDEN_WHILE:
        return list(rows)
    return list(rows.filter(person__number=actor.person)) if actor.person else []


def progress(candidates: Iterable[Candidate]) -> dict[int, int]:
    """How many judges have scored each candidate."""
    found: dict[int, set[int]] = defaultdict(set)
    rows = Mark.objects.filter(candidate__in=list(candidates))
    for candidate, person in rows.values_list("candidate_id", "person_id").distinct():
        found[candidate].add(person)
    return {key: len(people) for key, people in found.items()}
