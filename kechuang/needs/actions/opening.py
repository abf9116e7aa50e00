"""Disclosures: a need opened to one unit, for a cause, as far as and as long as the cause asks."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from kechuang.base.actor import Actor
from kechuang.needs import rules
from kechuang.needs.actions.steps import locked, readers_of, record_step
from kechuang.needs.models import Disclosure, Need
from kechuang.needs.rules import Extent
from kechuang.parties.models import Organisation
from kechuang.search import actions as search


@transaction.atomic
def disclose(
    *,
    need: Need,
    to_organisation: Organisation,
    extent: str = Extent.FULL,
    cause_number: str,
    by: Actor,
    at: datetime,
) -> Disclosure:
    """Open a need to a unit for a cause, such as an introduction; once per cause."""
    need = locked(need)
    rules.check_may(rules.may_disclose(by, need.facts), "disclose", need.facts)
    row = opened(need, to_organisation, Extent(extent), cause_number, at=at)
    search.open_document(number=need.number, readers=readers_of(need), at=at)
    record_step(need, "disclose", by=by, at=at,
                payload={"to": to_organisation.code, "extent": row.extent, "cause": cause_number})
    return row


def opened(
    need: Need, organisation: Organisation, extent: Extent, cause_number: str, *, at: datetime
) -> Disclosure:
    """The open disclosure for this cause, made where there is none."""
    row, _ = Disclosure.objects.get_or_create(
        need=need,
        organisation=organisation,
        cause_number=cause_number,
        until=None,
        defaults={"extent": extent, "since": at},
    )
    return row


@transaction.atomic
def end_disclosure(*, need: Need, cause_number: str, by: Actor, at: datetime) -> int:
    """Close what was opened for a cause; returns how many rows that were."""
    need = locked(need)
    rules.check_may(rules.may_disclose(by, need.facts), "disclose", need.facts)
    rows: QuerySet[Disclosure] = Disclosure.objects.filter(
        need=need, cause_number=cause_number, until__isnull=True
    )
    ended = rows.update(until=at)
    if ended:
        search.open_document(number=need.number, readers=readers_of(need), at=at)
        record_step(need, "end_disclosure", by=by, at=at, payload={"cause": cause_number})
    return ended
