"""A draft: typed, saved as one types, with its files, handed in."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from kechuang.base.actor import Role
from kechuang.base.refusals import Refused, Stale
from kechuang.doors.api import refusals_of
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.needs import actions, forms, queries, rules
from kechuang.needs.models import Attachment, Need
from kechuang.needs.rules import Level, State
from kechuang.parties.models import Organisation, Person
from kechuang.parties.queries import (
    holder_words,
    organisation_by_code,
    people_visible_to,
)


def found(request: AskedRequest, number: str) -> Need:
    """The need that this reader may find, or 404."""
    return found_or_404(queries.visible_to(request.actor, request.at), number=number)


def _people(request: AskedRequest) -> list[Person]:
    rows = people_visible_to(request.actor, request.at)
    return list(rows.filter(organisation__code=request.actor.organisation).order_by("pk")[:100])


def _version(request: AskedRequest) -> int | None:
    text = request.POST.get("version", "")
    return int(text) if text.isdigit() and len(text) < 10 else None


@signed_in
def new(request: AskedRequest) -> HttpResponse:
    """Begin a need; its address becomes the draft's with the first autosave."""
    rules.check_may(rules.may_post(request.actor), "post")
    return _draft_page(request, None)


@signed_in
def edit(request: AskedRequest, number: str) -> HttpResponse:
    """Go on with a draft, or mend what was returned."""
    need = found(request, number)
    if not rules.may_edit(request.actor, need.facts):
        return redirect("need", number)
    return _draft_page(request, need)


def _draft_page(request: AskedRequest, need: Need | None) -> HttpResponse:
    typed = forms.typed_in(request.POST) if request.method == "POST" else _typed(request, need)
    if request.method == "POST" and request.POST.get("do") == "fix_budget":
        typed["budget"] = request.POST.get("fixed_budget", "")[:40]
    elif request.method == "POST" and request.POST.get("do") == "budget_is_right":
        typed["budget_is_right"] = rules.plain(typed["budget"])
    people = forms.people_of(need, _people(request))
    form = forms.NeedForm(forms.flat(typed) if request.method == "POST" else None,
                          initial=forms.flat(typed), people=people,
                          rows=forms.rows_for(typed))  # fmt: skip
    if request.method == "POST" and form.is_valid() and request.POST.get("do") in DONE:
        with form.refusals():
            return DONE[request.POST["do"]](request, need, typed)
    context = _context(request, need, form)
    return render(request, "needs/edit.html", context, status=form.status)


def _typed(request: AskedRequest, need: Need | None) -> dict[str, Any]:
    return dict(need.typed) if need else {"contact": request.actor.person}


def _submit(request: AskedRequest, need: Need | None, typed: dict[str, Any]) -> HttpResponse:
    done = actions.submit_need(
        need=need, typed=typed, version=_version(request), by=request.actor, at=request.at
    )
    messages.success(request, gettext("已提交给单位管理员，编号 %(n)s。") % {"n": done.number})
    return redirect("need", done.number)


def _keep(request: AskedRequest, need: Need | None, typed: dict[str, Any]) -> HttpResponse:
    kept = actions.save_draft(
        need=need, typed=typed, version=_version(request), by=request.actor, at=request.at
    )
    messages.success(request, gettext("草稿已保存，换一台设备也能接着填。"))
    return redirect("need", kept.number)


def _attach_next(request: AskedRequest, need: Need | None, typed: dict[str, Any]) -> HttpResponse:
    kept = actions.save_draft(
        need=need, typed=typed, version=_version(request), by=request.actor, at=request.at
    )
    return redirect("need-attach", kept.number)


DONE = {"submit": _submit, "save": _keep, "attach": _attach_next}


def _context(request: AskedRequest, need: Need | None, form: forms.NeedForm) -> dict[str, Any]:
    unit = need.organisation if need else organisation_by_code(request.actor.organisation)
    marks = list(queries.open_marks(need)) if need else []
    refused = {field for one in form.refused for field in one.fields}
    blank = forms.NeedForm(people=[], rows=1)
    return {
        "need": need,
        "form": form,
        "unit": unit,
        "marks": marks,
        "marked": {mark.field: mark.words for mark in marks},
        "version": (_version(request) if request.method == "POST" else None)
        or (need.version if need else 0),
        "budget_asked": any(one.code == "need.budget_unusual" for one in form.refused),
        "sections": _sections(refused),
        "attachments": list(Attachment.objects.filter(need=need).select_related("blob"))
        if need else [],
        "after": _after(request, unit),
        "spare": blank.targets[0],
    }


