"""A payment: the three boxes, the four checks, the acts, and in place who cannot and who can."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kechuang.base.actor import Actor, Role
from kechuang.base.numbers import new_random_number
from kechuang.base.refusals import N_, Refused
from kechuang.base.time import SHANGHAI
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.doors.words import message_of, name_in_language, way_on_of
from kechuang.ledger import rules as money
from kechuang.ledger.models import Grant, PaymentOrder
from kechuang.ledger.queries import grant_of, order_facts
from kechuang.parties.models import Person
from kechuang.parties.queries import holders, named, people_numbered
from kechuang.projects import actions, forms, queries, rules
from kechuang.projects.models import Instalment, InstalmentStage, Project
from kechuang.projects.pages.tables import PAYMENT_KINDS

ORDINALS = [
    N_("第一笔"),
    N_("第二笔"),
    N_("第三笔"),
    N_("第四笔"),
    N_("第五笔"),
    N_("第六笔"),
    N_("第七笔"),
    N_("第八笔"),
    N_("第九笔"),
    N_("第十笔"),
]


@dataclass(frozen=True)
class Act:
    """How a step of a payment is asked for."""

    verb: str
    form: type[forms.Form]
    effect: str
    states: frozenset[str]
    call: Callable[..., PaymentOrder]


def _of(*states: str) -> frozenset[str]:
    return frozenset(states)


ACTS = {
    "request": Act(
        "request_payment",
        forms.ConfirmForm,
        N_("申请后由财务审核。一期只拨一次。"),
        _of("ELIGIBLE"),
        actions.request_payment,
    ),
    "review": Act(
        "review_payment",
        forms.ConfirmForm,
        N_("审核后由拨付人拨付，您不能再拨付这一笔。"),
        _of("REQUESTED"),
        actions.review_payment,
    ),
    "pay": Act(
        "pay_instalment",
        forms.ConfirmForm,
        N_("拨付后记入台账，不能撤销；多付只能追回。"),
        _of("REVIEWED"),
        actions.pay_instalment,
    ),
    "confirm": Act(
        "confirm_payment",
        forms.ConfirmForm,
        N_("确认资金已到项目专户。"),
        _of("PAID"),
        actions.confirm_payment,
    ),
    "hold": Act(
        "hold_payment",
        forms.ReasonForm,
        N_("暂缓后不再往下办，恢复后重新审核。"),
        _of("REQUESTED", "REVIEWED"),
        actions.hold_payment,
    ),
    "resume": Act(
        "resume_payment",
        forms.ConfirmForm,
        N_("恢复后重新审核。"),
        _of("HELD"),
        actions.resume_payment,
    ),
    "return": Act(
        "return_payment",
        forms.ReasonForm,
        N_("退回后单位可改正再申请。"),
        _of("REQUESTED", "REVIEWED", "HELD"),
        actions.return_payment,
    ),
    "reclaim": Act(
        "reclaim_payment",
        forms.ReclaimForm,
        N_("追回额不超过这一笔已拨的金额。"),
        _of("PAID", "CONFIRMED"),
        actions.reclaim_payment,
    ),
    "settle": Act(
        "settle_reclaim",
        forms.ConfirmForm,
        N_("确认追回的资金已回到财政。"),
        _of("RECLAIM_DUE"),
        actions.settle_reclaim,
    ),
}


def instalment(request: AskedRequest, number: str, sequence: int) -> HttpResponse:
    """One instalment: its three people, its checks, its history."""
    project, found = _found(request, number, sequence)
    return _shown(request, project, found)


@signed_in
def act(request: AskedRequest, number: str, sequence: int, slug: str) -> HttpResponse:
    """One step of a payment, with the three boxes above its form; refused in place."""
    project, found = _found(request, number, sequence)
    spec = ACTS[slug]
    form = spec.form(forms.handed_in(request)[0])
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            spec.call(
                instalment=found,
                by=request.actor,
                at=request.at,
                **_values(slug, form, request),
            )
            return redirect("project-instalment", number=number, sequence=sequence)
    return _shown(request, project, found, slug, form)


def _values(slug: str, form: Any, request: AskedRequest) -> dict[str, Any]:
    values = dict(form.cleaned_data)
    if slug == "request":
        values["idempotency_key"] = request.POST.get("idempotency_key") or new_random_number()
    return values


def _shown(
    request: AskedRequest, project: Project, found: Instalment, slug: str = "", form: Any = None
) -> HttpResponse:
    facts = queries.facts_of(project)
    grant = grant_of(project.number)
    spec = ACTS.get(slug)
    card = _card(request, project, found, facts, grant)
    context = {
        "project": project,
        "instalment": found,
        "card": card,
        "form": form,
        "spec": spec,
        "name": rules.STEPS[spec.verb].name if spec else "",
        "may": bool(
            spec
            and found.state in spec.states
            and rules.may_act(spec.verb, request.actor, facts)
            and not (card["refusal"] and spec.verb in ("review_payment", "pay_instalment"))
        ),
        "stages": _stages(found),
        "at": request.at,
    }
    status = form.status if form is not None else 200
    return render(request, "projects/instalment.html", context, status=status)


def _found(request: AskedRequest, number: str, sequence: int) -> tuple[Project, Instalment]:
    project = found_or_404(queries.inside_of(request.actor, request.at), number=number)
    rows = Instalment.objects.filter(project=project).exclude(state=Instalment.State.DROPPED)
    rows = rows.select_related(
        "project",
        "milestone",
        "release",
        "order__requested_by",
        "order__reviewed_by",
        "order__paid_by",
        "order__release",
        "order__entry_set",
        "order__reclaim_entry_set",
    )
    return project, found_or_404(rows, sequence=sequence)


# --- The three boxes ----------------------------------------------------------------------------


def cards(
    request: AskedRequest, project: Project, facts: rules.ProjectFacts, grant: Grant | None
) -> list[dict[str, Any]]:
    """The payments that somebody has to act on now, as the project's page shows them."""
    rows = Instalment.objects.filter(
        project=project,
        state__in=["ELIGIBLE", "REQUESTED", "REVIEWED", "HELD", "PAID", "RECLAIM_DUE"],
    ).select_related(
        "project",
        "milestone",
        "release",
        "order__requested_by",
        "order__reviewed_by",
        "order__paid_by",
        "order__release",
        "order__entry_set",
        "order__reclaim_entry_set",
    )
    return [_card(request, project, one, facts, grant) for one in rows]


