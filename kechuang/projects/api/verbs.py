"""Every verb of projects through the API: the same as on the pages."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from kechuang.base.numbers import new_random_number
from kechuang.base.refusals import N_
from kechuang.doors.api import ERRORS, expected_version
from kechuang.doors.requests import found_or_404
from kechuang.files.queries import uploaded_blob
from kechuang.parties.queries import people_numbered
from kechuang.projects import actions, rules
from kechuang.projects.actions import EvidenceItem
from kechuang.projects.api.reads import answer, inside
from kechuang.projects.api.schemas import (
    AcceptorsIn,
    AgreementIn,
    AgreementOut,
    CorrectionIn,
    EvidenceIn,
    NothingIn,
    OpinionIn,
    PlanIn,
    ProjectOut,
    ReasonIn,
    ReceiptIn,
    ReclaimIn,
    ReportIn,
    VerdictIn,
)
from kechuang.projects.models import Acceptance, Agreement, Instalment, Milestone, Project

router = Router(tags=["projects"])


def _file(request: HttpRequest, upload: str) -> tuple[Any, str]:
    """The blob and name of one's own finished upload; refused where there is none."""
    found = uploaded_blob(request.actor, upload)
    if found is None:
        raise rules.ProjectRefused(
            "projects.upload_unknown", N_("没有这个上传，或还没有传完。"), fields=("upload",)
        )
    return found


def _evidence(request: HttpRequest, rows: list[EvidenceIn]) -> list[EvidenceItem]:
    items = []
    for row in rows:
        blob, name = _file(request, row.upload) if row.upload else (None, "")
        items.append(EvidenceItem(row.target_code, row.figure, row.text, blob, name))
    return items


def _people(numbers: list[str]) -> list[Any]:
    found = people_numbered(numbers)
    missing = [number for number in numbers if number not in found]
    if missing:
        raise rules.AcceptanceRefused(
            "projects.person_unknown",
            N_("没有这些人：{numbers}。"),
            {"numbers": missing},
            ("acceptors",),
        )
    return [found[number] for number in dict.fromkeys(numbers)]


@router.put(
    "/{number}/agreement",
    response={200: AgreementOut, **ERRORS},
    operation_id="draft_agreement",
    by_alias=True,
)
def draft_agreement(request: HttpRequest, number: str, body: AgreementIn) -> Agreement:
    """Write the draft of the next edition; If-Match carries the version it was begun on."""
    project = inside(request, number)
    return actions.draft_agreement(
        project=project,
        terms=_terms(body),
        reason=body.reason,
        expected_version=expected_version(request),
        by=request.actor,
        at=request.at,
    )


def _terms(body: AgreementIn) -> rules.Terms:
    return rules.Terms(
        total_fen=body.public_fen + body.own_fen + body.other_fen,
        public_fen=body.public_fen,
        own_fen=body.own_fen,
        other_fen=body.other_fen,
        since=body.since.isoformat(),
        until=body.until.isoformat(),
        summary=body.summary,
        targets=tuple(rules.TargetTerm(**row.dict()) for row in body.targets),
        milestones=tuple(
            rules.MilestoneTerm(row.code, row.title, row.content, row.due_date.isoformat())
            for row in body.milestones
        ),
        instalments=tuple(
            rules.InstalmentTerm(
                index, row.gate.value, row.milestone, row.amount_fen, row.own_due_fen
            )
            for index, row in enumerate(body.instalments, start=1)
        ),
    )


def _register(
    path: str, verb: str, schema: type[Schema], door: Callable[..., Any], action: Any
) -> None:
    """Put a verb under its address, with the body's schema and the action's own words."""
    door.__annotations__["body"] = schema
    door.__name__ = verb
    router.post(
        path,
        response={200: ProjectOut, **ERRORS},
        operation_id=verb,
        by_alias=True,
        summary=verb.replace("_", " "),
        description=(action.__doc__ or "").strip(),
    )(door)


def _key(request: HttpRequest) -> str:
    """The client's idempotency key; without one each request stands for itself."""
    return request.headers.get("Idempotency-Key", "")[:80] or new_random_number()


def _values(request: HttpRequest, body: Any) -> dict[str, Any]:
    """The action's keywords from a body: people and files are found by their numbers."""
    values = body.dict()
    if "acceptors" in values:
        values["acceptors"] = _people(body.acceptors)
    if "evidence" in values:
        values["evidence"] = _evidence(request, body.evidence)
    if "source" in values:
        values["source"] = body.source.value
    if "upload" in values:
        values["blob"], values["filename"] = _file(request, values.pop("upload"))
    return values


# --- On the project -----------------------------------------------------------------------------


