"""The page of a challenge, its frozen rules, the minutes of its opening, and its opened bids."""

import json
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from kechuang.base.actor import Role
from kechuang.base.refusals import N_
from kechuang.challenges import queries, rules
from kechuang.challenges.models import Bid, Challenge
from kechuang.challenges.pages.acts import challenge_seen
from kechuang.challenges.pages.amendments import amendments_of
from kechuang.challenges.pages.drafting import targets_shown
from kechuang.challenges.pages.lists import kind_of
from kechuang.challenges.pages.proofs import proofs_of
from kechuang.challenges.pages.races import awards_shown, race_shown
from kechuang.challenges.pages.words import score_words
from kechuang.challenges.queries.lists import AFTER_REVIEW
from kechuang.challenges.rules.bids import STATE_NAMES as BID_STATE_NAMES
from kechuang.challenges.rules.bids import may_start_bid
from kechuang.challenges.rules.table import STATE_NAMES, UNSEALED
from kechuang.doors.requests import AskedRequest
from kechuang.doors.words import name_in_language
from kechuang.notices import queries as notice_queries
from kechuang.parties.queries import people_numbered
from kechuang.record import queries as record
from kechuang.reviews import queries as reviews

# What a reader can do now: event of the table, address, words; the first that may is the button.
ACTS = (
    ("send_to_argument", "challenge-send", N_("送专家论证")),
    ("edit", "challenge-edit", N_("修改草稿")),
    ("edit", "challenge-form", N_("填报表")),
    ("answer_fit_test", "challenge-fit-test", N_("适合性自查")),
    ("name_custodians", "challenge-custodians", N_("指定保管人")),
    ("register_key", "challenge-custodians", N_("登记公钥")),
    ("edit", "challenge-ask-consent", N_("请出题方同意")),
    ("consent", "challenge-consent", N_("同意这份榜单")),
    ("argue", "challenge-argue", N_("签署论证意见")),
    ("authorise", "challenge-authorise", N_("审定榜单")),
    ("attend", "challenge-attend", N_("开标签到")),
    ("give_shares", "challenge-shares", N_("交份额")),
    ("start_session", "challenge-session", N_("开标会")),
    ("unseal", "challenge-unseal", N_("开标")),
    ("finish_check", "challenge-bids", N_("形式审查")),
    ("take_ranking", "challenge-take-ranking", N_("取评审结果")),
    ("choose", "challenge-choose", N_("选定揭榜方")),
    ("propose", "challenge-propose", N_("提出拟立项")),
    ("approve", "challenge-approve", N_("审批拟立项")),
    ("finalise", "challenge-award", N_("确定立项")),
    ("reopen_decision", "challenge-reopen", N_("退回评定")),
    ("relist", "challenge-relist", N_("重新发榜")),
    ("amend_minor", "challenge-amend", N_("改动榜单")),
    ("amend_substantial", "challenge-amend", N_("改动榜单")),
    ("amend_substantial", "challenge-amend-sheet", N_("改指标、评分表和填报表")),
    ("cancel", "challenge-cancel", N_("取消榜单")),
)
STEPS = (
    # name of the step, the stage that ends it, the states in which it runs
    (N_("论证通过"), "APPROVED", ("DRAFTING", "ARGUING", "REJECTED")),
    (N_("审定"), "SCHEDULED", ("APPROVED",)),
    (N_("发榜"), "OPEN", ("SCHEDULED",)),
    (N_("揭榜中"), "CLOSED", ("OPEN",)),
    (N_("开标"), "CHECKING", ("CLOSED", "FAILED")),
    (N_("评审"), "DECIDING", ("CHECKING", "REVIEWING")),
    (N_("公示"), "AWARDED", ("DECIDING", "ON_NOTICE")),
    (N_("签约拨付"), "RUNNING", ("AWARDED",)),
)


def challenge(request: AskedRequest, number: str) -> HttpResponse:
    """One challenge: where it stands, what to do, what is asked, proofs, questions, history."""
    row = challenge_seen(request, number)
    facts = queries.challenge_facts(row, request.actor)
    stages = list(row.stages.all())
    inside = rules.table.may_see_unpublished(request.actor, facts)
    rule = queries.mode(row)
    context = {
        "challenge": row, "kind": kind_of(row.state), "state_name": STATE_NAMES[facts.state],
        "mode": rule, "acts": _acts(row, request, facts), "steps": _steps(row, stages),
        "targets": targets_shown(row), "criteria": list(row.criteria.all()),
        "form": queries.form_of(row), "may_try": rules.table.may_try(request.actor, facts),
        "left": _left(row, request), "proofs": proofs_of(row), "inside": inside,
        "questions": list(row.questions.all()[:100]), "amendments": amendments_of(row),
        "own_bids": _own_bids(request, row), "bid_url": _bid_url(request, row),
        "sees_bids": queries.sees_bids(request.actor, row, facts),
        "may_answer": rules.may("answer", request.actor, facts),
        "may_ask": row.state == "OPEN", "history": _history(stages),
        "fit": _fit(row, rule) if inside else [],
        "seats": queries.last_seats(row) if inside else [],
        "decision": _decision(row) if inside and not facts.fenced else None,
        "notice": notice_queries.notice_for(row.number) if row.winners_max == 1 else None,
        "fence": reviews.fence_of(request.actor, row.number) if facts.fenced else None,
        "may_declare": rules.table.may_declare_conflict(request.actor, facts),
        "ranked": row.state in AFTER_REVIEW and queries.sees_bids(request.actor, row, facts),
        "awards": awards_shown(row), "race": race_shown(request, row, facts),
        "lapsed": row.state in ("ON_NOTICE", "FAILED", "DECIDING")
        and row.proposals.filter(state="LAPSED").exists(),
    }
    context["answered"] = sum(1 for one in context["questions"] if one.answered_at)
    return render(request, "challenges/challenge.html", context)


