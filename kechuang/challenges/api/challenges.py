"""Every verb of a challenge through the API: the same as on the pages."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Query, Router, Status
from pydantic import Field

from kechuang.base.refusals import N_
from kechuang.challenges import actions, queries, rules
from kechuang.challenges.api import schemas as s
from kechuang.challenges.models import BudgetLine, Challenge, Question
from kechuang.challenges.rules.drafting import CriterionFacts, TargetFacts
from kechuang.doors.api import ERRORS, ListQuery, PageOf, api_actor, expected_version
from kechuang.doors.lists import keyset
from kechuang.doors.requests import found_or_404
from kechuang.needs.models import Need
from kechuang.needs.queries import visible_to as needs_visible_to
from kechuang.parties.models import Organisation, Person
from kechuang.parties.queries import organisations_coded, people_numbered

router = Router(tags=["challenges"])
budget = Router(tags=["challenges"])


class ChallengeQuery(ListQuery):
    """A list may be narrowed by state."""

    state: str = Field("", max_length=20)


def seen(request: HttpRequest, number: str) -> Challenge:
    return found_or_404(queries.visible_to(request.actor, request.at), number=number)


def people(numbers: list[str], field: str) -> list[Person]:
    """People by their numbers, in order; unknown ones are refused."""
    found = people_numbered(numbers)
    unknown = [number for number in numbers if number not in found]
    if unknown:
        raise rules.ChallengeRefused(
            "challenges.no_such_person", N_("没有编号为 {number} 的人员。"),
            {"number": unknown[0]}, (field,))
    return [found[number] for number in numbers]


def unit(code: str, field: str) -> Organisation:
    """A unit by its credit code; an unknown one is refused."""
    found = organisations_coded([code]).get(code)
    if found is None:
        raise rules.ChallengeRefused(
            "challenges.no_such_unit", N_("没有代码为 {code} 的单位。"), {"code": code}, (field,))
    return found


def _draft(body: s.ChallengeIn) -> actions.Draft:
    """What was sent, without what was left out."""
    sent = body.model_dump(exclude_unset=True, exclude={"targets", "criteria", "form", "reason"})
    for name in ("secretary", "chair"):
        if sent.get(name):
            sent[name] = people([sent[name]], name)[0]
    if sent.get("invited"):
        sent["invited"] = unit(sent["invited"], "invited")
    fields = {name: value for name, value in sent.items() if value is not None}
    targets = criteria = None
    if body.targets is not None:
        targets = [TargetFacts(**{**one.model_dump(), "comparison": one.comparison.value})
                   for one in body.targets]
    if body.criteria is not None:
        criteria = [CriterionFacts(**one.model_dump()) for one in body.criteria]
    form = [one.facts() for one in body.form] if body.form is not None else None
    return actions.Draft(fields, targets, criteria, form)


def _act(
    request: HttpRequest, number: str, act: Callable[..., Any], **arguments: Any
) -> Challenge:
    """One call into the actions, and the challenge as it is after it."""
    actor = api_actor(request)
    challenge = seen(request, number)
    act(challenge=challenge, **arguments, by=actor, at=request.at)
    return s.challenge_answer(challenge)


@router.get("/", response={200: PageOf[s.ChallengeRow], **ERRORS},
            operation_id="list_challenges")
def list_challenges(request: HttpRequest, page: Query[ChallengeQuery]) -> Any:
    """Challenges that this reader may see, newest first."""
    rows = queries.visible_to(request.actor, request.at)
    if page.state:
        rows = rows.filter(state=page.state.upper())
    found = keyset(rows, after=page.after, limit=page.limit)
    return {"items": found.rows, "next_after": found.next_after}


@router.post("/", response={201: s.ChallengeOut, **ERRORS}, operation_id="draft_challenge")
def draft_challenge(request: HttpRequest, body: s.ChallengeNew) -> Any:
    """Begin a challenge from an accepted need."""
    actor = api_actor(request)
    needs = Need.objects.filter(pk__in=needs_visible_to(actor, request.at).values("pk"))
    need = found_or_404(needs.select_related("organisation"), number=body.need)
    made = actions.draft_challenge(need=need, mode_code=body.mode, by=actor, at=request.at)
    return Status(201, s.challenge_answer(made))


@router.get("/{number}", response={200: s.ChallengeOut, **ERRORS}, operation_id="get_challenge")
def get_challenge(request: HttpRequest, number: str) -> Any:
    return seen(request, number)


@router.patch("/{number}", response={200: s.ChallengeOut, **ERRORS}, operation_id="save_challenge")
def save_challenge(request: HttpRequest, number: str, body: s.ChallengeIn) -> Any:
    """Keep a draft as written so far; If-Match takes its version."""
    return _act(request, number, actions.save_draft, draft=_draft(body),
                version=expected_version(request))


@router.get("/{number}/rules/{version}", response={200: dict[str, Any], **ERRORS},
            operation_id="get_challenge_rules")
def get_rules(request: HttpRequest, number: str, version: int) -> Any:
    """The frozen rules of a version: the canonical text and its fingerprint."""
    if not 0 < version < 10_000:
        raise Http404
    ruleset = found_or_404(seen(request, number).rulesets.all(), version=version)
    return {"canonical": ruleset.canonical, "sha256": ruleset.sha256}


@router.post("/{number}/fit-test", response={200: s.ChallengeOut, **ERRORS},
             operation_id="answer_fit_test")
def fit_test(request: HttpRequest, number: str, body: s.FitIn) -> Any:
    answers = {one.question: (one.yes, one.reason) for one in body.answers}
    return _act(request, number, actions.answer_fit_test, answers=answers)


@router.post("/{number}/send", response={200: s.ChallengeOut, **ERRORS},
             operation_id="send_to_argument")
def send(request: HttpRequest, number: str, body: s.ArgumentIn) -> Any:
    experts = people(body.experts, "experts")
    return _act(request, number, actions.send_to_argument, experts=experts,
                lead=people([body.lead], "lead")[0])


@router.post("/{number}/argue", response={200: s.ChallengeOut, **ERRORS},
             operation_id="argue_challenge")
def argue(request: HttpRequest, number: str, body: s.OpinionIn) -> Any:
    return _act(request, number, actions.argue, verdict=body.verdict.value, opinion=body.opinion)


@router.post("/{number}/authorise", response={200: s.ChallengeOut, **ERRORS},
             operation_id="authorise_challenge")
def authorise(request: HttpRequest, number: str, body: s.AuthoriseIn) -> Any:
    lines = queries.budget_lines_visible_to(request.actor, request.at)
    challenge = seen(request, number)
    line = found_or_404(lines, number=body.budget_line)
    actions.authorise(challenge=challenge, line=line, by=api_actor(request), at=request.at)
    return s.challenge_answer(challenge)


@router.post("/{number}/amend", response={200: s.ChallengeOut, **ERRORS},
             operation_id="amend_challenge")
def amend(request: HttpRequest, number: str, body: s.AmendmentIn) -> Any:
    return _act(request, number, actions.amend_challenge, draft=_draft(body), reason=body.reason,
                version=expected_version(request))


@router.get("/{number}/questions", response={200: PageOf[s.QuestionOut], **ERRORS},
            operation_id="list_questions")
def questions(request: HttpRequest, number: str, page: Query[ListQuery]) -> Any:
    rows = Question.objects.filter(challenge=seen(request, number))
    found = keyset(rows, after=page.after, limit=page.limit)
    return {"items": found.rows, "next_after": found.next_after}


@router.post("/{number}/questions", response={201: s.QuestionOut, **ERRORS},
             operation_id="ask_question")
def ask(request: HttpRequest, number: str, body: s.QuestionIn) -> Any:
    """Ask in public, unnamed."""
    actor = api_actor(request)
    return Status(201, actions.ask_question(
        challenge=seen(request, number), text=body.text, by=actor, at=request.at))


@router.post("/{number}/questions/{question}/answer", response={200: s.QuestionOut, **ERRORS},
             operation_id="answer_question")
def answer(request: HttpRequest, number: str, question: str, body: s.AnswerIn) -> Any:
    rows = Question.objects.filter(challenge=seen(request, number)).select_related("challenge")
    row = found_or_404(rows, number=question)
    return actions.answer_question(
        question=row, answer=body.answer, by=api_actor(request), at=request.at)


@router.post("/{number}/unseal", response={200: s.OpeningOut, **ERRORS},
             operation_id="unseal_bids")
def unseal(request: HttpRequest, number: str, body: s.UnsealIn | None = None) -> Any:
    """Open all sealed bids, the supervisor present; with the custodians' shares where they keep
    the keys, by envelope and place. Prices that were sealed apart are opened the same way, once
    the scores are locked."""
    challenge = seen(request, number)
    shares = body.shares if body else {}
    if challenge.state == rules.State.REVIEWING:
        return actions.open_prices(
            challenge=challenge, shares=shares, by=api_actor(request), at=request.at)
    return actions.unseal_bids(
        challenge=challenge, shares=shares or None, by=api_actor(request), at=request.at)


@router.get("/{number}/bids", response={200: PageOf[s.BidOut], **ERRORS},
            operation_id="list_opened_bids")
def bids(request: HttpRequest, number: str, page: Query[ListQuery]) -> Any:
    """The opened bids that this reader may see; 404 for everybody before the opening."""
    challenge = seen(request, number)
    facts = queries.challenge_facts(challenge, request.actor)
    if not queries.sees_bids(request.actor, challenge, facts):
        raise Http404
    rows = queries.bids_visible_to(request.actor, request.at).filter(
        challenge=challenge, state__in=rules.bids.OPENED)
    found = keyset(rows, after=page.after, limit=page.limit)
    return {"items": found.rows, "next_after": found.next_after}


@router.post("/{number}/choose", response={200: s.ChallengeOut, **ERRORS},
             operation_id="choose_bid")
def choose(request: HttpRequest, number: str, body: s.ChoiceIn) -> Any:
    return _act(request, number, actions.choose, bid_number=body.bid, reason=body.reason)


@router.post("/{number}/propose", response={200: s.ChallengeOut, **ERRORS},
             operation_id="propose_award")
def propose(request: HttpRequest, number: str, body: s.ProposalIn) -> Any:
    return _act(request, number, actions.propose, bid_number=body.bids or body.bid,
                reserve_number=body.reserves or body.reserve, reason=body.reason)


@router.post("/{number}/approve", response={200: s.ChallengeOut, **ERRORS},
             operation_id="approve_award")
def approve(request: HttpRequest, number: str, body: s.NoteIn) -> Any:
    return _act(request, number, actions.approve, note=body.note)


def _with_reason(verb: str, name: str, act: Callable[..., Any]) -> None:
    """A verb that takes a reason."""

    def view(request: HttpRequest, number: str, body: s.ReasonIn) -> Any:
        return _act(request, number, act, reason=body.reason)

    view.__name__ = name
    view.__doc__ = act.__doc__.splitlines()[0]
    router.post(f"/{{number}}/{verb}", response={200: s.ChallengeOut, **ERRORS},
                operation_id=name)(view)


def _plain(verb: str, name: str, act: Callable[..., Any]) -> None:
    """A verb that takes nothing but its object."""

    def view(request: HttpRequest, number: str) -> Any:
        return _act(request, number, act)

    view.__name__ = name
    view.__doc__ = act.__doc__.splitlines()[0]
    router.post(f"/{{number}}/{verb}", response={200: s.ChallengeOut, **ERRORS},
                operation_id=name)(view)


_with_reason("cancel", "cancel_challenge", actions.cancel_challenge)
_with_reason("return", "return_proposal", actions.return_proposal)
_plain("ask-consent", "ask_consent", actions.ask_consent)
_plain("consent", "consent_to_challenge", actions.consent_to_challenge)
_plain("attend", "attend_opening", actions.attend_opening)
_plain("finish-check", "finish_check", actions.finish_check)
_plain("take-ranking", "take_ranking", actions.take_ranking)
_plain("award", "award_challenge", actions.finalise)
_plain("reopen", "reopen_decision", actions.reopen_decision)


@router.post("/{number}/conflict", response={200: s.ChallengeOut, **ERRORS},
             operation_id="declare_conflict_with_challenge")
def declare_conflict(request: HttpRequest, number: str, body: s.GroundIn) -> Any:
    """Declare the own conflict with a challenge; one is fenced from it from now on."""
    return _act(request, number, actions.declare_conflict, ground=body.ground)


@router.post("/{number}/relist", response={201: s.ChallengeOut, **ERRORS},
             operation_id="relist_challenge")
def relist(request: HttpRequest, number: str, body: s.RelistIn) -> Any:
    """Begin a new round of a failed challenge, in the same mode or another."""
    made = actions.relist_challenge(
        challenge=seen(request, number), reason=body.reason, mode_code=body.mode,
        by=api_actor(request), at=request.at)
    return Status(201, s.challenge_answer(made))


@budget.get("/", response={200: PageOf[s.BudgetLineOut], **ERRORS},
            operation_id="list_budget_lines")
def budget_lines(request: HttpRequest, page: Query[ListQuery]) -> Any:
    """The budget lines of the office's region."""
    api_actor(request)
    allowed = queries.budget_lines_visible_to(request.actor, request.at).values("pk")
    found = keyset(BudgetLine.objects.filter(pk__in=allowed), after=page.after, limit=page.limit)
    return {"items": found.rows, "next_after": found.next_after}


@budget.post("/", response={201: s.BudgetLineOut, **ERRORS}, operation_id="open_budget_line")
def open_budget_line(request: HttpRequest, body: s.BudgetLineIn) -> Any:
    """Enter a line of the year's budget."""
    return Status(201, actions.open_budget_line(
        **body.model_dump(), by=api_actor(request), at=request.at))
