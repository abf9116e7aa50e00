"""Pages of several winners: the ranking with its line; a race's stages, gates and teams."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from kechuang.base.refusals import N_
from kechuang.challenges import actions, queries, rules
from kechuang.challenges.forms.modes import CompareForm, TeamChoice
from kechuang.challenges.models import Bid, Challenge, Gate
from kechuang.challenges.pages.acts import Act, act_page, challenge_seen, challenge_to, posted
from kechuang.challenges.pages.drafting import wan_words
from kechuang.challenges.pages.words import score_words
from kechuang.challenges.queries.lists import AFTER_REVIEW
from kechuang.challenges.rules.allocating import WHY_NAMES
from kechuang.challenges.rules.racing import (
    GATE_STATE_NAMES,
    VERDICT_NAMES,
    GateState,
    TeamVerdict,
)
from kechuang.doors.forms import ConfirmForm, ReasonForm
from kechuang.doors.requests import AskedRequest, signed_in
from kechuang.projects.models import Milestone
from kechuang.reviews.models import Minutes

AWARD_WORDS = {
    "PROPOSED": (N_("公示中"), "now"), "STOPPED": (N_("止于赛段"), "none"),
    "MERGED": (N_("已并入另一队"), "soon"),
}
AWARDED = (N_("已立项"), "ok")
VERDICT_KINDS = {"CONTINUE": "ok", "MERGE": "soon", "STOP": "none"}


def ranking(request: AskedRequest, number: str) -> HttpResponse:
    """The ranking with the line drawn, and what it rests on; for who sees the opened bids."""
    row = challenge_seen(request, number)
    facts = queries.challenge_facts(row, request.actor)
    if row.state not in AFTER_REVIEW or not queries.sees_bids(request.actor, row, facts):
        raise Http404
    seen = queries.bids_visible_to(request.actor, request.at).filter(challenge=row)
    bids = {bid.number: bid for bid in seen}
    lines = [
        {"bid": bids[one.bid.number], "line": one, "why": WHY_NAMES[one.why],
         "score": score_words(bids[one.bid.number])}
        for one in queries.ranking_with_line(row) if one.bid.number in bids
    ]
    minutes = Minutes.objects.filter(panel__subject_number=row.number).order_by("-id").first()
    return render(request, "challenges/ranking.html", {
        "challenge": row, "lines": lines, "mode": queries.mode(row), "minutes": minutes,
        "above": sum(1 for one in lines if one["line"].is_above),
        "taken_fen": sum(one["line"].bid.ask_fen for one in lines if one["line"].is_above),
        "may_propose": rules.may("propose", request.actor, facts)
        and queries.live_proposal(row) is None,
    })


def awards_shown(row: Challenge) -> list[dict[str, Any]]:
    """The awards of a mode with several winners that are on notice or final: they are public."""
    if row.winners_max == 1:
        return []
    approved = [one for one in queries.live_proposals(row) if one.notice_number]
    bids = {
        bid.number: bid for bid in Bid.objects.filter(
            number__in=[one.bid_number for one in approved]).select_related("organisation")
    }
    return [
        {"award": one, "unit": bids[one.bid_number].organisation,
         "words": AWARD_WORDS.get(bids[one.bid_number].state, AWARDED)}
        for one in approved
    ]


def race_shown(
    request: AskedRequest, row: Challenge, facts: rules.ChallengeFacts
) -> dict[str, Any] | None:
    """The stages of a race with their dates, and what each decided gate said of the teams.

    Reasons are for the teams, the office and the jury; the public reads the verdicts.
    """
    plans = queries.stage_plans(row)
    if not plans:
        return None
    gates = {gate.place: gate for gate in queries.gates_of(row)}
    return {
        "plans": [{"plan": plan, "gate": gates.get(plan.place), "teams": _said(
            gates.get(plan.place))} for plan in plans],
        "inside": _sees_gates(request, row, facts), "names": GATE_STATE_NAMES,
        "winners": queries.winners_of(row),
    }


def _said(gate: Gate | None) -> list[dict[str, Any]]:
    if gate is None or gate.state != GateState.DECIDED:
        return []
    return [
        {"row": row, "words": VERDICT_NAMES[row.verdict], "kind": VERDICT_KINDS[row.verdict]}
        for row in gate.teams.all()
    ]


def _sees_gates(
    request: AskedRequest, row: Challenge, facts: rules.ChallengeFacts
) -> bool:
    """The office, the supervisor, the poser, the secretary, and the chair who compares."""
    is_chair = request.actor.is_signed_in and request.actor.person == facts.chair
    return queries.sees_bids(request.actor, row, facts) or (is_chair and not facts.fenced)


def _gate(request: AskedRequest, number: str, place: int) -> tuple[Challenge, Gate]:
    row = challenge_seen(request, number)
    facts = queries.challenge_facts(row, request.actor)
    gate = next((one for one in queries.gates_of(row) if one.place == place), None)
    if gate is None or not _sees_gates(request, row, facts):
        raise Http404
    return row, gate


def gate(request: AskedRequest, number: str, place: int) -> HttpResponse:
    """One gate: what every team has shown, the comparison, the decision, and what to do."""
    row, found = _gate(request, number, place)
    facts = queries.challenge_facts(row, request.actor)
    plans = queries.stage_plans(row)
    teams = [
        {"row": one, "milestones": _milestones(one.evidence), "kind": VERDICT_KINDS.get(
            one.verdict, "none"), "words": VERDICT_NAMES.get(one.verdict)}
        for one in found.teams.all()
    ]
    free = queries.free_after(row, [])
    return render(request, "challenges/gate.html", {
        "challenge": row, "gate": found, "plan": plans[place - 1], "next": plans[place],
        "teams": teams, "state_name": GATE_STATE_NAMES[GateState(found.state)],
        "acts": _acts(row, found, request, facts), "free_fen": free,
    })


def _milestones(evidence: dict[str, Any]) -> list[dict[str, Any]]:
    labels = dict(Milestone.State.choices)
    return [
        {**one, "words": labels[one["state"]], "kind": {"PASSED": "ok", "FAILED": "bad"}.get(
            one["state"], "none")}
        for one in evidence.get("milestones", [])
    ]


STEPS = (
    ("open_gate", GateState.COLLECTING, "challenge-gate-open", N_("开始赛段比较")),
    ("compare", GateState.COMPARING, "challenge-gate-compare", N_("签署赛段比较")),
    ("decide_gate", GateState.COMPARED, "challenge-gate-decide", N_("决定赛段去留")),
    ("return_comparison", GateState.COMPARED, "challenge-gate-return", N_("退回赛段比较")),
)


def _acts(
    row: Challenge, found: Gate, request: AskedRequest, facts: rules.ChallengeFacts
) -> list[dict[str, str]]:
    return [
        {"url": reverse(name, args=[row.number, found.place]), "words": words}
        for event, state, name, words in STEPS
        if found.state == state and rules.may(event, request.actor, facts)
    ]


def _gate_to(
    request: AskedRequest, number: str, place: int, event: str, state: GateState
) -> tuple[Challenge, Gate]:
    """The gate, if this step is this reader's now; a POST is let through to the action."""
    row = challenge_to(request, number, event)
    found = next((one for one in queries.gates_of(row) if one.place == place), None)
    if found is None or (request.method != "POST" and found.state != state):
        raise Http404
    return row, found


