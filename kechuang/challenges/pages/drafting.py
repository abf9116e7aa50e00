"""Pages of the draft: new, edit, fit test, consent, argument, opinion, authorise, relist."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kechuang.base.actor import Role
from kechuang.base.time import shanghai_date
from kechuang.challenges import actions, forms, queries, rules
from kechuang.challenges.models import Challenge
from kechuang.challenges.pages.acts import Act, act_page, challenge_to, posted
from kechuang.doors.forms import ConfirmForm
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.needs import queries as needs
from kechuang.needs.models import Need
from kechuang.parties.models import Person
from kechuang.reviews import queries as panels

PEOPLE_MOST = 200


def url_of(challenge: Challenge) -> str:
    return reverse("challenge", args=[challenge.number])


def wan_words(fen: int) -> str:
    """An amount in 万元 for a sentence."""
    return _("{figure} 万元").format(figure=forms.wan(fen))


def _panel_people(request: AskedRequest) -> dict[str, list[Person]]:
    """Who may be named: secretaries by office, liaison or professional body; chairs of the pool."""
    secretaries = panels.possible_secretaries(request.actor.region, request.at)
    return {
        "secretary": list(secretaries[:PEOPLE_MOST]),
        "chair": list(panels.pool(request.at)[:PEOPLE_MOST]),
    }


@signed_in
def new(request: AskedRequest) -> HttpResponse:
    """Choose the accepted need that a challenge is made from."""
    if not request.actor.is_role(Role.OFFICER):
        raise Http404
    found = Need.objects.filter(
        queries.in_region(request.actor.region), state="ACCEPTED"
    ).select_related("organisation").order_by("-accepted_at")
    text = request.GET.get("q", "").strip()
    if text:
        found = found.filter(title__icontains=text[:60])
    form = ConfirmForm(posted(request))
    if request.method == "POST" and form.is_valid():
        need = found.filter(number=request.POST.get("need", "")).first()
        if need is None:
            raise Http404
        with form.refusals():
            challenge = actions.draft_challenge(need=need, by=request.actor, at=request.at)
            return redirect("challenge-edit", challenge.number)
    asked = request.GET.get("need", "")
    if asked:
        found = found.filter(number=asked)
    return render(
        request, "challenges/new.html", {"needs": found[:50], "form": form, "text": text},
        status=form.status,
    )


@signed_in
def convert(request: AskedRequest, number: str) -> HttpResponse:
    """Turn one accepted need into a challenge: what goes along, and on to the draft."""
    need = found_or_404(needs.visible_to(request.actor, request.at), number=number)
    allowed = need.state == "ACCEPTED" and rules.table.may_create(
        request.actor, need.region_path
    )
    if request.method != "POST" and not allowed:
        raise Http404
    form = forms.ModeForm(
        posted(request), day=shanghai_date(request.at), initial={"mode": "OPEN"}
    )
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            challenge = actions.draft_challenge(
                need=need, mode_code=form.cleaned_data["mode"], by=request.actor, at=request.at
            )
            return redirect("challenge-edit", challenge.number)
    return render(
        request, "challenges/convert.html",
        {"need": need, "targets": list(need.targets.all()), "form": form}, status=form.status,
    )


def _initial(challenge: Challenge) -> dict[str, Any]:
    initial = {name: getattr(challenge, name) for name in actions.DRAFT_FIELDS}
    initial["secretary"] = challenge.secretary.number if challenge.secretary else ""
    initial["chair"] = challenge.chair.number if challenge.chair else ""
    return {**initial, "version": challenge.version}


def edited_rows(request: AskedRequest, challenge: Challenge) -> tuple[Any, Any]:
    """The tables of targets and criteria, as typed or as kept."""
    data = posted(request)
    targets = [
        {"indicator": t.indicator, "comparison": t.comparison, "value": _plain(t.value),
         "value_to": _plain(t.value_to), "unit": t.unit, "test_method": t.test_method,
         "tester": t.tester}
        for t in challenge.targets.all()
    ]
    criteria = list(challenge.criteria.values("code", "name", "weight", "threshold"))
    sheet = rules.form.sheet_in_force(challenge.mode, shanghai_date(request.at))
    if not criteria and sheet is not None:
        criteria = [dict(one) for one in sheet.criteria]
    return (
        forms.rows_from(forms.TargetRows, data, targets, "targets"),
        forms.rows_from(forms.CriterionRows, data, criteria, "criteria"),
    )


def _plain(value: Any) -> Any:
    return None if value is None else f"{value.normalize():f}"


@signed_in
def edit(request: AskedRequest, number: str) -> HttpResponse:
    """Write a draft: substance, targets, criteria, money, dates, panel officers."""
    challenge = challenge_to(request, number, "edit")
    form = forms.DraftForm(
        posted(request), initial=_initial(challenge), people=_panel_people(request),
        invites=queries.mode(challenge).invited,
    )
    targets, criteria = edited_rows(request, challenge)
    valid = request.method == "POST" and all(
        [form.is_valid(), targets.is_valid(), criteria.is_valid()]
    )
    if valid:
        weights = forms.criteria_of(criteria)
        draft = actions.Draft(form.draft_fields(), forms.targets_of(targets), weights or None)
        with form.refusals():
            actions.save_draft(
                challenge=challenge, draft=draft, version=form.cleaned_data["version"],
                by=request.actor, at=request.at,
            )
            return redirect(url_of(challenge))
    status = 422 if request.method == "POST" and not form.refused else form.status
    return render(
        request, "challenges/edit.html",
        {"challenge": challenge, "form": form, "targets": targets, "criteria": criteria},
        status=status,
    )


@signed_in
def fit_test(request: AskedRequest, number: str) -> HttpResponse:
    """The four questions: is this a matter for a challenge at all."""
    challenge = challenge_to(request, number, "answer_fit_test")
    initial = {}
    for answer in challenge.fit_answers.all():
        initial[answer.question] = "yes" if answer.yes else "no"
        initial[f"{answer.question}_reason"] = answer.reason
    form = forms.FitForm(
        posted(request), initial=initial,
        questions=queries.mode(challenge).fit_questions,
        english=(get_language() or "").startswith("en"),
    )
    act = Act(_("适合性自查"), _("保存自查"), (
        _("四问都答“是”，才适合用这种组织方式。"), _("答案和理由随论证材料给专家看。")))
    return act_page(request, form, act, lambda _data: actions.answer_fit_test(
        challenge=challenge, answers=form.answers(), by=request.actor, at=request.at,
    ), url_of(challenge), challenge)


@signed_in
def ask_consent(request: AskedRequest, number: str) -> HttpResponse:
    challenge = challenge_to(request, number, "edit")
    act = Act(_("请出题方同意"), _("通知出题方"), (
        _("出题方的单位管理员会收到通知，在榜单页面同意。"),
        _("同意之后再改内容，要重新同意。")))
    return act_page(request, ConfirmForm(posted(request)), act, lambda _data: (
        actions.ask_consent(challenge=challenge, by=request.actor, at=request.at)
    ), url_of(challenge), challenge)


@signed_in
def consent(request: AskedRequest, number: str) -> HttpResponse:
    """The poser's administrator agrees to the draft as it stands."""
    challenge = challenge_to(request, number, "consent")
    act = Act(_("同意这份榜单"), _("同意发榜"), (
        _("本单位同意按榜单所列指标、经费和期限发榜。"),
        _("自筹经费 {amount}由出题方或揭榜方落实。").format(amount=wan_words(challenge.own_fen)),
        _("发榜后题目、指标和经费对所有人公开。")))
    return act_page(request, ConfirmForm(posted(request)), act, lambda _data: (
        actions.consent_to_challenge(challenge=challenge, by=request.actor, at=request.at)
    ), url_of(challenge), challenge)


