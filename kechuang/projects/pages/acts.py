"""The acts on a project as a whole: one address, one form, one effect each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render

from kechuang.base.actor import Actor, Role
from kechuang.base.numbers import new_random_number
from kechuang.base.refusals import N_
from kechuang.base.time import shanghai_date
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.files.actions import keep_blob
from kechuang.parties.models import Appointment, Person
from kechuang.parties.queries import in_force
from kechuang.projects import actions, forms, queries, rules
from kechuang.projects.actions import EvidenceItem
from kechuang.projects.models import Acceptance, Agreement, OwnReceipt, Project, Target


@dataclass(frozen=True)
class Act:
    """How an act is asked for: its form, its effect in words, and the call."""

    form: type[forms.Form]
    effect: str
    call: Callable[[AskedRequest, Project, dict[str, Any]], object]
    is_final: bool = False


def _plain(verb: Callable[..., object]) -> Callable[..., object]:
    def call(request: AskedRequest, project: Project, values: dict[str, Any]) -> object:
        return verb(project=project, by=request.actor, at=request.at, **values)

    return call


def _receive(request: AskedRequest, project: Project, values: dict[str, Any]) -> object:
    file = values["file"]
    blob = keep_blob(content=file.read(), filename=file.name, by=request.actor, at=request.at)
    return actions.receive_funds(
        project=project,
        source=values["source"],
        amount_fen=values["amount"],
        received_date=values["received_date"],
        text=values["text"],
        blob=blob,
        filename=file.name,
        by=request.actor,
        at=request.at,
    )


def _correct(request: AskedRequest, project: Project, values: dict[str, Any]) -> object:
    key = request.POST.get("idempotency_key") or new_random_number()
    return actions.correct_receipt(
        project=project, idempotency_key=key, by=request.actor, at=request.at, **values
    )


def _opinion(request: AskedRequest, project: Project, values: dict[str, Any]) -> object:
    acceptance = found_or_404(
        Acceptance.objects.filter(project=project).select_related("project", "milestone"),
        milestone=None,
        state=Acceptance.State.CHECKING,
    )
    return actions.give_opinion(acceptance=acceptance, by=request.actor, at=request.at, **values)


def _apply(request: AskedRequest, project: Project, values: dict[str, Any]) -> object:
    return actions.apply_for_acceptance(project=project, by=request.actor, at=request.at, **values)


ACTS = {
    "sign_for_unit": Act(
        forms.ConfirmForm,
        N_("签署后内容固定，部门负责人随后签署；要改须先退回。"),
        _plain(actions.sign_for_unit),
        True,
    ),
    "sign_for_department": Act(
        forms.ConfirmForm,
        N_("签署后任务书生效，签约这一期的拨付可以申请。"),
        _plain(actions.sign_for_department),
        True,
    ),
    "return_agreement": Act(
        forms.ReasonForm, N_("退回后单位修改、重新签署。"), _plain(actions.return_agreement)
    ),
    "begin_amendment": Act(
        forms.ReasonForm,
        N_("变更期间不办拨付；新版任务书双方签署后生效，已放行的分期不能改。"),
        _plain(actions.begin_amendment),
    ),
    "withdraw_amendment": Act(
        forms.ConfirmForm, N_("撤回后原任务书继续有效。"), _plain(actions.withdraw_amendment)
    ),
    "decline_award": Act(
        forms.ReasonForm,
        N_("放弃后立项失效，不能恢复；科技局按备选顺序递补，重新公示。"),
        _plain(actions.decline_award),
        True,
    ),
    "receive_funds": Act(
        forms.ReceiptForm, N_("登记后记入台账，只增不改；多记了另作更正。"), _receive
    ),
    "correct_receipt": Act(forms.CorrectionForm, N_("原分录不改，另记一张更正凭证。"), _correct),
    "freeze": Act(
        forms.ReasonForm, N_("冻结期间一分不拨，直到部门负责人解冻。"), _plain(actions.freeze)
    ),
    "unfreeze": Act(forms.ReasonForm, N_("解冻后各期照常办理。"), _plain(actions.unfreeze)),
    "begin_termination": Act(
        forms.ReasonForm,
        N_("申请后暂停拨付，由部门负责人决定是否终止。"),
        _plain(actions.begin_termination),
    ),
    "withdraw_termination": Act(
        forms.ReasonForm, N_("项目回到在研。"), _plain(actions.withdraw_termination)
    ),
    "terminate": Act(
        forms.ReasonForm,
        N_("终止后不能恢复；在办的拨付退回，已拨的可以追回。"),
        _plain(actions.terminate),
        True,
    ),
    "revoke": Act(
        forms.ReasonForm, N_("撤销后不能恢复；已拨资金全部追回。"), _plain(actions.revoke), True
    ),
    "apply_for_acceptance": Act(forms.ReportForm, N_("提交后由科技局组织验收。"), _apply),
    "open_acceptance": Act(
        forms.AcceptorsForm,
        N_("指名的专家会收到消息，各自签署意见。"),
        _plain(actions.open_acceptance),
    ),
    "give_opinion": Act(forms.OpinionForm, N_("签署后不能改。"), _opinion, True),
    "decide_acceptance": Act(
        forms.VerdictForm,
        N_("通过后验收这一期的拨付可以申请；未通过可整改一次。"),
        _plain(actions.decide_acceptance),
        True,
    ),
    "rectify_project": Act(
        forms.PlanForm,
        N_("整改后再次申请验收，由同一批专家评判；只有一次。"),
        _plain(actions.rectify_project),
    ),
    "archive": Act(
        forms.ConfirmForm, N_("归档后项目不再办理任何事项。"), _plain(actions.archive), True
    ),
}
# Shown among the other things one can do; the rest stand in what waits.
OFFERED = [
    "receive_funds",
    "correct_receipt",
    "begin_amendment",
    "withdraw_amendment",
    "return_agreement",
    "freeze",
    "unfreeze",
    "begin_termination",
    "withdraw_termination",
    "revoke",
    "decline_award",
]


@signed_in
def act(request: AskedRequest, number: str, verb: str) -> HttpResponse:
    """The page of one act: what it does, its form, and in place why it cannot be done."""
    project = found_or_404(queries.visible_to(request.actor, request.at), number=number)
    facts = queries.facts_of(project)
    found_or_404(queries.inside_of(request.actor, request.at), number=number)
    spec = ACTS[verb]
    form = spec.form(*forms.handed_in(request), **_options(verb, project, request))
    evidence = _evidence(request, project) if verb == "apply_for_acceptance" else None
    good = form.is_valid() if request.method == "POST" else False
    if good and (evidence is None or evidence.is_valid()):
        values = dict(form.cleaned_data)
        with form.refusals():
            if evidence is not None:
                values["evidence"] = evidence_items(evidence, request)
            spec.call(request, project, values)
            return redirect("project", number=project.number)
    context = {
        "project": project,
        "form": form,
        "verb": verb,
        "name": rules.STEPS[verb].name,
        "effect": spec.effect,
        "is_final": spec.is_final,
        "evidence": evidence,
        "may": rules.may_act(verb, request.actor, facts),
        "capacities": [rules.CAPACITY_NAMES[c] for c in sorted(rules.STEPS[verb].capacities)],
        "agreement": _agreement(verb, project),
        "is_multipart": form.is_multipart() or evidence is not None,
    }
    return render(request, "projects/act.html", context, status=form.status)


def _options(verb: str, project: Project, request: AskedRequest) -> dict[str, Any]:
    if verb in ("give_opinion", "decide_acceptance"):
        return {"of_project": True}
    if verb == "open_acceptance":
        return {"people": acceptor_choices(project, request)}
    if verb == "correct_receipt":
        rows = OwnReceipt.objects.filter(project=project).select_related("entry_set")
        return {"vouchers": [(r.entry_set.number, f"{r.entry_set.number} {r.text}") for r in rows]}
    return {}


def acceptor_choices(project: Project, request: AskedRequest) -> Any:
    """Experts in force who belong to none of the project's units."""
    experts = Appointment.objects.filter(in_force(shanghai_date(request.at)), role=Role.EXPERT)
    units = project.members.values("organisation")
    rows = Person.objects.filter(pk__in=experts.values("person"))
    return rows.exclude(organisation__in=units).order_by("name", "number")


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


