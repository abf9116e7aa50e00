"""Policies, batches, benefits and reclaim cases through the API: the same verbs as on the pages."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Query, Router, Schema

from kechuang.cultivation.actions import benefits as actions
from kechuang.cultivation.api.benefit_schemas import (
    AnswerIn,
    BatchOut,
    BenefitOut,
    BudgetIn,
    CaseOut,
    DecideIn,
    FundingIn,
    NothingIn,
    PolicyIn,
    PolicyOut,
    PolicyRow,
    ReasonIn,
    StakeIn,
    TakeOutIn,
)
from kechuang.cultivation.models import Batch, Line, Policy, ReclaimCase
from kechuang.cultivation.queries import benefits as queries
from kechuang.cultivation.rules import benefits as rules
from kechuang.doors.api import ERRORS, ListQuery, PageOf, api_actor, expected_version
from kechuang.doors.lists import keyset
from kechuang.doors.requests import found_or_404

Steps = tuple[tuple[str, type[Schema]], ...]  # each step and the shape of what it is told
policies = Router(tags=["policies"])
router = Router(tags=["benefits"])


# --- policies ---------------------------------------------------------------------------------


def _policy(request: HttpRequest, number: str) -> Policy:
    found: Policy = found_or_404(
        queries.policies_visible_to(request.actor, request.at), number=number
    )
    return found


def _policy_out(policy: Policy) -> dict[str, Any]:
    names = (
        "number", "title", "title_en", "document_title", "document_number", "rule_set",
        "department", "instrument", "state", "version", "issuer", "clauses", "payer", "shortfall",
        "ranking_criterion", "notice_days",
    )  # fmt: skip
    return {
        **{name: getattr(policy, name) for name in names},
        "excludes": list(policy.exclusions.values_list("other__number", flat=True)),
        "fundings": list(policy.fundings.all()),
    }


@policies.get("", response={200: PageOf[PolicyRow], **ERRORS}, operation_id="list_policies")
def list_policies(request: HttpRequest, query: Query[ListQuery]) -> dict[str, Any]:
    """Policies, newest first; those in draft for the offices of the region."""
    rows = queries.policies_visible_to(request.actor, request.at)
    page = keyset(rows, after=query.after, limit=query.limit)
    return {"items": page.rows, "next_after": page.next_after}


@policies.post("", response={200: PolicyOut, **ERRORS}, operation_id="draft_policy")
def draft_policy(request: HttpRequest, body: PolicyIn) -> dict[str, Any]:
    """Draft a policy for the own region."""
    by = api_actor(request)
    return _policy_out(actions.draft_policy(typed=body.typed(), by=by, at=request.at))


@policies.get("/{number}", response={200: PolicyOut, **ERRORS}, operation_id="get_policy")
def get_policy(request: HttpRequest, number: str) -> dict[str, Any]:
    """One policy with its clauses and what is left of its money."""
    return _policy_out(_policy(request, number))


@policies.put("/{number}", response={200: PolicyOut, **ERRORS}, operation_id="edit_policy")
def edit_policy(request: HttpRequest, number: str, body: PolicyIn) -> dict[str, Any]:
    """Write a draft anew; If-Match carries the version it was begun on."""
    by = api_actor(request)
    return _policy_out(actions.edit_policy(
        policy=_policy(request, number), typed=body.typed(), version=expected_version(request),
        by=by, at=request.at,
    ))  # fmt: skip


@policies.post("/{number}/fundings", response={200: PolicyOut, **ERRORS},
               operation_id="open_funding")  # fmt: skip
def open_funding(request: HttpRequest, number: str, body: FundingIn) -> dict[str, Any]:
    """Give a policy a period and its money."""
    by = api_actor(request)
    policy = _policy(request, number)
    actions.open_funding(policy=policy, typed=body.typed(), by=by, at=request.at)
    return _policy_out(policy)


@policies.post("/{number}/fundings/{period}/budget", response={200: PolicyOut, **ERRORS},
               operation_id="set_budget")  # fmt: skip
def set_budget(request: HttpRequest, number: str, period: str, body: BudgetIn) -> dict[str, Any]:
    """Set a period's budget anew."""
    by = api_actor(request)
    policy = _policy(request, number)
    funding = found_or_404(policy.fundings.all(), period=period)
    actions.set_budget(funding=funding, budget_fen=body.budget_fen, by=by, at=request.at)
    return _policy_out(policy)


@policies.post("/{number}/fundings/{period}/compute", response={200: BatchOut, **ERRORS},
               operation_id="compute_batch")  # fmt: skip