@signed_in
def send_to_argument(request: AskedRequest, number: str) -> HttpResponse:
    challenge = challenge_to(request, number, "send_to_argument")
    pool = list(panels.pool(request.at)[:PEOPLE_MOST])
    form = forms.ArgumentForm(posted(request), people=pool)
    act = Act(_("送专家论证"), _("送论证"), (
        _("至少三位专家签署意见，组长最后作结论：通过、退回或不予通过。"),
        _("送出后内容不能再改，退回才能改。")))
    return act_page(request, form, act, lambda data: actions.send_to_argument(
        challenge=challenge, experts=data["experts"], lead=data["lead"], by=request.actor,
        at=request.at,
    ), url_of(challenge), challenge)


@signed_in
def argue(request: AskedRequest, number: str) -> HttpResponse:
    """An expert reads the draft and signs an opinion."""
    challenge = challenge_to(request, number, "argue")
    seats = queries.last_seats(challenge)
    seat = next((one for one in seats if one.expert.number == request.actor.person), None)
    act = Act(_("签署论证意见"), _("签署意见"), (
        _("意见签署后不能再改，并留下指纹。"),
        _("组长在至少三位专家（含本人）签署后作结论。")),
        extra={"seat": seat, "seats": seats, "targets": targets_shown(challenge)},
        template="challenges/argue.html")
    return act_page(request, forms.OpinionForm(posted(request)), act, lambda data: (
        actions.argue(challenge=challenge, **data, by=request.actor, at=request.at)
    ), url_of(challenge), challenge)


