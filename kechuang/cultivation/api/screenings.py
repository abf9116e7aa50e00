"""Screenings and their candidates through the API: the same verbs as on the pages."""

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from kechuang.base.money import LARGEST_FEN
from kechuang.cultivation.actions import screenings as actions
from kechuang.cultivation.actions import stakes
from kechuang.cultivation.api.benefit_schemas import NothingIn, ReasonIn, StakeIn
from kechuang.cultivation.models import Candidate, Screening
from kechuang.cultivation.queries import decisions
from kechuang.cultivation.queries import screenings as queries
from kechuang.cultivation.rules import screenings as rules
from kechuang.cultivation.rules.allotting import fingerprint
from kechuang.doors.api import ERRORS, ListQuery, PageOf, api_actor, expected_version
from kechuang.doors.lists import keyset
from kechuang.doors.requests import found_or_404

screenings = Router(tags=["screenings"])
routers = [("/screenings", screenings)]


class ScreeningIn(Schema):
    """A round: its rule set, its money, its judges by person number."""

    title: str = Field(min_length=1, max_length=200)
    track: Literal["TALENT", "INCUBATION", "INTRODUCTION"]
    rule_set: str = Field(max_length=60)
    budget_fen: int = Field(ge=1, le=LARGEST_FEN)
    until: datetime
    judges: list[str] = Field(max_length=60)
    notice_days: int = Field(5, ge=1, le=60)


class CandidateIn(Schema):
    """A candidate: the unit by its credit code, the leader by number."""

    title: str = Field(min_length=1, max_length=200)
    origin: str = Field(min_length=1, max_length=200)
    summary: str = Field(min_length=1, max_length=4000)
    organisation: str = Field(max_length=18)
    leader: str = Field(max_length=20)
    total_fen: int = Field(ge=1, le=LARGEST_FEN)
    asked_fen: int = Field(ge=1, le=LARGEST_FEN)


class MarkIn(Schema):
    """Points of one criterion in tenths, with the reason."""

    tenths: int = Field(ge=0, le=10_000)
    reason: str = Field(min_length=1, max_length=500)


class MarksIn(Schema):
    """A judge's points by criterion."""

    marks: dict[str, MarkIn]


class ProposalIn(Schema):
    """How a candidate is to be supported; empty: not at all."""

    outcome: Literal["", "PROJECT", "STAKE"] = ""
    amount_fen: int = Field(0, ge=0, le=LARGEST_FEN)
    terms: StakeIn | None = None


class VerdictIn(Schema):
    """The decision of a second person."""

    verdict: Literal["ACCEPT", "DECLINE"]
    reason: str = Field(min_length=1, max_length=1000)


class ScreeningOut(Schema):
    """A round."""

    number: str
    title: str
    track: str
    rule_set: str
    content: str
    as_of_date: date
    budget_fen: int
    committed_fen: int
    until: datetime
    notice_days: int
    state: str
    version: int


class StakeOut(Schema):
    """The stake that opened after the notice."""

    number: str
    state: str
    amount_fen: int
    valuation_fen: int
    holder: str
    exit_condition: str
    exit_date: date


class CandidateOut(Schema):
    """A candidate; points stand in it once they may be seen."""

    number: str
    screening: str
    title: str
    origin: str
    organisation: str
    state: str
    stage: str
    total_fen: int
    asked_fen: int
    outcome: str
    amount_fen: int
    means: dict[str, int]
    result: str
    reason: str
    notice_number: str
    notice: str = Field(
        description="while on notice: RUNNING, STOPPED by an objection, OVER or CANCELLED"
    )
    project_number: str
    stake: StakeOut | None
    version: int


class DecisionOut(Schema):
    """What was decided of a candidate on notice; `fingerprint` is the SHA-256 over its canonical
    form (keys sorted, no spaces, UTF-8), without itself."""

    candidate: str
    screening: str
    organisation: str
    title: str
    rule_set: str
    rules: str
    judges: int
    means_tenths: dict[str, int]
    result: str
    outcome: str
    total_fen: int
    amount_fen: int
    terms: dict[str, int | str]
    fingerprint: str


def _round(request: HttpRequest, number: str) -> Screening:
    actor = api_actor(request)
    return found_or_404(queries.screenings_visible_to(actor, request.at), number=number)  # type: ignore[attr-defined]


def _one(request: HttpRequest, number: str) -> Candidate:
    actor = api_actor(request)
    return found_or_404(queries.candidates_visible_to(actor, request.at), number=number)  # type: ignore[attr-defined]


def _out(request: HttpRequest, number: str) -> dict[str, Any]:
    row = _one(request, number)
    decided = row.state in ("ON_NOTICE", "ACCEPTED", "DECLINED")
    shows = decided or rules.may_read_rounds(api_actor(request))
    answer = row.answer if shows else {}
    names = ("number", "title", "origin", "state", "total_fen", "asked_fen", "notice_number",
             "project_number", "version")  # fmt: skip
    return {
        **{name: getattr(row, name) for name in names},
        "screening": row.screening.number, "organisation": row.organisation.code,
        "stage": queries.stage_of(row),
        "notice": queries.noticed_of(row, request.at).stands, "means": answer.get("means", {}),
        "result": answer.get("state", ""), "reason": row.reason if shows else "",
        "outcome": row.outcome if shows else "", "amount_fen": row.amount_fen if shows else 0,
        "stake": getattr(row, "stake", None),
    }  # fmt: skip


