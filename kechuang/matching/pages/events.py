"""Events: the list, one event, preparing and announcing it, signing up, inviting, closing it."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from kechuang.base.actor import Role
from kechuang.base.refusals import N_
from kechuang.base.time import shanghai_date
from kechuang.doors.forms import ConfirmForm, Form, moment_text
from kechuang.doors.lists import keyset
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.doors.sheets import csv_response
from kechuang.doors.words import name_in_language
from kechuang.matching import actions
from kechuang.matching.forms import SaidForm
from kechuang.matching.forms import events as forms
from kechuang.matching.models import Event, SignUp
from kechuang.matching.queries import events as queries
from kechuang.matching.rules import ASKED_KINDS, events
from kechuang.matching.rules.events import EventState, SignUpState
from kechuang.needs.queries import sights_on
from kechuang.parties.queries import organisations_coded, people_numbered

CSV_MOST = 5000
TABS = (("", N_("全部")), ("open", N_("报名中")), ("held", N_("已举办")), ("draft", N_("筹备中")))


def found(request: AskedRequest, number: str) -> Event:
    """The event, where this reader may see it; else 404."""
    return found_or_404(queries.events_visible_to(request.actor, request.at), number=number)


def runnable(request: AskedRequest, number: str) -> Event:
    """The event, where this reader runs it; else 404."""
    row = found(request, number)
    if not events.may_run(request.actor, row.facts):
        raise Http404
    return row


def _chosen(request: AskedRequest) -> QuerySet[Event]:
    rows = queries.events_visible_to(request.actor, request.at)
    state, kind = request.GET.get("state", "").upper(), request.GET.get("kind", "").upper()
    if state in set(EventState):
        rows = rows.filter(state=state)
    if kind in set(events.EventKind):
        rows = rows.filter(kind=kind)
    return rows


def event_list(request: AskedRequest) -> HttpResponse:
    """Events, newest first."""
    page = keyset(_chosen(request), after=request.GET.get("after", ""))
    taken = queries.seats_taken_of(page.rows)
    return render(request, "matching/events.html", {
        "page": page, "taken": taken, "kinds": events.STATE_KINDS,
        "tabs": TABS, "state_now": request.GET.get("state", "").lower(),
        "may_start": events.may_start(request.actor),
    })  # fmt: skip


def events_csv(request: AskedRequest) -> HttpResponse:
    """The same list as a file."""
    heads = [_("编号"), _("种类"), _("名称"), _("地点"), _("开始"), _("结束"), _("状态"), _("名额"),
             _("已报名")]  # fmt: skip
    rows = list(_chosen(request).order_by("-pk")[:CSV_MOST])
    taken = queries.seats_taken_of(rows)
    return csv_response("events.csv", heads, (
        (row.number, row.get_kind_display(), row.title, row.place,
         moment_text(row.since_at), moment_text(row.until_at),
         row.get_state_display(), row.capacity, taken.get(row.pk, 0))
        for row in rows
    ))  # fmt: skip


def event(request: AskedRequest, number: str) -> HttpResponse:
    """One event: when and where, what the reader must do, one's own tables, who comes."""
    row = found(request, number)
    actor, at = request.actor, request.at
    looks_in = events.may_look_inside(actor, row.region_path)
    signs = list(queries.sign_ups_visible_to(actor, at).filter(event=row))
    sittings = list(queries.sittings_visible_to(actor, at).filter(event=row))
    invitations = list(queries.invitations_visible_to(actor, at).filter(event=row))
    return render(request, "matching/event.html", {
        "event": row, "state_kind": events.STATE_KINDS[EventState(row.state)],
        "taken": queries.seats_taken(row), "looks_in": looks_in,
        "runs": events.may_run(actor, row.facts),
        "signs_up": events.may_sign_up(actor, row.facts, at),
        "signs": [(s, _may_withdraw(request, s)) for s in signs],
        "sign_kinds": events.SIGN_UP_KINDS, "asked_kinds": ASKED_KINDS,
        "sittings": [] if looks_in else sittings, "planned": len(sittings),
        "sights": queries.need_sights(sittings, actor, at),
        "invitations": invitations,
        "reasons": _readable(request, invitations),
        "answers": events.PARTY_ROLES if actor.is_role(*events.PARTY_ROLES) else (),
        "history": history_of(row), "is_over": at >= row.since_at,
    })  # fmt: skip


def _readable(request: AskedRequest, invitations: list) -> set[int]:
    """The needs of invitations whose title this reader may read, by key."""
    found_needs = {one.need_id: one.need for one in invitations}
    sights = sights_on(list(found_needs.values()), request.actor, request.at)
    return {key for key, sight in sights.items() if sight.summary}


