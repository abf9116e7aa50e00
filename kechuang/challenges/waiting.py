"""What waits for a person in challenges and bids: what, who holds it, since when, until when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext

from kechuang.base.actor import Actor, Role
from kechuang.base.matters import Matter
from kechuang.base.refusals import N_
from kechuang.base.time import at_shanghai, shanghai_date
from kechuang.base.working_days import calendar
from kechuang.challenges.models import (
    ArgumentSeat,
    Bid,
    BidCheck,
    BidMember,
    Challenge,
    Custodian,
    Gate,
    OpeningSession,
    PostedShare,
    Proposal,
    Question,
)
from kechuang.challenges.queries import bids_visible_to, in_region, mode, prices_due
from kechuang.challenges.rules.deciding import next_step
from kechuang.challenges.rules.racing import GateState
from kechuang.doors.words import name_in_language
from kechuang.notices.models import Notice
from kechuang.parties.queries import holder_words
from kechuang.reviews.queries import fenced_subjects

MOST = 200
CUSTODIAN_DAYS = 2
WAITING = [
    "DRAFTING", "ARGUING", "APPROVED", "OPEN", "CLOSED", "CHECKING", "REVIEWING", "DECIDING",
    "ON_NOTICE",
]
OFFICES = (Role.OFFICER, Role.HEAD, Role.FINANCE, Role.SUPERVISOR)


@dataclass(frozen=True, slots=True)
class Wait:
    """One step that is awaited: of whom, since when, and in how many working days or until when."""

    task: str
    button: str
    url_name: str
    who: str
    since: datetime
    days: int | None = None
    until: datetime | None = None
    facts: dict[str, int] = field(default_factory=dict)
    args: tuple[int, ...] = ()

    def due(self) -> datetime | None:
        if self.until is not None or self.days is None:
            return self.until
        return at_shanghai(calendar().add(shanghai_date(self.since), self.days))


def matters_for(actor: Actor, at: datetime) -> list[Matter]:
    """This part's rows of a person's work list; a fixed number of queries."""
    if not actor.is_signed_in:
        return []
    rows = [*_challenge_matters(actor, at), *_bid_matters(actor, at), *_seat_matters(actor, at),
            *_custodian_matters(actor)]
    return rows[:MOST]


def _challenge_matters(actor: Actor, at: datetime) -> Iterator[Matter]:
    names: dict[tuple[Role, str], str] = {}
    notices = None
    for challenge in _concerning(actor):
        if challenge.state == "ON_NOTICE" and notices is None:
            notices = _ends(actor)
        for wait in _waits(challenge, _next_end(challenge, notices or {})):
            mine = _is_mine(wait, challenge, actor)
            follows = actor.role == Role.OFFICER and challenge.officer.number == actor.person
            if mine or follows:
                yield Matter(
                    number=challenge.number, title=challenge.title, task=wait.task,
                    holder=_holder(wait, challenge, at, names), mine=mine, since=wait.since,
                    until=wait.due(),
                    url=reverse(wait.url_name, args=[challenge.number, *wait.args]) if mine
                    else reverse("challenge", args=[challenge.number]),
                    button=wait.button if mine else N_("查看"), facts=wait.facts,
                )


def _concerning(actor: Actor) -> QuerySet[Challenge]:
    """The challenges in which this actor may have a step."""
    found = Q(secretary__number=actor.person) | Q(chair__number=actor.person, state="RUNNING")
    if actor.is_role(*OFFICES) and actor.region:
        found |= in_region(actor.region)
    if actor.is_role(Role.UNIT_ADMIN):
        found |= Q(issuer__code=actor.organisation)
    questions = Question.objects.filter(answered_at__isnull=True).order_by("id")
    proposals = Proposal.objects.filter(state__in=["APPROVING", "APPROVED"]).order_by("place")
    gates = Gate.objects.filter(state__in=[GateState.COMPARING, GateState.COMPARED])
    at_gate = Q(state="RUNNING") & Q(Exists(gates.filter(challenge=OuterRef("pk"))))
    return (
        Challenge.objects.filter(found, Q(state__in=WAITING) | at_gate)
        .exclude(number__in=fenced_subjects(actor))
        .select_related("officer", "issuer", "secretary", "chair")
        .prefetch_related(
            "presences", "choices", "seats", "proposals",
            Prefetch("gates", gates, to_attr="open_gates"),
            Prefetch("questions", questions, to_attr="unanswered"),
            Prefetch("sessions", OpeningSession.objects.filter(ended_at__isnull=True),
                     to_attr="live_sessions"),
            Prefetch("proposals", proposals.prefetch_related("approvals"), to_attr="live"),
        )
        .order_by("since")[:MOST]
    )


def _next_end(
    challenge: Challenge, ends: Mapping[str, datetime | None]
) -> datetime | None:
    """When the next notice of an award that is not final runs out; None while all clocks stand."""
    if challenge.state != "ON_NOTICE":
        return None
    found = [ends.get(one.notice_number) for one in challenge.live if not one.project_number]
    return min((end for end in found if end is not None), default=None)


def _ends(actor: Actor) -> dict[str, datetime | None]:
    """When the running notices of this region end, by their numbers."""
    rows = Notice.objects.filter(
        in_region(actor.region) if actor.region else Q(), state__in=["OPEN", "PAUSED", "ENDED"]
    )
    return dict(rows.values_list("number", "ends_at"))


def _waits(challenge: Challenge, notice_ends: datetime | None) -> Iterator[Wait]:
    """The steps that a challenge awaits now."""
    made = partial(Wait, since=challenge.since)
    state = challenge.state
    if state in ("DRAFTING", "ARGUING"):
        yield from _waits_before_approval(challenge)
    elif state == "APPROVED":
        yield made(N_("榜单审定"), N_("去审定"), "challenge-authorise", "head", days=5)
    elif state == "OPEN" and challenge.unanswered:
        first = challenge.unanswered[0]
        yield Wait(N_("揭榜答疑"), N_("去答"), "challenge", "officer", first.asked_at, 3,
                   facts={"count": len(challenge.unanswered)})
    elif state == "CLOSED":
        yield from _waits_for_opening(challenge)
    elif state == "CHECKING":
        yield made(N_("形式审查"), N_("去审查"), "challenge-bids", "secretary", days=3)
    elif state == "REVIEWING":
        yield _wait_in_review(challenge)
    elif state == "DECIDING":
        yield from _waits_for_decision(challenge)
    elif state == "RUNNING":
        yield from _waits_at_gate(challenge)
    elif state == "ON_NOTICE" and notice_ends is not None:
        yield Wait(N_("期满确定立项"), N_("去确定"), "challenge-award", "head", notice_ends, 5)


def _wait_in_review(challenge: Challenge) -> Wait:
    """The panel, or the opening of prices that were sealed apart."""
    if not prices_due(challenge):
        return Wait(N_("专家评审"), N_("查看"), "challenge", "panel", challenge.since)
    words = N_("报价开标会") if challenge.live_sessions else N_("开始报价开标会")
    return Wait(words, N_("去开标会"), "challenge-session", "officer", challenge.since, 2)


def _waits_before_approval(challenge: Challenge) -> Iterator[Wait]:
    made = partial(Wait, since=challenge.since)
    if challenge.state == "DRAFTING":
        yield made(N_("榜单起草"), N_("去写"), "challenge", "officer", days=10)
        if challenge.consent_at is None and challenge.deadline_at is not None:
            yield made(N_("出题方同意榜单"), N_("去看"), "challenge-consent", "issuer", days=5)
        return
    seats = [seat for seat in challenge.seats.all() if seat.signed_at is None]
    until = min((seat.until for seat in seats), default=None)
    yield made(N_("专家论证"), N_("查看"), "challenge", "experts", until=until)


def _waits_at_gate(challenge: Challenge) -> Iterator[Wait]:
    for gate in challenge.open_gates:
        compared = gate.state == GateState.COMPARED
        yield Wait(
            N_("赛段决定") if compared else N_("赛段比较"),
            N_("去决定") if compared else N_("去比较"), "challenge-gate",
            "head" if compared else "chair", gate.since, 5 if compared else 10, args=(gate.place,),
        )


def _waits_for_opening(challenge: Challenge) -> Iterator[Wait]:
    if challenge.custodians_needed:
        words = N_("开标会") if challenge.live_sessions else N_("开始开标会")
        yield Wait(words, N_("去开标会"), "challenge-session", "officer", challenge.since, 2)
    present = any(one.role == Role.SUPERVISOR for one in challenge.presences.all())
    if present or not mode(challenge).sealed:
        if not challenge.custodians_needed:
            yield Wait(N_("开标"), N_("去开标"), "challenge-unseal", "officer",
                       challenge.since, 2)
    else:
        yield Wait(N_("开标签到"), N_("去签到"), "challenge-attend", "supervisor",
                   challenge.since, 2)


def _waits_for_decision(challenge: Challenge) -> Iterator[Wait]:
    if challenge.live:
        proposal = challenge.live[0]
        approvals = list(proposal.approvals.all())
        step = next_step(mode(challenge), [one.step for one in approvals])
        since = approvals[-1].at if approvals else proposal.at
        if step is not None:
            yield Wait(N_("审批拟立项"), N_("去审批"), "challenge-approve", str(step.role).lower(),
                       since, step.working_days)
        return
    returned = [one for one in challenge.proposals.all() if one.state in ("RETURNED", "UNDONE")]
    choices = list(challenge.choices.all())
    last = max((one.at for one in returned), default=challenge.since)
    chosen = next((one for one in reversed(choices) if one.at > last), None)
    if not mode(challenge).issuer_chooses:
        yield Wait(N_("提出拟立项"), N_("去提出"), "challenge-propose", "officer", last, 3)
        return
    if chosen is None:
        yield Wait(N_("出题方选定"), N_("去选定"), "challenge-choose", "issuer",
                   challenge.since, 10)
    if choices:
        yield Wait(N_("提出拟立项"), N_("去提出"), "challenge-propose", "officer",
                   choices[-1].at, 3)


def _is_mine(wait: Wait, challenge: Challenge, actor: Actor) -> bool:
    offices = {"head": Role.HEAD, "finance": Role.FINANCE, "supervisor": Role.SUPERVISOR}
    if wait.who in offices:
        return actor.role == offices[wait.who] and actor.covers(challenge.region_path)
    if wait.who == "officer":
        return actor.role == Role.OFFICER and challenge.officer.number == actor.person
    if wait.who == "issuer":
        return actor.role == Role.UNIT_ADMIN and actor.organisation == challenge.issuer.code
    if wait.who == "secretary":
        return challenge.secretary is not None and challenge.secretary.number == actor.person
    if wait.who == "chair":
        return challenge.chair is not None and challenge.chair.number == actor.person
    return False


def _holder(
    wait: Wait, challenge: Challenge, at: datetime, names: dict[tuple[Role, str], str]
) -> str:
    """Who holds a step, in words; looked up once for each office."""
    offices = {"head": Role.HEAD, "finance": Role.FINANCE, "supervisor": Role.SUPERVISOR}
    if wait.who in offices:
        key = (offices[wait.who], challenge.region_path)
        if key not in names:
            names[key] = holder_words(key[0], region_path=key[1], at=at)
        return names[key]
    if wait.who == "experts":
        seats = challenge.seats.all()
        signed = sum(1 for seat in seats if seat.signed_at is not None)
        return gettext("专家（已签 {signed} / {total}）").format(signed=signed, total=len(seats))
    people = {
        "issuer": challenge.issuer, "secretary": challenge.secretary, "chair": challenge.chair,
    }  # fmt: skip
    return str(name_in_language(people.get(wait.who) or challenge.officer))


def _bid_matters(actor: Actor, at: datetime) -> Iterator[Matter]:
    """The bidder's own rows: drafts, signatures, memberships, reconfirmation, corrections."""
    if not actor.organisation:
        return
    bids = (
        bids_visible_to(actor, at)
        .filter(Q(state__in=["DRAFT", "NEEDS_RECONFIRM"], challenge__state="OPEN")
                | Q(state="CORRECTION"))
        .prefetch_related(
            Prefetch("members", BidMember.objects.select_related("organisation")),
            Prefetch("checks", BidCheck.objects.filter(verdict="CORRECTION"), to_attr="asked"),
        )
    )
    for bid in bids.order_by("challenge__deadline_at")[:MOST]:
        yield from _waits_of_bid(bid, actor)


