"""One enterprise: where it stands, why, what it nearly holds, and what if."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import get_language

from kechuang.base.refusals import N_
from kechuang.base.time import shanghai_date
from kechuang.cultivation import queries, rules
from kechuang.cultivation.forms.facts import KEY_FIGURES, LABELS, WhatIfForm, shown
from kechuang.cultivation.models import Verdict
from kechuang.cultivation.pages.evaluations import STATE_WORDS, name_of
from kechuang.cultivation.rules.reach import NEAR
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in

VERDICT_WORDS = {
    "met": (N_("符合"), "ok"), "not_met": (N_("不符合"), "none"),
    "unknown": (N_("待补数据"), "soon"), "to_be_judged": (N_("待评审"), "now"),
}
CHANGES_SHOWN = 30


@signed_in
def enterprise(request: AskedRequest, number: str) -> HttpResponse:
    """Where an enterprise stands at each tier, and each policy with its reasons."""
    unit = found_or_404(queries.visible_to(request.actor, request.at), number=number)
    day = shanghai_date(request.at)
    standings = queries.standings([unit], day)[unit.pk]
    row = queries.flat_rows([unit])[unit.code]
    told = queries.sources_of(unit)
    near = Verdict.objects.filter(organisation=unit, until=None, reach__in=NEAR)
    away = {one.policy: one.away for one in near}
    said = [
        queries.explain(policy, row, told, away.get(policy.code, ""))
        for policy in queries.policies_on(day)
    ]
    context = {
        "unit": unit, "day": day, "is_known": len(row) > 1,
        "steps": [_step(one, day) for one in standings],
        "policies": [_policy(one) for one in sorted(said, key=_order)],
        "figures": _figures(row, day, told),
        "declarations": queries.open_declarations(request.actor, request.at)
        .filter(organisation=unit).order_by("-pk")[:5],
        "history": _history(unit),
        "may_declare": rules.may_declare(request.actor, unit.code),
        "may_enter": rules.may_check(request.actor, unit.region_path),
        "may_list": rules.may_list(request.actor), "last_year": day.year - 1,
    }
    return render(request, "cultivation/enterprise.html", context)


def _step(one: queries.Standing, day: date) -> dict[str, Any]:
    words, kind = STATE_WORDS[one.state]
    soon = one.until is not None and (one.until - day).days <= rules.remind_days()
    return {"name": name_of(one.tier), "state": one.state, "words": words, "kind": kind,
            "until": one.until, "is_soon": soon}


def _order(one: queries.Explained) -> tuple[int, int]:
    places = {tier.policy: place for place, tier in enumerate(rules.ladder())}
    return (places.get(one.code, len(places)), 0)


def _is_english() -> bool:
    return (get_language() or "").startswith("en")


def _policy(one: queries.Explained) -> dict[str, Any]:
    words, kind = VERDICT_WORDS[one.state]
    reasons = [
        {"reason": each, "name": each.en if _is_english() else each.zh,
         "words": VERDICT_WORDS[each.state][0], "kind": VERDICT_WORDS[each.state][1]}
        for each in one.reasons
    ]
    title = one.title["en"] if _is_english() else one.title["zh"]
    return {"said": one, "title": title, "words": words, "kind": kind, "reasons": reasons,
            "is_near": any(each.is_away for each in one.reasons)}


def _figures(row: dict[str, Any], day: date, told: dict[str, str]) -> list[dict[str, Any]]:
    """The figures of last year, each with its source."""
    last = queries.last_year_of(row, day)
    return [
        {"label": LABELS[name], "value": value, "is_money": name.endswith("_fen"),
         "source": told.get(f"returns.{day.year - 1}.{name}", "")}
        for name, value in last.items()
    ]


def _history(unit: Any) -> list[dict[str, Any]]:
    names = {one.code: one.said["title"] for one in queries.rule_sets()}
    rows = queries.history_of(unit).exclude(policy__in=[""])[:CHANGES_SHOWN]
    return [
        {"title": names.get(one.policy, {}).get("en" if _is_english() else "zh", one.policy),
         "verdict": one, "words": VERDICT_WORDS[STATE_NAMES[one.state]][0],
         "kind": VERDICT_WORDS[STATE_NAMES[one.state]][1]}
        for one in rows
    ]


STATE_NAMES = ("not_met", "unknown", "to_be_judged", "met")


@signed_in
def what_if(request: AskedRequest, number: str) -> HttpResponse:
    """What an enterprise would hold with other figures; computed here, stored nowhere."""
    unit = found_or_404(queries.visible_to(request.actor, request.at), number=number)
    day = shanghai_date(request.at)
    row = queries.flat_rows([unit])[unit.code]
    now = {name: value for name, value in queries.last_year_of(row, day).items()
           if name in KEY_FIGURES} | _property(row)
    form = WhatIfForm(request.GET if request.GET else shown(now))
    changed = supposed(row, form, day) if form.is_valid() else row
    policies = [
        one for one in queries.policies_on(day)
        if one.code in {tier.policy for tier in rules.ladder()} or one.amount is not None
    ]
    context = {
        "unit": unit, "form": form, "day": day,
        "rows": [_compared(queries.explain(one, row), queries.explain(one, changed))
                 for one in policies],
    }
    template = "cultivation/what_if.html"
    if request.headers.get("HX-Request"):
        template = "cultivation/_what_if.html"
    return render(request, template, context)


def _property(row: dict[str, Any]) -> dict[str, int]:
    counts = {"class_one": 0, "class_two": 0}
    for one in row.get("ip", []):
        name = {"I": "class_one", "II": "class_two"}.get(one.get("class", ""))
        if name:
            counts[name] += one.get("count") or 0
    return counts if "ip" in row else {}


def supposed(row: dict[str, Any], form: WhatIfForm, day: date) -> dict[str, Any]:
    """The enterprise as it would be with what was typed; what is left empty stays as it is."""
    changed = dict(row)
    for name, value in form.figures.items():
        changed[f"returns.{day.year - 1}.{name}"] = value
    said = {"I": form.cleaned_data.get("class_one"), "II": form.cleaned_data.get("class_two")}
    counts = _property(row)
    now = {"I": counts.get("class_one"), "II": counts.get("class_two")}
    for name, count in said.items():
        if count is not None and count != now[name]:
            others = [one for one in changed.get("ip", []) if one.get("class") != name]
            changed["ip"] = [*others, {"class": name, "count": count, "own": True,
                                       "granted_date": day}]
    return changed


def _compared(now: queries.Explained, then: queries.Explained) -> dict[str, Any]:
    title = now.title["en"] if _is_english() else now.title["zh"]
    short = [each for each in then.reasons if each.gap]
    return {
        "title": title, "now": VERDICT_WORDS[now.state], "then": VERDICT_WORDS[then.state],
        "score": then.score, "amount_fen": then.amount_fen, "short": short,
        "cheapest": then.cheapest, "missing": [one for each in then.reasons
                                               for one in each.missing][:3],
        "is_better": then.given.state > now.given.state,
        "is_worse": then.given.state < now.given.state,
    }


urls = [
    path("evaluations/<str:number>/", enterprise, name="evaluation"),
    path("evaluations/<str:number>/what-if/", what_if, name="evaluation-what-if"),
]
