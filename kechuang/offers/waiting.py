"""What of the offers waits for a person, and what that person waits for."""

from datetime import datetime

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext

from kechuang.base.actor import Actor, Role
from kechuang.base.matters import Matter
from kechuang.base.refusals import N_
from kechuang.offers import rules
from kechuang.offers.models import Offer
from kechuang.offers.rules import State
from kechuang.parties.queries import holder_words

MOST = 200


def matters_for(actor: Actor, at: datetime) -> list[Matter]:
    """The rows of this actor's work list that offers give."""
    if not actor.is_role(*rules.OWNERS) or not actor.organisation:
        return []
    mine = Q(state=State.DRAFT, filler__number=actor.person) | Q(state=State.UNIT_CHECK)
    offers = list(
        Offer.objects.filter(mine, organisation__code=actor.organisation)
        .select_related("organisation", "filler")
        .order_by("pk")[:MOST]
    )
    signs = actor.is_role(Role.UNIT_ADMIN)
    holder = ""
    if not signs and any(offer.state == State.UNIT_CHECK for offer in offers):
        holder = holder_words(
            Role.UNIT_ADMIN, at=at, organisation=offers[0].organisation
        )
    return [_row(offer, signs, holder) for offer in offers]


def _row(offer: Offer, signs: bool, holder: str) -> Matter:
    if offer.state == State.UNIT_CHECK:
        page = "offer-sign" if signs else "offer"
        task = (N_("成果签发"), N_("去签发") if signs else N_("看进展"), page)
        return _matter(offer, task, "" if signs else holder)
    if offer.return_words:
        return _matter(offer, (N_("成果退回补正"), N_("去补正"), "offer-edit"))
    return _matter(offer, (N_("成果草稿待提交"), N_("接着填"), "offer-edit"))


def _matter(offer: Offer, task: tuple[str, str, str], holder: str = "") -> Matter:
    """One row: task, button and page; without a holder it is the reader's own."""
    name, button, page = task
    return Matter(
        number=offer.number, title=offer.title or gettext("（未命名的草稿）"), task=name,
        holder=holder, mine=not holder, since=offer.since, until=None,
        url=reverse(page, args=[offer.number]), button=button,
    )  # fmt: skip