def _project_verb(verb: str, schema: type[Schema]) -> None:
    action: Callable[..., object] = getattr(actions, verb)

    def door(request: HttpRequest, number: str, body: Any) -> dict[str, Any]:
        project = inside(request, number)
        values = _values(request, body)
        if verb == "correct_receipt":
            values["idempotency_key"] = _key(request)
        action(project=project, by=request.actor, at=request.at, **values)
        return answer(request, number)

    _register(f"/{{number}}/{verb.replace('_', '-')}", verb, schema, door, action)


for _verb, _schema in {
    "sign_for_unit": NothingIn,
    "sign_for_department": NothingIn,
    "return_agreement": ReasonIn,
    "decline_award": ReasonIn,
    "begin_amendment": ReasonIn,
    "withdraw_amendment": NothingIn,
    "receive_funds": ReceiptIn,
    "correct_receipt": CorrectionIn,
    "freeze": ReasonIn,
    "unfreeze": ReasonIn,
    "begin_termination": ReasonIn,
    "withdraw_termination": ReasonIn,
    "terminate": ReasonIn,
    "revoke": ReasonIn,
    "apply_for_acceptance": ReportIn,
    "open_acceptance": AcceptorsIn,
    "decide_acceptance": OpinionIn,
    "rectify_project": PlanIn,
    "archive": NothingIn,
}.items():
    _project_verb(_verb, _schema)


@router.post(
    "/{number}/give-opinion",
    response={200: ProjectOut, **ERRORS},
    operation_id="give_opinion_on_project",
    by_alias=True,
)
def give_opinion_on_project(request: HttpRequest, number: str, body: OpinionIn) -> dict[str, Any]:
    """Sign one's opinion on the acceptance of the project, once."""
    return _give_opinion(request, inside(request, number), None, body)


def _give_opinion(
    request: HttpRequest, project: Project, milestone: Milestone | None, body: OpinionIn
) -> dict[str, Any]:
    rounds = Acceptance.objects.filter(project=project, milestone=milestone)
    acceptance = found_or_404(
        rounds.select_related("project", "milestone"), state=Acceptance.State.CHECKING
    )
    actions.give_opinion(acceptance=acceptance, by=request.actor, at=request.at, **body.dict())
    return answer(request, project.number)


# --- On a milestone -----------------------------------------------------------------------------


def _milestone(request: HttpRequest, number: str, code: str) -> Milestone:
    rows = Milestone.objects.filter(project=inside(request, number)).select_related("project")
    return found_or_404(rows, code=code)


def _milestone_verb(verb: str, slug: str, schema: type[Schema]) -> None:
    action: Callable[..., object] = getattr(actions, verb)

    def door(request: HttpRequest, number: str, code: str, body: Any) -> dict[str, Any]:
        milestone = _milestone(request, number, code)
        action(milestone=milestone, by=request.actor, at=request.at, **_values(request, body))
        return answer(request, number)

    _register(f"/{{number}}/milestones/{{code}}/{slug}", verb, schema, door, action)


for _verb, _slug, _schema in [
    ("submit_milestone", "submit", ReportIn),
    ("open_check", "open-check", AcceptorsIn),
    ("check_milestone", "check", VerdictIn),
    ("rectify_milestone", "rectify", PlanIn),
]:
    _milestone_verb(_verb, _slug, _schema)


@router.post(
    "/{number}/milestones/{code}/give-opinion",
    response={200: ProjectOut, **ERRORS},
    operation_id="give_opinion_on_milestone",
    by_alias=True,
)
def give_opinion_on_milestone(
    request: HttpRequest, number: str, code: str, body: OpinionIn
) -> dict[str, Any]:
    """Sign one's opinion on a milestone, once."""
    milestone = _milestone(request, number, code)
    return _give_opinion(request, milestone.project, milestone, body)


# --- On an instalment ---------------------------------------------------------------------------


def _payment_verb(verb: str, slug: str, schema: type[Schema]) -> None:
    action: Callable[..., object] = getattr(actions, verb)

    def door(request: HttpRequest, number: str, sequence: int, body: Any) -> dict[str, Any]:
        rows = Instalment.objects.filter(project=inside(request, number))
        instalment = found_or_404(rows.select_related("project"), sequence=sequence)
        values = body.dict()
        if verb == "request_payment":
            values["idempotency_key"] = _key(request)
        action(instalment=instalment, by=request.actor, at=request.at, **values)
        return answer(request, number)

    _register(f"/{{number}}/instalments/{{sequence}}/{slug}", verb, schema, door, action)


for _verb, _slug, _schema in [
    ("request_payment", "request", NothingIn),
    ("review_payment", "review", NothingIn),
    ("pay_instalment", "pay", NothingIn),
    ("confirm_payment", "confirm", NothingIn),
    ("hold_payment", "hold", ReasonIn),
    ("resume_payment", "resume", NothingIn),
    ("return_payment", "return", ReasonIn),
    ("reclaim_payment", "reclaim", ReclaimIn),
    ("settle_reclaim", "settle", NothingIn),
]:
    _payment_verb(_verb, _slug, _schema)