def evidence_items(formset: Any, request: AskedRequest) -> list[EvidenceItem]:
    """The rows of evidence that were filled, their files kept."""
    items = []
    for row in formset.cleaned_data:
        file = row.get("file")
        if not (file or row.get("text") or row.get("figure") is not None):
            continue
        blob = None
        if file:
            content = file.read()
            blob = keep_blob(content=content, filename=file.name, by=request.actor, at=request.at)
        items.append(
            EvidenceItem(
                target_code=row.get("target_code", ""),
                figure=row.get("figure"),
                text=row.get("text", ""),
                blob=blob,
                filename=file.name if file else "",
            )
        )
    return items


def _agreement(verb: str, project: Project) -> Agreement | None:
    if verb in ("sign_for_unit", "sign_for_department", "return_agreement"):
        return queries.agreement_in_hand(project)
    return None


def offered(project: Project, facts: rules.ProjectFacts, actor: Actor) -> list[dict[str, str]]:
    """The acts that this actor may choose now, beside what waits."""
    hidden = {"freeze"} if project.is_frozen else {"unfreeze"}
    return [
        {
            "name": rules.STEPS[verb].name,
            "url": f"/projects/{project.number}/{verb.replace('_', '-')}/",
            "verb": verb,
        }
        for verb in OFFERED
        if verb not in hidden and rules.may_act(verb, actor, facts)
    ]
