"""The API of matching: ranked offers, verdicts, introductions, by the same verbs as the pages."""

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from kechuang.doors.api import ERRORS, ListQuery, PageOf, api_actor, expected_version
from kechuang.doors.requests import found_or_404
from kechuang.matching import actions, queries, rules
from kechuang.matching.api import consortia, desk, events, explaining, makers, words
from kechuang.matching.api.makers import need_of
from kechuang.matching.models import ContactRow, Introduction
from kechuang.matching.queries import Filters, RankedOffer
from kechuang.offers import queries as offers

matches = Router(tags=["matching"])
introductions = Router(tags=["matching"])
answered = Router(tags=["matching"])
routers = [
    ("/needs", matches), ("/needs", makers.router), ("/needs", explaining.router),
    ("/offers", answered), ("/offers", desk.mends),
    ("/introductions/words", words.router), ("/introductions/requests", desk.asked_requests),
    ("/introductions", desk.hand_overs),
    ("/introductions", introductions), ("/events", events.router), ("/consortia", consortia.router),
]  # fmt: skip


class FindingOut(Schema):
    """A target of the need held against the offer: MET, MISSED or NOT_STATED."""

    name: str
    required: str
    stated: str
    verdict: str


class PhraseOut(Schema):
    """Words of the offer that the need has too, with their points in tenths."""

    words: str
    tenths: int


class VerdictOut(Schema):
    """A verdict in force."""

    number: str
    choice: str
    reason_code: str
    note: str
    by: str
    judged_at: datetime


class FigureOut(Schema):
    """What the engine counts beside words (`topic`, `length` …), in tenths of a point."""

    name: str
    tenths: int


class MatchOut(Schema):
    """One ranked offer; `score_tenths` is the sum of the four parts, and `text_tenths` that of
    `phrases` and `figures`. `lacking` are words of the need that it does not say, `learnt` words
    that the engine added; `is_mutual`: each is among the other's first."""

    place: int
    offer: str
    title: str
    organisation: str
    score_tenths: int
    text_tenths: int
    targets_tenths: int
    chain_tenths: int
    local_tenths: int
    phrases: list[PhraseOut]
    figures: list[FigureOut]
    lacking: list[str]
    learnt: list[str]
    is_mutual: bool
    findings: list[FindingOut]
    quotation: str
    verdict: VerdictOut | None
    introduction: str | None


class MatchesOut(Schema):
    """The ranked offers of a need; with `engine` (the model), `index` and the need's text the same
    ranking comes again."""

    need: str
    engine: str | None
    index: str | None
    documents: int | None
    ranked_at: datetime | None
    matches: list[MatchOut]


class AnsweredOut(Schema):
    """A need that an offer may answer; no findings where the need's targets are hidden."""

    place: int
    need: str
    title: str
    score_tenths: int
    findings: list[FindingOut]
    is_mutual: bool
    introduction: str | None


class AnsweredNeedsOut(Schema):
    """The needs that an offer may answer."""

    offer: str
    needs: list[AnsweredOut]


class JudgeIn(Schema):
    """A verdict with its reason."""

    choice: str = Field(max_length=8)
    reason_code: str = Field(max_length=16)
    note: str = Field(max_length=rules.NOTE_LONGEST)


class IntroduceIn(Schema):
    """Why the two should meet."""

    reason_code: str = Field(max_length=16)
    note: str = Field(max_length=rules.NOTE_LONGEST)


class IntroductionOut(Schema):
    """One introduction."""

    number: str
    state: str
    version: int
    need: str
    offer: str
    need_organisation: str
    offer_organisation: str
    liaison: str
    reason_code: str
    note: str
    introduced_at: datetime
    reply_until: datetime
    need_answer: str
    offer_answer: str
    since: datetime
    next_step: str
    next_date: date | None
    amount_fen: int | None
    end_reason_code: str

    @staticmethod
    def resolve_need(row: Introduction) -> str:
        return row.need.number

    @staticmethod
    def resolve_offer(row: Introduction) -> str:
        return row.offer.number

    @staticmethod
    def resolve_need_organisation(row: Introduction) -> str:
        return row.need_organisation.number

    @staticmethod
    def resolve_offer_organisation(row: Introduction) -> str:
        return row.offer_organisation.number

    @staticmethod
    def resolve_liaison(row: Introduction) -> str:
        return row.liaison.number


class IntroductionQuery(ListQuery):
    """How the ledger is narrowed."""

    state: str = Field("", max_length=10, description="a state, or open")
    mine: bool = False
    due: bool = False
    q: str = Field("", max_length=60)


class AnswerIn(Schema):
    """One side's answer."""

    answer: rules.Answer


class ContactIn(Schema):
    """One entry of the log."""

    date: date
    kind: rules.ContactKind
    words: str = Field(max_length=rules.WORDS_LONGEST)
    next_step: str = Field("", max_length=rules.STEP_LONGEST)
    next_date: date | None = None
    audience: rules.Audience = rules.Audience.DESK