def _card(
    request: AskedRequest,
    project: Project,
    part: Instalment,
    facts: rules.ProjectFacts,
    grant: Grant | None,
) -> dict[str, Any]:
    order = part.order
    about = order_facts(order) if order else None
    office = {
        role: holders(role, at=request.at, region_path=project.region_path)
        for role in (Role.FINANCE, Role.PAYER)
    }
    checks = rules.checks_of_payment(queries.payment_facts(project, part, grant))
    return {
        "instalment": part,
        "order": order,
        "title": _(ORDINALS[part.sequence - 1])
        if part.sequence <= len(ORDINALS)
        else _("第 {n} 笔").format(n=part.sequence),
        "kind": PAYMENT_KINDS[part.state],
        "steps": _boxes(project, part, about, office, checks),
        "checks": checks,
        "holder": _holder(project, part, about, office),
        "refusal": _refusal(request.actor, part, about, facts, office),
        "offered": _offered(request.actor, part, about, facts),
        "url": f"/projects/{project.number}/instalments/{part.sequence}/",
    }


def _boxes(
    project: Project,
    part: Instalment,
    about: money.OrderFacts | None,
    office: dict[Role, list[Person]],
    checks: list[tuple[str, bool]],
) -> list[dict[str, Any]]:
    order = part.order
    passed = [_(name) for name, good in checks if good]
    failed = [_(name) for name, good in checks if not good]
    note = _("、").join(passed) + _("：已核 {count} 项").format(count=len(passed))
    if failed:
        note += _("；未满足：{failed}").format(failed=_("、").join(failed))
    first = {
        "name": N_("一　申请"), "who": name_in_language(project.leader),
        "state": "now", "note": note,
    }  # fmt: skip
    if order:
        first |= {
            "who": name_in_language(order.requested_by),
            "state": "done",
            "kind": "ok",
            "label": _("{time} 已申请").format(time=moment(order.requested_at)),
        }
    else:
        first |= {"kind": "now", "label": _("等待申请")}
    return [first, _review_box(part, about, office), _pay_box(part, about, office)]


def _review_box(
    part: Instalment, about: money.OrderFacts | None, office: dict[Role, list[Person]]
) -> dict[str, Any]:
    order = part.order
    box: dict[str, Any] = {"name": N_("二　审核")}
    fit = _fit(office[Role.FINANCE], _barred("review_payment", about))
    if order is None:
        return box | {"who": named(fit), "kind": "none", "label": _("待申请"), "state": ""}
    if order.reviewed_by and order.reviewed_at:
        label = _("{time} 已审核").format(time=moment(order.reviewed_at))
        return box | {
            "who": name_in_language(order.reviewed_by),
            "state": "done",
            "kind": "ok",
            "label": label,
        }
    if part.state == "HELD":
        return box | {
            "who": named(fit),
            "state": "now",
            "kind": "bad",
            "label": _("暂缓"),
            "note": order.note,
        }
    note = _("可由 {names} 代审").format(names=named(fit[1:])) if len(fit) > 1 else ""
    return box | {
        "who": named(fit[:1]),
        "state": "now",
        "kind": "now",
        "label": _waits(order),
        "note": note,
    }


