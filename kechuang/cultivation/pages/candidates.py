"""One candidate of a screening: what it wants, what judges gave and why, the next step."""

from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from kechuang.base.refusals import N_
from kechuang.cultivation.actions import screenings as actions
from kechuang.cultivation.actions import stakes
from kechuang.cultivation.forms.screenings import ProposalForm, ScoreForm, VerdictForm
from kechuang.cultivation.models import Candidate
from kechuang.cultivation.pages.granted import share_words
from kechuang.cultivation.pages.screenings import KINDS, items_shown, score_words
from kechuang.cultivation.pages.steps import Act, Shown, posted, slug, step
from kechuang.cultivation.pages.words import STATE_KINDS, STATE_WORDS, history_of
from kechuang.cultivation.queries import screenings as queries
from kechuang.cultivation.rules import screenings as rules
from kechuang.cultivation.waiting.screenings import Hold, hold_of
from kechuang.doors.forms import ConfirmForm, ReasonForm
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in

ACTS = {
    "score_candidate": Act(
        ScoreForm, N_("交出后不能再改；别的评分人和经办在提出意见以前看不到您的分数。"),
        actions.score_candidate,
    ),
    "propose_candidate": Act(
        ProposalForm, N_("各评分人的平均分按规则集得出结论；由没有参与评分和提出的负责人决定。"),
        actions.propose_candidate,
    ),
    "decide_candidate": Act(
        VerdictForm,
        N_("同意的，资金先预留，随即向社会公示；期满没有异议，再确定支持。不予支持的，办结。"),
        actions.decide_candidate,
    ),
    "establish_candidate": Act(
        ConfirmForm, N_("公示已期满，没有未办结的异议。确定后随即立项，或按条款开立股权。"),
        actions.establish_candidate,
    ),
    "return_candidate": Act(
        ReasonForm, N_("退回经办另提意见；已有的评分不变，预留的资金放回本轮。"),
        actions.return_candidate,
    ),
    "withdraw_candidate": Act(
        ReasonForm,
        N_("不再办理；正在公示的，公示随即撤销，预留的资金放回本轮。已有的评分留在记录里。"),
        actions.withdraw_candidate, True,
    ),
    "request_stake": Act(
        ConfirmForm, N_("生成一张拨付单，由财务审核人审核。"), stakes.request_stake
    ),
    "review_stake": Act(
        ConfirmForm, N_("审核后由拨付人拨付。作出决定的人不能审核。"), stakes.review_stake
    ),
    "pay_stake": Act(ConfirmForm, N_("拨付后从此持股。"), stakes.pay_stake),
}


def _one(request: AskedRequest, number: str) -> Candidate:
    return found_or_404(queries.candidates_visible_to(request.actor, request.at), number=number)


@signed_in
def candidate(request: AskedRequest, number: str) -> HttpResponse:
    """One candidate, as far as this reader may see it."""
    row = _one(request, number)
    facts = queries.facts_of(row, request.at)
    items = items_shown(row.screening)
    is_office = rules.may_read_rounds(request.actor)
    is_unit = rules.is_of_the_unit(request.actor, row.organisation.code)
    is_decided = row.state in DECIDED
    marks = queries.marks_seen(row, request.actor)
    stake = getattr(row, "stake", None)
    return render(request, "cultivation/candidate.html", {
        "candidate": row, "kind": KINDS[row.state], "at": request.at, "items": items,
        "reads_round": not is_unit or is_office, "score": score_words(row),
        "means": _means(row, items) if is_decided or (is_office and row.answer) else [],
        "verdict": _verdict(row), "by_judge": _by_judge(marks, items),
        "scored": len(facts.scored & facts.judges), "judges": len(facts.judges),
        "stake": stake, "share": share_words(stake), "hold": _hold(request, row, facts),
        "noticed": facts.noticed, "notice": queries.notices_of([row]).get(row.notice_number),
        "had_no_notice": row.state == "ACCEPTED" and not row.notice_number,
        "acts": [
            {"name": rules.STEPS[verb].name, "is_primary": verb not in SECOND,
             "url": reverse(f"candidate-{slug(verb)}", args=[row.number])}
            for verb in ACTS if rules.is_offered(verb, request.actor, facts)
        ],
        "stages": history_of(row.stages.order_by("pk"), STAGE_NAMES) if is_office else [],
        "shows_reason": is_decided or is_office,
    })  # fmt: skip


def _hold(
    request: AskedRequest, row: Candidate, facts: rules.CandidateFacts
) -> Hold | None:
    """What is next, and who holds it; the unit is not told who judges it."""
    hold = hold_of(row, facts, request.at)
    is_unit = rules.is_of_the_unit(request.actor, row.organisation.code)
    if hold and is_unit and row.state == Candidate.State.SCORING and not hold.verb:
        return replace(hold, holder=_("{count} 位评分人").format(count=len(facts.judges)))
    return hold


DECIDED = ("ON_NOTICE", "ACCEPTED", "DECLINED")
STAGE_NAMES = dict(Candidate.State.choices)
SECOND = ("return_candidate", "withdraw_candidate")


def _means(row: Candidate, items: list[dict[str, Any]]) -> list[tuple[dict[str, Any], str]]:
    means = row.answer.get("means", {})
    return [(one, f"{means[one['code']] / 10:g}") for one in items if one["code"] in means]


def _verdict(row: Candidate) -> dict[str, str] | None:
    state = row.answer.get("state")
    return {"words": STATE_WORDS[state], "kind": STATE_KINDS[state]} if state else None


def _by_judge(marks: list[Any], items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each judge's points and reasons, criterion by criterion."""
    people: dict[str, dict[str, Any]] = {}
    for mark in marks:
        one = people.setdefault(mark.person.number, {"person": mark.person, "given": {}})
        one["given"][mark.criterion] = (f"{mark.tenths / 10:g}", mark.reason)
    return [
        {"person": one["person"],
         "rows": [(item, *one["given"].get(item["code"], ("", ""))) for item in items],
         "sum": f"{sum(float(points) for points, _why in one['given'].values()):g}"}
        for one in people.values()
    ]  # fmt: skip


@signed_in
def act(request: AskedRequest, number: str, verb: str) -> HttpResponse:
    """One step of a candidate."""
    row = _one(request, number)
    one = ACTS[verb]
    form: Any
    if verb == "score_candidate":
        form = ScoreForm(posted(request), items=rules.items_of(queries.rules_at(row.screening)))
    else:
        form = one.form(posted(request))
    back = reverse("candidate", args=[row.number])
    shown = Shown(
        rules.STEPS[verb].name, row.number, row.title, back,
        [(_("团队与项目筛选"), reverse("screenings")), (row.number, back)],
        rules.is_offered(verb, request.actor, queries.facts_of(row, request.at)),
    )  # fmt: skip

    def values() -> dict[str, Any]:
        if verb == "score_candidate":
            return {"candidate": row, **form.values()}
        if verb == "propose_candidate":
            return {"candidate": row, "typed": form.typed()}
        return {"candidate": row, **form.cleaned_data}

    return step(request, one, shown, form, values)


whole = "screenings/candidates/<str:number>/"
urls = [
    path(whole, candidate, name="candidate"),
    *[
        path(f"{whole}{slug(verb)}/", act, {"verb": verb}, name=f"candidate-{slug(verb)}")
        for verb in ACTS
    ],
]