def _may_withdraw(request: AskedRequest, sign: SignUp) -> bool:
    unit = sign.organisation.code if sign.organisation else ""
    return sign.state == SignUpState.SIGNED and events.may_withdraw(
        request.actor, sign.person.number, unit, sign.event.facts
    )


def history_of(row: Event) -> list[dict[str, Any]]:
    """The stages of an event with who took it there."""
    stages = list(row.stages.all())
    people = people_numbered(stage.by_person for stage in stages)
    units = organisations_coded(stage.by_organisation for stage in stages)
    return [
        {
            "since": stage.since, "label": events.STATE_NAMES[EventState(stage.stage)],
            "who": _("，").join(
                str(name_in_language(one))
                for one in (people.get(stage.by_person), units.get(stage.by_organisation)) if one
            ),
            "note": stage.note_public,
        }
        for stage in stages
    ]  # fmt: skip


@signed_in
def new(request: AskedRequest) -> HttpResponse:
    """Prepare an event; a draft that the desk alone sees."""
    if not events.may_start(request.actor):
        raise Http404
    return _edit(request, None)


@signed_in
def edit(request: AskedRequest, number: str) -> HttpResponse:
    """Change an event that is not over."""
    return _edit(request, runnable(request, number))


def _edit(request: AskedRequest, row: Event | None) -> HttpResponse:
    initial = forms.EventForm.initial_of(row) if row else None
    form = forms.EventForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        typed = dict(form.cleaned_data)
        version = typed.pop("version")
        with form.refusals():
            saved = actions.save_event(
                event=row, typed=typed, version=version, by=request.actor, at=request.at
            )
            return redirect("event", number=saved.number)
    return render(request, "matching/event_edit.html", {"form": form, "event": row},
                  status=form.status)  # fmt: skip


def step(request: AskedRequest, row: Event, form: Form, words: dict[str, str]) -> HttpResponse:
    """A page of its own for one act on an event."""
    context = {"event": row, "form": form, "words": words}
    return render(request, "matching/event_step.html", context, status=form.status)


def _bound(request: AskedRequest) -> Any:
    return request.POST if request.method == "POST" else None


@signed_in
def announce(request: AskedRequest, number: str) -> HttpResponse:
    """Announce an event."""
    row = runnable(request, number)
    form = ConfirmForm(_bound(request))
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.open_event(event=row, by=request.actor, at=request.at)
            return redirect("event", number=row.number)
    return step(request, row, form, {
        "title": N_("发布活动"), "lead": N_("发布后人人可见，可以报名。"),
        "button": N_("发布活动"), "css": "btn-primary",
    })  # fmt: skip


@signed_in
def cancel(request: AskedRequest, number: str) -> HttpResponse:
    """Cancel an event."""
    row = runnable(request, number)
    form = forms.ReasonForm(_bound(request))
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.cancel_event(event=row, by=request.actor, at=request.at, **form.cleaned_data)
            return redirect("event", number=row.number)
    return step(request, row, form, {
        "title": N_("取消活动"), "lead": N_("取消后不能恢复；桌次清空，报名的人会收到消息。"),
        "button": N_("取消这场活动"), "css": "btn-danger",
    })  # fmt: skip


@signed_in
def sign_up(request: AskedRequest, number: str) -> HttpResponse:
    """Sign up; to a match event with a need or an offer of the unit."""
    row = found(request, number)
    asks, gives = queries.brought_by(request.actor, request.at)
    if row.kind != events.EventKind.MATCHMAKING:
        asks, gives = [], []
    form = forms.SignUpForm(
        _bound(request), needs=asks, offers=gives, initial={"brings": request.GET.get("offer", "")}
    )
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.sign_up(event=row, by=request.actor, at=request.at, **form.cleaned_data)
            messages.success(request, _("已报名。桌次排定后在这里看。"))
            return redirect("event", number=row.number)
    return render(request, "matching/sign_up.html", {
        "event": row, "form": form, "brings": row.kind == events.EventKind.MATCHMAKING,
        "has_some": bool(asks or gives),
    }, status=form.status)  # fmt: skip


@signed_in
def withdraw(request: AskedRequest, number: str, sign_number: str) -> HttpResponse:
    """Take a sign-up back."""
    row = found(request, number)
    rows = queries.sign_ups_visible_to(request.actor, request.at).filter(event=row)
    sign = found_or_404(rows, number=sign_number)
    form = ConfirmForm(_bound(request))
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.withdraw_sign_up(sign_up=sign, by=request.actor, at=request.at)
            return redirect("event", number=row.number)
    return step(request, row, form, {
        "title": N_("退出活动"), "lead": N_("退出后名额让出，已排的面谈取消。"),
        "button": N_("退出"), "css": "btn-danger",
    })  # fmt: skip


