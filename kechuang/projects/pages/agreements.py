"""The agreement: read and print each edition, draft the next."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render

from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.projects import actions, forms, queries, rules
from kechuang.projects.models import Agreement, Instalment, Project


def agreement(request: AskedRequest, number: str, edition: int) -> HttpResponse:
    """One edition in full, laid out for A4."""
    project = found_or_404(queries.inside_of(request.actor, request.at), number=number)
    found = found_or_404(
        Agreement.objects.filter(project=project).select_related(
            "unit_signed_by", "head_signed_by"
        ),
        edition=edition,
    )
    terms = rules.terms_from_json(found.terms)
    facts = queries.facts_of(project)
    context = {
        "project": project,
        "agreement": found,
        "terms": terms,
        "targets": [(one, rules.COMPARATOR_SIGNS[one.comparator]) for one in terms.targets],
        "instalments": [(one, gate_words(one)) for one in terms.instalments],
        "editions": list(
            Agreement.objects.filter(project=project)
            .order_by("edition")
            .values_list("edition", flat=True)
        ),
        "may_draft": found.state == Agreement.State.DRAFT
        and rules.may_act("draft_agreement", request.actor, facts),
        "may_sign": _may_sign(request, found, facts),
        "problems": _problems(project, found),
    }
    return render(request, "projects/agreement.html", context)


def _may_sign(request: AskedRequest, found: Agreement, facts: rules.ProjectFacts) -> str:
    """The address of the signature that is this reader's to give; empty where there is none."""
    if found.state == Agreement.State.DRAFT:
        may = rules.may_act("sign_for_unit", request.actor, facts)
        return "project-sign-for-unit" if may else ""
    if found.state == Agreement.State.UNIT_SIGNED:
        may = rules.may_act("sign_for_department", request.actor, facts)
        return "project-sign-for-department" if may else ""
    return ""


def _problems(project: Project, found: Agreement) -> list[Any]:
    if found.state != Agreement.State.DRAFT:
        return []
    return actions.problems_with(project, found)


def gate_words(term: rules.InstalmentTerm) -> str:
    """The gate of an instalment in words: signing, M1, acceptance."""
    return term.milestone or str(Instalment.Gate(term.gate).label)


@signed_in
def draft_agreement(request: AskedRequest, number: str) -> HttpResponse:
    """Write the draft of the next edition; what the award knows is filled in."""
    project = found_or_404(queries.inside_of(request.actor, request.at), number=number)
    facts = queries.facts_of(project)
    draft = queries.agreement_in_hand(project)
    terms = _begun(project, draft)
    form = forms.AgreementForm(
        forms.handed_in(request)[0], initial=_head_of(terms, draft), prefix="agreement"
    )
    sets = _formsets(request, terms)
    if request.method == "POST" and all([form.is_valid(), *(one.is_valid() for one in sets)]):
        with form.refusals():
            actions.draft_agreement(
                project=project,
                terms=_terms_from(form, sets, request.POST, project),
                reason=form.cleaned_data["reason"],
                expected_version=form.cleaned_data["version"],
                by=request.actor,
                at=request.at,
            )
            saved = queries.agreement_in_hand(project)
            return redirect("project-agreement", number=number, edition=saved.edition)
    context = {
        "project": project,
        "form": form,
        "targets": sets[0],
        "milestones": sets[1],
        "instalments": sets[2],
        "draft": draft,
        "parties": queries.parties_of(project, terms.parties),
        "is_amendment": bool(draft and draft.edition > 1) or project.signed_at is not None,
        "may": rules.may_act("draft_agreement", request.actor, facts),
    }
    status = 422 if any(one.is_bound and one.total_error_count() for one in sets) else form.status
    return render(request, "projects/draft.html", context, status=status)


def _begun(project: Project, draft: Agreement | None) -> rules.Terms:
    """The terms to begin from: the draft, else what the award knows."""
    if draft is not None:
        return rules.terms_from_json(draft.terms)
    targets = [
        rules.TargetTerm(
            code=f"T{index}",
            indicator=str(row.get("indicator", "")),
            comparator=str(row.get("comparator", "AT_LEAST")),
            value=str(row.get("value", "")),
            unit=str(row.get("unit", "")),
            test_method=str(row.get("test_method", "")),
        )
        for index, row in enumerate(project.awarded_targets, start=1)
    ]
    return rules.Terms(
        total_fen=project.total_fen,
        public_fen=project.public_fen,
        own_fen=project.own_fen,
        other_fen=project.other_fen,
        since="",
        until="",
        summary="",
        targets=tuple(targets),
    )


def _head_of(terms: rules.Terms, draft: Agreement | None) -> dict[str, Any]:
    return {
        "public_fen": terms.public_fen,
        "own_fen": terms.own_fen,
        "other_fen": terms.other_fen,
        "since": terms.since,
        "until": terms.until,
        "summary": terms.summary,
        "reason": draft.reason if draft else "",
        "version": draft.version if draft else None,
    }


def _formsets(request: AskedRequest, terms: rules.Terms) -> list[Any]:
    data = forms.handed_in(request)[0]
    targets = [vars_of(one) for one in terms.targets]
    milestones = [vars_of(one) for one in terms.milestones]
    instalments = [vars_of(one) for one in terms.instalments]
    return [
        forms.TargetFormSet(data, initial=targets, prefix="targets"),
        forms.MilestoneFormSet(data, initial=milestones, prefix="milestones"),
        forms.InstalmentFormSet(data, initial=instalments, prefix="instalments"),
    ]


def vars_of(term: Any) -> dict[str, Any]:
    """A term as the initial values of its row."""
    return {name: getattr(term, name) for name in term.__dataclass_fields__}


def _rows(formset: Any) -> list[dict[str, Any]]:
    """The rows that were filled and not struck out, in their order."""
    return [
        row.cleaned_data
        for row in formset.forms
        if row.cleaned_data and not row.cleaned_data.get("DELETE")
    ]


def _terms_from(form: Any, sets: list[Any], data: Any, project: Project) -> rules.Terms:
    head = form.cleaned_data
    parts = (head["public_fen"], head["own_fen"], head["other_fen"] or 0)
    parties = tuple(
        rules.PartyTerm(one.code, one.name, one.is_lead, data.get(f"task-{one.code}", "")[:500])
        for one in queries.parties_of(project)
    )
    return rules.Terms(
        total_fen=sum(parts),
        public_fen=parts[0],
        own_fen=parts[1],
        other_fen=parts[2],
        since=head["since"].isoformat(),
        until=head["until"].isoformat(),
        summary=head["summary"],
        parties=parties,
        targets=tuple(
            rules.TargetTerm(
                row["code"],
                row["indicator"],
                row["comparator"],
                row["value"],
                row["unit"],
                row["test_method"],
            )
            for row in _rows(sets[0])
        ),
        milestones=tuple(
            rules.MilestoneTerm(
                row["code"].upper(), row["title"], row["content"], row["due_date"].isoformat()
            )
            for row in _rows(sets[1])
        ),
        instalments=tuple(
            rules.InstalmentTerm(
                index,
                row["gate"],
                row["milestone"].upper(),
                row["amount_fen"],
                row["own_due_fen"] or 0,
            )
            for index, row in enumerate(_rows(sets[2]), start=1)
        ),
    )
