"""What of screenings waits: candidates to score, propose, decide, support, stakes to pay."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext

from kechuang.base.actor import Actor, Role
from kechuang.base.matters import Matter
from kechuang.base.refusals import N_
from kechuang.cultivation.models import Candidate, Mark
from kechuang.cultivation.queries import screenings as queries
from kechuang.cultivation.rules import candidates
from kechuang.cultivation.rules import screenings as rules
from kechuang.notices.models import Notice
from kechuang.notices.queries import open_objections
from kechuang.parties.queries import holder_words

MOST = 60
NEXT = {
    "SCORING": ("propose_candidate", Role.OFFICER), "PROPOSED": ("decide_candidate", Role.HEAD),
    "ON_NOTICE": ("establish_candidate", Role.HEAD),
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
    rows = list(
        Candidate.objects.filter(region_path=actor.region)
        .exclude(state__in=["DECLINED", "WITHDRAWN"])
        .exclude(state="ACCEPTED", outcome="PROJECT")
        .exclude(stake__state__in=["HELD", "EXITED"])
        .select_related("screening", "organisation", "proposed_by", "stake__order")
        .order_by("until", "pk")[:MOST]
    )
    known = queries.notices_of(rows)
    held: Held = {}
    found = []
    for row in rows:
        facts = queries.facts_of(row, at, known)
        hold = hold_of(row, facts, at, held, known)
        if hold is None:
            continue
        found.append(Matter(
            number=row.number, title=row.title, task=hold.task, holder=hold.holder,
            mine=bool(hold.verb) and rules.is_offered(hold.verb, actor, facts),
            since=row.state_since, until=hold.until,
            url=reverse("candidate", args=[row.number]), button=N_("查看"),
        ))  # fmt: skip
    return found


@dataclass(frozen=True)
class Hold:
    """What is next with a candidate, who holds it, until when; `verb` is empty while nobody of the
    office can act.
    """

    task: str
    holder: str
    until: datetime | None
    verb: str = ""


def hold_of(
    candidate: Candidate, facts: rules.CandidateFacts, at: datetime, held: Held | None = None,
    known: Mapping[str, Notice] | None = None,
) -> Hold | None:  # fmt: skip
    """Who holds the next step of a candidate; None where nothing is next."""
    if facts.stage not in NEXT:
        return None
    is_late = at >= candidate.screening.until and len(facts.scored) >= rules.JUDGES_LEAST
    if facts.stage == "SCORING" and not (facts.scored >= facts.judges or is_late):
        people = queries.judges_of(candidate).items()
        names = [name for number, name in people if number in facts.judges - facts.scored]
        return Hold(N_("等评分人评完"), "、".join(names), candidate.until)
    if facts.noticed.stands in (candidates.RUNNING, candidates.STOPPED):
        notices = queries.notices_of([candidate]) if known is None else known
        return _on_notice(notices[candidate.notice_number])
    verb, role = NEXT[facts.stage]
    if facts.noticed.stands == candidates.CANCELLED:
        verb = "return_candidate"
    return Hold(
        rules.STEPS[verb].name, _office(role, candidate.region_path, at, held), candidate.until,
        verb,
    )  # fmt: skip


def _on_notice(notice: Notice) -> Hold:
    """Everybody until it is over; while its clock stands, whoever handles the objection."""
    objection = open_objections(notice).select_related("handler").order_by("due_at", "pk").first()
    if objection is None:
        return Hold(N_("等公示期满"), gettext("公众（公示期内可提异议）"), notice.ends_at)
    handler = objection.handler
    holder = handler.name if handler else gettext("科技部门（未参与该事项的人员）")
    return Hold(N_("等异议办结"), holder, objection.due_at)


def _office(role: Role, region_path: str, at: datetime, held: Held | None) -> str:
    known: Held = {} if held is None else held
    key = (role, region_path)
    if key not in known:
        known[key] = holder_words(role, at=at, region_path=region_path)
    return known[key]
