"""What of benefits waits for a person: policies, batches and cases, by who holds the next step."""

from datetime import datetime

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext

from kechuang.base.actor import Actor, Role
from kechuang.base.matters import Matter
from kechuang.base.refusals import N_
from kechuang.cultivation.models import Batch, Line, Policy, ReclaimCase
from kechuang.cultivation.queries import benefits as queries
from kechuang.cultivation.queries.sight import within
from kechuang.cultivation.rules import benefits as rules
from kechuang.parties.queries import holder_words

MOST = 60
# The step that a state waits for, and the role that holds it.
NEXT_OF_POLICY = {
    "DRAFT": ("check_policy", Role.OFFICER), "CHECKED": ("enact_policy", Role.HEAD),
}  # fmt: skip
NEXT_OF_BATCH = {
    "DRAFTED": ("approve_batch", Role.HEAD), "CORRECTING": ("publish_again", Role.OFFICER),
    "PAYABLE": ("request_payments", Role.OFFICER), "REQUESTED": ("review_payments", Role.FINANCE),
    "REVIEWED": ("pay_batch", Role.PAYER), "PAID": ("confirm_payments", Role.PAYER),
}  # fmt: skip
NEXT_OF_CASE = {
    "OPEN": ("answer_case", Role.UNIT_ADMIN), "ANSWERED": ("decide_case", Role.HEAD),
    "DUE": ("settle_case", Role.PAYER),
}  # fmt: skip
ON_THEIR_WAY = ("RESERVED", "REQUESTED", "REVIEWED")
Held = dict[tuple[Role, str], str]  # names by role and place, each read once a page


def matters_for(actor: Actor, at: datetime) -> list[Matter]:
    """The rows of this person's work list; a fixed number of reads, names apart."""
    if actor.is_role(*rules.UNIT) and actor.organisation:
        known: Held = {}
        return [*_cases(actor, at, known), *_coming(actor, at, known)]
    if actor.is_role(*rules.OFFICE, *rules.MONEY) and actor.region:
        held: Held = {}
        return [
            *_policies(actor, at, held), *_batches(actor, at, held), *_cases(actor, at, held),
        ]  # fmt: skip
    return []


def _policies(actor: Actor, at: datetime, known: Held) -> list[Matter]:
    if not actor.is_role(*rules.OFFICE):
        return []
    rows = Policy.objects.filter(
        state__in=NEXT_OF_POLICY, region_path=actor.region
    ).select_related("drafted_by")  # fmt: skip
    found = []
    for row in rows.order_by("state_since")[:MOST]:
        verb, role = NEXT_OF_POLICY[row.state]
        step = rules.POLICY_STEPS[verb]
        found.append(Matter(
            number=row.number, title=row.title, task=step.name,
            holder=_office(role, row.region_path, at, known),
            mine=rules.may_take(verb, actor, queries.office_of_policy(row)),
            since=row.state_since, until=None, url=reverse("policy", args=[row.number]),
            button=step.name,
        ))  # fmt: skip
    return found


def _batches(actor: Actor, at: datetime, known: Held) -> list[Matter]:
    rows = Batch.objects.filter(
        state__in=NEXT_OF_BATCH, region_path=actor.region
    ).select_related("funding__policy", "drafted_by")  # fmt: skip
    found = []
    for row in rows.order_by("until", "pk")[:MOST]:
        verb, role = NEXT_OF_BATCH[row.state]
        step = rules.BATCH_STEPS[verb]
        found.append(Matter(
            number=row.number, title=f"{row.funding.policy.title} · {row.funding.period}",
            task=step.name, holder=_office(role, row.region_path, at, known),
            mine=rules.may_take(verb, actor, queries.office_of_batch(row)),
            since=row.state_since, until=row.until, url=reverse("batch", args=[row.number]),
            button=step.name,
        ))  # fmt: skip
    return found


def _cases(actor: Actor, at: datetime, known: Held) -> list[Matter]:
    """A case waits for the enterprise until its term is over, then for the head."""
    rows = ReclaimCase.objects.filter(state__in=NEXT_OF_CASE).select_related(
        "line__organisation", "line__funding__policy"
    )
    own = Q(line__organisation__code=actor.organisation)
    rows = rows.filter(own if actor.is_role(*rules.UNIT) else within(actor.region))
    found = []
    for row in rows.order_by("until", "pk")[:MOST]:
        verb, _role = next_of_case(row, at)
        step = rules.CASE_STEPS[verb]
        found.append(Matter(
            number=row.number,
            title=f"{row.line.funding.policy.title} · {row.line.organisation.name}",
            task=step.name, holder=holder_of_case(row, at, known),
            mine=rules.may_take(verb, actor, queries.office_of_case(row)),
            since=row.state_since, until=row.until, url=reverse("reclaim", args=[row.number]),
            button=step.name,
        ))  # fmt: skip
    return found


def _coming(actor: Actor, at: datetime, known: Held) -> list[Matter]:
    """Money that is on its way to an enterprise: nothing to do, but who holds it and until when."""
    rows = Line.objects.filter(
        organisation__code=actor.organisation, state__in=ON_THEIR_WAY
    ).select_related("batch", "funding__policy")  # fmt: skip
    return [
        Matter(
            number=row.number, title=row.funding.policy.title, task=N_("奖补在办，您不用申请"),
            holder=holder_of(row.batch, at, known), mine=False, since=row.batch.state_since,
            until=row.batch.until, url=reverse("benefit", args=[row.number]), button=N_("查看"),
        )
        for row in rows.order_by("pk")[:MOST]
    ]  # fmt: skip


def holder_of(batch: Batch, at: datetime, known: Held | None = None) -> str:
    """Who holds the next step of a batch, as a work list says it."""
    if batch.state == "ON_NOTICE":
        return gettext("社会公众（公示中）")
    if batch.state not in NEXT_OF_BATCH:
        return ""
    _verb, role = NEXT_OF_BATCH[batch.state]
    return _office(role, batch.region_path, at, {} if known is None else known)


def next_of_case(case: ReclaimCase, at: datetime) -> tuple[str, Role]:
    """The step that a case waits for now."""
    if case.state == "OPEN" and case.until is not None and at >= case.until:
        return NEXT_OF_CASE["ANSWERED"]
    return NEXT_OF_CASE[case.state]


def holder_of_case(case: ReclaimCase, at: datetime, known: Held | None = None) -> str:
    """Who holds the next step of a case."""
    held: Held = {} if known is None else known
    if case.state not in NEXT_OF_CASE:
        return ""
    _verb, role = next_of_case(case, at)
    if role != Role.UNIT_ADMIN:
        return _office(role, case.region_path, at, held)
    unit = case.line.organisation
    if (role, unit.code) not in held:
        held[role, unit.code] = holder_words(role, at=at, organisation=unit)
    return held[role, unit.code]


def _office(role: Role, region_path: str, at: datetime, held: Held) -> str:
    if (role, region_path) not in held:
        held[role, region_path] = holder_words(role, at=at, region_path=region_path)
    return held[role, region_path]
