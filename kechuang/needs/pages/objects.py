"""One need: where it stands, what the reader must do, what it says, and its history."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext

from kechuang.base.actor import ROLE_NAMES, Role
from kechuang.base.chains import CHAIN_NAMES, Chain
from kechuang.base.refusals import N_
from kechuang.doors.requests import AskedRequest, found_or_404
from kechuang.doors.words import name_in_language
from kechuang.files.queries import open_blob
from kechuang.needs import queries, rules
from kechuang.needs.models import Need, NeedStage
from kechuang.needs.pages.drafts import found
from kechuang.needs.pages.lists import region_names
from kechuang.needs.rules import Level, Sight, State
from kechuang.needs.waiting import holder_of
from kechuang.parties.queries import contact_of, people_numbered

STEP_NAMES = {
    State.UNIT_CHECK: N_("单位签发"),
    State.COUNTY_CHECK: N_("县级核实"),
    State.CITY_CHECK: N_("市级筛选"),
    State.PROVINCE_CHECK: N_("省级筛选"),
}


@dataclass(frozen=True, slots=True)
class FlowStep:
    """One step of the need's own way: a name, when it was passed or who holds it, its state."""

    name: str
    at: datetime | None
    holder: str
    state: str
    url: str = ""


def need(request: AskedRequest, number: str) -> HttpResponse:
    """The page of one need, as far as this reader may see it."""
    row = found(request, number)
    sight = queries.sight_on(row, request.actor, request.at)
    stages = list(NeedStage.objects.filter(need=row))
    holder = holder_of(row, request.at) if sight.is_inside else ""
    facts = row.facts
    similar: list[Any] = []
    if rules.may_merge(request.actor, facts) or rules.may_see_similar(request.actor, facts):
        similar = queries.similar_needs(row, request.actor, request.at)
    verbs = _verbs(request, row)
    context = {
        "need": row,
        "sight": sight,
        "region": region_names(request).get(row.region_path.rsplit("/", 1)[-1]),
        "state": _state(row),
        "holder": holder,
        "flow": _flow(row, stages, holder),
        "chain": CHAIN_NAMES.get(Chain(row.chain), "") if row.chain else "",
        "body": row.body if sight.organisation
        else rules.without_names(row.body, (row.organisation.name,)),
        "targets": list(row.targets.all()) if sight.targets else [],
        "marks": list(queries.open_marks(row)) if sight.is_inside else [],
        "attachments": list(queries.attachments_visible_to(request.actor, request.at, number)),
        "contact": _contact(row, sight),
        "publication": rules.PUBLICATION_NAMES.get(row.publication, ""),
        "publication_effect": rules.PUBLICATION_EFFECTS.get(row.publication, ""),
        "similar": similar,
        "merged": list(queries.merged_into(row)) if sight.is_inside else [],
        "merged_into": row.merged_into if row.merged_into_id and sight.is_inside else None,
        "opened": list(queries.disclosures_of(row)) if sight.is_inside else [],
        "history": _history(stages, sight),
        "verbs": verbs,
        "convert_url": _convert_url(verbs, row),
        "matches_url": _matches_url(request, row, sight),
        "fields": rules.FIELD_NAMES,
    }
    return render(request, "needs/need.html", context)


def _state(row: Need) -> dict[str, str]:
    if row.state == State.DRAFT and row.returned_by:
        return {"name": N_("退回补正"), "kind": "bad"}
    state = State(row.state)
    return {"name": rules.STATE_NAMES[state], "kind": rules.STATE_KINDS[state]}


def _contact(row: Need, sight: Sight) -> dict[str, Any] | None:
    if not sight.has_contact or row.contact is None:
        return None
    return {"person": row.contact, "how": contact_of(row.contact)}


