"""Object by name, and the steps of an objection for those who handle it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kechuang.base.refusals import Refused
from kechuang.doors.forms import ConfirmForm, Form, ReasonForm
from kechuang.doors.lists import keyset
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.doors.words import message_of
from kechuang.files.queries import open_blob
from kechuang.notices import actions, forms, queries, rules
from kechuang.notices.models import Notice, Objection, ObjectionStage
from kechuang.notices.waiting import holder_of
from kechuang.parties.models import Person
from kechuang.parties.queries import contact_of

KINDS = {
    "DRAFT": "none", "FILED": "soon", "ACCEPTED": "now", "REFUSED": "bad", "ANSWERED": "now",
    "DECIDED": "now", "EXECUTED": "ok", "WITHDRAWN": "none",
}  # fmt: skip


def _posted(request: AskedRequest) -> Any:
    """What was posted, even when it is nothing; None for a page that is only read."""
    return request.POST if request.method == "POST" else None


def _draft_of(request: AskedRequest, row: Notice) -> Objection | None:
    return Objection.objects.filter(
        notice=row, objector__number=request.actor.person, state=Objection.State.DRAFT
    ).first()


@signed_in
def object_to(request: AskedRequest, number: str) -> HttpResponse:
    """The form of an objection; drafts are kept as one types."""
    row = found_or_404(queries.visible_to(request.actor, request.at), number=number)
    draft = _draft_of(request, row)
    form = forms.ObjectionForm(_posted(request), initial=_initial(draft))
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            filed = actions.object_to(
                notice=row, by=request.actor, at=request.at, **form.cleaned_data
            )
            messages.success(request, _("异议已提交，公示计时即停。受理结果会通知您。"))
            return redirect("objection", number=filed.number)
    person = Person.objects.select_related("organisation").filter(number=request.actor.person)
    reader = person.first()
    return render(request, "notices/object.html", {
        "form": form, "notice": row, "draft": draft, "person": reader,
        "contact": contact_of(reader) if reader else None,
        "may_object": rules.may_object(request.actor),
    }, status=form.status)  # fmt: skip


def _initial(draft: Objection | None) -> dict[str, Any]:
    if draft is None:
        return {}
    return {
        "ground": draft.ground, "statement": draft.statement, "request": draft.request,
        "version": draft.version,
    }  # fmt: skip


@signed_in
@require_POST
def object_autosave(request: AskedRequest, number: str) -> JsonResponse:
    """Keep the draft as it stands: 200 with its version, 409 with the other text."""
    row = found_or_404(queries.visible_to(request.actor, request.at), number=number)
    form = forms.ObjectionForm(request.POST)
    fields = ("ground", "statement", "request", "version")
    form.is_valid()
    given = {name: form.cleaned_data.get(name) or "" for name in fields}
    given["version"] = given["version"] or None
    try:
        with transaction.atomic():
            draft = actions.save_objection(notice=row, by=request.actor, at=request.at, **given)
    except Refused as refused:
        other = _draft_of(request, row)
        answer: dict[str, Any] = {"message": message_of(refused)}
        if refused.status == 409 and other:
            answer |= {"version": other.version, "fields": {
                "statement": other.statement, "request": other.request,
            }}  # fmt: skip
        return JsonResponse(answer, status=refused.status)
    return JsonResponse({"version": draft.version})


@signed_in
def objections(request: AskedRequest) -> HttpResponse:
    """The objections that this person made or may handle."""
    rows = queries.objections_visible_to(request.actor, request.at)
    state = request.GET.get("state", "").upper()
    if state in Objection.State.values:
        rows = rows.filter(state=state)
    page = keyset(rows, after=request.GET.get("after"), limit=request.GET.get("limit"))
    tabs = [("", _("全部"))] + [(s.value.lower(), s.label) for s in Objection.State]
    return render(request, "notices/objections.html", {
        "page": page, "kinds": KINDS, "tabs": tabs, "state_now": state.lower(),
    })  # fmt: skip


@signed_in
def objection(request: AskedRequest, number: str) -> HttpResponse:
    """One objection: where it is, what it says, what was answered and decided."""
    row = found_or_404(queries.objections_visible_to(request.actor, request.at), number=number)
    if row.state == Objection.State.DRAFT:
        return redirect("notice-object", number=row.notice.number)
    facts = row.facts
    sees = rules.may_see_objector(request.actor, facts)
    return render(request, "notices/objection.html", {
        "objection": row, "notice": row.notice, "kind": KINDS[row.state],
        "holder": holder_of(row), "acts": _acts(request, row), "steps": _steps(row),
        "sees_objector": sees, "contact": contact_of(row.objector) if sees else None,
        "stages": _stages(row), "files": list(queries.files_of(row)),
        "may_attach": rules.may_attach(request.actor, facts),
    })  # fmt: skip


@signed_in
def attach(request: AskedRequest, number: str) -> HttpResponse:
    """The objector adds a file."""
    row = found_or_404(queries.objections_visible_to(request.actor, request.at), number=number)
    if not rules.may_attach(request.actor, row.facts):
        return redirect("objection", number=row.number)
    form = forms.FileForm(_posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        with form.refusals():
            actions.add_objection_file(
                objection=row, name=file.name, content=file.read(), by=request.actor,
                at=request.at,
            )
            return redirect("objection", number=row.number)
    context = {"form": form, "objection": row, "files": queries.files_of(row)}
    return render(request, "notices/attach.html", context, status=form.status)


def file(request: AskedRequest, number: str, file: str) -> FileResponse:
    """Download a file of an objection; 404 for whoever does not see the objection."""
    row = found_or_404(queries.objections_visible_to(request.actor, request.at), number=number)
    kept = found_or_404(queries.files_of(row), number=file)
    return FileResponse(open_blob(kept.blob), as_attachment=True, filename=kept.name)


def _stages(row: Objection) -> list[dict[str, Any]]:
    labels = dict(Objection.State.choices)
    rows = list(ObjectionStage.objects.filter(objection=row))
    numbers = {stage.by_person for stage in rows}
    names = dict(Person.objects.filter(number__in=numbers).values_list("number", "name"))
    return [
        {"since": stage.since, "label": labels.get(stage.stage, stage.stage),
         "who": names.get(stage.by_person, "—"), "note": stage.note_private}
        for stage in rows
    ]  # fmt: skip


def _steps(row: Objection) -> list[dict[str, Any]]:
    """The way of an objection as a line: filed, taken up, answered, decided, executed."""
    names = [
        ("FILED", _("提交")), ("ACCEPTED", _("受理")), ("ANSWERED", _("答复")),
        ("DECIDED", _("决定")), ("EXECUTED", _("执行")),
    ]  # fmt: skip
    since = dict(
        ObjectionStage.objects.filter(objection=row).values_list("stage", "since")
    )
    return [
        {"name": name, "at": since.get(code),
         "state": "now" if code == row.state else ("done" if code in since else "")}
        for code, name in names
    ]  # fmt: skip


# verb: form, right, states in which it is offered, button, what is said when done
Act = tuple[type[Form], Callable[..., bool], tuple[str, ...], str, str]


def _verbs() -> dict[str, Act]:
    return {
        "accept": (ConfirmForm, rules.may_handle, ("FILED",), _("受理异议"), _("已受理。")),
        "refuse": (
            forms.RefuseForm, rules.may_handle, ("FILED",), _("不予受理"),
            _("已不予受理，公示接着计时。"),
        ),
        "answer": (
            forms.AnswerForm, rules.may_answer, ("ACCEPTED",), _("答复异议"),
            _("已答复，等负责人决定。"),
        ),
        "decide": (
            forms.DecideForm, rules.may_decide, ("ANSWERED",), _("作出决定"), _("已作出决定。")
        ),
        "execute": (
            forms.ExecuteForm, rules.may_handle, ("DECIDED",), _("登记执行情况"),
            _("已登记执行情况。"),
        ),
        "withdraw": (
            ConfirmForm, rules.may_withdraw, rules.OBJECTION_OPEN, _("撤回异议"),
            _("已撤回，公示接着计时。"),
        ),
    }  # fmt: skip


def _offers(request: AskedRequest, row: Objection, act: Act) -> bool:
    """Whether a button for this step is shown: the same right as the action's."""
    _form, may, states, _button, _done = act
    dismissed = row.state == "DECIDED" and row.verdict == Objection.Verdict.DISMISSED
    return row.state in states and not dismissed and may(request.actor, row.facts)


