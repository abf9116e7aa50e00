"""A call's own form: written without code, tried as a bidder and an expert would see it, and
amended in public with targets and criteria once the call is open."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from kechuang.base.time import shanghai_date
from kechuang.challenges import actions, forms, queries, rules
from kechuang.challenges.forms import asked
from kechuang.challenges.models import Challenge
from kechuang.challenges.pages.acts import challenge_seen, challenge_to, posted
from kechuang.challenges.pages.bids import rows_shown, typed
from kechuang.challenges.pages.drafting import edited_rows
from kechuang.doors.forms import ConfirmForm
from kechuang.doors.requests import AskedRequest, signed_in
from kechuang.doors.words import message_of
from kechuang.reviews.rules import (
    CaseScores,
    ScoreSheet,
    is_deviating,
    points_text,
    problems_with_points,
    ranked,
    weighted_total,
)


@signed_in
def form(request: AskedRequest, number: str) -> HttpResponse:
    """Write what the call asks beside the proposal; begins with the mode's default."""
    challenge = challenge_to(request, number, "edit")
    kept = queries.form_of(challenge)
    sheet = rules.form.sheet_in_force(challenge.mode, shanghai_date(request.at))
    default = not kept and sheet is not None
    initial = asked.initial_fields(sheet.fields if not kept and sheet else kept)
    criteria = queries.criterion_facts(challenge)
    rows = asked.FieldRows(
        posted(request), prefix="fields", form_kwargs={"criteria": criteria},
        **({} if request.method == "POST" else {"initial": initial}),
    )
    whole = forms.VersionForm(posted(request), initial={"version": challenge.version})
    if request.method == "POST" and whole.is_valid() and rows.is_valid():
        with whole.refusals():
            actions.save_draft(
                challenge=challenge, draft=actions.Draft(form=asked.fields_of(rows)),
                version=whole.cleaned_data["version"], by=request.actor, at=request.at,
            )
            return redirect("challenge-trial", number)
    bad = request.method == "POST" and not whole.refused
    return render(request, "challenges/form.html", {
        "challenge": challenge, "form": whole, "rows": rows, "criteria": criteria,
        "is_default": default and request.method != "POST",
    }, status=422 if bad else whole.status)


@signed_in
def amend_sheet(request: AskedRequest, number: str) -> HttpResponse:
    """Amend targets, criteria and form of an open call: in substance, so the head's act."""
    challenge = challenge_to(request, number, "amend_substantial")
    targets, criteria = edited_rows(request, challenge)
    known = queries.criterion_facts(challenge)
    if request.method == "POST" and criteria.is_valid():
        known = forms.criteria_of(criteria)  # a field may be read for a criterion of this page
    rows = forms.rows_from(
        partial(asked.FieldRows, form_kwargs={"criteria": known}), posted(request),
        asked.initial_fields(queries.form_of(challenge)), "fields",
    )
    initial = {"deadline_at": challenge.deadline_at, "version": challenge.version}
    whole = forms.AmendSheetForm(posted(request), initial=initial)
    if request.method == "POST" and all(
        [whole.is_valid(), targets.is_valid(), criteria.is_valid(), rows.is_valid()]
    ):
        draft = actions.Draft(
            {"deadline_at": whole.cleaned_data["deadline_at"]}, forms.targets_of(targets),
            forms.criteria_of(criteria), asked.fields_of(rows),
        )
        with whole.refusals():
            actions.amend_challenge(
                challenge=challenge, draft=draft, reason=whole.cleaned_data["reason"],
                version=whole.cleaned_data["version"], by=request.actor, at=request.at,
            )
            return redirect("challenge", number)
    least = request.at + timedelta(days=queries.mode(challenge).amendment_days_min)
    return render(request, "challenges/amend_sheet.html", {
        "challenge": challenge, "form": whole, "targets": targets, "criteria": criteria,
        "rows": rows, "earliest": max(filter(None, (challenge.deadline_at, least))),
    }, status=422 if request.method == "POST" and not whole.refused else whole.status)


@signed_in
def trial(request: AskedRequest, number: str) -> HttpResponse:
    """Fill form and sheet as a bidder and an expert would; the totals are shown, nothing is kept.

    It calls no action: what is typed is gone with the answer.
    """
    challenge = challenge_seen(request, number)
    facts = queries.challenge_facts(challenge, request.actor)
    if not rules.table.may_try(request.actor, facts):
        raise Http404
    criteria = queries.criterion_facts(challenge)
    data = posted(request)
    proposal = forms.BidForm(data)
    answers = asked.AnswersForm(data, asked=queries.form_of(challenge))
    points = asked.TrialSheetForm(data, criteria=criteria)
    rows = rows_shown(challenge, data, rules.proposal.empty_proposal())
    valid = data is not None and all(
        [proposal.is_valid(), answers.is_valid(), points.is_valid(),
         *(one.is_valid() for one in rows.values())]
    )
    context = {
        "challenge": challenge, "form": proposal, "rows": rows, "answers": answers,
        "sheet": points, "confirm": ConfirmForm(), "tried": valid,
        "back": reverse("challenge", args=[number]),
    }
    if valid:
        content = {**typed(proposal, rows), "answers": answers.answers()}
        context |= {"problems": _problems(challenge, content, proposal),
                    "result": tried(challenge, points.sheets())}
    return render(request, "challenges/trial.html", context,
                  status=200 if data is None or valid else 422)


def _problems(
    challenge: Challenge, content: Mapping[str, Any], typed: forms.BidForm
) -> list[str]:
    """What would keep the tried proposal from being sealed, each with the field it is about."""
    found = rules.form.problems_with_answers(queries.form_of(challenge), content["answers"])
    if challenge.deadline_at is not None:
        found = [
            *rules.proposal.problems_with_proposal(content, queries.frame_of(challenge)), *found
        ]
    words = []
    for one in found:
        label = next((typed[name].label for name in one.fields if name in typed.fields), "")
        words.append(_("{field}：{problem}").format(field=label, problem=message_of(one))
                     if label else message_of(one))
    return list(dict.fromkeys(words))


def tried(challenge: Challenge, sheets: Mapping[str, Mapping[str, int | None]]) -> dict[str, Any]:
    """What the sheets come to, by the same rules as the panel's: totals, mean, deviations."""
    criteria = queries.criterion_facts(challenge)
    names = {one.code: one.name for one in criteria}
    weights = {one.code: one.weight for one in criteria}
    whole = {expert: {code: value for code, value in points.items() if value is not None}
             for expert, points in sheets.items() if not problems_with_points(names, points)}
    full = {expert: points for expert, points in whole.items() if points.keys() == names.keys()}
    totals = {expert: weighted_total(points, weights) for expert, points in full.items()}
    found: dict[str, Any] = {
        "unfinished": [expert for expert in sheets if expert not in full],
        "totals": [
            {"expert": expert, "total": points_text(total),
             "deviates": is_deviating(total, list(totals.values()))}
            for expert, total in totals.items()
        ],
    }
    if totals:
        sheet = ScoreSheet(
            weights, {one.code: one.threshold for one in criteria if one.threshold is not None},
            queries.mode(challenge).score_min,
        )
        by_code = {code: tuple(points[code] for points in full.values()) for code in names}
        row = ranked([CaseScores("", "", tuple(totals.values()), by_code)], sheet)[0]
        found |= {"row": row, "below": [names[code] for code in row.below],
                  "pass_mark": sheet.pass_mark}
    return found
