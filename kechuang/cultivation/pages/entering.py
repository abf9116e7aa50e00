"""A rule set with a code that is new here: checked, tested, its effect seen, kept as a draft."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from kechuang.base.refusals import Refused
from kechuang.base.time import shanghai_date
from kechuang.cultivation import actions, queries, rules
from kechuang.cultivation.forms.rulesets import NewRulesForm
from kechuang.cultivation.models import RuleVersion
from kechuang.cultivation.pages.simulating import refused_by_line, words_of
from kechuang.doors.requests import AskedRequest, signed_in
from kechuang.engines.eligibility import RuleRefused, RuleSet
from kechuang.engines.eligibility.testing import outcomes

BEGUN = """code:
title: {zh: , en: }
document: {number: , name: , issuer: }
sources:
  - {what: , url: , read: }
valid: {since: }
parameters: {}
criteria: {}
decision:
"""
BEGUN_TESTS = """enterprises: {}
tests: []
"""


@signed_in
def new_rules(request: AskedRequest) -> HttpResponse:
    """Enter a rule set: look at what its tests and all enterprises say, then keep it."""
    if not rules.may_edit_rules(request.actor):
        raise Http404
    initial = {"text": BEGUN, "tests_text": BEGUN_TESTS, "subject": "ENTERPRISE"}
    form: Any = NewRulesForm(
        *((request.POST, request.FILES) if request.method == "POST" else ()), initial=initial
    )
    shown: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            found = rules.checked_rules(given["text"], rules.code_of(given["text"]))
            rules.check_code_free(found.code, queries.rule_codes())
            if request.POST.get("act") == "save":
                with form.refusals():
                    kept = actions.enter_rules(
                        by=request.actor, at=request.at,
                        **{key: given[key] for key in TAKEN},
                    )  # fmt: skip
                    messages.success(request, _("已存为草稿。下一步：运行测试，送审。"))
                    return redirect("rule-version", code=kept.code, number=kept.number)
            shown = _looked(request, found, given)
        except RuleRefused as refused:
            name = "tests_text" if rules.of_the_tests(refused) else "text"
            refused_by_line(form, given[name], refused, name)
        except Refused as refused:
            form.accept(refused)
    return render(request, "cultivation/rules/new.html", {"form": form, **shown},
                  status=form.status)  # fmt: skip


TAKEN = ("text", "tests_text", "subject", "reason", "seen")


def _looked(request: AskedRequest, found: RuleSet, given: dict[str, Any]) -> dict[str, Any]:
    """The tests that fail, and whom the rules would meet on the first day that they can hold."""
    tests = list(outcomes(found, given["tests_text"]))
    shown: dict[str, Any] = {
        "seen": found.version, "said": found, "count": len(tests),
        "failing": [one for one in tests if one.problems],
    }  # fmt: skip
    if given["subject"] == RuleVersion.Subject.ENTERPRISE:
        today = shanghai_date(request.at)
        effect = queries.effect_of_new(found, request.actor.region, today)
        shown["effect"] = words_of(effect)
    return shown


urls = [path("policies/rules/new/", new_rules, name="rule-set-new")]

__all__ = ["urls"]
