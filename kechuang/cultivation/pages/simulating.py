"""What a change of the rules would do to all enterprises: before it is saved, and at any time."""

import tomllib
from collections.abc import Callable
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kechuang.base.refusals import Refused
from kechuang.base.time import shanghai_date
from kechuang.cultivation import actions, queries, rules
from kechuang.cultivation.forms.rulesets import SimulateForm, TextForm, ValueForm
from kechuang.cultivation.models import RuleVersion, Verdict
from kechuang.cultivation.pages.rulesets import title_of, version_or_404
from kechuang.doors.forms import Form
from kechuang.doors.requests import AskedRequest, signed_in
from kechuang.doors.sheets import csv_response
from kechuang.doors.words import message_of, way_on_of
from kechuang.engines.eligibility import RuleRefused, RuleSet, bind
from kechuang.engines.eligibility.editing import with_value, with_words
from kechuang.parties.models import Organisation, Region

NAMED = 30  # touched enterprises that a page names; the file has all


@cache
def _industries() -> dict[str, list[str]]:
    text = files("kechuang.cultivation").joinpath("data", "industries.toml").read_text("utf-8")
    names: dict[str, list[str]] = tomllib.loads(text)["names"]
    return names


def shown_effect(
    request: AskedRequest, before: RuleSet, after: RuleSet, day: date
) -> dict[str, Any]:
    """The effect of a change on the enterprises of the reader's region, ready for a page."""
    return words_of(queries.effect_of(bind(before, day), bind(after, day), request.actor.region))


def words_of(found: queries.Effect) -> dict[str, Any]:
    """An effect as a page says it, in the reader's language."""
    english = (get_language() or "").startswith("en")
    regions = {
        one.code: (one.name_en if english and one.name_en else one.name)
        for one in Region.objects.filter(code__in=found.groups["region"])
    }
    sizes = {"0": _("微型（20人以下）"), "1": _("小型（20—299人）"), "2": _("中型（300—999人）"),
             "3": _("大型（1000人以上）")}  # fmt: skip
    industries = {code: names[english] for code, names in _industries().items()}
    named = {"region": regions, "size": sizes, "industry": industries}
    heads = {"region": _("按地区"), "size": _("按规模"), "industry": _("按行业")}
    labels = dict(Verdict.State.choices)
    return {
        "found": found, "day": found.day,
        "moves": [
            {"old": labels[old], "new": labels[new], "count": count, "same": old == new}
            for (old, new), count in sorted(found.moves.items(), reverse=True)
        ],
        "groups": [
            {"kind": kind, "head": heads[kind],
             "lines": [
                 {"name": named[kind].get(line.name) or line.name or _("未知"), "line": line}
                 for line in found.lines(kind)
             ]}
            for kind in ("region", "size", "industry")
        ],
        "touched": Organisation.objects.filter(pk__in=found.touched[:NAMED]).order_by("code"),
        "count": len(found.touched), "named": NAMED,
        "has_money": bool(found.whole.before_fen or found.whole.after_fen),
    }  # fmt: skip


def refused_by_line(form: Form, text: str, refused: Refused, name: str | None) -> None:
    """Say where in the text the cause stands, line by line."""
    for one in refused.refusals:
        said = rules.by_line(text, one, name or "") if isinstance(one, RuleRefused) else one
        form.add_error(name, " ".join(filter(None, (message_of(said), way_on_of(said)))))


# --- editing -----------------------------------------------------------------------------------


def _editable(request: AskedRequest, code: str, number: str) -> RuleVersion:
    row = version_or_404(request, code, number)
    if not rules.may_edit_rules(request.actor) or row.state == RuleVersion.State.WITHDRAWN:
        raise Http404
    return row


@signed_in
def edit(request: AskedRequest, code: str, number: str) -> HttpResponse:
    """The parameters of a version: choose one to change."""
    row = _editable(request, code, number)
    said = queries.rules_of(row)
    found = [
        {"code": name, "clause": one["clause"], "quote": one["quote"],
         "values": [(v["since"], queries.value_words(v)) for v in one["values"]]}
        for name, one in said.parameters.items()
    ]  # fmt: skip
    return render(request, "cultivation/rules/edit.html", {
        "row": row, "title": title_of(row), "parameters": found,
    })  # fmt: skip


@signed_in
def edit_value(request: AskedRequest, code: str, number: str, parameter: str) -> HttpResponse:
    """A dated value of one parameter: look at its effect on all enterprises, then save."""
    row = _editable(request, code, number)
    said = queries.rules_of(row)
    one = said.parameters.get(parameter)
    if one is None:
        raise Http404
    today = shanghai_date(request.at)
    form = ValueForm(
        request.POST if request.method == "POST" else None, value=one["values"][-1],
        initial={"since": today, "clause": one["clause"], "quote": one["quote"],
                 "version": row.version},
    )  # fmt: skip

    def texts() -> tuple[str, str]:
        """The text as it would be, and as it is looked at: as if it held today."""
        given = form.cleaned_data
        words = {"clause": given["clause"], "quote": given["quote"]}
        whole = with_words(row.text, parameter, words)
        return (with_value(whole, parameter, given["since"], form.said()),
                with_value(whole, parameter, min(given["since"], today), form.said()))  # fmt: skip

    return _edited(request, row, form, texts, {
        "template": "cultivation/rules/edit_value.html", "parameter": parameter, "one": one,
        "values": [(v["since"], queries.value_words(v)) for v in one["values"]],
    })  # fmt: skip


