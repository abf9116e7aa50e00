"""Reading projects through the API."""

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from kechuang.base.actor import Actor
from kechuang.doors.api import ERRORS, PageOf, api_actor
from kechuang.doors.lists import keyset
from kechuang.doors.requests import found_or_404
from kechuang.ledger.queries import grant_of, lines_of
from kechuang.projects import queries, rules
from kechuang.projects.api.schemas import (
    AgreementOut,
    LedgerLineOut,
    ProjectOut,
    ProjectRow,
    ProjectsQuery,
)
from kechuang.projects.models import Agreement, Instalment, Milestone, Project

router = Router(tags=["projects"])


@router.get(
    "", response={200: PageOf[ProjectRow], **ERRORS}, operation_id="list_projects", by_alias=True
)
def list_projects(request: HttpRequest, query: Query[ProjectsQuery]) -> dict[str, Any]:
    """Projects, newest first."""
    rows = queries.visible_to(request.actor, request.at)
    if query.state:
        rows = rows.filter(state=query.state)
    page = keyset(rows, after=query.after, limit=query.limit)
    items = [
        {
            "number": row.number,
            "title": row.title,
            "state": row.state,
            "lead_organisation": row.lead_organisation.code,
            "total_fen": row.total_fen,
            "public_fen": row.public_fen,
            "awarded_at": row.awarded_at,
        }
        for row in page.rows
    ]
    return {"items": items, "next_after": page.next_after}


@router.get(
    "/{number}", response={200: ProjectOut, **ERRORS}, operation_id="get_project", by_alias=True
)
def get_project(request: HttpRequest, number: str) -> dict[str, Any]:
    """One project."""
    return project_out(visible(request, number), request.actor)


@router.get(
    "/{number}/agreements/{edition}",
    response={200: AgreementOut, **ERRORS},
    operation_id="get_agreement",
    by_alias=True,
)
def get_agreement(request: HttpRequest, number: str, edition: int) -> Agreement:
    """One edition of the agreement."""
    rows = Agreement.objects.filter(project=inside(request, number))
    return found_or_404(rows, edition=edition)


def project_out(project: Project, actor: Actor) -> dict[str, Any]:
    """A project as the API answers it to this reader."""
    facts = queries.facts_of(project)
    fields = (
        "number", "title", "origin_number", "state", "ended_as", "region_path", "total_fen",
        "public_fen", "own_fen", "other_fen", "is_frozen", "awarded_at", "signed_at", "version",
    )  # fmt: skip
    return {
        **{name: getattr(project, name) for name in fields},
        "lead_organisation": facts.lead,
        "leader": facts.leader,
        "members": list(facts.members),
        "milestones": list(Milestone.objects.filter(project=project)),
        "inside": _inside_out(project) if rules.may_read_inside(actor, facts) else None,
    }


def _inside_out(project: Project) -> dict[str, Any]:
    grant = grant_of(project.number)
    names = (
        "approved_fen", "released_fen", "paid_fen", "reclaimed_fen", "own_received_fen",
        "other_received_fen",
    )  # fmt: skip
    parts = Instalment.objects.filter(project=project).select_related("milestone", "order")
    return {
        **{name: getattr(grant, name) if grant else 0 for name in names},
        "instalments": [
            {
                "sequence": one.sequence,
                "gate": one.gate,
                "milestone": one.milestone.code if one.milestone else "",
                "amount_fen": one.amount_fen,
                "own_due_fen": one.own_due_fen,
                "state": one.state,
                "order": one.order.number if one.order else "",
            }
            for one in parts
        ],
        "ledger": [
            {
                **{name: getattr(line, name) for name in LedgerLineOut.model_fields},
                "debit": line.debit.code,
                "credit": line.credit.code,
            }
            for line in lines_of(project.number)
        ],
    }


def visible(request: HttpRequest, number: str) -> Project:
    return found_or_404(queries.visible_to(request.actor, request.at), number=number)


def inside(request: HttpRequest, number: str) -> Project:
    return found_or_404(queries.inside_of(api_actor(request), request.at), number=number)


def answer(request: HttpRequest, number: str) -> dict[str, Any]:
    return project_out(visible(request, number), request.actor)