def compute_batch(
    request: HttpRequest, number: str, period: str, body: NothingIn
) -> dict[str, Any]:
    """Compute a batch now; 404 where nobody has a claim."""
    by = api_actor(request)
    funding = found_or_404(_policy(request, number).fundings.all(), period=period)
    batch = actions.compute_batch(funding=funding, by=by, at=request.at)
    if batch is None:
        raise Http404
    return _batch_out(batch)


def _steps(to: Router, where: str, noun: str, find: Any, out: Any, steps: Steps) -> None:
    """One address for each step of a policy, a batch or a case: the action behind it, by name."""
    for verb, body in steps:
        said = verb if noun == "batch" else verb.removesuffix(f"_{noun}")
        path = f"{where}/{{number}}/" + said.replace("_", "-")
        act: Callable[..., Any] = getattr(actions, verb)
        endpoint = _step(act, noun, find, out, body)
        name = "reclaim case" if noun == "case" else noun
        endpoint.__doc__ = f"Take the step `{verb}` of a {name}."
        shape = SHAPES[noun]
        to.post(path, response={200: shape, **ERRORS}, operation_id=verb)(endpoint)


def _step(act: Callable[..., Any], noun: str, find: Any, out: Any, body_type: Any) -> Any:
    def endpoint(request: HttpRequest, number: str, body: body_type) -> dict[str, Any]:
        by = api_actor(request)
        row = {noun: find(request, number)}
        said: dict[str, Any] = out(act(**row, by=by, at=request.at, **body.model_dump()))
        return said

    return endpoint


SHAPES: dict[str, type[Schema]] = {"policy": PolicyOut, "batch": BatchOut, "case": CaseOut}
_steps(policies, "", "policy", _policy, _policy_out, (
    ("check_policy", NothingIn), ("return_policy", ReasonIn), ("enact_policy", NothingIn),
    ("close_policy", ReasonIn),
))  # fmt: skip


# --- batches ----------------------------------------------------------------------------------


def _batch(request: HttpRequest, number: str) -> Batch:
    found: Batch = found_or_404(
        queries.batches_visible_to(request.actor, request.at), number=number
    )
    return found


def _batch_out(batch: Batch) -> dict[str, Any]:
    names = (
        "number", "state", "until", "rule_version", "computed_at", "total_fen", "line_count",
        "left_fen", "notice_number", "content_hash", "asked", "version",
    )  # fmt: skip
    return {
        **{name: getattr(batch, name) for name in names},
        "policy": batch.funding.policy.number, "period": batch.funding.period,
    }  # fmt: skip


@router.get("/batches", response={200: PageOf[BatchOut], **ERRORS}, operation_id="list_batches")
def list_batches(request: HttpRequest, query: Query[ListQuery]) -> dict[str, Any]:
    """The batches of the region, for those who work on them."""
    by = api_actor(request)
    rows = queries.batches_visible_to(by, request.at)
    page = keyset(rows, after=query.after, limit=query.limit)
    return {"items": [_batch_out(row) for row in page.rows], "next_after": page.next_after}


@router.get("/batches/{number}", response={200: BatchOut, **ERRORS}, operation_id="get_batch")
def get_batch(request: HttpRequest, number: str) -> dict[str, Any]:
    """One batch."""
    api_actor(request)
    return _batch_out(_batch(request, number))


@router.get("/batches/{number}/lines", response={200: PageOf[BenefitOut], **ERRORS},
            operation_id="list_batch_lines")  # fmt: skip
def list_batch_lines(
    request: HttpRequest, number: str, query: Query[ListQuery]
) -> dict[str, Any]:
    """The lines of a batch, each with its why."""
    api_actor(request)
    batch = _batch(request, number)
    rows = queries.lines_visible_to(request.actor, request.at).filter(batch=batch)
    page = keyset(rows, after=query.after, limit=query.limit)
    return {"items": [_line_out(row) for row in page.rows], "next_after": page.next_after}


_steps(router, "/batches", "batch", _batch, _batch_out, (
    ("approve_batch", NothingIn), ("return_batch", ReasonIn), ("publish_again", NothingIn),
    ("request_payments", NothingIn), ("review_payments", NothingIn),
    ("return_payments", ReasonIn), ("pay_batch", NothingIn), ("confirm_payments", NothingIn),
))  # fmt: skip


# --- reclaim cases ------------------------------------------------------------------------------


def _case(request: HttpRequest, number: str) -> ReclaimCase:
    found: ReclaimCase = found_or_404(
        queries.cases_visible_to(request.actor, request.at), number=number
    )
    return found


