"""What the rules need to know of a challenge or a bid, as this actor stands to it."""

from datetime import datetime

from kechuang.base.actor import Actor
from kechuang.base.time import shanghai_date
from kechuang.challenges import rules
from kechuang.challenges.models import (
    ArgumentSeat,
    Bid,
    Challenge,
    FormField,
    PriceOpening,
    Proposal,
)
from kechuang.challenges.rules.drafting import CriterionFacts, DraftFacts, TargetFacts
from kechuang.challenges.rules.form import FieldFacts
from kechuang.challenges.rules.modes import (
    ApprovalRule,
    Mode,
    StagePlan,
    ask_most,
    mode_of,
    stages_of,
)
from kechuang.challenges.rules.proposal import Frame
from kechuang.reviews import queries as reviews


def mode(challenge: Challenge) -> Mode:
    """The mode in the version that the challenge was drafted under."""
    return mode_of(challenge.mode, challenge.mode_version)


def invited_code(challenge: Challenge) -> str:
    """The credit code of the unit that a direct commission names; empty in the other modes."""
    return challenge.invited.code if challenge.invited else ""


def last_seats(challenge: Challenge) -> list[ArgumentSeat]:
    """The seats of the latest round of argument."""
    seats = list(challenge.seats.select_related("expert__organisation"))
    last = max((seat.round for seat in seats), default=0)
    return [seat for seat in seats if seat.round == last]


def live_proposal(challenge: Challenge) -> Proposal | None:
    """The proposal being approved or approved; None before and after a return."""
    return challenge.proposals.filter(
        state__in=[Proposal.State.APPROVING, Proposal.State.APPROVED]
    ).select_related("by").first()


def awaited_approval(challenge: Challenge) -> ApprovalRule | None:
    """The step of approval that is awaited now."""
    proposal = live_proposal(challenge)
    if proposal is None or proposal.state != Proposal.State.APPROVING:
        return None
    signed = list(proposal.approvals.values_list("step", flat=True))
    return rules.deciding.next_step(mode(challenge), signed)


def custodian_people(challenge: Challenge) -> frozenset[str]:
    """The numbers of the people who keep a key of the call."""
    if not challenge.custodians_needed:
        return frozenset()
    return frozenset(challenge.custodians.values_list("person__number", flat=True))


def prices_due(challenge: Challenge) -> bool:
    """Whether prices that were sealed apart are to be opened now: the scores are locked."""
    if not challenge.two_envelopes or challenge.state != rules.State.REVIEWING:
        return False
    panel = reviews.panel_for(challenge.number)
    locked = panel is not None and panel.state == "FINISHED"
    return locked and not PriceOpening.objects.filter(challenge=challenge).exists()


def challenge_facts(challenge: Challenge, actor: Actor) -> rules.ChallengeFacts:
    """The facts that rights on this challenge depend on, for this actor."""
    state = rules.State(challenge.state)
    seats = last_seats(challenge) if state == rules.State.ARGUING else []
    awaited = awaited_approval(challenge) if state == rules.State.DECIDING else None
    return rules.ChallengeFacts(
        state=state,
        region_path=challenge.region_path,
        issuer=challenge.issuer.code,
        secretary=challenge.secretary.number if challenge.secretary else "",
        chair=challenge.chair.number if challenge.chair else "",
        experts=frozenset(seat.expert.number for seat in seats),
        custodians=custodian_people(challenge),
        lead_expert=next((seat.expert.number for seat in seats if seat.is_lead), ""),
        approver=str(awaited.role) if awaited else "",
        fenced=actor.is_signed_in and reviews.is_fenced(actor, challenge.number),
        issuer_chooses=mode(challenge).issuer_chooses,
        deadline_at=challenge.deadline_at,
        prices_due=prices_due(challenge),
    )


def bid_facts(bid: Bid, actor: Actor, at: datetime) -> rules.BidFacts:
    """The facts that rights on this bid depend on, for this actor."""
    reads = bid.state in rules.bids.OPENED and reviews.may_read_case(actor, bid.number, at)
    return rules.BidFacts(
        state=rules.BidState(bid.state),
        organisation=bid.organisation.code,
        lead=bid.lead.number,
        drafter=bid.drafter.number,
        members=frozenset(bid.members.values_list("organisation__code", flat=True)),
        challenge=challenge_facts(bid.challenge, actor),
        may_read_as_expert=reads,
        passed=bid.passed,
    )


def target_facts(challenge: Challenge) -> list[TargetFacts]:
    return [
        TargetFacts(t.indicator, t.comparison, t.value, t.unit, t.test_method, t.tester, t.value_to)
        for t in challenge.targets.all()
    ]


def criterion_facts(challenge: Challenge) -> list[CriterionFacts]:
    return [
        CriterionFacts(c.code, c.name, c.weight, c.threshold) for c in challenge.criteria.all()
    ]


def form_of(challenge: Challenge) -> list[FieldFacts]:
    """What the call asks beside the proposal, in its order."""
    return [one.facts for one in FormField.objects.filter(challenge=challenge)]


def draft_facts(challenge: Challenge) -> DraftFacts:
    """A challenge as the rules of drafting see it."""
    return DraftFacts(
        title=challenge.title,
        summary=challenge.summary,
        conflict_rules=challenge.conflict_rules,
        total_fen=challenge.total_fen,
        public_fen=challenge.public_fen,
        own_fen=challenge.own_fen,
        months=challenge.months,
        opens_at=challenge.opens_at,
        deadline_at=challenge.deadline_at,
        targets=target_facts(challenge),
        criteria=criterion_facts(challenge),
        answers=dict(challenge.fit_answers.values_list("question", "yes")),
        secretary=challenge.secretary.number if challenge.secretary else "",
        chair=challenge.chair.number if challenge.chair else "",
        consented=challenge.consent_at is not None,
        invited=invited_code(challenge),
        invited_reason=challenge.invited_reason,
        form=form_of(challenge),
    )


def frame_of(challenge: Challenge) -> Frame:
    """What the challenge asks of a proposal; it is open, so it has a deadline."""
    assert challenge.deadline_at is not None
    plans = stage_plans(challenge)
    return Frame(
        targets=[str(place) for place in challenge.targets.values_list("place", flat=True)],
        public_fen=ask_most(mode(challenge), challenge.public_fen),
        total_fen=challenge.total_fen,
        months=challenge.months,
        earliest=shanghai_date(challenge.deadline_at),
        last=plans[0].until if plans else None,
    )


def stage_plans(challenge: Challenge) -> list[StagePlan]:
    """The stages of a race with their dates and money; none in other modes or without a date."""
    if challenge.deadline_at is None:
        return []
    day = shanghai_date(challenge.deadline_at)
    return stages_of(mode(challenge), challenge.public_fen, challenge.months, day)