@screenings.get("", response={200: PageOf[ScreeningOut], **ERRORS}, operation_id="list_screenings")
def list_screenings(request: HttpRequest, query: Query[ListQuery]) -> Any:
    """The rounds of the region, and those in which one judges."""
    rows = queries.screenings_visible_to(api_actor(request), request.at)  # type: ignore[attr-defined]
    page = keyset(rows, after=query.after, limit=query.limit)
    return {"items": page.rows, "next_after": page.next_after}


@screenings.post("", response={200: ScreeningOut, **ERRORS}, operation_id="open_screening")
def open_screening(request: HttpRequest, body: ScreeningIn) -> Any:
    """Open a round."""
    said = body.model_dump() | {"judges": tuple(body.judges)}
    typed = rules.ScreeningTyped(**said)
    return actions.open_screening(typed=typed, by=api_actor(request), at=request.at)  # type: ignore[attr-defined]


@screenings.get("/{number}", response={200: ScreeningOut, **ERRORS}, operation_id="get_screening")
def get_screening(request: HttpRequest, number: str) -> Any:
    """One round."""
    return _round(request, number)


@screenings.post("/{number}/close", response={200: ScreeningOut, **ERRORS},
                 operation_id="close_screening")  # fmt: skip
def close_screening(request: HttpRequest, number: str, body: NothingIn) -> Any:
    """End a round."""
    row = _round(request, number)
    return actions.close_screening(screening=row, by=api_actor(request), at=request.at)  # type: ignore[attr-defined]


@screenings.get("/{number}/candidates", response={200: PageOf[CandidateOut], **ERRORS},
                operation_id="list_candidates")  # fmt: skip
def list_candidates(request: HttpRequest, number: str, query: Query[ListQuery]) -> Any:
    """The candidates of a round."""
    row, actor = _round(request, number), api_actor(request)
    rows = queries.candidates_visible_to(actor, request.at).filter(screening=row)  # type: ignore[attr-defined]
    page = keyset(rows, after=query.after, limit=query.limit)
    return {"items": [_out(request, one.number) for one in page.rows],
            "next_after": page.next_after}  # fmt: skip


@screenings.post("/{number}/candidates", response={200: CandidateOut, **ERRORS},
                 operation_id="enter_candidate")  # fmt: skip
def enter_candidate(request: HttpRequest, number: str, body: CandidateIn) -> Any:
    """Enter a candidate."""
    made = actions.enter_candidate(
        screening=_round(request, number), typed=rules.CandidateTyped(**body.model_dump()),
        by=api_actor(request), at=request.at,  # type: ignore[attr-defined]
    )  # fmt: skip
    return _out(request, made.number)


@screenings.get("/candidates/{number}", response={200: CandidateOut, **ERRORS},
                operation_id="get_candidate")  # fmt: skip
def get_candidate(request: HttpRequest, number: str) -> Any:
    """One candidate."""
    return _out(request, number)


@screenings.get("/candidates/{number}/decision", response={200: DecisionOut, **ERRORS},
                operation_id="get_candidate_decision")  # fmt: skip
def get_candidate_decision(request: HttpRequest, number: str) -> Any:
    """What the public notice of a candidate rests on."""
    rows = decisions.decisions_visible_to(request.actor, request.at)  # type: ignore[attr-defined]
    content = decisions.content_of(found_or_404(rows, number=number))
    return content | {"fingerprint": fingerprint(content)}


def _scored(body: MarksIn) -> dict[str, Any]:
    return {
        "tenths": {code: one.tenths for code, one in body.marks.items()},
        "reasons": {code: one.reason for code, one in body.marks.items()},
    }


def _proposed(body: ProposalIn) -> dict[str, Any]:
    terms = body.terms.typed() if body.terms else None
    return {"typed": rules.ProposalTyped(body.outcome, body.amount_fen, terms)}


def _said(body: Schema) -> dict[str, Any]:
    return body.model_dump()


def _step(verb: str, shape: type[Schema], said: Any, act: Any) -> None:
    def endpoint(request: HttpRequest, number: str, body: shape) -> Any:  # type: ignore[valid-type]
        given = said(body)
        if verb == "decide_candidate":
            given["version"] = expected_version(request)
        act(candidate=_one(request, number), by=api_actor(request), at=request.at, **given)  # type: ignore[attr-defined]
        return _out(request, number)

    endpoint.__doc__ = f"Take the step `{verb}` of a candidate."
    path = "/candidates/{number}/" + verb.replace("_", "-")
    screenings.post(path, response={200: CandidateOut, **ERRORS}, operation_id=verb)(endpoint)


for _verb, _shape, _read, _act in (
    ("score_candidate", MarksIn, _scored, actions.score_candidate),
    ("propose_candidate", ProposalIn, _proposed, actions.propose_candidate),
    ("decide_candidate", VerdictIn, _said, actions.decide_candidate),
    ("establish_candidate", NothingIn, _said, actions.establish_candidate),
    ("return_candidate", ReasonIn, _said, actions.return_candidate),
    ("withdraw_candidate", ReasonIn, _said, actions.withdraw_candidate),
    ("request_stake", NothingIn, _said, stakes.request_stake),
    ("review_stake", NothingIn, _said, stakes.review_stake),
    ("pay_stake", NothingIn, _said, stakes.pay_stake),
):  # fmt: skip
    _step(_verb, _shape, _read, _act)
