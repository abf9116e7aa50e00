"""Writes of the search: documents put in, changed, opened to readers, and taken out.

What is searched follows from the parts' own rows, so these writes leave no entry in the record;
the action that calls them has left one. Each leaves a change behind, which the index takes in.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.doors.rows import write_values
from kechuang.record import actions as record
from kechuang.search import rules
from kechuang.search.models import Change, Document

_FOLLOWING = (
    "kind", "title", "keywords", "body", "region_path", "owner_code", "visibility", "readers",
    "facets", "updated_at",
)  # fmt: skip
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Text:
    """One document to put in; see `models.Document`."""

    number: str
    kind: str
    title: str
    visibility: str
    keywords: str | Iterable[str] = ""
    body: str = ""
    region_path: str = ""
    owner_code: str = ""
    facets: Mapping[str, Any] = field(default_factory=dict)
    readers: Sequence[str] = ()


def put_document(  # noqa: PLR0913 - one row of a table with these columns
    *,
    number: str,
    kind: str,
    title: str,
    visibility: str,
    at: datetime,
    keywords: str | Iterable[str] = "",
    body: str = "",
    region_path: str = "",
    owner_code: str = "",
    facets: Mapping[str, Any] | None = None,
    readers: Sequence[str] = (),
    by: Actor | None = None,
) -> None:
    """Make an object findable, or change what it is found by."""
    text = Text(number, kind, title, visibility, keywords, body, region_path, owner_code,
                facets or {}, readers)  # fmt: skip
    put_documents(texts=[text], at=at)


@transaction.atomic
def put_documents(*, texts: Iterable[Text], at: datetime, by: Actor | None = None) -> int:
    """Put many documents; those that are there are changed. Returns how many."""
    rows = [_values(text, at) for text in texts]
    if len(rows) > BATCH and not _any_there(rows):
        write_values(Document, ("number", *_FOLLOWING), rows)
    else:
        Document.objects.bulk_create(
            [Document(**dict(zip(("number", *_FOLLOWING), row, strict=True))) for row in rows],
            batch_size=BATCH,
            update_conflicts=True,
            unique_fields=["number"],
            update_fields=_FOLLOWING,
        )
    _leave_changes([row[0] for row in rows])
    return len(rows)


def _any_there(rows: list[tuple[Any, ...]]) -> bool:
    return Document.objects.filter(number__in=[row[0] for row in rows]).exists()


def _values(text: Text, at: datetime) -> tuple[Any, ...]:
    """The number of a document, and what follows it."""
    return (
        text.number, text.kind, text.title[:300], rules.keyword_text(text.keywords), text.body,
        text.region_path, text.owner_code, rules.Visibility(text.visibility),
        sorted(set(text.readers)), dict(text.facets), at,
    )  # fmt: skip


def _leave_changes(numbers: Sequence[str]) -> None:
    """What the index takes in next; its job is called where none is waiting already."""
    if not numbers:
        return
    is_first = not Change.objects.exists()
    if len(numbers) > BATCH:
        write_values(Change, ("number",), [(number,) for number in numbers])
    else:
        Change.objects.bulk_create(Change(number=number) for number in numbers)
    if is_first:
        record.defer("search.index")


@transaction.atomic
def open_document(*, number: str, readers: Iterable[str], at: datetime) -> None:
    """Say who else finds a document: organisation codes and person numbers, all of them."""
    held = Document.objects.filter(number=number)
    if held.update(readers=sorted(set(readers)), updated_at=at):
        _leave_changes([number])


@transaction.atomic
def drop_document(*, number: str, by: Actor | None = None, at: datetime | None = None) -> None:
    """Take an object out of the search."""
    if Document.objects.filter(number=number).delete()[0]:
        _leave_changes([number])
