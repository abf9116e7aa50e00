"""Draws of experts: fixing the pool, committing, revealing, drawing, and what anybody can check."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from kechuang.doors.forms import Form, ReasonForm
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.doors.words import name_in_language
from kechuang.parties.queries import people_numbered
from kechuang.reviews import actions, forms, queries, rules
from kechuang.reviews.models import Draw, DrawStage, Panel, Seat
from kechuang.reviews.pages.experts import posted
from kechuang.reviews.pages.panels import DRAW_KINDS, found_panel


def _found(request: AskedRequest, number: str) -> Draw:
    return found_or_404(queries.draws_visible_to(request.actor, request.at), number=number)


@signed_in
def operator(request: AskedRequest, number: str) -> HttpResponse:
    """Name who draws the experts of a panel."""
    row = found_panel(request, number)
    people = queries.possible_secretaries(row.region_path, request.at).exclude(
        pk__in=[row.secretary_id or 0, row.chair_id or 0]
    )
    form = forms.OperatorForm(posted(request), operators=people)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.name_draw_operator(
                panel=row, by=request.actor, at=request.at, **form.cleaned_data
            )
            messages.success(request, _("抽取人已任命。"))
            return redirect("panel", number=number)
    return render(request, "reviews/act.html", {
        "form": form, "title": _("任命抽取人"), "panel": row, "back": ("panel", number),
        "lead": _("管库、用人、抽取三件事分开：抽取人建立专家池并主持抽取，看不到评分。"),
    }, status=form.status)  # fmt: skip


@signed_in
def fix(request: AskedRequest, number: str) -> HttpResponse:
    """Fix the pool of a draw, with its witnesses, times and the public value to come."""
    row = found_panel(request, number)
    people = queries.possible_witnesses(row.region_path, request.at).exclude(
        pk=row.draw_operator_id or 0
    )
    form = forms.DrawForm(
        posted(request), fields_of_work=queries.fields_in_pool(request.at), people=people
    )
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            made = actions.fix_pool(
                panel=row, plan=form.plan, fields=form.cleaned_data["fields_wanted"],
                witnesses=list(form.cleaned_data["witnesses"]), by=request.actor, at=request.at,
            )  # fmt: skip
            messages.success(request, _("专家池已固定，见证人会收到通知。"))
            return redirect("draw", number=made.number)
    may = rules.may_draw(request.actor, row.facts)
    office = [one for one in (row.secretary, row.chair, row.draw_operator) if one]
    eligible, out = queries.draw_pool(row, [], office, request.at) if may else ([], {})
    return render(request, "reviews/draw_fix.html", {
        "form": form, "panel": row, "may_draw": may, "size": len(eligible),
        "out": [(_(rules.EXCLUSIONS[code]), count) for code, count in out.items()],
    }, status=form.status)  # fmt: skip


def draw(request: AskedRequest, number: str) -> HttpResponse:
    """One draw: what was fixed before, what came after, who was drawn under which pseudonym."""
    row = _found(request, number)
    nonces = queries.nonces_of(row)
    record = queries.record_of(row) if row.state == Draw.State.DRAWN else {}
    knows = request.actor.is_signed_in and queries.panels_visible_to(
        request.actor, request.at
    ).filter(pk=row.panel_id).exists()  # fmt: skip
    members = queries.members_of(row)
    return render(request, "reviews/draw.html", {
        "draw": row, "kind": DRAW_KINDS[row.state], "steps": _steps(row, request),
        "nonces": nonces, "size": len(members), "record": record, "knows": knows,
        "excluded": [(_(rules.EXCLUSIONS[code]), count)
                     for code, count in row.filters["excluded"].items()],
        "turns": _turns(members, knows), "acts": _acts(request, row, nonces),
        "stages": _stages(row),
    })  # fmt: skip


def _steps(row: Draw, request: AskedRequest) -> list[dict[str, Any]]:
    """The six steps with their times; the one that is on now is marked."""
    named = [
        (_("截止"), row.closed_at), (_("开封"), row.opened_at), (_("固定专家池"), row.pool_at),
        (_("承诺截止"), row.commit_until), (_("揭示截止"), row.reveals_until),
        (_("公共数值产生"), row.public_at),
    ]  # fmt: skip
    done = [at <= request.at for _name, at in named]
    now = done.index(False) if False in done and row.state in rules.DRAW_OPEN else -1
    return [
        {"name": name, "at": at, "state": "now" if place == now else ("done" if past else "")}
        for place, ((name, at), past) in enumerate(zip(named, done, strict=True))
    ]


def _turns(members: list[Any], knows: bool) -> list[dict[str, Any]]:
    """Who was drawn, in turn, with what came of it; names for those who may know them."""
    labels = dict(Seat.State.choices)
    rows = sorted((m for m in members if m.turn is not None), key=lambda m: m.turn)
    return [
        {"turn": m.turn, "place": m.place, "pseudonym": m.pseudonym,
         "name": m.expert.person.name if knows else "",
         "state": labels[m.seat.state] if m.seat else _(rules.NOT_SEATED["PASSED"][1])}
        for m in rows
    ]  # fmt: skip


def _acts(request: AskedRequest, row: Draw, nonces: list[Any]) -> list[dict[str, Any]]:
    """What this reader may do with the draw now."""
    if row.state not in rules.DRAW_OPEN or not request.actor.is_signed_in:
        return []
    at = request.at
    own = next((n for n in nonces if rules.may_witness(request.actor, n.person.number)), None)
    draws = rules.may_draw(request.actor, row.panel.facts)
    reveals = row.state == "REVEALING" or at >= row.commit_until
    offers = [
        ("draw-commit", _("提交承诺"), own and not own.commitment and at < row.commit_until),
        ("draw-reveal", _("揭示随机数"),
         own and own.commitment and not own.nonce and reveals and at < row.reveals_until),
        ("draw-value", _("录入公共数值并抽取"), draws and at >= row.public_at),
        ("draw-cancel", _("取消抽取"), draws and at < row.public_at),
    ]  # fmt: skip
    return [
        {"url": reverse(name, args=[row.number]), "name": words,
         "is_primary": name != "draw-cancel"}
        for name, words, may in offers if may
    ]  # fmt: skip


def _stages(row: Draw) -> list[dict[str, Any]]:
    labels = dict(Draw.State.choices)
    rows = list(DrawStage.objects.filter(draw=row))
    people = people_numbered(stage.by_person for stage in rows)
    return [
        {"since": stage.since, "label": labels.get(stage.stage, stage.stage),
         "who": name_in_language(people.get(stage.by_person)) or _("系统"),
         "note": stage.note_public}
        for stage in rows
    ]  # fmt: skip


def record(request: AskedRequest, number: str) -> HttpResponse:
    """The record of a draw as a file, for `tools/verify_draw.py`; while it is open, what is fixed.
    """
    row = _found(request, number)
    told = queries.record_of(row) if row.state == Draw.State.DRAWN else queries.planned_record(row)
    response = HttpResponse(
        json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n",
        content_type="application/json; charset=utf-8",
    )
    response["Content-Disposition"] = f'attachment; filename="{number}.json"'
    return response


@signed_in
def commit(request: AskedRequest, number: str) -> HttpResponse:
    """A witness's commitment, made in the own browser."""
    row = _found(request, number)
    form = forms.CommitForm(posted(request))
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.commit_nonce(draw=row, by=request.actor, at=request.at, **form.cleaned_data)
            messages.success(request, _("承诺已公布。请保管好随机数文件，到时揭示。"))
            return redirect("draw", number=number)
    return _witness(request, row, form, "draw_commit.html")


