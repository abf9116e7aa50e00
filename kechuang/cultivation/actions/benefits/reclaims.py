"""Take back what corrected data no longer carry: find it, hear the enterprise, decide, settle."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import require
from kechuang.base.time import rfc3339
from kechuang.cultivation.actions.benefits.moves import (
    locked_case,
    locked_funding,
    move_case,
    note_act,
    person,
    tell_office,
    tell_unit,
)
from kechuang.cultivation.models import Funding, Line, ReclaimCase
from kechuang.cultivation.queries import benefits as queries
from kechuang.cultivation.queries.entitled import (
    changed_data,
    corrected_by,
    entitlements,
    rules_of,
    sources_since,
)
from kechuang.cultivation.rules import allotting
from kechuang.cultivation.rules import benefits as rules
from kechuang.cultivation.rules.deadlines import due
from kechuang.engines.eligibility import Policy as Rules
from kechuang.ledger import actions as ledger
from kechuang.ledger import rules as ledger_rules
from kechuang.parties.models import Organisation
from kechuang.record.actions import take_number

State = ReclaimCase.State
RECLAIM, DROP = "RECLAIM", "DROP"


@transaction.atomic
def compare_paid(
    *,
    funding: Funding,
    by: Actor,
    at: datetime,
    organisations: Sequence[Organisation] | None = None,
) -> list[ReclaimCase]:
    """Hold what was paid in a period against the data as they are known now; open and lapse cases.

    As of the period's day and by the version of the rules that the line was computed by. An answer
    that became unknown accuses nobody. A case that waits lapses when the data were corrected
    again.
    """
    funding = locked_funding(funding)
    require(
        rules.may_compute(by, funding.policy.region_path),
        rules.not_permitted(funding.policy.number),
    )
    scope = None if organisations is None else [one.pk for one in organisations]
    lines = queries.paid_lines(funding, scope)
    known = queries.cases_of(lines)
    opened: list[ReclaimCase] = []
    for version in sorted({line.batch.rule_version for line in lines}):
        bound = rules_of(funding.policy.rule_set, funding.as_of_date, version)
        if bound.rules.version != version:
            continue  # a version that is gone accuses nobody
        mine = [line for line in lines if line.batch.rule_version == version]
        pks = {line.organisation_id for line in mine}
        found = {
            one.organisation: one for one in entitlements(bound, funding.policy.region_path,
                                                          organisations=pks)
        }  # fmt: skip
        for line in mine:
            answer = found.get(line.organisation_id)
            if answer is None or answer.is_open:
                continue
            now_fen = (answer.amount_fen or 0) if answer.is_met else 0
            case = _compare(line, bound, now_fen, known.get(line.pk, []), by, at)
            opened += [case] if case else []
    return opened


def _compare(
    line: Line, bound: Rules, now_fen: int, cases: Iterable[ReclaimCase], by: Actor, at: datetime
) -> ReclaimCase | None:
    """Open a case for a line that the data no longer carry, unless one says so already."""
    now_fen = max(now_fen, line.settled_fen)
    for case in cases:
        waits = case.state in (State.OPEN, State.ANSWERED)
        if waits and case.entitled_now_fen != now_fen:
            move_case(case, State.LAPSED, by, at)
            note_act("lapse_case", case.number, by, at, {"line": line.number})
        elif case.state != State.LAPSED and case.entitled_now_fen <= now_fen:
            return None
    amount = allotting.due_back(
        line.amount_fen, line.entitled_fen - line.settled_fen, now_fen - line.settled_fen
    )
    return _open(line, bound, now_fen, amount, by, at) if amount > 0 else None


def _open(
    line: Line, bound: Rules, now_fen: int, amount_fen: int, by: Actor, at: datetime
) -> ReclaimCase:
    then = line.batch.computed_at
    changes = changed_data(bound, line.organisation, then, at)
    case = ReclaimCase(
        number=take_number("ZH", at=at), line=line, region_path=line.batch.region_path,
        entitled_then_fen=line.entitled_fen, entitled_now_fen=now_fen, amount_fen=amount_fen,
        changes=changes, sources=sources_since(line.organisation, then),
        corrected_by=corrected_by(line.organisation, then), opened_at=at,
    )  # fmt: skip
    move_case(case, State.OPEN, by, at, term="ANSWER")
    note_act("open_case", case.number, by, at, _payload(case))
    tell_unit(line.organisation, "case_opened", case.number, by, at)
    return case


def _payload(case: ReclaimCase) -> dict[str, Any]:
    return {
        "line": case.line.number, "amount_fen": case.amount_fen,
        "then_fen": case.entitled_then_fen, "now_fen": case.entitled_now_fen,
    }  # fmt: skip


@transaction.atomic
def answer_case(*, case: ReclaimCase, answer: str, by: Actor, at: datetime) -> ReclaimCase:
    """The enterprise says what it has to say, before anything is decided."""
    case = locked_case(case, "answer_case", by)
    require(bool(answer.strip()), rules.answer_missing())
    case.answer, case.answered_at = answer.strip(), at
    move_case(case, State.ANSWERED, by, at, term="DECIDE")
    note_act("answer_case", case.number, by, at)
    tell_office(case.region_path, Role.HEAD, "case_to_decide", case.number, by, at)
    return case


@transaction.atomic
def decide_case(
    *, case: ReclaimCase, verdict: str, decision: str, by: Actor, at: datetime
) -> ReclaimCase:
    """Decide that a sum is taken back, or is not, with reasons; not by who corrected the data.

    Refuses (rules.CaseRefused) while the enterprise may still answer, and a second reclaim of the
    same payment.
    """
    case = locked_case(case, "decide_case", by)
    runs = case.state == State.OPEN and case.until is not None and at < case.until
    require(not runs, rules.answer_term_runs(rfc3339(case.until)[:16] if case.until else ""))
    case.decision, case.decided_by, case.decided_at = decision, person(by), at
    if verdict == RECLAIM:
        _demand(case, by, at)
        move_case(case, State.DUE, by, at, note=decision, term="REPAY")
        tell_office(case.region_path, Role.PAYER, "case_due", case.number, by, at)
    else:
        move_case(case, State.DROPPED, by, at, note=decision)
    note_act("decide_case", case.number, by, at, _payload(case) | {"verdict": verdict})
    tell_unit(case.line.organisation, "case_decided", case.number, by, at)
    return case


def _demand(case: ReclaimCase, by: Actor, at: datetime) -> None:
    line = case.line
    assert line.order is not None
    if line.order.state not in (ledger_rules.PAID, ledger_rules.CONFIRMED):
        raise rules.reclaimed_already(line.order.number)
    ledger.reclaim_payment(
        order=line.order, amount_fen=case.amount_fen, reason=case.number,
        until=due("REPAY", case.region_path, at), by=by, at=at,
    )  # fmt: skip
    line.state = Line.State.RECLAIM_DUE
    line.save(update_fields=["state"])


@transaction.atomic
def settle_case(*, case: ReclaimCase, by: Actor, at: datetime) -> ReclaimCase:
    """Note that the money is back in the treasury: one voucher."""
    case = locked_case(case, "settle_case", by)
    line = case.line
    assert line.order is not None
    ledger.settle_reclaim(order=line.order, by=by, at=at)
    line.state = Line.State.RECLAIMED
    line.save(update_fields=["state"])
    case.settled_at = at
    move_case(case, State.SETTLED, by, at)
    note_act("settle_case", case.number, by, at, _payload(case))
    tell_unit(line.organisation, "case_settled", case.number, by, at)
    return case
