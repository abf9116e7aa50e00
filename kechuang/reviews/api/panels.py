"""Panels by API: plan, name, put, assign, open the consensus, finish."""

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from kechuang.base.refusals import N_
from kechuang.base.time import shanghai_date
from kechuang.doors.api import ERRORS, PageOf, api_actor
from kechuang.doors.lists import keyset
from kechuang.doors.requests import found_or_404
from kechuang.parties.models import Person
from kechuang.parties.queries import people_numbered, region_by_code
from kechuang.reviews import actions, queries, rules
from kechuang.reviews.api.schemas import (
    AssignmentOut,
    CasesIn,
    ConflictOut,
    DealIn,
    DealingIn,
    DrawIn,
    DrawOut,
    ExpertsIn,
    MinutesOut,
    OfficersIn,
    OperatorIn,
    PanelIn,
    PanelOut,
    PanelQuery,
    PhasesIn,
    RankedOut,
    ReasonIn,
    RemarkIn,
    SeatOut,
)
from kechuang.reviews.models import Conflict, Minutes, Panel, Seat

panels = Router(tags=["reviews"])


def _panel(request: HttpRequest, number: str) -> tuple[Any, Panel]:
    actor = api_actor(request)
    return actor, found_or_404(queries.panels_visible_to(actor, request.at), number=number)


def _people(numbers: list[str], field: str) -> list[Person]:
    found = people_numbered(numbers)
    missing = [number for number in numbers if number not in found]
    if missing:
        raise rules.SeatRefused(
            "reviews.no_such_person", N_("没有编号为 {number} 的人员。"),
            {"number": missing[0]}, (field,), N_("请核对人员编号。"),
        )  # fmt: skip
    return [found[number] for number in numbers]


@panels.get("", response={200: PageOf[PanelOut], **ERRORS}, operation_id="list_panels")
def list_panels(request: HttpRequest, query: Query[PanelQuery]) -> Any:
    """The panels that one runs, leads or watches."""
    rows = queries.panels_visible_to(api_actor(request), request.at)
    if query.state:
        rows = rows.filter(state=query.state)
    if query.subject:
        rows = rows.filter(subject_number=query.subject)
    page = keyset(rows, after=query.after, limit=query.limit)
    return {"items": page.rows, "next_after": page.next_after}


@panels.post("", response={200: PanelOut, **ERRORS}, operation_id="plan_panel")
def plan_panel(request: HttpRequest, body: PanelIn) -> Any:
    """Plan the panel of a subject with its weighted criteria."""
    actor = api_actor(request)
    region = region_by_code(body.region, shanghai_date(request.at))
    return actions.plan_panel(
        region_path=region.path if region else "", by=actor, at=request.at,
        **body.dict(exclude={"region"}),
    )  # fmt: skip


@panels.get("/{number}", response={200: PanelOut, **ERRORS}, operation_id="get_panel")
def get_panel(request: HttpRequest, number: str) -> Any:
    """One panel."""
    return _panel(request, number)[1]


@panels.get(
    "/{number}/ranking", response={200: list[RankedOut], **ERRORS}, operation_id="get_ranking"
)
def get_ranking(request: HttpRequest, number: str) -> Any:
    """The ranking, once the panel has finished."""
    _actor, row = _panel(request, number)
    if row.state != Panel.State.FINISHED:
        raise rules.refused_in_state(row.number, row.get_state_display())
    return [
        {"case": r.case_number, "title": r.title, "rank": r.rank, "mean": r.score_text,
         "counted": r.counted, "passed": r.is_passed, "below": list(r.below), "tie": r.tie}
        for r in queries.ranking_of(row)
    ]  # fmt: skip


@panels.get("/{number}/minutes", response={200: MinutesOut, **ERRORS}, operation_id="get_minutes")
def get_minutes(request: HttpRequest, number: str) -> Any:
    """The signed minutes."""
    _actor, row = _panel(request, number)
    return found_or_404(Minutes.objects.select_related("signed_by"), panel=row)


@panels.get(
    "/{number}/seats", response={200: list[SeatOut], **ERRORS}, operation_id="list_panel_seats"
)
def list_panel_seats(request: HttpRequest, number: str) -> Any:
    """The seats of a panel."""
    row = _panel(request, number)[1]
    return Seat.objects.filter(panel=row).select_related("panel", "expert__person")


@panels.get(
    "/{number}/conflicts", response={200: list[ConflictOut], **ERRORS},
    operation_id="list_panel_conflicts",
)  # fmt: skip
def list_panel_conflicts(request: HttpRequest, number: str) -> Any:
    """The conflicts that were declared or found."""
    row = _panel(request, number)[1]
    rows = Conflict.objects.filter(review__case__panel=row).select_related("review")
    return list(rows.order_by("pk")[:500])


@panels.post("/{number}/officers", response={200: PanelOut, **ERRORS}, operation_id="name_officers")
def name_officers(request: HttpRequest, number: str, body: OfficersIn) -> Any:
    """Name the secretary and the chair."""
    actor, row = _panel(request, number)
    secretary = _people([body.secretary], "secretary")[0]
    chair = _people([body.chair], "chair")[0]
    return actions.name_panel_officers(
        panel=row, secretary=secretary, chair=chair, by=actor, at=request.at
    )