@signed_in
def invite(request: AskedRequest, number: str) -> HttpResponse:
    """Invite the units of the best offers."""
    row = runnable(request, number)
    form = ConfirmForm(_bound(request))
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            made = actions.invite(event=row, by=request.actor, at=request.at)
            messages.success(request, _("已邀请 {count} 条成果的单位。").format(count=len(made)))
            return redirect("event", number=row.number)
    return step(request, row, form, {
        "title": N_("按排序邀请"),
        "lead": N_("为每条报名的需求请排序靠前的成果，最多五条、同一单位最多两条；请过的不重复。"),
        "button": N_("发出邀请"), "css": "btn-primary",
    })  # fmt: skip


@signed_in
def decline(request: AskedRequest, number: str, invitation_number: str) -> HttpResponse:
    """Do not come, and say why."""
    row = found(request, number)
    rows = queries.invitations_visible_to(request.actor, request.at).filter(event=row)
    one = found_or_404(rows, number=invitation_number)
    form = SaidForm(_bound(request))
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.decline_invitation(
                invitation=one, by=request.actor, at=request.at, **form.cleaned_data
            )
            return redirect("event", number=row.number)
    return step(request, row, form, {
        "title": N_("不参加"), "lead": N_("经办会看到您写的原因。"),
        "button": N_("答复不参加"), "css": "btn-primary",
    })  # fmt: skip


@signed_in
def hold(request: AskedRequest, number: str) -> HttpResponse:
    """Note who came, and close the event."""
    row = runnable(request, number)
    signs = list(
        queries.sign_ups_visible_to(request.actor, request.at).filter(
            event=row, state=SignUpState.SIGNED
        )
    )
    every = [sign.number for sign in signs]
    form = forms.ArrivedForm(_bound(request), signs=signs, initial={"arrived": every})
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.hold_event(event=row, by=request.actor, at=request.at, **form.cleaned_data)
            return redirect("event", number=row.number)
    return step(request, row, form, {
        "title": N_("登记到场"),
        "lead": N_("登记后活动办结。双方都到场的面谈，3、6、12 个月后各问一次成效。"),
        "button": N_("登记到场并办结"), "css": "btn-primary",
    })  # fmt: skip


@signed_in
def outcome(request: AskedRequest, number: str) -> HttpResponse:
    """Say what came of a talk."""
    row = found_or_404(queries.outcomes_visible_to(request.actor, request.at), number=number)
    sight = queries.need_sights([row.sitting], request.actor, request.at)
    form = forms.OutcomeForm(_bound(request))
    may = events.may_answer_for(request.actor, row.organisation.code) or events.may_run(
        request.actor, row.sitting.event.facts
    )
    if request.method == "POST" and form.is_valid():
        said = dict(form.cleaned_data)
        with form.refusals():
            actions.answer_outcome(
                outcome=row, amount_fen=said.pop("amount"), by=request.actor, at=request.at, **said
            )
            return redirect("outcome", number=row.number)
    return render(request, "matching/outcome.html", {
        "outcome": row, "form": form, "answers": may and not row.code,
        "others": queries.outcomes_visible_to(request.actor, request.at).filter(
            sitting=row.sitting
        ).order_by("months", "side"),
        "sight": next(iter(sight.values()), None), "today": shanghai_date(request.at),
        "on_behalf": request.actor.is_role(Role.LIAISON, Role.OFFICER),
    }, status=form.status)  # fmt: skip


urls = [
    path("events/", event_list, name="events"),
    path("events.csv", events_csv, name="events-csv"),
    path("events/new/", new, name="event-new"),
    path("events/outcomes/<str:number>/", outcome, name="outcome"),
    path("events/<str:number>/", event, name="event"),
    path("events/<str:number>/edit/", edit, name="event-edit"),
    path("events/<str:number>/open/", announce, name="event-open"),
    path("events/<str:number>/cancel/", cancel, name="event-cancel"),
    path("events/<str:number>/sign-up/", sign_up, name="event-sign-up"),
    path("events/<str:number>/sign-ups/<str:sign_number>/withdraw/", withdraw,
         name="sign-up-withdraw"),
    path("events/<str:number>/invite/", invite, name="event-invite"),
    path("events/<str:number>/invitations/<str:invitation_number>/decline/", decline,
         name="invitation-decline"),
    path("events/<str:number>/hold/", hold, name="event-hold"),
]  # fmt: skip