def _flow(row: Need, stages: list[NeedStage], holder: str) -> list[FlowStep]:
    """The way of this need: what it passed and when, where it is, what lies ahead."""
    reached = {stage.stage: stage.since for stage in stages}
    checks = [State.UNIT_CHECK]
    if rules.level_of(row.region_path) == Level.COUNTY:
        checks.append(State.COUNTY_CHECK)
    checks.append(State.CITY_CHECK)
    if State.PROVINCE_CHECK in reached:
        checks.append(State.PROVINCE_CHECK)
    order = [State.DRAFT, *checks, State.ACCEPTED]
    now = State(row.state)
    here = order.index(now) if now in order else len(order) - 1
    steps = [FlowStep(N_("提出"), row.submitted_at, "", "now" if here == 0 else "done")]
    for place, check in enumerate(checks, start=1):
        state = "done" if place < here else "now" if place == here else ""
        passed = _left(stages, check) if state == "done" else None
        steps.append(FlowStep(STEP_NAMES[check], passed, holder if state == "now" else "", state))
    is_over = now in rules.ENDED and now != State.CONVERTED
    arrived = row.accepted_at is not None
    ending = rules.STATE_NAMES[now] if is_over else N_("入库")
    at_end = "done" if arrived and not is_over else "now" if is_over else ""
    steps.append(FlowStep(ending, row.since if is_over else row.accepted_at, "", at_end))
    if not is_over or now == State.SOLVED:
        steps.append(_challenge_step(row))
    return steps


def _left(stages: list[NeedStage], check: State) -> datetime | None:
    """When a need left a check: since when the next stage behind its last visit holds."""
    places = [place for place, stage in enumerate(stages) if stage.stage == check]
    if not places or places[-1] + 1 >= len(stages):
        return None
    return stages[places[-1] + 1].since


def _challenge_step(row: Need) -> FlowStep:
    if not row.challenge_number:
        return FlowStep(N_("对接或榜单"), None, "", "")
    try:
        url = reverse("challenge", args=[row.challenge_number])
    except NoReverseMatch:
        url = ""
    return FlowStep(N_("榜单"), None, row.challenge_number, "now", url)


def _history(stages: list[NeedStage], sight: Sight) -> list[dict[str, Any]]:
    """The stages; who acted and with which words is for those inside."""
    people = people_numbered(stage.by_person for stage in stages) if sight.is_inside else {}
    rows = []
    for stage in stages:
        role = gettext(ROLE_NAMES[Role(stage.by_role)]) if stage.by_role else ""
        person = people.get(stage.by_person)
        name = name_in_language(person)
        who = gettext("{name}（{role}）").format(name=name, role=role) if person else role
        returned = stage.stage == State.DRAFT
        rows.append({
            "since": stage.since,
            "label": gettext("退回补正") if returned else rules.STATE_NAMES[State(stage.stage)],
            "who": who,
            "note": stage.note_public if sight.is_inside else "",
        })  # fmt: skip
    return rows


def _verbs(request: AskedRequest, row: Need) -> dict[str, bool]:
    """What this reader may do, by the same rules that the actions check."""
    actor, facts = request.actor, row.facts
    return {
        "edit": rules.may_edit(actor, facts),
        "discard": rules.may_edit(actor, facts) and row.submitted_at is None,
        "sign": rules.may_sign(actor, facts),
        "return": rules.may_return(actor, facts),
        "pass": rules.may_pass(actor, facts),
        "merge": rules.may_merge(actor, facts),
        "withdraw": rules.may_withdraw(actor, facts) and row.submitted_at is not None,
        "reconfirm": rules.may_reconfirm(actor, facts),
        "solve": rules.may_solve(actor, facts),
        "convert": rules.may_convert(actor, facts),
    }


def _convert_url(verbs: dict[str, bool], row: Need) -> str:
    """Where challenges make a draft of this need; for the officer who may."""
    if not verbs["convert"]:
        return ""
    try:
        return reverse("need-convert", args=[row.number])
    except NoReverseMatch:
        return ""


def _matches_url(request: AskedRequest, row: Need, sight: Sight) -> str:
    """Where matching shows what may solve this need; for those inside, once it is handed in."""
    if not sight.is_inside or row.state not in (*rules.LIVE, State.CONVERTED):
        return ""
    try:
        return reverse("need-matches", args=[row.number])
    except NoReverseMatch:
        return ""


def attachment(request: AskedRequest, number: str, attachment: str) -> HttpResponse:
    """Download a file of a need; 404 for whoever does not see the need in full."""
    rows = queries.attachments_visible_to(request.actor, request.at, number.replace("\x00", ""))
    row = found_or_404(rows, number=attachment)
    return FileResponse(open_blob(row.blob), as_attachment=True, filename=row.name)
