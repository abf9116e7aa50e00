"""Enterprises over the API: facts, verdicts with reasons, one thing away, what if, declarations."""

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema

from kechuang.base.actor import Actor
from kechuang.base.refusals import N_
from kechuang.base.time import shanghai_date
from kechuang.cultivation import actions, queries, rules
from kechuang.cultivation.models import Declaration
from kechuang.cultivation.rules.figures import FIGURES
from kechuang.doors.api import ERRORS, ListQuery, PageOf, api_actor, expected_version
from kechuang.doors.lists import keyset
from kechuang.doors.requests import found_or_404
from kechuang.engines.eligibility import Reader, RowRefused
from kechuang.parties.models import Organisation

evaluations = Router(tags=["evaluations"])
declarations = Router(tags=["declarations"])
routers = [("/evaluations", evaluations), ("/declarations", declarations)]


class StandingOut(Schema):
    """One tier: RECOGNISED until a day, CANDIDATE, NEAR (one thing away), or empty."""

    tier: str
    name: str
    state: str
    until: date | None = None


class EvaluationOut(Schema):
    """One enterprise and where it stands at each tier."""

    number: str
    code: str
    name: str
    tiers: list[StandingOut]


class EvaluationQuery(ListQuery):
    tier: str = ""
    state: str = ""
    region: str = ""
    industry: str = ""
    q: str = ""


class ReasonsOut(Schema):
    """Each policy's answer as `kechuang entitle --explain` writes it."""

    number: str
    as_of: date
    policies: dict[str, Any]


class FactsOut(Schema):
    """What is known of an enterprise, as `kechuang entitle` reads it, and who told each datum."""

    facts: dict[str, Any]
    sources: dict[str, str]


class AwayOut(Schema):
    """One criterion alone is in the way."""

    number: str
    name: str
    policy: str
    criterion: str
    clause: str
    reach: str
    distance_per_mille: int
    brings_fen: int
    gap: str
    missing: list[dict[str, str]]
    cheapest: list[str]
    visited_at: datetime | None = None


class AwayQuery(Schema):
    policy: str = "sme-2017-115"
    region: str = ""
    kind: str = ""
    after: str = ""
    limit: int = 50


class SupposedIn(Schema):
    """Fields of the engine's flat form to suppose, such as `returns.2025.rd_fen`."""

    facts: dict[str, Any]


class ReturnIn(Schema):
    """A year's figures: people in whole numbers, money in fen; a department names its source."""

    figures: dict[str, int]
    title: str = ""
    department: str = ""


class LearnedOut(Schema):
    created: int
    updated: int
    unchanged: int
    declaration: str = ""


class DeclarationOut(Schema):
    """A year's figures as an enterprise declared them, who holds them, until when."""

    number: str
    organisation: str
    year: int
    state: str
    since: datetime
    until: datetime | None
    version: int
    figures: dict[str, int]


class ReasonIn(Schema):
    reason: str


class VisitIn(Schema):
    policy: str
    criterion: str
    note: str = ""


def _unit(request: HttpRequest, number: str) -> tuple[Actor, datetime, Organisation]:
    actor, at = api_actor(request), request.at  # type: ignore[attr-defined]
    return actor, at, found_or_404(queries.visible_to(actor, at), number=number)


@evaluations.get("", response={200: PageOf[EvaluationOut], **ERRORS},
                 operation_id="list_evaluations")
def listed(request: HttpRequest, query: Query[EvaluationQuery]) -> Any:
    """The enterprises of the reader's region, or the reader's own."""
    actor, at = api_actor(request), request.at  # type: ignore[attr-defined]
    filters = queries.Filters(query.tier.upper(), query.state.upper(), query.region,
                              query.industry.upper()[:1], query.q)
    page = keyset(queries.evaluated(actor, at, filters), after=query.after, limit=query.limit)
    found = queries.standings(page.rows, shanghai_date(at))
    return {"items": [_evaluation(one, found[one.pk]) for one in page.rows],
            "next_after": page.next_after}


def _evaluation(one: Organisation, standings: list[queries.Standing]) -> dict[str, Any]:
    return {
        "number": one.number, "code": one.code, "name": one.name,
        "tiers": [{"tier": each.tier.code, "name": each.tier.name, "state": each.state,
                   "until": each.until} for each in standings],
    }


@evaluations.get("/near", response={200: PageOf[AwayOut], **ERRORS}, operation_id="list_near")
def near(request: HttpRequest, query: Query[AwayQuery]) -> Any:
    """Enterprises that one criterion within reach keeps from a policy, the nearest first."""
    actor, at = api_actor(request), request.at  # type: ignore[attr-defined]
    rules.check_may(rules.may_list(actor), "read")
    policies = {one.code: one for one in queries.policies_on(shanghai_date(at))}
    if query.policy not in policies:
        return {"items": [], "next_after": ""}
    rows = queries.one_thing_away(actor, at, query.policy, query.region, query.kind.upper())
    start = int(query.after) if query.after.isdigit() and len(query.after) < 6 else 0
    size = max(1, min(query.limit, 200))
    found = list(rows[start : start + size + 1])
    flat = queries.flat_rows([one.organisation for one in found[:size]])
    visits = queries.visits_of(found[:size])
    items = []
    for one in found[:size]:
        said = queries.explain(policies[query.policy], flat[one.organisation.code], away=one.away)
        reason = next(each for each in said.reasons if each.is_away)
        visit = visits.get((one.organisation_id, one.policy, one.away))
        items.append({
            "number": one.organisation.number, "name": one.organisation.name,
            "policy": one.policy, "criterion": one.away, "clause": reason.clause,
            "reach": one.reach, "distance_per_mille": one.distance,
            "brings_fen": one.brings_fen or 0, "gap": reason.gap,
            "missing": reason.missing, "cheapest": said.cheapest,
            "visited_at": visit.visited_at if visit else None,
        })
    return {"items": items, "next_after": str(start + size) if len(found) > size else ""}