def _waits_of_bid(bid: Bid, actor: Actor) -> Iterator[Matter]:
    admin = actor.role == Role.UNIT_ADMIN
    lead_unit = actor.organisation == bid.organisation.code
    deadline = bid.challenge.deadline_at
    row = partial(_bid_matter, bid, since=bid.since, until=deadline)
    if bid.state == "DRAFT" and lead_unit:
        signed = bid.signed_version and bid.signed_version == bid.content_version
        if admin and not signed and bid.content_version:
            yield row(N_("签发揭榜方案"), N_("去签发"), "bid-sign")
        elif signed:
            yield row(N_("提交密封方案"), N_("去提交"), "bid-submit")
        else:
            yield row(N_("填写揭榜方案"), N_("去填"), "bid-edit")
    if bid.state == "DRAFT" and admin and not lead_unit:
        asked = [m for m in bid.members.all() if m.organisation.code == actor.organisation]
        if asked and asked[0].confirmed_at is None:
            yield row(N_("确认参加联合体"), N_("去确认"), "bid-confirm")
    if bid.state == "NEEDS_RECONFIRM" and lead_unit:
        yield row(N_("榜单已改，重新确认方案"), N_("去确认"), "bid-reconfirm")
    if bid.state == "CORRECTION" and lead_unit and bid.asked:
        check = bid.asked[0]
        if check.corrected_at is None:
            yield _bid_matter(bid, N_("补正揭榜方案"), N_("去补正"), "bid-correct",
                              since=check.at, until=check.until)