def url_of(row: Challenge, place: int) -> str:
    return reverse("challenge-gate", args=[row.number, place])


@signed_in
def open_gate(request: AskedRequest, number: str, place: int) -> HttpResponse:
    row, _found = _gate_to(request, number, place, "open_gate", GateState.COLLECTING)
    act = Act(_("开始赛段比较"), _("开始比较"), (
        _("各队项目的里程碑、考核结论和已拨资金随即固定，留下指纹，供比较用。"),
        _("到比较日期时钟会自动开始；各队里程碑都考核完，可以提前。")))
    return act_page(request, ConfirmForm(posted(request)), act, lambda _data: (
        actions.open_gate(challenge=row, by=request.actor, at=request.at)
    ), url_of(row, place), row)


@signed_in
def compare(request: AskedRequest, number: str, place: int) -> HttpResponse:
    """The chair compares the teams, each with a verdict and its reason."""
    row, found = _gate_to(request, number, place, "compare", GateState.COMPARING)
    plan = queries.stage_plans(row)[place]
    form = CompareForm(
        posted(request), teams=[_choice(one) for one in found.teams.all()],
        team_fen=plan.team_fen, opinion=found.opinion,
    )
    act = Act(_("签署赛段比较"), _("签署比较意见"), (
        _("下一赛段最多 {n} 队；并入的队成为继续那一队联合体的成员。").format(n=plan.teams_max),
        _("停下和并入的队未拨付的资金回到榜单，可加给继续的队。"),
        _("部门负责人决定之前，各队不受影响。")))
    return act_page(request, form, act, lambda data: actions.compare_teams(
        challenge=row, verdicts=form.verdicts(), opinion=data["opinion"], by=request.actor,
        at=request.at,
    ), url_of(row, place), row)


def _choice(row: Any) -> TeamChoice:
    said = TeamVerdict(row.bid.number, row.verdict, row.reason,
                       row.into.number if row.into else "", row.added_fen)
    return TeamChoice(row.bid.number, row.bid.organisation.name, said)


@signed_in
def decide(request: AskedRequest, number: str, place: int) -> HttpResponse:
    """The head decides as the jury compared; teams are told and money moves in the same act."""
    row, found = _gate_to(request, number, place, "decide_gate", GateState.COMPARED)
    act = Act(_("决定赛段去留"), _("同意并决定"), (
        *(_team_words(one) for one in found.teams.all() if one.verdict),
        _("继续的队签变更任务书后拨付；停下的项目按结题办，不追究、不追回。"),
        _("各队随即收到结论和理由。不同意的，请退回组长。")),
        extra={"return_url": reverse("challenge-gate-return", args=[number, place])})
    return act_page(request, ReasonForm(posted(request)), act, lambda data: actions.decide_gate(
        challenge=row, reason=data["reason"], by=request.actor, at=request.at,
    ), url_of(row, place), row)


def _team_words(row: Any) -> str:
    words = {
        "CONTINUE": _("{team}：继续，下一赛段财政资金 {amount}"),
        "MERGE": _("{team}：并入{into}"), "STOP": _("{team}：止于本赛段"),
    }[row.verdict]
    return words.format(
        team=row.bid.organisation.name, amount=wan_words(row.added_fen),
        into=row.into.organisation.name if row.into else "",
    )


@signed_in
def return_comparison(request: AskedRequest, number: str, place: int) -> HttpResponse:
    row, _found = _gate_to(request, number, place, "return_comparison", GateState.COMPARED)
    act = Act(_("退回赛段比较"), _("退回"), (_("退回后由评审组长重新比较，各队不受影响。"),))
    return act_page(request, ReasonForm(posted(request)), act, lambda data: (
        actions.return_comparison(challenge=row, reason=data["reason"], by=request.actor,
                                  at=request.at)
    ), url_of(row, place), row)
