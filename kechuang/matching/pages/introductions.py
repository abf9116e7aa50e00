"""The liaison's ledger, and one introduction."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext

from kechuang.base.actor import Role
from kechuang.base.refusals import N_
from kechuang.base.time import shanghai_date
from kechuang.doors.forms import Form
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.doors.sheets import csv_response
from kechuang.doors.words import name_in_language
from kechuang.matching import actions, forms, queries, rules
from kechuang.matching.models import ContactRow, Introduction
from kechuang.matching.queries import Filters
from kechuang.matching.rules import State
from kechuang.parties.queries import organisations_coded, people_numbered, person_by_number

CSV_MOST = 10_000
TABS = (
    ("open", N_("未结"), {"state": "open"}),
    ("mine", N_("我的"), {"state": "open", "mine": "1"}),
    ("due", N_("已到下一步日期"), {"due": "1"}),
    ("signed", N_("已签约"), {"state": "signed"}),
    ("landed", N_("已落地"), {"state": "landed"}),
    ("ended", N_("已结束"), {"state": "ended"}),
)


def _filters(request: AskedRequest) -> Filters:
    query = request.GET
    state = query.get("state", "")
    known = state == "open" or state.upper() in set(State)
    return Filters(
        state=state if known else "",
        mine=query.get("mine") == "1",
        due=query.get("due") == "1",
        text=query.get("q", "").replace("\x00", "").strip()[:60],
    )


@signed_in
def introductions(request: AskedRequest) -> HttpResponse:
    """The ledger, by the date of the next step."""
    filters = _filters(request)
    rows = queries.introductions_listed(request.actor, request.at, filters)
    page = queries.ledger_page(rows, after=request.GET.get("after", ""))
    person = person_by_number(request.actor.person)
    is_liaison = request.actor.is_role(Role.LIAISON)
    context = {
        "page": page,
        "filters": filters,
        "tabs": [
            (name, name_words, "&".join(f"{key}={value}" for key, value in wanted.items()),
             _is_tab(wanted, request))
            for name, name_words, wanted in TABS
        ],
        "load": queries.load_of(person) if is_liaison and person else None,
        "capacity": queries.capacity_of(person) if is_liaison and person else None,
        "kinds": rules.STATE_KINDS,
        "sees_capacity": is_liaison
        or rules.may_set_capacity(request.actor, request.actor.region),
    }  # fmt: skip
    return render(request, "matching/introductions.html", context)


def _is_tab(wanted: dict[str, str], request: AskedRequest) -> bool:
    names = ("state", "mine", "due")
    return {n: request.GET[n] for n in names if request.GET.get(n)} == wanted


@signed_in
def introductions_csv(request: AskedRequest) -> HttpResponse:
    """The ledger as a sheet."""
    rows = queries.introductions_listed(request.actor, request.at, _filters(request))[:CSV_MOST]
    heads = ["编号", "需求编号", "需求", "需求方", "成果编号", "成果", "成果方", "状态", "自",
             "下一步", "下一步日期", "联络员", "金额（元）"]  # fmt: skip
    return csv_response("introductions.csv", heads, (_cells(row) for row in rows))


def _cells(row: Introduction) -> list[Any]:
    return [
        row.number, row.need.number, row.need.title, row.need_organisation.name,
        row.offer.number, row.offer.title, row.offer_organisation.name,
        row.get_state_display(), shanghai_date(row.since).isoformat(), row.next_step,
        row.next_date.isoformat() if row.next_date else "", row.liaison.name,
        f"{row.amount_fen / 100:.2f}" if row.amount_fen else "",
    ]  # fmt: skip


@signed_in
def introduction(request: AskedRequest, number: str) -> HttpResponse:
    """One introduction: where it stands, what to do, both sides, the log, the stages."""
    return page_of(request, found(request, number), {})


def found(request: AskedRequest, number: str) -> Introduction:
    """The introduction, where this reader may see it; else 404."""
    return found_or_404(queries.visible_to(request.actor, request.at), number=number)


def page_of(request: AskedRequest, row: Introduction, bound: dict[str, Form]) -> HttpResponse:
    """The page of an introduction, with a form as it was refused."""
    actor, facts = request.actor, row.facts
    works = rules.may_work(actor, facts)
    reads_log = rules.may_read_log(actor, row.facts)
    form = next(iter(bound.values()), None)
    context = {
        "introduction": row,
        "state_name": rules.STATE_NAMES[State(row.state)],
        "state_kind": rules.STATE_KINDS[State(row.state)],
        "steps": _steps(row),
        "side": rules.side_of(actor, facts),
        "works": works,
        "reads_log": reads_log,
        "contacts": _log(request, row),
        "hand_overs": queries.hand_overs_of(row) if reads_log else [],
        "takes_over": queries.is_asked_to_take(row, actor),
        "credits": row.credits.select_related("person") if reads_log else (),
        "history": _history(row),
        "form": form,
    } | _forms(request, row, bound)  # fmt: skip
    status = form.status if form else 200
    return render(request, "matching/introduction.html", context, status=status)


def _log(request: AskedRequest, row: Introduction) -> list[ContactRow]:
    """The entries of the log that this reader may read."""
    rows = ContactRow.objects.filter(introduction=row).select_related("by_person")
    return [e for e in rows if rules.may_read_entry(request.actor, row.facts, e.audience)]


def _forms(request: AskedRequest, row: Introduction, bound: dict[str, Form]) -> dict[str, Any]:
    """The forms that this reader may use, fresh or as they were refused."""
    made: dict[str, Any] = {}
    if rules.may_answer(request.actor, row.facts):
        made["answer_form"] = bound.get("answer") or forms.AnswerForm(auto_id="answer-%s")
    if rules.may_work(request.actor, row.facts):
        made["contact_form"] = bound.get("contact") or forms.ContactForm(
            auto_id="contact-%s", initial={"date": shanghai_date(request.at)}
        )
        made["advance_form"] = bound.get("advance") or forms.AdvanceForm(
            auto_id="advance-%s", state=row.state, initial={"version": row.version}
        )
    return made


def _steps(row: Introduction) -> list[dict[str, str]]:
    """The road with the dates of the stages that were reached."""
    reached = {stage.stage: stage.since for stage in row.stages.all()}
    road = [*rules.ROAD] if row.state != State.ENDED else [
        *(step for step in rules.ROAD if step in reached), State.ENDED
    ]  # fmt: skip
    return [
        {
            "name": rules.STATE_NAMES[step],
            "since": reached.get(step),
            "state": "now" if step == row.state else "done" if step in reached else "",
        }
        for step in road
    ]


def _history(row: Introduction) -> list[dict[str, Any]]:
    stages = list(row.stages.all())
    people = people_numbered(stage.by_person for stage in stages)
    units = organisations_coded(stage.by_organisation for stage in stages)
    history = []
    for stage in stages:
        person, unit = people.get(stage.by_person), units.get(stage.by_organisation)
        who = gettext("，").join(str(name_in_language(one)) for one in (person, unit) if one)
        history.append(
            {
                "since": stage.since,
                "label": rules.STATE_NAMES[State(stage.stage)],
                "who": who,
                "note": stage.note_public,
            }
        )
    return history


def _acting(
    name: str, make: Callable[[AskedRequest, Introduction], Form], act: Callable[..., Any]
) -> Callable[..., HttpResponse]:
    """A page that acts on one introduction: GET shows it, POST acts and goes back to it."""

    @signed_in
    def page(request: AskedRequest, number: str) -> HttpResponse:
        row = found(request, number)
        if request.method != "POST":
            return page_of(request, row, {})
        form = make(request, row)
        if form.is_valid():
            with form.refusals():
                act(row, form.cleaned_data, request)
                return redirect(reverse("introduction", args=[row.number]))
        return page_of(request, row, {name: form})

    return page


def _answer(row: Introduction, said: dict[str, Any], request: AskedRequest) -> None:
    actions.answer_introduction(introduction=row, by=request.actor, at=request.at, **said)


def _contact(row: Introduction, said: dict[str, Any], request: AskedRequest) -> None:
    entry = rules.LogEntry(**said)
    actions.record_contact(introduction=row, entry=entry, by=request.actor, at=request.at)


def _advance(row: Introduction, said: dict[str, Any], request: AskedRequest) -> None:
    said = dict(said)
    amount = said.pop("amount")
    actions.advance(
        introduction=row, amount_fen=amount, by=request.actor, at=request.at, **said
    )


answer = _acting("answer", lambda r, row: forms.AnswerForm(r.POST, auto_id="answer-%s"), _answer)
contact = _acting(
    "contact", lambda r, row: forms.ContactForm(r.POST, auto_id="contact-%s"), _contact
)
advance = _acting(
    "advance",
    lambda r, row: forms.AdvanceForm(r.POST, auto_id="advance-%s", state=row.state),
    _advance,
)


def own_page(
    request: AskedRequest, row: Introduction, form: Form, words: dict[str, str]
) -> HttpResponse:
    """A page of its own for one act on an introduction."""
    context = {"introduction": row, "form": form, "words": words}
    return render(request, "matching/act.html", context, status=form.status)


@signed_in
def end(request: AskedRequest, number: str) -> HttpResponse:
    """End an introduction, with its effect in words."""
    row = found(request, number)
    form = forms.EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.end_introduction(
                introduction=row, by=request.actor, at=request.at, **form.cleaned_data
            )
            return redirect(reverse("introduction", args=[row.number]))
    return own_page(request, row, form, {
        "title": N_("结束引荐"),
        "lead": N_("结束后不能再改；需求全文对成果方收回，双方都会收到消息和原因。"),
        "button": N_("结束这件引荐"), "css": "btn-danger",
    })  # fmt: skip


@signed_in
def share(request: AskedRequest, number: str) -> HttpResponse:
    """Say who has which share of the credit."""
    row = found(request, number)
    lines = "\n".join(
        f"{one.person.number} {one.percent}" for one in row.credits.select_related("person")
    )
    may = rules.may_share_credit(request.actor, row.facts)
    form = forms.SharesForm(request.POST or None, initial={"shares": lines if may else ""})
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.share_credit(
                introduction=row, by=request.actor, at=request.at, **form.cleaned_data
            )
            return redirect(reverse("introduction", args=[row.number]))
    return own_page(request, row, form, {
        "title": N_("贡献份额"),
        "lead": N_("一件引荐由几位联络员促成的，按份额记；合计须为 100%。"),
        "button": N_("保存份额"), "css": "btn-primary",
    })  # fmt: skip


urls = [
    path("introductions/", introductions, name="introductions"),
    path("introductions.csv", introductions_csv, name="introductions-csv"),
    path("introductions/<str:number>/", introduction, name="introduction"),
    path("introductions/<str:number>/answer/", answer, name="introduction-answer"),
    path("introductions/<str:number>/contact/", contact, name="introduction-contact"),
    path("introductions/<str:number>/advance/", advance, name="introduction-advance"),
    path("introductions/<str:number>/end/", end, name="introduction-end"),
    path("introductions/<str:number>/share/", share, name="introduction-share"),
]