def _bid_matter(
    bid: Bid, task: str, button: str, url_name: str, *, since: datetime, until: datetime | None
) -> Matter:
    return Matter(
        number=bid.number, title=bid.challenge.title, task=task, holder=bid.organisation.name,
        mine=True, since=since, until=until, url=reverse(url_name, args=[bid.number]),
        button=button,
    )


def _seat_matters(actor: Actor, at: datetime) -> Iterator[Matter]:
    """The opinions that an expert still owes; the lead's comes last."""
    if not actor.is_role(Role.EXPERT):
        return
    seats = ArgumentSeat.objects.filter(
        expert__number=actor.person, signed_at__isnull=True, challenge__state="ARGUING"
    ).select_related("challenge", "expert")
    for seat in seats.order_by("until")[:MOST]:
        yield Matter(
            number=seat.challenge.number, title=seat.challenge.title, task=N_("签署论证意见"),
            holder=seat.expert.name, mine=True, since=seat.since, until=seat.until,
            url=reverse("challenge-argue", args=[seat.challenge.number]), button=N_("去论证"),
        )


def _custodian_matters(actor: Actor) -> Iterator[Matter]:
    """What a custodian owes: the own public key before approval, the shares after the close."""
    keeps = Custodian.objects.filter(person__number=actor.person).select_related(
        "challenge", "person"
    )
    early = keeps.filter(public="", challenge__state__in=["DRAFTING", "ARGUING", "APPROVED"])
    for row in early.order_by("id")[:MOST]:
        yield _custodian_matter(row, N_("登记保管人公钥"), N_("登记公钥"), "challenge-custodians",
                                row.challenge.since)
    posted = PostedShare.objects.filter(session=OuterRef("pk"), custodian=OuterRef("keeper"))
    called = OpeningSession.objects.filter(
        ended_at__isnull=True, challenge__state__in=["CLOSED", "REVIEWING"],
        challenge__custodians__person__number=actor.person,
    ).annotate(keeper=F("challenge__custodians__pk")).filter(~Exists(posted))
    rows = {row.pk: row for row in keeps.filter(pk__in=called.values("keeper"))}
    for session in called.order_by("id")[:MOST]:
        yield _custodian_matter(rows[session.keeper], N_("交开标份额"), N_("去交"),
                                "challenge-shares", session.at)


def _custodian_matter(
    row: Custodian, task: str, button: str, url_name: str, since: datetime
) -> Matter:
    until = at_shanghai(calendar().add(shanghai_date(since), CUSTODIAN_DAYS))
    return Matter(
        number=row.challenge.number, title=row.challenge.title, task=task,
        holder=row.person.name, mine=True, since=since, until=until,
        url=reverse(url_name, args=[row.challenge.number]), button=button,
    )
