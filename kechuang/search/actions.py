"""Writes of the search: documents put in, changed, opened to readers, and taken out.

What is searched follows from the parts' own rows, so these writes leave no entry in the record;
the action that calls them has left one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.doors.rows import write_values
from kechuang.engines.ranking import fold
from kechuang.search import rules
from kechuang.search.models import Document

_FOLLOWING = (
    "kind", "title", "keywords", "body", "region_path", "owner_code", "visibility", "readers",
    "facets", "folded", "title_tokens", "tokens", "updated_at",
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
        return len(rows)
    Document.objects.bulk_create(
        [Document(**dict(zip(("number", *_FOLLOWING), row, strict=True))) for row in rows],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["number"],
        update_fields=_FOLLOWING,
    )
    return len(rows)


def _any_there(rows: list[tuple[Any, ...]]) -> bool:
    return Document.objects.filter(number__in=[row[0] for row in rows]).exists()


def _values(text: Text, at: datetime) -> tuple[Any, ...]:
    """The number of a document, and what follows it."""
    keywords = rules.keyword_text(text.keywords)
    folded = fold("\n".join((text.title, keywords, text.body)))
    return (
        text.number, text.kind, text.title[:300], keywords, text.body, text.region_path,
        text.owner_code, rules.Visibility(text.visibility), sorted(set(text.readers)),
        dict(text.facets), folded, rules.findable_tokens(fold(text.title)),
        rules.findable_tokens(folded), at,
    )  # fmt: skip


def open_document(*, number: str, readers: Iterable[str], at: datetime) -> None:
    """Say who else finds a document: organisation codes and person numbers, all of them."""
    Document.objects.filter(number=number).update(readers=sorted(set(readers)), updated_at=at)


def drop_document(*, number: str, by: Actor | None = None, at: datetime | None = None) -> None:
    """Take an object out of the search."""
    Document.objects.filter(number=number).delete()