def _sections(refused: set[str]) -> dict[str, int]:
    what = {"title", "body", "chain", "keywords"}
    what_bad = sum(1 for field in refused if field in what or field.startswith("targets"))
    how_bad = sum(1 for field in refused if field in {"budget", "due", "publication"})
    return {"what": what_bad, "how": how_bad}


def _after(request: AskedRequest, unit: Organisation | None) -> list[dict[str, str]]:
    """What happens after handing in: who, and how long."""
    if unit is None:
        return []
    steps = [{"name": gettext("单位管理员签发"),
              "who": holder_words(Role.UNIT_ADMIN, at=request.at, organisation=unit),
              "days": _days("UNIT_CHECK", unit, request)}]  # fmt: skip
    if rules.level_of(unit.region_path) == Level.COUNTY:
        steps.append(_office(gettext("县级核实"), State.COUNTY_CHECK, unit, request))
    steps.append(_office(gettext("市级筛选，同时开始找团队"), State.CITY_CHECK, unit, request))
    steps.append({"name": gettext("有推荐即通知您"), "who": gettext("站内消息"), "days": ""})
    return steps


def _office(
    name: str, state: State, unit: Organisation, request: AskedRequest
) -> dict[str, str]:
    path = rules.check_region(state, unit.region_path)
    who = holder_words(Role.OFFICER, at=request.at, region_path=path)
    return {"name": name, "who": who, "days": _days(state, unit, request)}


def _days(code: str, unit: Organisation, request: AskedRequest) -> str:
    term = rules.term(code, unit.region_path, request.at.date())
    return gettext("%(n)d 个工作日") % {"n": term.amount}


@signed_in
@require_POST
def autosave(request: AskedRequest, number: str = "") -> HttpResponse:
    """Keep what is typed; answers the version, or what stands there instead when it is older."""
    need = found(request, number) if number else None
    typed = forms.typed_in(request.POST)
    try:
        kept = actions.save_draft(
            need=need, typed=typed, version=_version(request) if need else None,
            by=request.actor, at=request.at,
        )  # fmt: skip
    except Stale as stale:
        need = found(request, number)
        answer = refusals_of(stale) | {"version": need.version, "fields": forms.flat(need.typed)}
        return JsonResponse(answer, status=409)
    except Refused as refused:
        return JsonResponse(refusals_of(refused), status=422)
    return JsonResponse({
        "version": kept.version,
        "url": reverse("need-edit", args=[kept.number]),
        "autosave": reverse("need-autosave", args=[kept.number]),
    })  # fmt: skip


@signed_in
def discard(request: AskedRequest, number: str) -> HttpResponse:
    """Delete a draft that was never handed in; its own page says so first."""
    need = found(request, number)
    if not rules.may_edit(request.actor, need.facts):
        return redirect("need", number)
    form = forms.VersionForm(request.POST or None, initial={"version": need.version})
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.discard_draft(need=need, by=request.actor, at=request.at)
            messages.success(request, gettext("草稿已删除。"))
            return redirect("needs")
    return render(request, "needs/discard.html", {"need": need, "form": form}, status=form.status)


@signed_in
def attach(request: AskedRequest, number: str) -> HttpResponse:
    """Add a file to a draft, and see those that are there."""
    need = found(request, number)
    if not rules.may_edit(request.actor, need.facts):
        return redirect("need", number)
    form = forms.FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        with form.refusals():
            actions.add_attachment(
                need=need, name=file.name, content=file.read(), by=request.actor, at=request.at
            )
            return redirect("need-attach", number)
    rows = Attachment.objects.filter(need=need).select_related("blob")
    context = {"need": need, "form": form, "attachments": rows}
    return render(request, "needs/attach.html", context, status=form.status)


@signed_in
@require_POST
def detach(request: AskedRequest, number: str, attachment: str) -> HttpResponse:
    """Take a file from a draft."""
    rows = queries.attachments_visible_to(request.actor, request.at, number.replace("\x00", ""))
    row = found_or_404(rows, number=attachment)
    actions.remove_attachment(attachment=row, by=request.actor, at=request.at)
    return redirect("need-attach", number)
