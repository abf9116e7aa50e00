"""What an enterprise gets, why and when; what it almost gets; and the cases about it."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from kechuang.base.refusals import N_
from kechuang.base.time import shanghai_date
from kechuang.cultivation.actions import benefits
from kechuang.cultivation.forms import benefits as forms
from kechuang.cultivation.models import Funding, Line, ReclaimCase
from kechuang.cultivation.pages.steps import Act, Shown, posted, slug, step
from kechuang.cultivation.pages.words import (
    CASE_KINDS,
    LINE_KINDS,
    STATE_KINDS,
    STATE_WORDS,
    change_words,
    conditions,
    history_of,
    steps_of,
    title_of,
    why,
)
from kechuang.cultivation.queries import benefits as queries
from kechuang.cultivation.queries.entitled import reasons, rules_of
from kechuang.cultivation.rules import benefits as rules
from kechuang.cultivation.waiting.benefits import holder_of_case
from kechuang.doors.lists import keyset
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.notices.models import Notice
from kechuang.parties.models import Organisation
from kechuang.parties.queries import organisation_by_code

SHOWN = 30
ALMOST = 12


@signed_in
def benefits_page(request: AskedRequest) -> HttpResponse:
    """An enterprise's own page; offices go to their batches, everybody else to the policies."""
    actor = request.actor
    if actor.is_role(*rules.READERS) and actor.region:
        return redirect("batches")
    own = organisation_by_code(actor.organisation) if actor.is_role(*rules.UNIT) else None
    if own is None:
        return redirect("policies")
    page = keyset(queries.benefits_of(own), after=request.GET.get("after"), limit=str(SHOWN))
    cases = queries.cases_visible_to(actor, request.at).order_by("-pk")[:SHOWN]
    return render(request, "cultivation/benefits.html", {
        "organisation": own, "rows": [_card(one) for one in page.rows],
        "next_after": page.next_after,
        "cases": [(one, CASE_KINDS[one.state]) for one in cases],
        "almost": _almost(own, request), "at": request.at,
        "got_fen": sum(one.amount_fen for one in page.rows if one.state in queries.PAID),
    })  # fmt: skip


def _card(line: Line) -> dict[str, Any]:
    return {
        "line": line, "title": title_of(line.funding.policy), "kind": LINE_KINDS[line.state],
        "why": why(line),
    }  # fmt: skip


def _almost(own: Organisation, request: AskedRequest) -> list[dict[str, Any]]:
    """Every period that is open now and not settled for this enterprise: where it stands, and
    what lacks."""
    found = []
    day = shanghai_date(request.at)
    settled = set(
        queries.benefits_of(own).exclude(state=Line.State.TAKEN_OUT)
        .values_list("funding_id", flat=True)
    )  # fmt: skip
    for funding in queries.fundings_open_on(day).exclude(pk__in=settled)[:ALMOST]:
        if not _is_within(own, funding):
            continue
        bound = rules_of(funding.policy.rule_set, funding.as_of_date)
        answer, said = reasons(bound, own)
        rows = conditions(bound, said)
        found.append({
            "funding": funding, "title": title_of(funding.policy), "state": answer["state"],
            "kind": STATE_KINDS[answer["state"]], "words": STATE_WORDS[answer["state"]],
            "lacking": [one for one in rows if one["state"] != "met"], "all": len(rows),
            "met": sum(one["state"] == "met" for one in rows),
            "amount_fen": answer.get("amount_fen"),
        })  # fmt: skip
    order = ["met", "to_be_judged", "unknown", "not_met"]
    return sorted(found, key=lambda one: (order.index(one["state"]), len(one["lacking"])))


def _is_within(own: Organisation, funding: Funding) -> bool:
    path_ = funding.policy.region_path
    return own.region_path == path_ or own.region_path.startswith(path_ + "/")