def _acts(row: Challenge, request: AskedRequest, facts: Any) -> list[dict[str, str]]:
    """What this reader can do now, the most wanted first; each address once."""
    found: dict[str, dict[str, str]] = {}
    for event, name, words in ACTS:
        url = reverse(name, args=[row.number])
        if rules.may(event, request.actor, facts) and url not in found and _is_due(row, event):
            found[url] = {"url": url, "words": words, "event": event}
    return list(found.values())


def _is_due(row: Challenge, event: str) -> bool:
    """Whether an act that the table allows would find what it needs."""
    test = NEEDED.get(event)
    return test is None or test(row)


def _is_undone(row: Challenge) -> bool:
    return any(queries.is_undone(one) for one in queries.live_proposals(row))


def _may_propose(row: Challenge) -> bool:
    awaited = queries.mode(row).issuer_chooses and not row.choices.exists()
    return queries.live_proposal(row) is None and not awaited


def _may_unseal(row: Challenge) -> bool:
    """By the officer alone where nothing is sealed or the supervisor is there; custodians open
    in a session."""
    if not queries.mode(row).sealed:
        return True
    watched = row.presences.filter(role=Role.SUPERVISOR).exists()
    return not row.custodians_needed and watched


NEEDED: dict[str, Callable[[Challenge], bool]] = {
    "reopen_decision": _is_undone,
    "take_ranking": queries.is_reviewed,
    "choose": lambda row: queries.live_proposal(row) is None,
    "propose": _may_propose,
    "attend": lambda row: queries.mode(row).sealed,
    "name_custodians": lambda row: queries.mode(row).sealed,
    "start_session": lambda row: row.state == "CLOSED" and bool(row.custodians_needed)
    or queries.prices_due(row),
    "give_shares": lambda row: row.state == "CLOSED" or queries.prices_due(row),
    "unseal": _may_unseal,
}


def _steps(row: Challenge, stages: list[Any]) -> list[dict[str, Any]]:
    """The line of a challenge: done steps with their day, the current one with its term."""
    reached = {stage.stage: stage.since for stage in stages}
    steps = []
    for name, ends, states in STEPS:
        now = row.state in states
        done = not now and ends in reached
        since = reached.get(ends) if done else None
        until = row.deadline_at if now and row.state == "OPEN" else None
        steps.append({
            "name": name, "state": "now" if now else "done" if done else "", "since": since,
            "until": until, "words": STATE_NAMES[rules.State(row.state)] if now else "",
        })
    return steps


