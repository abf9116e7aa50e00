"""Rule sets as everybody reads them: what is in force, its sources, its versions."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kechuang.base.actor import ROLE_NAMES
from kechuang.base.time import shanghai_date
from kechuang.cultivation import actions, queries, rules
from kechuang.cultivation.forms.rulesets import PublishForm
from kechuang.cultivation.models import RuleVersion
from kechuang.doors.forms import ConfirmForm, ReasonForm
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.doors.sheets import csv_response
from kechuang.engines.eligibility import RuleSet
from kechuang.parties.models import Person

State = RuleVersion.State
KINDS = {"DRAFT": "none", "TESTED": "soon", "PUBLIC": "ok", "WITHDRAWN": "bad"}
STEPS = ("DRAFT", "TESTED", "PUBLIC")


def title_of(row: RuleVersion) -> str:
    english = (get_language() or "").startswith("en")
    return row.title_en if english and row.title_en else row.title


def rule_sets(request: AskedRequest) -> HttpResponse:
    """All rule sets: which version is in force, on what document it stands, what is assumed."""
    return render(request, "cultivation/rules/rule_sets.html", {
        "rows": _listed(request), "may_edit": rules.may_edit_rules(request.actor),
        "drafts": _drafts(request), "kinds": KINDS,
    })  # fmt: skip


def _listed(request: AskedRequest) -> list[dict[str, Any]]:
    today = shanghai_date(request.at)
    rows = queries.rule_versions_visible_to(request.actor, request.at).filter(
        state=State.PUBLIC, in_force_date__lte=today
    )
    now = {row.code: row for row in rows.order_by("in_force_date")}
    found = []
    for code in sorted(now):
        said = queries.rules_of(now[code])
        found.append({
            "row": now[code], "title": title_of(now[code]), "said": said,
            "assumed": len(said.assumed()), "over": bool(said.until and said.until <= today),
        })  # fmt: skip
    return found


def _drafts(request: AskedRequest) -> list[RuleVersion]:
    rows = queries.rule_versions_visible_to(request.actor, request.at)
    return list(rows.filter(state__in=[State.DRAFT, State.TESTED]).order_by("-pk")[:50])


def rule_sets_csv(request: AskedRequest) -> HttpResponse:
    """The same list as a file."""
    heads = [
        _("代码"), _("名称"), _("文件"), _("施行日期"), _("内容指纹"), _("条件数"), _("假定数"),
    ]  # fmt: skip
    return csv_response("rules.csv", heads, (
        (one["row"].code, one["title"], one["said"].said["document"].get("number", ""),
         one["row"].in_force_date.isoformat(), one["row"].content, len(one["said"].criteria),
         one["assumed"])
        for one in _listed(request)
    ))  # fmt: skip


def rule_set(request: AskedRequest, code: str) -> HttpResponse:
    """The version that is in force today, whole; the others beside it."""
    rows = queries.rule_versions_visible_to(request.actor, request.at).filter(code=code)
    row = rows.filter(
        state=State.PUBLIC, in_force_date__lte=shanghai_date(request.at)
    ).order_by("-in_force_date").first() or rows.order_by("-pk").first()  # fmt: skip
    if row is None:
        raise Http404
    return _shown(request, row)


def rule_version(request: AskedRequest, code: str, number: str) -> HttpResponse:
    """One version: where it stands, what it changes, what it says."""
    return _shown(request, version_or_404(request, code, number))


def version_or_404(request: AskedRequest, code: str, number: str) -> RuleVersion:
    rows = queries.rule_versions_visible_to(request.actor, request.at)
    return found_or_404(rows.select_related("base"), code=code, number=number)


def _shown(request: AskedRequest, row: RuleVersion) -> HttpResponse:
    said = queries.rules_of(row)
    earlier = queries.before(row)
    if earlier and not queries.rule_versions_visible_to(request.actor, request.at).filter(
        pk=earlier.pk
    ).exists():
        earlier = None
    versions = queries.rule_versions_visible_to(request.actor, request.at).filter(code=row.code)
    today = shanghai_date(request.at)
    now = queries.in_force(row.code, today)
    return render(request, "cultivation/rules/rule_version.html", {
        "row": row, "title": title_of(row), "said": said, "kind": KINDS[row.state],
        "earlier": earlier,
        "changes": queries.changes_between(queries.rules_of(earlier), said) if earlier else [],
        "versions": versions.order_by("-pk")[:100], "kinds": KINDS, "now": now,
        "criteria": _criteria(said), "parameters": _parameters(said, today),
        "steps": _steps(row, today), "acts": _acts(request, row), "people": _people(row),
        "may_edit": rules.may_edit_rules(request.actor),
        "may_simulate": rules.may_read_drafts(request.actor),
        "stages": _stages(row) if rules.may_read_drafts(request.actor) else [],
    })  # fmt: skip


def _criteria(said: RuleSet) -> list[dict[str, Any]]:
    english = (get_language() or "").startswith("en")
    return [
        {"code": code, "name": one["en"] if english and one.get("en") else one["zh"],
         "clause": one["clause"], "quote": one["quote"], "rule": str(one["rule"]).strip(),
         "assumed": one.get("assumed", "")}
        for code, one in said.criteria.items()
    ]  # fmt: skip


def _parameters(said: RuleSet, today: date) -> list[dict[str, Any]]:
    found = []
    for code, one in said.parameters.items():
        values = [{"since": v["since"], "words": queries.value_words(v)} for v in one["values"]]
        held = [v for v in values if v["since"] <= today]
        found.append({
            "code": code, "clause": one["clause"], "quote": one["quote"],
            "assumed": one.get("assumed", ""), "values": values,
            "now": held[-1]["words"] if held else "",
        })  # fmt: skip
    return found


def _steps(row: RuleVersion, today: date) -> list[dict[str, Any]]:
    """Draft, tested, public, in force: as a line."""
    at = STEPS.index(row.state) if row.state in STEPS else -1
    holds = row.is_in_force(today)
    names = [_("起草"), _("测试"), _("公布"), _("施行")]
    texts = ["", f"{row.tests_passed}+{row.boundaries_passed}" if row.tests_passed else "", "",
             row.in_force_date.isoformat() if row.in_force_date else ""]  # fmt: skip
    return [
        {"name": name, "text": texts[place],
         "state": "done" if place < at or holds else "now" if place == at else ""}
        for place, name in enumerate(names)
    ]  # fmt: skip


def _people(row: RuleVersion) -> dict[str, str]:
    numbers = [one for one in (row.author, row.reviewer) if one]
    return dict(Person.objects.filter(number__in=numbers).values_list("number", "name"))


def _stages(row: RuleVersion) -> list[dict[str, Any]]:
    rows = list(row.stages.all())
    names = dict(
        Person.objects.filter(number__in={one.by_person for one in rows}).values_list(
            "number", "name"
        )
    )
    labels = dict(State.choices)
    return [
        {"since": one.since, "label": labels.get(one.stage, one.stage),
         "who": names.get(one.by_person) or str(ROLE_NAMES.get(one.by_role, "—")),
         "note": one.note_private}
        for one in rows
    ]  # fmt: skip


def _acts(request: AskedRequest, row: RuleVersion) -> list[dict[str, Any]]:
    actor = request.actor
    edits = rules.may_edit_rules(actor)
    approves = rules.may_approve_rules(actor, row.author)
    offered = [
        ("publish", _("审定并公布"), approves and row.state == State.TESTED, True),
        ("test", _("运行测试，送审"), edits and row.state == State.DRAFT, True),
        ("edit", _("修改参数"), edits and row.state != State.WITHDRAWN, row.state == State.PUBLIC),
        ("text", _("改全文"), edits and row.state != State.WITHDRAWN, False),
        ("return", _("退回起草人"), approves and row.state == State.TESTED, False),
        ("withdraw", _("撤回这个版本"), edits and row.state in (State.DRAFT, State.TESTED), False),
    ]  # fmt: skip
    return [
        {"url": reverse(f"rule-version-{verb}", args=[row.code, row.number]), "name": name,
         "is_primary": primary}
        for verb, name, offers, primary in offered if offers
    ]  # fmt: skip


def rules_yaml(request: AskedRequest, code: str, number: str) -> HttpResponse:
    """The text itself, as the command line reads it."""
    row = version_or_404(request, code, number)
    answer = HttpResponse(row.text, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{row.code}-{row.content}.yaml"'
    return answer


# --- acts ---------------------------------------------------------------------------------

VERBS = {
    "test": (ConfirmForm, actions.test_rules),
    "publish": (PublishForm, actions.publish_rules),
    "return": (ReasonForm, actions.return_rules),
    "withdraw": (ConfirmForm, actions.withdraw_rules),
}


def _words(verb: str) -> tuple[str, str, str]:
    """The button, what it means, what is said when it is done."""
    return {
        "test": (
            _("运行测试，送审"),
            _("运行规则自己的测试和每个阈值两侧的边界测试；全部通过后，"
              "等另一位经办或负责人审定。"),
            _("测试全部通过，已送审。"),
        ),
        "publish": (
            _("审定并公布"),
            _("公布后所有人可见，自施行日期起用于评价，不能再改；要改须另起版本。"),
            _("已公布。"),
        ),
        "return": (_("退回起草人"), _("退回后由起草人修改，再次测试、送审。"), _("已退回。")),
        "withdraw": (_("撤回这个版本"), _("撤回后这个版本不再办理，留在经过里。"), _("已撤回。")),
    }[verb]  # fmt: skip


def step(verb: str) -> Any:
    """The page of one step of a version: its form, and the action behind it."""
    shape, write = VERBS[verb]

    @signed_in
    def page(request: AskedRequest, code: str, number: str) -> HttpResponse:
        row = version_or_404(request, code, number)
        if not rules.may_read_drafts(request.actor):
            raise Http404
        name, meaning, done = _words(verb)
        initial = {"in_force_date": shanghai_date(request.at)}
        form = shape(request.POST if request.method == "POST" else None, initial=initial)
        if request.method == "POST" and form.is_valid():
            with form.refusals():
                write(row=row, by=request.actor, at=request.at, **form.cleaned_data)
                messages.success(request, done)
                return redirect("rule-version", code=row.code, number=row.number)
        return render(request, "cultivation/rules/step.html", {
            "form": form, "row": row, "title": name, "lead": meaning, "verb": verb,
            "rules_title": title_of(row),
        }, status=form.status)  # fmt: skip

    page.__doc__ = f"Take the step `{verb}` of a version."
    return page


def _urls() -> list[Any]:
    whole = "policies/rules/<str:code>/<str:number>/"
    return [
        path("policies/rules/", rule_sets, name="rule-sets"),
        path("policies/rules.csv", rule_sets_csv, name="rule-sets-csv"),
        path("policies/rules/<str:code>/", rule_set, name="rule-set"),
        path("policies/rules/<str:code>/<str:number>.yaml", rules_yaml, name="rule-version-yaml"),
        path(whole, rule_version, name="rule-version"),
        *(path(f"{whole}{verb}/", step(verb), name=f"rule-version-{verb}") for verb in VERBS),
    ]  # fmt: skip


urls = _urls()

__all__ = ["title_of", "urls", "version_or_404"]
