"""Drafts of offers: saved as one types, handed in to the unit's administrator, swept when idle."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, check_version, refuse_all, require
from kechuang.base.time import shanghai_date
from kechuang.offers import rules
from kechuang.offers.actions.steps import locked, move, record_step, tell_filler, tell_people
from kechuang.offers.models import Figure, Offer
from kechuang.offers.rules import Content, OfferRefused, State
from kechuang.parties.queries import (
    colleague,
    holders,
    organisation_by_code,
    person_by_number,
)
from kechuang.record import actions as record

DRAFT_LONGEST = 200_000
TYPED_TEXTS = ("kind", "title", "summary", "body", "keywords", "trl", "patent_number",
               "patent_status", "patent_status_date", "people", "works", "price_low",
               "price_high", "contact")


@transaction.atomic
def save_draft(
    *,
    offer: Offer | None = None,
    typed: Mapping[str, Any],
    version: int | None = None,
    by: Actor,
    at: datetime,
) -> Offer:
    """Keep what was typed, as typed, in a new draft or in one that is there.

    Refuses an older version (Stale). Says nothing yet about content; not recorded.
    """
    if offer is None:
        offer = _begun(by, at)
    else:
        offer = locked(offer)
        rules.check_may(rules.may_edit(by, offer.facts), "edit", offer.facts)
        check_version(offer.number, version, offer.version)
    offer.typed = _kept(typed)
    content, _ = rules.read_typed(offer.typed, shanghai_date(at))
    offer.title = content.title[:200]
    offer.kind = content.kind or offer.kind
    asked = colleague(offer.typed["contact"], offer.organisation)
    offer.contact = asked or offer.contact or offer.filler
    offer.changed_at = at
    offer.idle_told_at = None
    offer.version += 1
    offer.save()
    return offer


def _begun(by: Actor, at: datetime) -> Offer:
    rules.check_may(rules.may_post(by), "post")
    organisation = organisation_by_code(by.organisation)
    filler = person_by_number(by.person)
    require(
        organisation is not None and filler is not None,
        OfferRefused("offer.no_unit", N_("您的单位还没有登记，不能发布成果。"), {}, (),
                     N_("请单位管理员先登记单位。")),
    )  # fmt: skip
    assert organisation is not None
    return Offer(
        organisation=organisation,
        region_path=organisation.region_path,
        filler=filler,
        contact=filler,
        since=at,
    )


def _kept(typed: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {key: rules.trimmed(typed.get(key)) for key in TYPED_TEXTS}
    kept["chains"] = list(rules.keywords_of(typed.get("chains")))
    kept["modes"] = list(rules.keywords_of(typed.get("modes")))
    kept["figures"] = [
        {key: rules.trimmed(row.get(key)) for key in ("name", "value", "unit")}
        for row in (typed.get("figures") or [])[: rules.FIGURES_MOST * 2]
    ]
    require(
        len(json.dumps(kept, ensure_ascii=False)) <= DRAFT_LONGEST,
        OfferRefused("offer.draft_long", N_("草稿超过 {most} 字，存不下。"),
                     {"most": DRAFT_LONGEST}, ("body",), N_("请缩短说明。")),
    )  # fmt: skip
    return kept


@transaction.atomic
def discard_draft(*, offer: Offer, by: Actor, at: datetime) -> None:
    """Delete a draft that was never handed in."""
    offer = locked(offer)
    rules.check_may(rules.may_edit(by, offer.facts), "edit", offer.facts)
    require(
        offer.submitted_at is None,
        OfferRefused("offer.has_a_number", N_("成果“{number}”提交过，不能删除。"),
                     {"number": offer.number}, (), N_("可以改完再提交。")),
    )  # fmt: skip
    offer.delete()


@transaction.atomic
def submit_offer(
    *,
    offer: Offer | None,
    typed: Mapping[str, Any] | None = None,
    version: int | None = None,
    by: Actor,
    at: datetime,
) -> Offer:
    """Hand a draft in to the unit's administrator, with what was typed last where it is given.

    Refuses with every problem at its field.
    """
    if typed is not None or offer is None:
        offer = save_draft(offer=offer, typed=typed or {}, version=version, by=by, at=at)
        version = None
    offer = locked(offer)
    rules.check_may(rules.may_submit(by, offer.facts), "submit", offer.facts)
    check_version(offer.number, version, offer.version)
    content, problems = rules.read_typed(offer.typed, shanghai_date(at))
    refuse_all(problems)
    was = offer.number
    if offer.submitted_at is None:
        offer.number = record.take_number("CG", at=at)
        offer.submitted_at = at
    write_content(offer, content)
    offer.typed = {}
    offer.return_words = ""
    move(offer, State.UNIT_CHECK, by=by, at=at)
    offer.figures.all().delete()
    Figure.objects.bulk_create(figures_for(offer, content))
    record_step(offer, "submit", by=by, at=at, draft=was)
    admins = holders(Role.UNIT_ADMIN, at=at, organisation=offer.organisation)
    tell_people(offer, [person.number for person in admins], "offers.to_sign", by=by, at=at)
    return offer


def write_content(offer: Offer, content: Content) -> None:
    """Write what was read into the columns of an offer, not yet saved."""
    for name in ("kind", "title", "title_is_auto", "summary", "body", "trl", "patent_number",
                 "patent_status", "patent_status_date", "price_low_fen", "price_high_fen"):
        setattr(offer, name, getattr(content, name))
    for name in ("keywords", "chains", "people", "works", "modes"):
        setattr(offer, name, list(getattr(content, name)))


def figures_for(offer: Offer, content: Content) -> list[Figure]:
    """The rows of an offer's figures, not yet saved."""
    return [
        Figure(offer=offer, place=place, name=one.name, value=one.value, unit=one.unit)
        for place, one in enumerate(content.figures, start=1)
    ]


def content_of(offer: Offer) -> Content:
    """What an offer that was handed in says, as rules read it."""
    figures = tuple(
        rules.FigureFacts(row.name, row.value, row.unit) for row in offer.figures.all()
    )
    return Content(
        kind=offer.kind, title=offer.title, summary=offer.summary, body=offer.body,
        keywords=tuple(offer.keywords), chains=tuple(offer.chains), trl=offer.trl,
        figures=figures, patent_number=offer.patent_number, patent_status=offer.patent_status,
        patent_status_date=offer.patent_status_date, people=tuple(offer.people),
        works=tuple(offer.works), modes=tuple(offer.modes), price_low_fen=offer.price_low_fen,
        price_high_fen=offer.price_high_fen, title_is_auto=offer.title_is_auto,
    )  # fmt: skip


@transaction.atomic
def sweep_draft(*, offer: Offer, by: Actor, at: datetime) -> str:
    """Tell the owner of an idle draft, and delete it when nobody came: TOLD, DELETED or KEPT."""
    offer = locked(offer)
    if not by.is_role(Role.CLOCK) or offer.state != State.DRAFT or offer.submitted_at is not None:
        return "KEPT"
    fate = rules.fate_of_draft(offer.region_path, offer.changed_at, offer.idle_told_at, at)
    if fate == "TELL":
        offer.idle_told_at = at
        offer.save(update_fields=["idle_told_at"])
        tell_filler(offer, "offers.draft_idle", by=by, at=at)
        return "TOLD"
    if fate == "DELETE":
        offer.delete()
        return "DELETED"
    return "KEPT"
