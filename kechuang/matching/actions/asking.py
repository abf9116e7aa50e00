"""A research team asks to be introduced to a need; a liaison answers."""

from datetime import datetime

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, require
from kechuang.base.time import at_shanghai, shanghai_date
from kechuang.base.working_days import calendar
from kechuang.matching import rules
from kechuang.matching.models import AskedIntroduction, Introduction
from kechuang.matching.queries import liaisons_for, place_of
from kechuang.matching.rules import Asked, IntroductionRefused, State
from kechuang.messages.actions import tell
from kechuang.needs.models import Need
from kechuang.needs.rules import LIVE
from kechuang.offers.models import Offer
from kechuang.parties.models import Person
from kechuang.parties.queries import holders
from kechuang.record import actions as record


@transaction.atomic
def ask_introduction(
    *, need: Need, offer: Offer, note: str, by: Actor, at: datetime
) -> AskedIntroduction:
    """Ask the liaisons of a need's region for an introduction, and say why the offer answers it.

    Refuses (rules.IntroductionRefused) a need that has ended, an offer that is not published, the
    unit's own need, and a second request or an open introduction of the same pair.
    """
    offer = (
        Offer.objects.select_for_update(of=("self",), no_key=True)
        .select_related("organisation")
        .get(pk=offer.pk)
    )
    unit = offer.organisation
    may = rules.may_ask_introduction(by, unit.code if unit else "")
    require(may and unit is not None, rules.not_permitted("ask", offer.number))
    assert unit is not None
    rules.check_said(note, "note")
    _check_pair(need, offer)
    day = calendar().add(shanghai_date(at), rules.REPLY_WORKING_DAYS)
    row = AskedIntroduction.objects.create(
        need=need, offer=offer, organisation=unit, by_person=Person.objects.get(number=by.person),
        note=note.strip(), region_path=need.region_path, asked_at=at, reply_until=at_shanghai(day),
    )  # fmt: skip
    record.append(verb="matching.ask_introduction", object_number=row.number, by=by, at=at,
                  payload={"need": need.number, "offer": offer.number})  # fmt: skip
    people = liaisons_for(need.region_path, at) or holders(
        Role.OFFICER, at=at, region_path=rules.city_of(need.region_path)
    )
    tell(people=[person.number for person in people], template="matching.asked",
         object_number=row.number, by=by, at=at)  # fmt: skip
    return row


def _check_pair(need: Need, offer: Offer) -> None:
    refusal: IntroductionRefused | None = None
    if need.state not in LIVE or offer.state != "PUBLISHED":
        refusal = IntroductionRefused(
            "request.not_live", N_("不能请求引荐。需求已结束，或成果没有公开。"), {}, (),
            N_("请看其他需求。"),
        )  # fmt: skip
    elif need.organisation_id == offer.organisation_id:
        refusal = IntroductionRefused("request.own_need", N_("不能请求引荐。这是本单位的需求。"))
    elif Introduction.objects.filter(need=need, offer=offer).exclude(state=State.ENDED).exists():
        refusal = IntroductionRefused(
            "request.already_introduced", N_("不必再请。这条成果已引荐给这条需求。"), {}, (),
            N_("请在对接台账里继续。"),
        )  # fmt: skip
    elif AskedIntroduction.objects.filter(need=need, offer=offer, state=Asked.OPEN).exists():
        refusal = IntroductionRefused(
            "request.already_open", N_("不必再请。同一请求已在等联络员答复。")
        )
    if refusal is not None:
        raise refusal


@transaction.atomic
def decline_request(
    *, asked: AskedIntroduction, reason_code: str, answer: str, by: Actor, at: datetime
) -> AskedIntroduction:
    """Do not introduce, with a coded reason that the team can read and mend."""
    row = (
        AskedIntroduction.objects.select_for_update(of=("self",), no_key=True)
        .select_related("need__organisation", "offer", "by_person")
        .get(pk=asked.pk)
    )
    require(rules.may_judge(by, place_of(row.need)), rules.not_permitted("judge", row.need.number))
    if row.state != Asked.OPEN:
        raise IntroductionRefused("request.answered", N_("这件请求已答复。"))
    rules.check_judgement(rules.Choice.REJECT, reason_code, answer)
    row.state, row.answered_at = Asked.DECLINED, at
    row.reason_code, row.answer = reason_code, answer.strip()
    row.save(update_fields=["state", "answered_at", "reason_code", "answer"])
    record.append(verb="matching.decline_request", object_number=row.number, by=by, at=at,
                  payload={"reason": str(reason_code)})  # fmt: skip
    tell(people=[row.by_person.number], template="matching.request_declined",
         object_number=row.number, by=by, at=at)  # fmt: skip
    return row