class ContactOut(Schema):
    """One entry of the log."""

    date: date
    kind: str
    words: str
    next_step: str
    next_date: date | None
    audience: str
    by: str
    noted_at: datetime

    @staticmethod
    def resolve_by(row: ContactRow) -> str:
        return row.by_person.number


class AdvanceIn(Schema):
    """A step forward; send If-Match with the version."""

    to: str = Field(max_length=10)
    note: str = Field("", max_length=rules.NOTE_LONGEST)
    amount_fen: int | None = Field(None, ge=1, le=10**15)


class EndIn(Schema):
    """Why an introduction ends."""

    reason_code: str = Field(max_length=16)
    note: str = Field(max_length=rules.NOTE_LONGEST)


class SharesIn(Schema):
    """Shares of credit in hundredths of a percent by person number; they sum to 10,000."""

    shares: dict[str, int]


class SharesOut(Schema):
    """Shares of credit as they are kept."""

    shares: dict[str, int]


class CapacityIn(Schema):
    """How many introductions a liaison follows at a time."""

    capacity: int = Field(ge=-(10**6), le=10**6)


class CapacityOut(Schema):
    """A liaison's capacity and load."""

    person: str
    capacity: int
    load: int


@matches.get("/{number}/matches", response={200: MatchesOut, **ERRORS}, operation_id="list_matches")
def list_matches(request: HttpRequest, number: str) -> dict[str, Any]:
    """The offers that may answer a need, best first, with the reasons."""
    need = need_of(request, number)
    ranking = queries.ranking_of(need)
    ranked = queries.ranked_offers_for(need, request.actor, request.at)
    return {
        "need": need.number,
        "engine": ranking.engine if ranking else None,
        "index": ranking.generation if ranking else None,
        "documents": ranking.documents if ranking else None,
        "ranked_at": ranking.ranked_at if ranking else None,
        "matches": [_match_out(row) for row in ranked],
    }


def _match_out(row: RankedOffer) -> dict[str, Any]:
    match, said = row.match, row.verdict
    unit = match.offer.organisation
    return {
        "place": row.place,
        "offer": match.offer.number,
        "title": match.offer.title,
        "organisation": unit.number if unit else "",
        "score_tenths": match.score_tenths,
        "text_tenths": match.text_tenths,
        "targets_tenths": match.targets_tenths,
        "chain_tenths": match.chain_tenths,
        "local_tenths": match.local_tenths,
        "phrases": [{"words": words, "tenths": tenths} for words, tenths in match.phrases],
        "figures": [{"name": name, "tenths": tenths} for name, tenths in match.rest],
        "lacking": match.lacking,
        "learnt": match.learnt,
        "is_mutual": match.is_mutual,
        "findings": match.findings,
        "quotation": "".join(piece for piece, _ in match.quotation),
        "verdict": _verdict_out(said) if said else None,
        "introduction": row.introduction.number if row.introduction else None,
    }


def _verdict_out(verdict: Any) -> dict[str, Any]:
    return {
        "number": verdict.number,
        "choice": verdict.choice,
        "reason_code": verdict.reason_code,
        "note": verdict.note,
        "by": verdict.by_person.number,
        "judged_at": verdict.judged_at,
    }


@answered.get(
    "/{number}/matches",
    response={200: AnsweredNeedsOut, **ERRORS},
    operation_id="list_needs_answered",
)
def list_needs_answered(request: HttpRequest, number: str) -> dict[str, Any]:
    """The needs that an offer may answer, best first, as far as the caller may read them."""
    by = api_actor(request)
    rows = offers.visible_to(by, request.at)
    offer = found_or_404(rows, number=number)
    if not rules.may_read_needs_of(by, offer.organisation.code if offer.organisation else ""):
        return found_or_404(rows.none())
    return {
        "offer": offer.number,
        "needs": [
            {
                "place": place,
                "need": row.need.number,
                "title": row.need.title,
                "score_tenths": row.score_tenths,
                "findings": row.findings,
                "is_mutual": row.is_mutual,
                "introduction": row.introduction.number if row.introduction else None,
            }
            for place, row in enumerate(queries.needs_answered_by(offer, by, request.at), 1)
        ],
    }


@matches.post(
    "/{number}/matches/{offer_number}/judge",
    response={200: VerdictOut, **ERRORS},
    operation_id="judge_match",
)
def judge_match(request: HttpRequest, number: str, offer_number: str, data: JudgeIn) -> Any:
    """Judge whether an offer fits a need."""
    need = need_of(request, number)
    offer = found_or_404(offers.visible_to(request.actor, request.at), number=offer_number)
    verdict = actions.judge_match(
        need=need, offer=offer, by=request.actor, at=request.at, **data.dict()
    )
    return _verdict_out(verdict)