@signed_in
def edit_text(request: AskedRequest, code: str, number: str) -> HttpResponse:
    """The whole text: errors by line, the effect on all enterprises, then save."""
    row = _editable(request, code, number)
    form = TextForm(
        request.POST if request.method == "POST" else None,
        initial={"text": row.text, "tests_text": row.tests_text, "version": row.version},
    )

    def texts() -> tuple[str, str]:
        return form.cleaned_data["text"], form.cleaned_data["text"]

    return _edited(request, row, form, texts, {"template": "cultivation/rules/edit_text.html"})


def _edited(
    request: AskedRequest, row: RuleVersion, form: Any, texts: Callable[[], tuple[str, str]],
    context: dict[str, Any],
) -> HttpResponse:  # fmt: skip
    """Look at the effect, take it as a file, or save what was looked at."""
    act = request.POST.get("act", "")
    shown: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        text = row.text
        try:
            text, looked = texts()
            after = rules.checked_rules(text, row.code)
            if act == "save":
                with form.refusals():
                    saved = actions.draft_rules(
                        base=row, text=text, by=request.actor, at=request.at,
                        tests_text=form.cleaned_data.get("tests_text", row.tests_text),
                        **{key: form.cleaned_data[key] for key in ("reason", "seen", "version")},
                    )  # fmt: skip
                    messages.success(request, _("已存为草稿。下一步：运行测试，送审。"))
                    return redirect("rule-version", code=saved.code, number=saved.number)
            before, after_now = queries.rules_of(row), rules.checked_rules(looked, row.code)
            day = shanghai_date(request.at)
            if act == "csv":
                return _csv(request, before, after_now, day)
            shown = {
                "effect": shown_effect(request, before, after_now, day), "seen": after.version,
                "changes": queries.changes_between(before, after),
            }  # fmt: skip
        except RuleRefused as refused:
            name = "text" if "text" in form.fields else "value"
            refused_by_line(form, text, refused, name)
        except Refused as refused:
            form.accept(refused)
    return render(request, context.pop("template"), {
        "row": row, "title": title_of(row), "form": form, **context, **shown,
    }, status=form.status)  # fmt: skip


def _csv(request: AskedRequest, before: RuleSet, after: RuleSet, day: date) -> HttpResponse:
    labels = dict(Verdict.State.choices)
    heads = [_("统一社会信用代码"), _("企业"), _("原结论"), _("新结论"), _("原金额（元）"),
             _("新金额（元）")]  # fmt: skip
    rows = queries.touched_by(bind(before, day), bind(after, day), request.actor.region)
    return csv_response(f"effect-{after.code}-{day.isoformat()}.csv", heads, (
        (code, name, labels[old], labels[new], f"{old_fen / 100:.2f}", f"{new_fen / 100:.2f}")
        for code, name, old, new, old_fen, new_fen in rows
    ))  # fmt: skip


# --- simulation ----------------------------------------------------------------------------------


def _asked(request: AskedRequest, code: str) -> tuple[SimulateForm, list[RuleVersion]]:
    if not rules.may_read_drafts(request.actor):
        raise Http404
    rows = list(
        queries.rule_versions_visible_to(request.actor, request.at)
        .filter(code=code, subject=RuleVersion.Subject.ENTERPRISE)
        .exclude(state=RuleVersion.State.WITHDRAWN).order_by("-pk")[:100]
    )  # fmt: skip
    if not rows:
        raise Http404
    now = queries.in_force(code, shanghai_date(request.at)) or rows[-1]
    form = SimulateForm(
        request.GET if "a" in request.GET else None,
        initial={"a": now.number, "b": rows[0].number, "day": shanghai_date(request.at)},
    )
    choices = [
        (one.number, " · ".join(filter(None, (
            one.content, str(one.get_state_display()),
            one.in_force_date.isoformat() if one.in_force_date else "",
        )))) for one in rows
    ]  # fmt: skip
    for name in ("a", "b"):
        form.fields[name].choices = choices  # type: ignore[attr-defined]
    return form, rows


def _chosen(form: SimulateForm, rows: list[RuleVersion]) -> tuple[RuleSet, RuleSet, date]:
    by_number = {one.number: one for one in rows}
    given = form.cleaned_data
    return (queries.rules_of(by_number[given["a"]]), queries.rules_of(by_number[given["b"]]),
            given["day"])  # fmt: skip


@signed_in
def simulate(request: AskedRequest, code: str) -> HttpResponse:
    """Version A against version B over all enterprises as of a day."""
    form, rows = _asked(request, code)
    shown: dict[str, Any] = {}
    if form.is_bound and form.is_valid():
        before, after, day = _chosen(form, rows)
        shown = {
            "effect": shown_effect(request, before, after, day),
            "changes": queries.changes_between(before, after),
        }
    return render(request, "cultivation/rules/simulate.html", {
        "form": form, "row": rows[0], "code": code, "title": title_of(rows[0]), **shown,
    }, status=form.status)  # fmt: skip


@signed_in
def simulate_csv(request: AskedRequest, code: str) -> HttpResponse:
    """Every enterprise that a change would touch, as a file."""
    form, rows = _asked(request, code)
    if not form.is_bound or not form.is_valid():
        return redirect("rule-set-simulate", code=code)
    return _csv(request, *_chosen(form, rows))


whole = "policies/rules/<str:code>/<str:number>/"
urls = [
    path("policies/rules/<str:code>/simulate/", simulate, name="rule-set-simulate"),
    path("policies/rules/<str:code>/simulate.csv", simulate_csv, name="rule-set-simulate-csv"),
    path(whole + "edit/", edit, name="rule-version-edit"),
    path(whole + "edit/<str:parameter>/", edit_value, name="rule-version-edit-value"),
    path(whole + "text/", edit_text, name="rule-version-text"),
]

__all__ = ["refused_by_line", "shown_effect", "urls", "words_of"]
