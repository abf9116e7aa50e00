"""Writes of the own words and other names; the index follows by its job."""

from datetime import datetime

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import require
from kechuang.record import actions as record
from kechuang.search import rules
from kechuang.search.models import Term


@transaction.atomic
def add_term(*, sort: str, text: str, reason: str, by: Actor, at: datetime) -> Term:
    """Let a word count as a whole, or names stand for one another, for everybody who searches.

    The index reads all texts anew for a word, and takes names in at once. Refuses (TermRefused)
    who may not, what the engine reads as a whole anyway, what is there already, and more than two
    thousand.
    """
    require(rules.may_keep_terms(by), rules.terms_not_permitted())
    names = rules.term_names(sort, text)
    why = rules.check_reason(reason)
    held = Term.objects.select_for_update().filter(is_in_force=True)
    if held.filter(sort=sort, names__contains=names, names__contained_by=names).exists():
        raise rules.term_is_there()
    if held.count() >= rules.TERMS_MOST:
        raise rules.terms_are_many()
    row = Term.objects.create(sort=sort, names=names, reason=why, since=at, by_person=by.person)
    _changed("add_term", row, by=by, at=at)
    return row


@transaction.atomic
def end_term(*, number: str, reason: str, by: Actor, at: datetime) -> Term:
    """Take a word or names out again; what was remains readable.

    Refuses (TermRefused) who may not, without words, and what was taken out already.
    """
    require(rules.may_keep_terms(by), rules.terms_not_permitted())
    why = rules.check_reason(reason)
    row = Term.objects.select_for_update().get(number=number)
    if not row.is_in_force:
        raise rules.term_is_ended()
    row.is_in_force, row.until, row.ended_by, row.end_reason = False, at, by.person, why
    row.save()
    _changed("end_term", row, by=by, at=at)
    return row


def _changed(verb: str, row: Term, *, by: Actor, at: datetime) -> None:
    record.append(
        verb=f"search.{verb}", object_number=row.number, by=by, at=at,
        payload={"sort": str(row.sort), "names": len(row.names)},
    )  # fmt: skip
    record.defer("search.index")