@matches.post(
    "/{number}/matches/{offer_number}/introduce",
    response={201: IntroductionOut, **ERRORS},
    operation_id="introduce",
)
def introduce(request: HttpRequest, number: str, offer_number: str, data: IntroduceIn) -> Any:
    """Judge that an offer fits and introduce its team to the need's owner."""
    need = need_of(request, number)
    offer = found_or_404(offers.visible_to(request.actor, request.at), number=offer_number)
    return Status(201, actions.introduce(
        need=need, offer=offer, by=request.actor, at=request.at, **data.dict()
    ))  # fmt: skip


def _found(request: HttpRequest, number: str) -> Introduction:
    return found_or_404(queries.visible_to(api_actor(request), request.at), number=number)


@introductions.get(
    "", response={200: PageOf[IntroductionOut], **ERRORS}, operation_id="list_introductions"
)
def list_introductions(request: HttpRequest, query: Query[IntroductionQuery]) -> Any:
    """The ledger, by the date of the next step."""
    by = api_actor(request)
    text = query.q.replace("\x00", "").strip()
    filters = Filters(query.state.replace("\x00", ""), query.mine, query.due, text)
    rows = queries.introductions_listed(by, request.at, filters)
    page = queries.ledger_page(rows, after=query.after.replace("\x00", ""), limit=query.limit)
    return {"items": page.rows, "next_after": page.next_after}


@introductions.get(
    "/{number}", response={200: IntroductionOut, **ERRORS}, operation_id="read_introduction"
)
def read_introduction(request: HttpRequest, number: str) -> Introduction:
    """One introduction."""
    return _found(request, number)


@introductions.get(
    "/{number}/contacts", response={200: list[ContactOut], **ERRORS}, operation_id="list_contacts"
)
def list_contacts(request: HttpRequest, number: str) -> Any:
    """The log of an introduction: all of it for the desk, for a side what was written for it."""
    row = _found(request, number)
    rows = ContactRow.objects.filter(introduction=row).select_related("by_person")
    return [e for e in rows if rules.may_read_entry(request.actor, row.facts, e.audience)]


@introductions.post(
    "/{number}/answer", response={200: IntroductionOut, **ERRORS},
    operation_id="answer_introduction",
)  # fmt: skip
def answer_introduction(request: HttpRequest, number: str, data: AnswerIn) -> Introduction:
    """Say for one side whether it wants to talk."""
    row = _found(request, number)
    return actions.answer_introduction(
        introduction=row, answer=data.answer, by=request.actor, at=request.at
    )


@introductions.post(
    "/{number}/contact", response={201: ContactOut, **ERRORS}, operation_id="record_contact"
)
def record_contact(request: HttpRequest, number: str, data: ContactIn) -> Any:
    """Note a contact and what comes next."""
    row = _found(request, number)
    entry = rules.LogEntry(**data.dict())
    return Status(201, actions.record_contact(
        introduction=row, entry=entry, by=request.actor, at=request.at
    ))  # fmt: skip


@introductions.post(
    "/{number}/advance", response={200: IntroductionOut, **ERRORS},
    operation_id="advance_introduction",
)  # fmt: skip
def advance(request: HttpRequest, number: str, data: AdvanceIn) -> Introduction:
    """Take an introduction forward."""
    row = _found(request, number)
    return actions.advance(
        introduction=row, version=expected_version(request), by=request.actor, at=request.at,
        **data.dict(),
    )  # fmt: skip


@introductions.post(
    "/{number}/end", response={200: IntroductionOut, **ERRORS}, operation_id="end_introduction"
)
def end_introduction(request: HttpRequest, number: str, data: EndIn) -> Introduction:
    """End an introduction with a coded reason."""
    row = _found(request, number)
    return actions.end_introduction(
        introduction=row, by=request.actor, at=request.at, **data.dict()
    )


@introductions.post(
    "/{number}/share", response={200: SharesOut, **ERRORS}, operation_id="share_credit"
)
def share_credit(request: HttpRequest, number: str, data: SharesIn) -> dict[str, Any]:
    """Say who has which share of the credit."""
    row = _found(request, number)
    rows = actions.share_credit(
        introduction=row, shares=data.shares, by=request.actor, at=request.at
    )
    return {"shares": {credit.person.number: credit.share_bp for credit in rows}}


@introductions.post(
    "/liaisons/{person}/capacity", response={200: CapacityOut, **ERRORS},
    operation_id="set_liaison_capacity",
)  # fmt: skip
def set_capacity(request: HttpRequest, person: str, data: CapacityIn) -> dict[str, Any]:
    """Say how many introductions a liaison of the caller's region follows at a time."""
    by = api_actor(request)
    liaison = next(
        (one for one in queries.liaisons_under(by.region, request.at) if one.number == person),
        None,
    )
    if liaison is None:
        return found_or_404(Introduction.objects.none())
    row = actions.set_capacity(
        person=liaison, capacity=data.capacity, region_path=by.region, by=by, at=request.at
    )
    return {
        "person": liaison.number,
        "capacity": row.capacity,
        "load": queries.load_of(liaison),
    }
