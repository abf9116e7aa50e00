"""What of screenings waits: candidates to score, to propose, to decide, stakes to pay."""

from datetime import datetime

from django.db.models import Exists, OuterRef
from django.urls import reverse

from kechuang.base.actor import Actor, Role
from kechuang.base.matters import Matter
from kechuang.base.refusals import N_
from kechuang.cultivation.models import Candidate, Mark
from kechuang.cultivation.queries import screenings as queries
from kechuang.cultivation.rules import screenings as rules
from kechuang.parties.queries import holder_words

MOST = 60
NEXT = {
    "SCORING": ("propose_candidate", Role.OFFICER), "PROPOSED": ("decide_candidate", Role.HEAD),
    "STAKE_AGREED": ("request_stake", Role.OFFICER),
    "STAKE_REQUESTED": ("review_stake", Role.FINANCE), "STAKE_REVIEWED": ("pay_stake", Role.PAYER),
}  # fmt: skip
OFFICES = (Role.OFFICER, Role.HEAD, Role.FINANCE, Role.PAYER)
Held = dict[tuple[Role, str], str]


def matters_for(actor: Actor, at: datetime) -> list[Matter]:
    """The rows of this person's work list."""
    found = _to_score(actor, at) if actor.person else []
    if actor.is_role(*OFFICES) and actor.region:
        found += _of_office(actor, at)
    return found


def _to_score(actor: Actor, at: datetime) -> list[Matter]:
    mine = Mark.objects.filter(candidate=OuterRef("pk"), person__number=actor.person)
    rows = (
        Candidate.objects.filter(
            screening__judges__person__number=actor.person, state=Candidate.State.SCORING
        )
        .exclude(Exists(mine))
        .select_related("screening", "organisation")
    )
    return [
        Matter(
            number=row.number, title=row.title, task=N_("给候选评分"), holder="", mine=True,
            since=row.state_since, until=row.screening.until,
            url=reverse("candidate-score-candidate", args=[row.number]), button=N_("去评分"),
        )
        for row in rows.order_by("screening__until", "pk")[:MOST]
        if actor.person in queries.judges_of(row)
    ]  # fmt: skip


def _of_office(actor: Actor, at: datetime) -> list[Matter]:
    rows = (
        Candidate.objects.filter(region_path=actor.region)
        .exclude(state__in=["DECLINED", "WITHDRAWN"])
        .exclude(state="ACCEPTED", outcome="PROJECT")
        .exclude(stake__state__in=["HELD", "EXITED"])
        .select_related("screening", "organisation", "proposed_by", "stake__order")
    )
    held: Held = {}
    found = []
    for row in rows.order_by("until", "pk")[:MOST]:
        stage = queries.stage_of(row)
        if stage not in NEXT:
            continue
        verb, role = NEXT[stage]
        is_waiting = stage == "SCORING" and not _is_scored(row)
        step = rules.STEPS[verb]
        found.append(Matter(
            number=row.number, title=row.title,
            task=N_("等评分人评完") if is_waiting else step.name,
            holder=holder_of(row, at, held),
            mine=not is_waiting and rules.may_take(verb, actor, queries.facts_of(row)),
            since=row.state_since, until=row.until,
            url=reverse("candidate", args=[row.number]), button=N_("查看"),
        ))  # fmt: skip
    return found


def _is_scored(row: Candidate) -> bool:
    facts = queries.facts_of(row)
    return facts.scored >= facts.judges


def holder_of(candidate: Candidate, at: datetime, held: Held | None = None) -> str:
    """Who holds the next step of a candidate."""
    known: Held = {} if held is None else held
    stage = queries.stage_of(candidate)
    if stage not in NEXT:
        return ""
    if stage == "SCORING" and not _is_scored(candidate):
        facts = queries.facts_of(candidate)
        waiting = facts.judges - facts.scored
        names = [name for number, name in queries.judges_of(candidate).items() if number in waiting]
        return "、".join(names)
    _verb, role = NEXT[stage]
    key = (role, candidate.region_path)
    if key not in known:
        known[key] = holder_words(role, at=at, region_path=candidate.region_path)
    return known[key]
