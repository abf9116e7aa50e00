"""Reads of benefits: who sees which policy, batch, line and case; what earlier lines settled."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import F, Q, QuerySet, Sum

from kechuang.base.actor import Actor
from kechuang.cultivation.models import (
    Batch,
    Funding,
    Line,
    Policy,
    PolicyExclusion,
    ReclaimCase,
    Stake,
)
from kechuang.cultivation.queries.sight import within
from kechuang.cultivation.rules import benefits as rules
from kechuang.notices.models import Notice, Objection
from kechuang.notices.queries import objections_of
from kechuang.parties.models import Organisation

PUBLIC_STATES = (Policy.State.IN_FORCE, Policy.State.CLOSED)
# What an enterprise sees of itself: what a second person has approved.
SHOWN_TO_UNIT = (
    "RESERVED", "TAKEN_OUT", "REQUESTED", "REVIEWED", "PAID", "CONFIRMED", "RECLAIM_DUE",
    "RECLAIMED",
)  # fmt: skip
PAID = ("PAID", "CONFIRMED", "RECLAIM_DUE", "RECLAIMED")
WRONG = (Objection.Verdict.UPHELD, Objection.Verdict.PARTLY)


# --- who sees what ----------------------------------------------------------------------------


def policies_visible_to(actor: Actor, at: datetime) -> QuerySet[Policy]:
    """Policies in force or closed, for everybody; the others for the offices of the region."""
    seen = Q(state__in=PUBLIC_STATES)
    if actor.is_role(*rules.READERS) and actor.region:
        seen |= within(actor.region)
    return Policy.objects.filter(seen).select_related("drafted_by", "checked_by")


def fundings_visible_to(actor: Actor, at: datetime) -> QuerySet[Funding]:
    """A year's money of the policies that this actor sees."""
    return Funding.objects.filter(policy__in=policies_visible_to(actor, at)).select_related(
        "policy"
    )


def batches_visible_to(actor: Actor, at: datetime) -> QuerySet[Batch]:
    """Those who work on batches in the region, and the supervisor; the public reads notices."""
    if not (actor.is_role(*rules.READERS) and actor.region):
        return Batch.objects.none()
    return Batch.objects.filter(within(actor.region)).select_related(
        "funding__policy", "drafted_by", "approved_by"
    )


def lines_visible_to(actor: Actor, at: datetime) -> QuerySet[Line]:
    """The offices' all; an enterprise's own, from approval on."""
    rows = Line.objects.select_related(
        "batch", "funding__policy", "organisation", "order", "stake", "objection"
    )
    if actor.is_role(*rules.UNIT) and actor.organisation:
        return rows.filter(organisation__code=actor.organisation, state__in=SHOWN_TO_UNIT)
    return rows.filter(batch__in=batches_visible_to(actor, at))


def cases_visible_to(actor: Actor, at: datetime) -> QuerySet[ReclaimCase]:
    """The offices' all, and an enterprise's own."""
    rows = ReclaimCase.objects.select_related(
        "line__organisation", "line__funding__policy", "line__batch", "line__order", "decided_by"
    )
    if actor.is_role(*rules.UNIT) and actor.organisation:
        return rows.filter(line__organisation__code=actor.organisation)
    if actor.is_role(*rules.READERS) and actor.region:
        return rows.filter(within(actor.region))
    return rows.none()


# --- what the rights look at ------------------------------------------------------------------


def office_of_policy(policy: Policy) -> rules.Office:
    return rules.Office(
        policy.number, policy.state, str(policy.get_state_display()), policy.region_path,
        took_part={"drafted": policy.drafted_by.number},
    )  # fmt: skip


def office_of_batch(batch: Batch) -> rules.Office:
    drafted = batch.drafted_by.number if batch.drafted_by else ""
    return rules.Office(
        batch.number, batch.state, str(batch.get_state_display()), batch.region_path,
        took_part={"drafted": drafted},
    )  # fmt: skip


def office_of_case(case: ReclaimCase) -> rules.Office:
    return rules.Office(
        case.number, case.state, str(case.get_state_display()), case.region_path,
        organisation=case.line.organisation.code, took_part={"corrected": case.corrected_by},
    )  # fmt: skip


# --- what is open -----------------------------------------------------------------------------


def fundings_open_on(day: date) -> QuerySet[Funding]:
    """The years of policies in force that are computed on a day."""
    return Funding.objects.filter(
        policy__state=Policy.State.IN_FORCE, since__lte=day, until__gt=day
    ).select_related("policy")


def fundings_paid() -> QuerySet[Funding]:
    """The years of which something was paid: what a correction may touch."""
    return Funding.objects.filter(paid_fen__gt=0).select_related("policy")


def batches_on_notice() -> QuerySet[Batch]:
    return Batch.objects.filter(state=Batch.State.ON_NOTICE)


def notice_of(batch: Batch) -> Notice | None:
    """The notice that runs, or ran last."""
    return Notice.objects.filter(number=batch.notice_number).first()


def upheld_objections(batch: Batch) -> list[Objection]:
    """Objections to this batch's notices that held, in full or in part."""
    notices = Notice.objects.filter(subject_number=batch.number)
    return [
        one
        for notice in notices
        for one in objections_of(notice).filter(verdict__in=WRONG)
    ]


# --- what was settled -------------------------------------------------------------------------


