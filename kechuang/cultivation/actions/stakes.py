"""The money of a stake that a screening opened: three people through the ledger."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.cultivation.actions.screenings.moves import (
    locked_candidate,
    note_act,
    tell_office,
)
from kechuang.cultivation.models import Candidate, Stake
from kechuang.cultivation.rules.deadlines import due
from kechuang.ledger import actions as ledger
from kechuang.ledger.models import PaymentOrder


@transaction.atomic
def request_stake(*, candidate: Candidate, by: Actor, at: datetime) -> Candidate:
    """Request the money of an accepted stake: the first of three."""
    candidate = locked_candidate(candidate, "request_stake", by, at)
    stake = candidate.stake
    grant = ledger.open_grant(
        subject_number=stake.number, region_path=candidate.region_path,
        approved_fen=stake.amount_fen, organisation=candidate.organisation, by=by, at=at,
    )  # fmt: skip
    assert candidate.decided_by is not None
    release = ledger.release_instalment(
        grant=grant, instalment_number=stake.number, amount_fen=stake.amount_fen,
        cause_number=candidate.number, acceptors=[candidate.decided_by], by=by, at=at,
    )  # fmt: skip
    stake.order = ledger.request_payment(
        release=release, idempotency_key=f"stake:{stake.number}",
        until=due("REVIEW", candidate.region_path, at), by=by, at=at,
    )  # fmt: skip
    stake.save(update_fields=["order"])
    return _stake_moved(candidate, "request_stake", "REVIEW", Role.FINANCE, by, at)


@transaction.atomic
def review_stake(*, candidate: Candidate, by: Actor, at: datetime) -> Candidate:
    """Review it: the second person, who did not decide on the candidate."""
    candidate = locked_candidate(candidate, "review_stake", by, at)
    until = due("PAY", candidate.region_path, at)
    _order_of(
        candidate, lambda order: ledger.review_payment(order=order, until=until, by=by, at=at)
    )
    return _stake_moved(candidate, "review_stake", "PAY", Role.PAYER, by, at)


@transaction.atomic
def pay_stake(*, candidate: Candidate, by: Actor, at: datetime) -> Candidate:
    """Pay it: the third person; the share is held from now on."""
    candidate = locked_candidate(candidate, "pay_stake", by, at)
    _order_of(candidate, lambda order: ledger.pay(order=order, until=None, by=by, at=at))
    stake = candidate.stake
    stake.state, stake.opened_at = Stake.State.HELD, at
    stake.save(update_fields=["state", "opened_at"])
    return _stake_moved(candidate, "pay_stake", "", None, by, at)


def _order_of(candidate: Candidate, act: Callable[[PaymentOrder], PaymentOrder]) -> None:
    order = candidate.stake.order
    assert order is not None
    candidate.stake.order = act(order)


def _stake_moved(
    candidate: Candidate, verb: str, term: str, then: Role | None, by: Actor, at: datetime
) -> Candidate:
    candidate.until = due(term, candidate.region_path, at) if term else None
    candidate.save(update_fields=["until"])
    note_act(verb, candidate.number, by, at, stake=candidate.stake.number,
          amount_fen=candidate.stake.amount_fen)  # fmt: skip
    if then is not None:
        tell_office(candidate, then, "candidate_payable", by, at)
    return candidate