def _pay_box(
    part: Instalment, about: money.OrderFacts | None, office: dict[Role, list[Person]]
) -> dict[str, Any]:
    order = part.order
    box: dict[str, Any] = {"name": N_("三　拨付")}
    fit = _fit(office[Role.PAYER], _barred("pay_instalment", about))
    if order and order.paid_by and order.paid_at:
        label = _("{time} 已拨付").format(time=moment(order.paid_at))
        note = _("已确认到账") if order.confirmed_at else _("待确认到账")
        return box | {
            "who": name_in_language(order.paid_by),
            "state": "done",
            "kind": "ok",
            "label": label,
            "note": note,
        }
    barred = [one for one in (order and order.requested_by, order and order.reviewed_by) if one]
    note = _("不能是 {names}").format(names=named(barred)) if barred else _("不能是申请人或审核人")
    if part.state == "REVIEWED" and order:
        return box | {
            "who": named(fit),
            "state": "now",
            "kind": "now",
            "label": _waits(order),
            "note": note,
        }
    return box | {
        "who": named(fit),
        "state": "",
        "kind": "none",
        "label": _("待审核"),
        "note": note,
    }


def moment(at: datetime) -> str:
    """2026-08-28 10:02, by the clock of Shanghai."""
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def day_words(at: datetime) -> str:
    """8月28日 or 28 Aug: short enough for a box on a phone."""
    day = at.astimezone(SHANGHAI)
    if (get_language() or "").startswith("en"):
        return f"{day.day} {MONTHS[day.month - 1]}"
    return f"{day.month}月{day.day}日"


def _waits(order: PaymentOrder) -> str:
    since = day_words(order.since)
    if order.until is None:
        return _("等待，自 {since}").format(since=since)
    return _("等待，自 {since}，到 {until}").format(since=since, until=day_words(order.until))


def _barred(verb: str, about: money.OrderFacts | None) -> frozenset[str]:
    """Who may not take this step of this payment, whatever their office."""
    if about is None:
        return frozenset()
    if verb == "review_payment":
        return frozenset({about.requester, *about.acceptors})
    if verb == "pay_instalment":
        return frozenset({about.requester, about.reviewer})
    return frozenset()


def _fit(people: Iterable[Person], barred: frozenset[str]) -> list[Person]:
    return [one for one in people if one.number not in barred]


STEP_OF_STATE = {
    "ELIGIBLE": ("request_payment", None),
    "REQUESTED": ("review_payment", Role.FINANCE),
    "REVIEWED": ("pay_instalment", Role.PAYER),
    "HELD": ("resume_payment", Role.FINANCE),
    "PAID": ("confirm_payment", Role.PAYER),
    "RECLAIM_DUE": ("settle_reclaim", Role.PAYER),
}


def _holder(
    project: Project,
    part: Instalment,
    about: money.OrderFacts | None,
    office: dict[Role, list[Person]],
) -> str:
    """Who has the payment in hand now."""
    if part.state not in STEP_OF_STATE:
        return ""
    verb, role = STEP_OF_STATE[part.state]
    if role is None:
        return project.leader.name
    return named(_fit(office[role], _barred(verb, about)))


def _refusal(
    actor: Actor,
    part: Instalment,
    about: money.OrderFacts | None,
    facts: rules.ProjectFacts,
    office: dict[Role, list[Person]],
) -> dict[str, Any] | None:
    """Why this reader, whose office it is, cannot take the step; and who can."""
    verb, role = STEP_OF_STATE.get(part.state, ("", None))
    if about is None or role is None or verb not in ("review_payment", "pay_instalment"):
        return None
    check = money.check_reviewer if verb == "review_payment" else money.check_payer
    concerned = rules.has_right(verb, actor, facts) or actor.person in _barred(verb, about)
    if not (concerned and actor.person):
        return None
    try:
        check(about, actor.person)
    except Refused as refused:
        said = message_of(refused)
        head, _mark, rest = said.partition("。" if "。" in said else ". ")
        return {
            "code": refused.code,
            "head": head,
            "text": rest,
            "way_on": way_on_of(refused),
            "who": named(_fit(office[role], _barred(verb, about))),
        }
    return None


def _offered(
    actor: Actor,
    part: Instalment,
    about: money.OrderFacts | None,
    facts: rules.ProjectFacts,
) -> list[dict[str, str]]:
    """The steps of this payment that are this reader's now."""
    return [
        {"name": rules.STEPS[spec.verb].name, "url": f"{slug}/", "slug": slug}
        for slug, spec in ACTS.items()
        if part.state in spec.states
        and rules.may_act(spec.verb, actor, facts)
        and actor.person not in _barred(spec.verb, about)
    ]


def _stages(found: Instalment) -> list[dict[str, Any]]:
    rows = list(InstalmentStage.objects.filter(instalment=found))
    people = people_numbered(row.by_person for row in rows)
    return [
        {
            "since": row.since,
            "label": Instalment.State(row.stage).label,
            "who": name_in_language(people.get(row.by_person)) or _("系统时钟"),
            "note": row.note_private,
        }
        for row in reversed(rows)
    ]
