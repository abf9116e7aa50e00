"""Compute a batch, approve or return it, put it before the public, take out what did not hold."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.money import yuan_exact
from kechuang.base.refusals import require
from kechuang.base.time import shanghai_date
from kechuang.cultivation.actions.benefits.moves import (
    locked_batch,
    locked_funding,
    move_batch,
    note_act,
    person,
    tell_office,
    tell_unit,
)
from kechuang.cultivation.models import Batch, Funding, Line, Policy
from kechuang.cultivation.queries import benefits as queries
from kechuang.cultivation.queries.entitled import (
    Entitled,
    entitlements,
    ranks,
    rules_of,
    wanting,
)
from kechuang.cultivation.rules import allotting
from kechuang.cultivation.rules import benefits as rules
from kechuang.engines.eligibility import Policy as Rules
from kechuang.notices import actions as notices
from kechuang.notices import queries as notice_queries
from kechuang.notices.models import Notice, Objection
from kechuang.parties.models import Organisation
from kechuang.record.actions import take_number, take_numbers

State = Batch.State


# --- computing --------------------------------------------------------------------------------


@transaction.atomic
def compute_batch(*, funding: Funding, by: Actor, at: datetime) -> Batch | None:
    """Work out who is granted how much in a period, as of its day, by what is known now.

    Only *met* is paid. A batch that waits for approval is given back as it is. No batch, and
    None, where nobody has a claim; nor by night where it would be the one that was returned.
    The funding's row is locked: sixty-four at the same moment compute one.
    """
    funding = locked_funding(funding)
    policy = funding.policy
    require(rules.may_compute(by, policy.region_path), rules.not_permitted(policy.number))
    _check_open(funding, at)
    waiting = Batch.objects.filter(funding=funding, state=State.DRAFTED).first()
    if waiting:
        return waiting
    bound = rules_of(policy.rule_set, funding.as_of_date)
    found = entitlements(bound, policy.region_path)
    lines = allotting.allot(
        _candidates(funding, bound, found), funding.left_fen, policy.shortfall
    )
    asked = wanting(bound, found, None)
    funding.computed_at = at
    funding.computed = _figures(found, lines)
    funding.save(update_fields=["computed_at", "computed"])
    if not allotting.pays_something(lines):
        return None
    content = _content(funding, bound, lines)
    content_hash = allotting.fingerprint(content)
    returned = queries.last_returned(funding)
    if by.is_role(Role.CLOCK) and returned and returned.content_hash == content_hash:
        return None
    return _keep(funding, bound.rules.version, lines, asked, content_hash, by, at)


def _check_open(funding: Funding, at: datetime) -> None:
    policy = funding.policy
    is_open = funding.since <= shanghai_date(at) < funding.until
    require(
        policy.state == Policy.State.IN_FORCE and is_open,
        rules.not_in_force(policy.number, str(policy.get_state_display())),
    )


def _candidates(
    funding: Funding, bound: Rules, found: Sequence[Entitled]
) -> list[allotting.Candidate]:
    """Those who meet the rules, with what earlier lines of the period settled."""
    met = {one.organisation: one.amount_fen for one in found if one.is_met and one.amount_fen}
    settled, out = queries.settled(funding), queries.taken_out(funding)
    elsewhere = queries.enjoyed_elsewhere(funding)
    rows = list(Organisation.objects.filter(pk__in=met))
    policy = funding.policy
    ranked: dict[str, int | None] = {}
    if policy.shortfall == Policy.Shortfall.RANKING:
        ranked = ranks(bound, rows, policy.ranking_criterion, None)
    return [
        allotting.Candidate(
            row.code, met[row.pk], settled.get(row.pk, (0, 0))[0], ranked.get(row.code),
            elsewhere.get(row.pk, ""),
        )
        for row in rows
        if (row.pk, met[row.pk]) not in out
    ]  # fmt: skip


def _figures(found: Sequence[Entitled], lines: Sequence[allotting.Allotted]) -> dict[str, int]:
    return {
        "enterprises": len(found),
        "met": sum(one.is_met for one in found),
        "open": sum(one.is_open for one in found),
        "claims": len(lines),
        "pays": sum(line.outcome == allotting.PAYS for line in lines),
    }


def _content(
    funding: Funding, bound: Rules, lines: Sequence[allotting.Allotted]
) -> dict[str, Any]:
    """What the fingerprint covers: anybody with the lines can write it again and compare."""
    return {
        "policy": funding.policy.number, "period": funding.period,
        "as_of": funding.as_of_date.isoformat(), "rules": bound.rules.version,
        "left_fen": funding.left_fen,
        "lines": [
            [line.code, line.outcome, line.reason, line.entitled_fen, line.settled_fen,
             line.amount_fen]
            for line in lines
        ],
    }  # fmt: skip


def _keep(
    funding: Funding, version: str, lines: Sequence[allotting.Allotted],
    asked: list[dict[str, Any]], content_hash: str, by: Actor, at: datetime,
) -> Batch:  # fmt: skip
    batch = Batch(
        number=take_number("PC", at=at), funding=funding, region_path=funding.policy.region_path,
        rule_version=version, computed_at=at, left_fen=funding.left_fen,
        drafted_by=person(by) if by.is_signed_in else None, line_count=len(lines),
        total_fen=allotting.total_fen(lines), asked=asked, content_hash=content_hash,
    )  # fmt: skip
    move_batch(batch, State.DRAFTED, by, at, term="APPROVE")
    _write_lines(batch, lines, at)
    note_act(
        "compute_batch", batch.number, by, at,
        {"policy": funding.policy.number, "funding": funding.number, "period": funding.period,
         "total_fen": batch.total_fen, "lines": batch.line_count, "content": content_hash},
    )  # fmt: skip
    tell_office(batch.region_path, Role.HEAD, "batch_to_approve", batch.number, by, at)
    return batch


def _write_lines(batch: Batch, lines: Sequence[allotting.Allotted], at: datetime) -> None:
    numbers = take_numbers("BT", len(lines), at=at)
    codes = [line.code for line in lines]
    rows = {row.code: row for row in Organisation.objects.filter(code__in=codes)}
    before = {pk: count for pk, (_fen, count) in queries.settled(batch.funding).items()}
    kept = []
    for number, line in zip(numbers, lines, strict=True):
        organisation, pays = rows[line.code], line.outcome == allotting.PAYS
        kept.append(Line(
            number=number, batch=batch, funding=batch.funding, organisation=organisation,
            sequence=before.get(organisation.pk, 0) + 1, outcome=line.outcome,
            reason=line.reason, facts=dict(line.facts), entitled_fen=line.entitled_fen,
            settled_fen=line.settled_fen, amount_fen=line.amount_fen, is_live=pays,
            state=Line.State.DRAFTED if pays else Line.State.NONE,
        ))  # fmt: skip
    Line.objects.bulk_create(kept)


# --- approval and notice ----------------------------------------------------------------------


@transaction.atomic
def approve_batch(*, batch: Batch, by: Actor, at: datetime) -> Batch:
    """Approve a batch: its money is reserved, and everybody can read it and object.

    Refuses (rules.BatchRefused) when the budget was lowered below its total meanwhile; never by
    who computed it.
    """
    batch = locked_batch(batch, "approve_batch", by)
    left = batch.funding.left_fen
    require(batch.total_fen <= left, rules.over_budget(left, batch.total_fen))
    queries.live_lines(batch).update(state=Line.State.RESERVED)
    batch.approved_by, batch.approved_at = person(by), at
    _publish(batch, by, at)
    note_act(
        "approve_batch", batch.number, by, at,
        {"content": batch.content_hash, "total_fen": batch.total_fen,
         "notice": batch.notice_number},
    )  # fmt: skip
    for line in queries.live_lines(batch):
        tell_unit(line.organisation, "benefit_on_notice", line.number, by, at)
    return batch


def _publish(batch: Batch, by: Actor, at: datetime) -> None:
    policy = batch.funding.policy
    lines = list(queries.live_lines(batch))
    facts = [
        ("依据", f"{policy.document_title} {policy.document_number}".strip()),
        ("年度", batch.funding.period),
        ("户数", f"{len(lines)}"),
        ("合计（元）", yuan_exact(sum(line.amount_fen for line in lines))),
        ("内容指纹", f"sha256:{batch.content_hash}"),
        *((line.organisation.name, f"{yuan_exact(line.amount_fen)} 元") for line in lines),
    ]
    involved = [one.number for one in (batch.drafted_by, batch.approved_by) if one]
    notice = notices.open_notice(
        subject_number=batch.number, kind=Notice.Kind.LIST,
        title=f"{policy.title}（{batch.funding.period}年度）拟发放名单公示", facts=facts,
        region_path=batch.region_path, working_days=policy.notice_days, involved=involved, by=by,
        at=at,
    )  # fmt: skip
    batch.notice_number = notice.number
    move_batch(batch, State.ON_NOTICE, by, at)


@transaction.atomic
def return_batch(*, batch: Batch, reason: str, by: Actor, at: datetime) -> Batch:
    """Return a batch with a reason; by night it is not proposed again as it was."""
    batch = locked_batch(batch, "return_batch", by)
    queries.live_lines(batch).update(state=Line.State.RETURNED, is_live=False)
    batch.reason = reason[:500]
    move_batch(batch, State.RETURNED, by, at, note=reason)
    note_act("return_batch", batch.number, by, at)
    tell_office(batch.region_path, Role.OFFICER, "batch_returned", batch.number, by, at)
    return batch


@transaction.atomic
def take_out(
    *, line: Line, objection: Objection, reason: str, by: Actor, at: datetime
) -> Line:
    """Take an enterprise out of a batch on notice, because an objection held.

    Refuses (rules.BatchRefused) an objection that did not, or was to another notice.
    """
    batch = locked_batch(line.batch, "take_out", by)
    row = queries.live_lines(batch).filter(pk=line.pk).first()
    if row is None:
        raise rules.line_not_live(line.number)
    upheld = [one.pk for one in queries.upheld_objections(batch)]
    require(objection.pk in upheld, rules.nothing_held_against(line.number))
    row.state, row.is_live = Line.State.TAKEN_OUT, False
    row.objection, row.note = objection, reason[:500]
    row.save(update_fields=["state", "is_live", "objection", "note"])
    note_act(
        "take_out", batch.number, by, at,
        {"line": row.number, "objection": objection.number, "amount_fen": row.amount_fen},
    )  # fmt: skip
    tell_unit(row.organisation, "benefit_taken_out", row.number, by, at)
    if batch.state == State.CORRECTING and not queries.live_lines(batch).exists():
        move_batch(batch, State.CANCELLED, by, at)
    return row


@transaction.atomic
def publish_again(*, batch: Batch, by: Actor, at: datetime) -> Batch:
    """Put what is left of a batch before the public anew, for the whole term."""
    batch = locked_batch(batch, "publish_again", by)
    _publish(batch, by, at)
    note_act("publish_again", batch.number, by, at, {"notice": batch.notice_number})
    return batch


@transaction.atomic
def follow_notice(*, batch: Batch, by: Actor, at: datetime) -> Batch:
    """Go where the notice went: over, so that it may be paid; cancelled, so that it is corrected.

    A notice that still runs changes nothing.
    """
    batch = locked_batch(batch, "follow_notice", by)
    notice = queries.notice_of(batch)
    assert notice is not None, batch
    if not queries.live_lines(batch).exists():
        if notice.state in (Notice.State.OPEN, Notice.State.PAUSED):
            return batch
        move_batch(batch, State.CANCELLED, by, at)
    elif notice.state == Notice.State.CANCELLED:
        move_batch(batch, State.CORRECTING, by, at, term="PUBLISH_AGAIN")
        tell_office(batch.region_path, Role.OFFICER, "batch_to_correct", batch.number, by, at)
    elif notice_queries.is_over(notice, at):
        move_batch(batch, State.PAYABLE, by, at, term="REQUEST")
        tell_office(batch.region_path, Role.OFFICER, "batch_payable", batch.number, by, at)
    else:
        return batch
    note_act("follow_notice", batch.number, by, at, {"state": str(batch.state)})
    return batch