@signed_in
def benefit(request: AskedRequest, number: str) -> HttpResponse:
    """One enterprise's line: how much, why, on which day's data, and when the money comes."""
    row = found_or_404(queries.lines_visible_to(request.actor, request.at), number=number)
    policy = row.funding.policy
    notice = Notice.objects.filter(number=row.batch.notice_number).first()
    bound = rules_of(policy.rule_set, row.funding.as_of_date, row.batch.rule_version)
    _answer, said = reasons(bound, row.organisation, row.batch.computed_at)
    is_office = request.actor.is_role(*rules.OFFICE)
    may_stake = (
        is_office and policy.instrument == "EQUITY" and row.state in ("DRAFTED", "RESERVED")
    )
    stake = getattr(row, "stake", None)
    return render(request, "cultivation/benefit.html", {
        "line": row, "policy": policy, "title": title_of(policy), "kind": LINE_KINDS[row.state],
        "why": why(row), "steps": steps_of(row, notice) if row.outcome == "PAYS" else [],
        "notice": notice, "conditions": conditions(bound, said), "at": request.at,
        "cases": [(one, CASE_KINDS[one.state]) for one in row.cases.all()],
        "stake": stake, "share": share_words(stake), "may_stake": may_stake,
        "may_exit": stake is not None and stake.state == "HELD"
        and request.actor.is_role("HEAD"),
        "reads_batches": rules.may_read_batches(request.actor, row.batch.region_path),
    })  # fmt: skip


def share_words(stake: Any) -> str:
    if stake is None:
        return ""
    return share_points(stake.amount_fen, stake.valuation_fen)


def share_points(amount_fen: int, valuation_fen: int) -> str:
    points = rules.share_basis_points(amount_fen, valuation_fen)
    return f"{points // 100}.{points % 100:02d}%"


def _line_crumbs(row: Line) -> list[tuple[str, str]]:
    return [
        (_("批次"), reverse("batches")),
        (row.batch.number, reverse("batch", args=[row.batch.number])),
        (row.number, reverse("benefit", args=[row.number])),
    ]


TAKE_OUT = Act(
    forms.TakeOutForm, N_("移出后不再发放，预留的资金退回预算；企业会收到消息。"),
    benefits.take_out, True,
)  # fmt: skip
STAKE = Act(
    forms.StakeForm, N_("款项拨付时按这些条款入股；拨付前可以改。"), benefits.agree_stake
)
EXIT = Act(
    forms.ReasonForm, N_("登记后股权不再持有；退出所得另行入账。"), benefits.exit_stake, True
)


@signed_in
def line_act(request: AskedRequest, number: str, verb: str) -> HttpResponse:
    """Take an enterprise out of a batch, agree the terms of its share, or note the exit."""
    row = found_or_404(queries.lines_visible_to(request.actor, request.at), number=number)
    office = queries.office_of_batch(row.batch)
    is_office = request.actor.is_role(*rules.OFFICE)
    back = reverse("benefit", args=[row.number])
    if verb == "take_out":
        upheld = {one.number: one for one in queries.upheld_objections(row.batch)}
        form: Any = forms.TakeOutForm(posted(request), objections=list(upheld))
        shown = Shown(
            N_("移出一户"), row.number, row.organisation.name, back, _line_crumbs(row),
            bool(upheld) and rules.is_offered("take_out", request.actor, office),
        )  # fmt: skip
        return step(request, TAKE_OUT, shown, form, lambda: {
            "line": row, "reason": form.cleaned_data["reason"],
            "objection": upheld[form.cleaned_data["objection"]],
        })  # fmt: skip
    stake = getattr(row, "stake", None)
    if verb == "exit_stake":
        form = forms.ReasonForm(posted(request))
        shown = Shown(
            N_("登记退出"), row.number, row.organisation.name, back, _line_crumbs(row),
            stake is not None and stake.state == "HELD" and request.actor.is_role("HEAD"),
        )  # fmt: skip
        return step(request, EXIT, shown, form, lambda: {
            "stake": found_or_404(queries.stakes_of(row.funding.policy), line=row),
            "note": form.cleaned_data["reason"],
        })  # fmt: skip
    initial = {
        "valuation": stake.valuation_fen, "holder": stake.holder, "exit_date": stake.exit_date,
        "exit_condition": stake.exit_condition,
    } if stake else None  # fmt: skip
    form = forms.StakeForm(posted(request), initial=initial)
    shown = Shown(
        N_("写股权条款"), row.number, row.organisation.name, back, _line_crumbs(row),
        is_office and row.funding.policy.instrument == "EQUITY",
    )  # fmt: skip
    return step(request, STAKE, shown, form, lambda: {"line": row, "typed": form.typed()})