def _acts(request: AskedRequest, row: Objection) -> list[dict[str, Any]]:
    return [
        {"url": reverse(f"objection-{verb}", args=[row.number]), "name": act[3],
         "is_primary": verb in ("accept", "answer", "decide", "execute")}
        for verb, act in _verbs().items()
        if _offers(request, row, act)
    ]  # fmt: skip


def step(verb: str) -> Callable[..., HttpResponse]:
    """The page of one step of an objection: its form, and the action behind it."""
    write = getattr(actions, f"{verb}_objection")

    @signed_in
    def page(request: AskedRequest, number: str) -> HttpResponse:
        rows = queries.objections_visible_to(request.actor, request.at)
        row = found_or_404(rows, number=number)
        act = _verbs()[verb]
        form = act[0](_posted(request))
        if request.method == "POST" and form.is_valid():
            with form.refusals():
                write(objection=row, by=request.actor, at=request.at, **form.cleaned_data)
                messages.success(request, act[4])
                return redirect("objection", number=row.number)
        return render(request, "notices/step.html", {
            "form": form, "objection": row, "verb": verb, "title": act[3],
            "back": reverse("objection", args=[row.number]),
        }, status=form.status)  # fmt: skip

    page.__doc__ = f"Take the step `{verb}` of an objection."
    return page


@signed_in
def notice_cancel(request: AskedRequest, number: str) -> HttpResponse:
    """Take a running notice back, with a public reason."""
    row = found_or_404(queries.visible_to(request.actor, request.at), number=number)
    form = ReasonForm(_posted(request))
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.cancel_notice(
                notice=row, by=request.actor, at=request.at, **form.cleaned_data
            )
            messages.success(request, _("公示已撤销。"))
            return redirect("notice", number=row.number)
    return render(request, "notices/cancel.html", {"form": form, "notice": row},
                  status=form.status)  # fmt: skip