def targets_shown(challenge: Challenge) -> list[dict[str, Any]]:
    """The targets as a table shows them."""
    return [
        {"place": row.place, "indicator": row.indicator, "tester": row.tester,
         "test_method": row.test_method, "required": rules.drafting.requirement(facts)}
        for row, facts in zip(
            challenge.targets.all(), queries.target_facts(challenge), strict=True
        )
    ]


@signed_in
def authorise(request: AskedRequest, number: str) -> HttpResponse:
    """The head authorises, and reserves the public money on a budget line."""
    challenge = challenge_to(request, number, "authorise")
    lines = {line.number: line for line in
             queries.budget_lines_visible_to(request.actor, request.at)[:100]}
    words = {
        line.number: _("{year} 年 {name}（{code}）　可用 {amount}").format(
            year=line.year, name=line.name, code=line.code,
            amount=wan_words(line.amount_fen - line.reserved_fen))
        for line in lines.values()
    }
    act = Act(_("审定榜单"), _("审定并预留经费"), (
        _("预留财政资金 {amount}，各榜单预留之和不超过预算。").format(
            amount=wan_words(challenge.public_fen)),
        _("到发榜时间自动发榜，指标、权重和回避条件随之冻结并公布指纹。")),
        extra={"no_lines": not lines})
    return act_page(
        request, forms.AuthoriseForm(posted(request), lines=words), act,
        lambda data: actions.authorise(
            challenge=challenge, line=lines[data["line"]], by=request.actor, at=request.at),
        url_of(challenge), challenge,
    )


@signed_in
def relist(request: AskedRequest, number: str) -> HttpResponse:
    challenge = challenge_to(request, number, "relist")
    act = Act(_("重新发榜"), _("起草下一轮"), (
        _("按原文起草新一轮，保留与本轮和需求的链接，改后再论证、审定。"),
        _("可以换一种组织方式；适合性自查须按新的方式重做。")))
    form = forms.RelistForm(
        posted(request), day=shanghai_date(request.at), initial={"mode": challenge.mode}
    )
    return act_page(request, form, act, lambda data: (
        actions.relist_challenge(
            challenge=challenge, reason=data["reason"], mode_code=data["mode"],
            by=request.actor, at=request.at)
    ), lambda made: reverse("challenge-edit", args=[made.number]), challenge)