def settled(funding: Funding) -> dict[int, tuple[int, int]]:
    """What earlier lines of a period settled, by organisation: the amount by the rule, the count.

    A line that was taken back settles what the corrected data gave; only a difference beyond that
    is paid again.
    """
    found: dict[int, tuple[int, int]] = {}
    taken_back = dict(
        ReclaimCase.objects.filter(
            line__funding=funding, state__in=[ReclaimCase.State.DUE, ReclaimCase.State.SETTLED]
        )
        .order_by("pk")
        .values_list("line_id", "entitled_now_fen")
    )
    lines = Line.objects.filter(funding=funding, is_live=True).order_by("sequence", "pk")
    for pk, organisation, sequence, entitled in lines.values_list(
        "pk", "organisation_id", "sequence", "entitled_fen"
    ):
        found[organisation] = (taken_back.get(pk, entitled), sequence)
    return found


def taken_out(funding: Funding) -> set[tuple[int, int]]:
    """Enterprises whose objection held, with the amount it was about: not proposed again."""
    rows = Line.objects.filter(funding=funding, state=Line.State.TAKEN_OUT)
    return set(rows.values_list("organisation_id", "entitled_fen"))


def enjoyed_elsewhere(funding: Funding) -> dict[int, str]:
    """Lines that stand under a policy that excludes this one, in the same period."""
    policy = funding.policy
    pairs = PolicyExclusion.objects.filter(Q(policy=policy) | Q(other=policy))
    others = {one for pair in pairs.values_list("policy_id", "other_id") for one in pair}
    lines = (
        Line.objects.filter(
            funding__policy__in=others - {policy.pk}, funding__period=funding.period, is_live=True
        )
        .exclude(order__reclaimed_fen__gte=F("amount_fen"))
        .order_by("pk")
    )
    return dict(lines.values_list("organisation_id", "number"))


def last_returned(funding: Funding) -> Batch | None:
    """The newest batch of a period, where it was returned."""
    last = Batch.objects.filter(funding=funding).order_by("-pk").first()
    return last if last and last.state == Batch.State.RETURNED else None


def live_lines(batch: Batch) -> QuerySet[Line]:
    """The lines of a batch that stand for money, by number."""
    return (
        Line.objects.filter(batch=batch, is_live=True)
        .select_related("organisation", "order", "funding", "stake")
        .order_by("pk")
    )


def live_total(batch: Batch) -> int:
    return live_lines(batch).aggregate(sum=Sum("amount_fen"))["sum"] or 0


def paid_lines(funding: Funding, organisations: Iterable[int] | None = None) -> list[Line]:
    """The lines of a period that were paid and not yet taken back, the newest first."""
    rows = Line.objects.filter(
        funding=funding, state__in=[Line.State.PAID, Line.State.CONFIRMED, Line.State.RECLAIM_DUE,
                                    Line.State.RECLAIMED]
    ).select_related("organisation", "batch", "order", "funding__policy")  # fmt: skip
    if organisations is not None:
        rows = rows.filter(organisation__in=list(organisations))
    return list(rows.order_by("organisation_id", "-sequence"))


def cases_of(lines: Iterable[Line]) -> dict[int, list[ReclaimCase]]:
    """The cases of lines, by line, oldest first."""
    found: dict[int, list[ReclaimCase]] = defaultdict(list)
    for case in ReclaimCase.objects.filter(line__in=list(lines)).order_by("pk"):
        found[case.line_id].append(case)
    return found


def outcome_sums(batch: Batch) -> dict[str, dict[str, int]]:
    """How many lines and how much, by outcome."""
    sums: dict[str, dict[str, int]] = {}
    for line in Line.objects.filter(batch=batch).values("outcome", "amount_fen", "entitled_fen",
                                                        "settled_fen"):  # fmt: skip
        one = sums.setdefault(line["outcome"], {"count": 0, "amount_fen": 0, "wanted_fen": 0})
        one["count"] += 1
        one["amount_fen"] += line["amount_fen"]
        one["wanted_fen"] += line["entitled_fen"] - line["settled_fen"]
    return sums


def benefits_of(organisation: Organisation) -> QuerySet[Line]:
    """What an enterprise was granted, newest first."""
    return (
        Line.objects.filter(organisation=organisation, state__in=SHOWN_TO_UNIT)
        .select_related("batch", "funding__policy", "organisation", "order", "stake")
        .order_by("-pk")
    )


def stakes_of(policy: Policy) -> QuerySet[Stake]:
    return Stake.objects.filter(line__funding__policy=policy).select_related("line__organisation")


def region_of_stake(stake: Stake) -> str:
    """The region of the batch or of the candidate that a stake comes of."""
    if stake.line is not None:
        return stake.line.batch.region_path
    assert stake.candidate is not None
    return stake.candidate.region_path


def source_of_stake(stake: Stake) -> str:
    """The number of the line or of the candidate that a stake comes of."""
    source = stake.line or stake.candidate
    assert source is not None
    return source.number


def figures_of(policy: Policy) -> list[dict[str, Any]]:
    """Each period of a policy with how many enterprises were granted how much."""
    rows = list(policy.fundings.all())
    sums: dict[int, dict[str, int]] = {}
    for funding, amount in Line.objects.filter(
        funding__in=rows, is_live=True, state__in=[*SHOWN_TO_UNIT]
    ).values_list("funding_id", "amount_fen"):
        one = sums.setdefault(funding, {"count": 0, "sum_fen": 0})
        one["count"] += 1
        one["sum_fen"] += amount
    empty = {"count": 0, "sum_fen": 0}
    return [{"funding": row, **sums.get(row.pk, empty)} for row in rows]