def _case_out(case: ReclaimCase) -> dict[str, Any]:
    names = (
        "number", "state", "until", "entitled_then_fen", "entitled_now_fen", "amount_fen",
        "changes", "sources", "answer", "decision", "version",
    )  # fmt: skip
    return {
        **{name: getattr(case, name) for name in names}, "benefit": case.line.number,
        "organisation": case.line.organisation.code,
    }  # fmt: skip


@router.get("/reclaims", response={200: PageOf[CaseOut], **ERRORS}, operation_id="list_reclaims")
def list_reclaims(request: HttpRequest, query: Query[ListQuery]) -> dict[str, Any]:
    """Reclaim cases: an enterprise's own, or those of the region."""
    by = api_actor(request)
    page = keyset(
        queries.cases_visible_to(by, request.at), after=query.after, limit=query.limit
    )
    return {"items": [_case_out(row) for row in page.rows], "next_after": page.next_after}


@router.get("/reclaims/{number}", response={200: CaseOut, **ERRORS}, operation_id="get_reclaim")
def get_reclaim(request: HttpRequest, number: str) -> dict[str, Any]:
    """One case."""
    api_actor(request)
    return _case_out(_case(request, number))


_steps(router, "/reclaims", "case", _case, _case_out, (
    ("answer_case", AnswerIn), ("decide_case", DecideIn), ("settle_case", NothingIn),
))  # fmt: skip


# --- benefits ---------------------------------------------------------------------------------


def _line(request: HttpRequest, number: str) -> Line:
    found: Line = found_or_404(
        queries.lines_visible_to(request.actor, request.at), number=number
    )
    return found


def _line_out(line: Line) -> dict[str, Any]:
    names = (
        "number", "outcome", "reason", "facts", "entitled_fen", "settled_fen", "amount_fen",
        "state",
    )  # fmt: skip
    return {
        **{name: getattr(line, name) for name in names}, "batch": line.batch.number,
        "policy": line.funding.policy.number, "period": line.funding.period,
        "organisation": line.organisation.code,
        "paid_at": line.order.paid_at if line.order else None,
        "stake": getattr(line, "stake", None),
    }  # fmt: skip


@router.get("", response={200: PageOf[BenefitOut], **ERRORS}, operation_id="list_benefits")
def list_benefits(request: HttpRequest, query: Query[ListQuery]) -> dict[str, Any]:
    """What an enterprise was granted; for offices, every line of the region."""
    by = api_actor(request)
    page = keyset(
        queries.lines_visible_to(by, request.at), after=query.after, limit=query.limit
    )
    return {"items": [_line_out(row) for row in page.rows], "next_after": page.next_after}


@router.get("/{number}", response={200: BenefitOut, **ERRORS}, operation_id="get_benefit")
def get_benefit(request: HttpRequest, number: str) -> dict[str, Any]:
    """One line, with its why."""
    api_actor(request)
    return _line_out(_line(request, number))


@router.post("/{number}/take-out", response={200: BenefitOut, **ERRORS}, operation_id="take_out")
def take_out(request: HttpRequest, number: str, body: TakeOutIn) -> dict[str, Any]:
    """Take an enterprise out of a batch, for an objection that held."""
    by = api_actor(request)
    line = _line(request, number)
    upheld = {one.number: one for one in queries.upheld_objections(line.batch)}
    if body.objection not in upheld:
        raise rules.nothing_held_against(line.number)
    actions.take_out(
        line=line, objection=upheld[body.objection], reason=body.reason, by=by, at=request.at
    )
    return _line_out(_line(request, number))


@router.post("/{number}/agree-stake", response={200: BenefitOut, **ERRORS},
             operation_id="agree_stake")  # fmt: skip
def agree_stake(request: HttpRequest, number: str, body: StakeIn) -> dict[str, Any]:
    """Write the terms on which a sum becomes a share."""
    by = api_actor(request)
    line = _line(request, number)
    actions.agree_stake(line=line, typed=body.typed(), by=by, at=request.at)
    return _line_out(_line(request, number))


@router.post("/{number}/exit-stake", response={200: BenefitOut, **ERRORS},
             operation_id="exit_stake")  # fmt: skip
def exit_stake(request: HttpRequest, number: str, body: ReasonIn) -> dict[str, Any]:
    """Note that a share was given up."""
    by = api_actor(request)
    line = _line(request, number)
    stake = found_or_404(queries.stakes_of(line.funding.policy), line=line)
    actions.exit_stake(stake=stake, note=body.reason, by=by, at=request.at)
    return _line_out(_line(request, number))


routers = [("/policies", policies), ("/benefits", router)]