@signed_in
def reveal(request: AskedRequest, number: str) -> HttpResponse:
    """A witness's number, checked against the commitment."""
    row = _found(request, number)
    form = forms.RevealForm(posted(request))
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.reveal_nonce(draw=row, by=request.actor, at=request.at, **form.cleaned_data)
            messages.success(request, _("随机数已公布。"))
            return redirect("draw", number=number)
    return _witness(request, row, form, "draw_reveal.html")


def _witness(request: AskedRequest, row: Draw, form: Form, template: str) -> HttpResponse:
    own = [n for n in queries.nonces_of(row) if rules.may_witness(request.actor, n.person.number)]
    return render(request, f"reviews/{template}", {
        "form": form, "draw": row, "is_witness": bool(own), "me": request.actor.person,
        "words": {"made": _("随机数文件已下载，请存好。"), "no_file": _("请选承诺时保存的文件。")},
    }, status=form.status)  # fmt: skip


@signed_in
def value(request: AskedRequest, number: str) -> HttpResponse:
    """Enter the public value, and draw."""
    row = _found(request, number)
    form = forms.ValueForm(posted(request))
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.draw_experts(draw=row, by=request.actor, at=request.at, **form.cleaned_data)
            messages.success(request, _("已抽取，邀请已发出。"))
            return redirect("draw", number=number)
    return _act(request, row, form, _("录入公共数值并抽取"), _(
        "公共数值：{source}。备用：{fallback}。录入后立即按次序发出邀请，不能重来。"
    ).format(source=row.source, fallback=row.fallback))


@signed_in
def cancel(request: AskedRequest, number: str) -> HttpResponse:
    """Give up a draw before its public value stands."""
    row = _found(request, number)
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.cancel_draw(draw=row, by=request.actor, at=request.at, **form.cleaned_data)
            messages.success(request, _("这次抽取已取消，理由会公布。"))
            return redirect("draw", number=number)
    return _act(
        request, row, form, _("取消抽取"),
        _("只能在公共数值产生以前取消；专家池指纹和理由留在记录里。"),
    )


def _act(request: AskedRequest, row: Draw, form: Form, title: str, lead: str) -> HttpResponse:
    panel: Panel = row.panel
    return render(request, "reviews/act.html", {
        "form": form, "title": title, "panel": panel, "back": ("draw", row.number),
        "lead": lead, "is_danger": title == _("取消抽取"),
    }, status=form.status)  # fmt: skip