CASE_ACTS = {
    "answer_case": Act(
        forms.AnswerForm, N_("您的意见由部门负责人看过再决定；更正数据的人不参与决定。"),
        benefits.answer_case,
    ),
    "decide_case": Act(
        forms.DecideForm, N_("决定追回的，企业在期限内退回；不追回的，案件办结。"),
        benefits.decide_case, True,
    ),
    "settle_case": Act(
        forms.ConfirmForm, N_("确认款已退回财政，记一张追回凭证。"), benefits.settle_case
    ),
}  # fmt: skip


@signed_in
def cases(request: AskedRequest) -> HttpResponse:
    """The reclaim cases that this reader sees, newest first."""
    rows = queries.cases_visible_to(request.actor, request.at)
    state = request.GET.get("state", "").upper()
    if state in ReclaimCase.State.values:
        rows = rows.filter(state=state)
    page = keyset(rows, after=request.GET.get("after"), limit=request.GET.get("limit"))
    return render(request, "cultivation/cases.html", {
        "rows": [(one, CASE_KINDS[one.state], title_of(one.line.funding.policy))
                 for one in page.rows],
        "next_after": page.next_after, "is_narrowed": bool(state),
    })  # fmt: skip


@signed_in
def case(request: AskedRequest, number: str) -> HttpResponse:
    """One case: how much, which datum changed and from which source, the answer, the decision."""
    row = found_or_404(queries.cases_visible_to(request.actor, request.at), number=number)
    office = queries.office_of_case(row)
    return render(request, "cultivation/case.html", {
        "case": row, "line": row.line, "policy": row.line.funding.policy,
        "title": title_of(row.line.funding.policy), "kind": CASE_KINDS[row.state],
        "changes": [change_words(one) for one in row.changes],
        "holder": holder_of_case(row, request.at), "at": request.at,
        "acts": [
            {"name": rules.CASE_STEPS[verb].name,
             "url": reverse(f"reclaim-{slug(verb)}", args=[row.number])}
            for verb in CASE_ACTS if rules.is_offered(verb, request.actor, office)
        ],
        "stages": [] if request.actor.is_role(*rules.UNIT)
        else history_of(row.stages.order_by("pk"), dict(ReclaimCase.State.choices)),
    })  # fmt: skip


@signed_in
def case_act(request: AskedRequest, number: str, verb: str) -> HttpResponse:
    """One step of a reclaim case."""
    row = found_or_404(queries.cases_visible_to(request.actor, request.at), number=number)
    one = CASE_ACTS[verb]
    form = one.form(posted(request))
    back = reverse("reclaim", args=[row.number])
    shown = Shown(
        rules.CASE_STEPS[verb].name, row.number, row.line.organisation.name, back,
        [(_("追回"), reverse("reclaims")), (row.number, back)],
        rules.is_offered(verb, request.actor, queries.office_of_case(row)),
    )  # fmt: skip
    return step(request, one, shown, form, lambda: {"case": row, **form.cleaned_data})


urls = [
    path("benefits/", benefits_page, name="benefits"),
    path("benefits/reclaims/", cases, name="reclaims"),
    path("benefits/reclaims/<str:number>/", case, name="reclaim"),
    *[
        path(f"benefits/reclaims/<str:number>/{slug(verb)}/", case_act, {"verb": verb},
             name=f"reclaim-{slug(verb)}")
        for verb in CASE_ACTS
    ],
    path("benefits/<str:number>/", benefit, name="benefit"),
    *[
        path(f"benefits/<str:number>/{slug(verb)}/", line_act, {"verb": verb},
             name=f"benefit-{slug(verb)}")
        for verb in ("take_out", "agree_stake", "exit_stake")
    ],
]  # fmt: skip
