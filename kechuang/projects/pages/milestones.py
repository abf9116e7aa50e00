"""A milestone: its evidence, its rounds of judging, and the acts on it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render

from kechuang.base.refusals import N_
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.doors.words import name_in_language
from kechuang.parties.queries import people_numbered
from kechuang.projects import actions, forms, queries, rules
from kechuang.projects.models import (
    Acceptance,
    Evidence,
    Milestone,
    MilestoneStage,
    Project,
    Target,
)
from kechuang.projects.pages import acts
from kechuang.projects.pages.show import blob_response
from kechuang.projects.pages.tables import MILESTONE_KINDS


@dataclass(frozen=True)
class Act:
    """How an act on a milestone is asked for."""

    verb: str
    form: type[forms.Form]
    effect: str
    states: frozenset[str]
    call: Callable[[AskedRequest, Milestone, dict[str, Any]], object]


def _plain(verb: Callable[..., object]) -> Callable[..., object]:
    def call(request: AskedRequest, milestone: Milestone, values: dict[str, Any]) -> object:
        return verb(milestone=milestone, by=request.actor, at=request.at, **values)

    return call


def _opinion(request: AskedRequest, milestone: Milestone, values: dict[str, Any]) -> object:
    acceptance = found_or_404(
        Acceptance.objects.select_related("project", "milestone"),
        milestone=milestone,
        state=Acceptance.State.CHECKING,
    )
    return actions.give_opinion(acceptance=acceptance, by=request.actor, at=request.at, **values)


ACTS = {
    "submit": Act(
        "submit_milestone",
        forms.ReportForm,
        N_("报送后由科技局指名专家考核。"),
        rules.MILESTONE_SUBMITTABLE,
        _plain(actions.submit_milestone),
    ),
    "open-check": Act(
        "open_check",
        forms.AcceptorsForm,
        N_("指名的专家会收到消息，各自签署意见；他们和您都不得审核这一期的拨付。"),
        frozenset({"SUBMITTED"}),
        _plain(actions.open_check),
    ),
    "give-opinion": Act(
        "give_opinion",
        forms.OpinionForm,
        N_("签署后不能改；签过意见的人不再审核这一期的拨付。"),
        frozenset({"CHECKING"}),
        _opinion,
    ),
    "check": Act(
        "check_milestone",
        forms.VerdictForm,
        N_("通过后这一期的拨付可以申请；您签了结论，不再审核同一笔拨付。"),
        frozenset({"CHECKING"}),
        _plain(actions.check_milestone),
    ),
    "rectify": Act(
        "rectify_milestone",
        forms.PlanForm,
        N_("报送整改方案后，按期整改并重新报送。"),
        rules.MILESTONE_RECTIFIABLE,
        _plain(actions.rectify_milestone),
    ),
}


def milestone(request: AskedRequest, number: str, code: str) -> HttpResponse:
    """One milestone with every round of its judging."""
    project, found = _found(request, number, code)
    rounds = (
        Acceptance.objects.filter(milestone=found)
        .select_related("applied_by", "decided_by")
        .prefetch_related("acceptors__person", "evidence__target")
        .order_by("-round")
    )
    context = {
        "project": project,
        "milestone": found,
        "kind": MILESTONE_KINDS[found.state],
        "rounds": list(rounds),
        "stages": _stages(found),
        "offered": _offered(request, project, found),
        "at": request.at,
    }
    return render(request, "projects/milestone.html", context)


@signed_in
def act(request: AskedRequest, number: str, code: str, slug: str) -> HttpResponse:
    """The page of one act on a milestone."""
    project, found = _found(request, number, code)
    spec = ACTS[slug]
    options = {"people": acts.acceptor_choices(project, request)} if slug == "open-check" else {}
    form = spec.form(forms.handed_in(request)[0], **options)
    evidence = _evidence(request, project) if slug == "submit" else None
    good = form.is_valid() if request.method == "POST" else False
    if good and (evidence is None or evidence.is_valid()):
        values = dict(form.cleaned_data)
        with form.refusals():
            if evidence is not None:
                values["evidence"] = acts.evidence_items(evidence, request)
            spec.call(request, found, values)
            return redirect("project-milestone", number=number, code=found.code)
    facts = queries.facts_of(project)
    context = {
        "project": project,
        "milestone": found,
        "form": form,
        "evidence": evidence,
        "verb": spec.verb,
        "name": rules.STEPS[spec.verb].name,
        "effect": spec.effect,
        "may": rules.may_act(spec.verb, request.actor, facts) and found.state in spec.states,
        "capacities": [rules.CAPACITY_NAMES[c] for c in sorted(rules.STEPS[spec.verb].capacities)],
        "is_multipart": evidence is not None,
        "round": Acceptance.objects.filter(milestone=found)
        .prefetch_related("acceptors__person", "evidence__target")
        .last(),
    }
    return render(request, "projects/act.html", context, status=form.status)


def _evidence(request: AskedRequest, project: Project) -> Any:
    targets = [
        (row.code, f"{row.code} {row.indicator}")
        for row in Target.objects.filter(project=project, is_dropped=False)
    ]
    return forms.EvidenceFormSet(
        forms.handed_in(request)[0],
        forms.handed_in(request)[1],
        prefix="evidence",
        form_kwargs={"targets": targets},
    )


def evidence_file(request: AskedRequest, number: str, code: str, evidence: str) -> HttpResponse:
    """The file of a piece of evidence, for who may read inside."""
    project, found = _found(request, number, code)
    row = found_or_404(
        Evidence.objects.filter(acceptance__project=project, acceptance__milestone=found),
        number=evidence,
    )
    return blob_response(row.blob, row.filename)


def _found(request: AskedRequest, number: str, code: str) -> tuple[Project, Milestone]:
    project = found_or_404(queries.inside_of(request.actor, request.at), number=number)
    found = found_or_404(
        Milestone.objects.filter(project=project).select_related("project"), code=code
    )
    return project, found


def _offered(request: AskedRequest, project: Project, found: Milestone) -> list[dict[str, str]]:
    """The acts on this milestone that are this reader's now."""
    facts = queries.facts_of(project)
    return [
        {"name": rules.STEPS[spec.verb].name, "url": f"{slug}/", "verb": spec.verb}
        for slug, spec in ACTS.items()
        if found.state in spec.states and rules.may_act(spec.verb, request.actor, facts)
    ]


def _stages(found: Milestone) -> list[dict[str, Any]]:
    rows = list(MilestoneStage.objects.filter(milestone=found))
    people = people_numbered(row.by_person for row in rows)
    return [
        {
            "since": row.since,
            "label": Milestone.State(row.stage).label,
            "who": name_in_language(people.get(row.by_person)) or "—",
            "note": row.note_private,
        }
        for row in reversed(rows)
    ]