@panels.post("/{number}/cases", response={200: PanelOut, **ERRORS}, operation_id="put_cases")
def put_cases(request: HttpRequest, number: str, body: CasesIn) -> Any:
    """Put what is to be judged."""
    actor, row = _panel(request, number)
    facts = [
        rules.CaseFacts(
            one.number, one.title, tuple(one.organisation_codes), tuple(one.person_numbers),
            one.url,
        )
        for one in body.cases
    ]  # fmt: skip
    actions.put_cases(panel=row, cases=facts, by=actor, at=request.at)
    return _panel(request, number)[1]


@panels.post("/{number}/experts", response={200: PanelOut, **ERRORS}, operation_id="assign_experts")
def assign_experts(request: HttpRequest, number: str, body: ExpertsIn) -> Any:
    """Name experts and invite them."""
    actor, row = _panel(request, number)
    people = _people(body.experts, "experts")
    actions.assign_experts(panel=row, experts=people, by=actor, at=request.at)
    return _panel(request, number)[1]


@panels.post(
    "/{number}/consensus", response={200: PanelOut, **ERRORS}, operation_id="open_consensus"
)
def open_consensus(request: HttpRequest, number: str) -> Any:
    """Let the experts see each other's scores."""
    actor, row = _panel(request, number)
    return actions.open_consensus(panel=row, by=actor, at=request.at)


@panels.post("/{number}/phases", response={200: PanelOut, **ERRORS}, operation_id="set_phases")
def set_phases(request: HttpRequest, number: str, body: PhasesIn) -> Any:
    """Date who sees what from when; the office and the secretary."""
    actor, row = _panel(request, number)
    phases = rules.Phases(**body.dict())
    return actions.set_phases(panel=row, phases=phases, by=actor, at=request.at)


@panels.post("/{number}/finish", response={200: MinutesOut, **ERRORS}, operation_id="finish_review")
def finish_review(request: HttpRequest, number: str, body: RemarkIn) -> Any:
    """Sign the minutes."""
    actor, row = _panel(request, number)
    actions.finish_review(panel=row, remark=body.remark, by=actor, at=request.at)
    return Minutes.objects.select_related("signed_by").get(panel=row)


@panels.post("/{number}/cancel", response={200: PanelOut, **ERRORS}, operation_id="cancel_panel")
def cancel_panel(request: HttpRequest, number: str, body: ReasonIn) -> Any:
    """End a panel without a result."""
    actor, row = _panel(request, number)
    return actions.cancel_panel(panel=row, reason=body.reason, by=actor, at=request.at)


@panels.post(
    "/{number}/draw-operator", response={200: PanelOut, **ERRORS},
    operation_id="name_draw_operator",
)  # fmt: skip
def name_draw_operator(request: HttpRequest, number: str, body: OperatorIn) -> Any:
    """Have the panel's experts drawn, by this person."""
    actor, row = _panel(request, number)
    person = _people([body.operator], "operator")[0]
    return actions.name_draw_operator(panel=row, operator=person, by=actor, at=request.at)


@panels.get("/{number}/draws", response={200: list[DrawOut], **ERRORS}, operation_id="list_draws")
def list_draws(request: HttpRequest, number: str) -> Any:
    """The draws of a panel, newest first."""
    return queries.draws_of(_panel(request, number)[1])


@panels.post("/{number}/draws", response={200: DrawOut, **ERRORS}, operation_id="fix_pool")
def fix_pool(request: HttpRequest, number: str, body: DrawIn) -> Any:
    """Fix the numbered pool of a draw, its witnesses, and the public value to come."""
    actor, row = _panel(request, number)
    witnesses = _people(body.witnesses, "witnesses")
    plan = rules.DrawPlan(**body.dict(exclude={"fields", "witnesses"}))
    return actions.fix_pool(
        panel=row, plan=plan, fields=body.fields, witnesses=witnesses, by=actor, at=request.at
    )


@panels.post("/{number}/dealing", response={200: PanelOut, **ERRORS}, operation_id="set_dealing")
def set_dealing(request: HttpRequest, number: str, body: DealingIn) -> Any:
    """Have so many experts judge each case; without figures, everybody judges all."""
    actor, row = _panel(request, number)
    return actions.set_dealing(panel=row, by=actor, at=request.at, **body.dict())


@panels.post("/{number}/deal", response={200: AssignmentOut, **ERRORS}, operation_id="deal_cases")
def deal_cases(request: HttpRequest, number: str, body: DealIn) -> Any:
    """Deal out what is missing; refuses with a smallest clashing set where the rules cannot hold.
    """
    actor, row = _panel(request, number)
    return actions.deal_cases(panel=row, objective=body.objective, by=actor, at=request.at)


@panels.get(
    "/{number}/assignments", response={200: list[AssignmentOut], **ERRORS},
    operation_id="list_assignments",
)  # fmt: skip
def list_assignments(request: HttpRequest, number: str) -> Any:
    """The dealings of a panel, each with the problem and the proved result."""
    return queries.assignments_of(_panel(request, number)[1])