def _left(row: Challenge, request: AskedRequest) -> dict[str, int] | None:
    """Days, hours and minutes to the deadline while a challenge is open."""
    if row.state != "OPEN" or row.deadline_at <= request.at:
        return None
    minutes = int((row.deadline_at - request.at).total_seconds() // 60)
    return {"d": minutes // 1440, "h": minutes // 60 % 24, "m": minutes % 60}


def _own_bids(request: AskedRequest, row: Challenge) -> list[dict[str, Any]]:
    """The reader's own bids with their last receipts; empty for everybody else."""
    shown = []
    for bid in queries.own_bids(request.actor, request.at, row):
        receipt = bid.receipts.last()
        shown.append({
            "bid": bid, "receipt": receipt, "state_name": BID_STATE_NAMES[bid.state],
            "kind": bid_kind(bid.state),
            "home": bid.organisation.code == request.actor.organisation,
        })
    return shown


def bid_kind(state: str) -> str:
    """The shape before a bid's state."""
    if state in ("SEALED", "ADMISSIBLE", "AWARDED", "CONTRACTED", "RANKED"):
        return "ok"
    if state in ("NEEDS_RECONFIRM", "CORRECTION"):
        return "soon"
    if state == "INADMISSIBLE":
        return "bad"
    return "now" if state in ("DRAFT", "OPENED", "IN_REVIEW", "PROPOSED") else "none"


def _bid_url(request: AskedRequest, row: Challenge) -> str:
    """Where this reader writes a bid now; empty where no bid can be begun."""
    if row.state != "OPEN" or row.deadline_at <= request.at:
        return ""
    if request.actor.is_signed_in and not may_start_bid(
        request.actor, row.issuer.code, queries.invited_code(row)
    ):
        return ""
    return reverse("bid-new", args=[row.number])


def _history(stages: list[Any]) -> list[dict[str, Any]]:
    people = people_numbered(stage.by_person for stage in stages if stage.by_person)
    return [
        {"since": stage.since, "label": STATE_NAMES[rules.State(stage.stage)],
         "who": _who(stage, people), "note": stage.note_public}
        for stage in stages
    ]


def _who(stage: Any, people: dict[str, Any]) -> str:
    if stage.by_role == Role.CLOCK:
        return _("时钟（自动）")
    person = people.get(stage.by_person)
    known = person and stage.by_role != Role.EXPERT
    return str(name_in_language(person)) if known else _("专家")


def _fit(row: Challenge, rule: rules.modes.Mode) -> list[dict[str, Any]]:
    answers = {one.question: one for one in row.fit_answers.all()}
    return [{"question": one, "answer": answers.get(one.code)} for one in rule.fit_questions]


def _decision(row: Challenge) -> dict[str, Any] | None:
    """The choice, the proposals and their approvals, for the office and the poser."""
    if row.state not in UNSEALED:
        return None
    choices = list(row.choices.select_related("by"))
    proposals = list(row.proposals.select_related("by").prefetch_related("approvals__by"))
    if not choices and not proposals:
        return None
    numbers = {one.bid_number for one in [*choices, *proposals]}
    units = dict(Bid.objects.filter(number__in=numbers).values_list(
        "number", "organisation__name"))
    names = {step.code: step for step in queries.mode(row).approval}
    for one in [*choices, *proposals]:
        one.unit = units.get(one.bid_number, "")
    for proposal in proposals:
        proposal.signed = [
            {"approval": approval, "step": names.get(approval.step)}
            for approval in proposal.approvals.all()
        ]
    return {"choices": choices, "proposals": proposals,
            "awaited": queries.awaited_approval(row)}


def frozen_rules(request: AskedRequest, number: str, version: int) -> HttpResponse:
    """The frozen text itself, byte for byte: its SHA-256 is the fingerprint on the page."""
    row = challenge_seen(request, number)
    ruleset = row.rulesets.filter(version=version).first()
    if ruleset is None:
        raise Http404
    response = HttpResponse(ruleset.canonical, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{number}-rules-{version}.json"'
    return response


def opening_record(request: AskedRequest, number: str) -> HttpResponse:
    """The minutes of the opening, byte for byte, for who sees the bids; ?part=price are those of
    the prices, where they were sealed apart."""
    row = challenge_seen(request, number)
    opening: Any = queries.opening_of(row)
    if request.GET.get("part") == "price":
        opening = getattr(row, "price_opening", None)
    facts = queries.challenge_facts(row, request.actor)
    if opening is None or not queries.sees_bids(request.actor, row, facts):
        raise Http404
    response = HttpResponse(opening.minutes, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{number}-opening.json"'
    return response


def proofs(request: AskedRequest, number: str) -> HttpResponse:
    """Everything that anybody can check of a published challenge, and how; 404 before."""
    row = challenge_seen(request, number)
    if row.opened_at is None:
        raise Http404
    found = queries.proofs_of_entries(row)
    return render(request, "challenges/proofs.html", {
        "challenge": row, "proofs": proofs_of(row), "found": found,
        "checkpoint": record.checkpoint(), "log_key": record.log_verifier().text(),
        "sees_bids": queries.sees_bids(
            request.actor, row, queries.challenge_facts(row, request.actor)
        ),
    })


def proofs_json(request: AskedRequest, number: str) -> HttpResponse:
    """The file that `tools/verify_log.py` checks without this platform."""
    found = queries.proofs_of_entries(challenge_seen(request, number))
    if found is None:
        raise Http404
    text = json.dumps(found, ensure_ascii=False, indent=1)
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{number}-proofs.json"'
    return response


def bids(request: AskedRequest, number: str) -> HttpResponse:
    """The opened bids of a challenge, for who may see them; 404 for everybody before opening."""
    row = challenge_seen(request, number)
    facts = queries.challenge_facts(row, request.actor)
    if not queries.sees_bids(request.actor, row, facts):
        raise Http404
    rows = list(
        queries.bids_visible_to(request.actor, request.at)
        .filter(challenge=row, state__in=rules.bids.OPENED)
        .prefetch_related("members__organisation", "checks", "receipts")
        .order_by("rank", "number")[:200]
    )
    may_check = rules.may("check", request.actor, facts)
    for bid in rows:
        bid.state_name, bid.kind = BID_STATE_NAMES[bid.state], bid_kind(bid.state)
        bid.score = score_words(bid)
        bid.receipt = next(iter(reversed(bid.receipts.all())), None)
        bid.checkable = may_check and bid.state in ("OPENED", "CORRECTION")
    return render(request, "challenges/bids.html", {
        "challenge": row, "bids": rows, "opening": queries.opening_of(row),
        "prices": getattr(row, "price_opening", None),
        "may_finish": rules.may("finish_check", request.actor, facts), "may_check": may_check,
        "present": list(row.presences.select_related("person")),
        "state_name": STATE_NAMES[facts.state], "kind": kind_of(row.state),
    })