@evaluations.get("/{number}", response={200: ReasonsOut, **ERRORS}, operation_id="evaluation")
def evaluation(request: HttpRequest, number: str) -> Any:
    """Every policy's answer for an enterprise, with clauses, gaps and owners of missing data."""
    _actor, at, unit = _unit(request, number)
    return _reasons(unit, queries.flat_rows([unit])[unit.code], shanghai_date(at))


def _reasons(unit: Organisation, row: dict[str, Any], day: date) -> dict[str, Any]:
    return {"number": unit.number, "as_of": day, "policies": queries.reasons_json(row, day)}


@evaluations.get("/{number}/facts", response={200: FactsOut, **ERRORS},
                 operation_id="enterprise_facts")
def facts(request: HttpRequest, number: str, known_at: datetime | None = None) -> Any:
    """What is known of an enterprise, or was known at an instant."""
    _actor, _at, unit = _unit(request, number)
    if known_at is not None and known_at.tzinfo is None:
        raise rules.CultivationRefused(
            "facts.no_zone", N_("时刻没有写时区。"), {}, ("known_at",),
            N_("请写成 2026-11-22T09:00:00+08:00。"),
        )
    return {"facts": queries.enterprise_facts([unit], known_at)[unit.code],
            "sources": queries.sources_of(unit, known_at)}


@evaluations.post("/{number}/what-if", response={200: ReasonsOut, **ERRORS},
                  operation_id="what_if")
def what_if(request: HttpRequest, number: str, body: SupposedIn) -> Any:
    """Every policy's answer with other facts; nothing is stored."""
    _actor, at, unit = _unit(request, number)
    said = queries.enterprise_facts([unit])[unit.code]
    row = queries.flat_rows([unit])[unit.code]
    reader = Reader()
    reader.place = unit.code
    try:
        row = row | reader.row({"id": said["id"], **body.facts})
    except RowRefused as refused:
        raise rules.CultivationRefused(
            "facts.cell", N_("{what}"), {"what": refused.facts["what"]},
            (str(refused.facts["field"]),), refused.way_on,
        ) from refused
    return _reasons(unit, row, shanghai_date(at))


@evaluations.post("/{number}/returns/{year}", response={200: LearnedOut, **ERRORS},
                  operation_id="enter_return")
def enter_return(request: HttpRequest, number: str, year: int, body: ReturnIn) -> Any:
    """The enterprise declares a year's figures; a department enters or corrects them."""
    actor, at, unit = _unit(request, number)
    unknown = sorted(set(body.figures) - set(FIGURES))
    if unknown:
        raise rules.CultivationRefused(
            "facts.unknown_figure", N_("没有“{name}”这一项。"), {"name": unknown[0][:40]},
            (unknown[0][:40],), N_("可填的项目见企业数据的列。"),
        )
    if rules.may_declare(actor, unit.code):
        made = actions.declare(organisation=unit, year=year, figures=body.figures, by=actor, at=at)
        return {"created": 0, "updated": 0, "unchanged": 0, "declaration": made.number}
    done = actions.enter_return(
        organisation=unit, year=year, figures=body.figures, title=body.title,
        department=body.department, by=actor, at=at,
    )
    return {"created": done.created, "updated": done.updated, "unchanged": done.unchanged}


@evaluations.post("/{number}/visit", response={200: StandingOut | None, **ERRORS},
                  operation_id="note_visit")
def visit(request: HttpRequest, number: str, body: VisitIn) -> Any:
    """Note that an officer went to an enterprise that is one thing away."""
    actor, at, unit = _unit(request, number)
    actions.note_visit(organisation=unit, by=actor, at=at, **body.dict())
    return None


def _one(request: HttpRequest, number: str) -> tuple[Actor, datetime, Declaration]:
    actor, at = api_actor(request), request.at  # type: ignore[attr-defined]
    return actor, at, found_or_404(queries.open_declarations(actor, at), number=number)


def _said(one: Declaration) -> dict[str, Any]:
    one.refresh_from_db()
    return {
        "number": one.number, "organisation": one.organisation.number, "year": one.year,
        "state": one.state, "since": one.since, "until": one.until, "version": one.version,
        "figures": one.figures,
    }


@declarations.get("/{number}", response={200: DeclarationOut, **ERRORS},
                  operation_id="declaration")
def declaration(request: HttpRequest, number: str) -> Any:
    """One declaration."""
    return _said(_one(request, number)[2])


@declarations.post("/{number}/check", response={200: DeclarationOut, **ERRORS},
                   operation_id="check_declaration")
def check(request: HttpRequest, number: str) -> Any:
    """Accept an enterprise's figures: they count from now."""
    actor, at, one = _one(request, number)
    actions.check_declaration(declaration=one, version=expected_version(request), by=actor, at=at)
    return _said(one)


@declarations.post("/{number}/return", response={200: DeclarationOut, **ERRORS},
                   operation_id="return_declaration")
def give_back(request: HttpRequest, number: str, body: ReasonIn) -> Any:
    """Give a declaration back with a reason."""
    actor, at, one = _one(request, number)
    actions.return_declaration(declaration=one, reason=body.reason, by=actor, at=at,
                               version=expected_version(request))
    return _said(one)


@declarations.post("/{number}/withdraw", response={200: DeclarationOut, **ERRORS},
                   operation_id="withdraw_declaration")
def withdraw(request: HttpRequest, number: str) -> Any:
    """Take back a declaration that is not checked yet."""
    actor, at, one = _one(request, number)
    actions.withdraw_declaration(declaration=one, by=actor, at=at)
    return _said(one)
