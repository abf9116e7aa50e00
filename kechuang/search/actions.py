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
    rows = [_row(text, at) for text in texts]
    Document.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["number"],
        update_fields=_FOLLOWING,
    )
    return len(rows)


def _row(text: Text, at: datetime) -> Document:
    keywords = rules.keyword_text(text.keywords)
    whole = "\n".join((text.title, keywords, text.body))
    return Document(
        number=text.number,
        kind=text.kind,
        title=text.title[:300],
        keywords=keywords,
        body=text.body,
        region_path=text.region_path,
        owner_code=text.owner_code,
        visibility=rules.Visibility(text.visibility),
        readers=sorted(set(text.readers)),
        facets=dict(text.facets),
        folded=fold(whole),
        title_tokens=rules.findable_tokens(text.title),
        tokens=rules.findable_tokens(whole),
        updated_at=at,
    )


def open_document(*, number: str, readers: Iterable[str], at: datetime) -> None:
    """Say who else finds a document: organisation codes and person numbers, all of them."""
    Document.objects.filter(number=number).update(readers=sorted(set(readers)), updated_at=at)


def drop_document(*, number: str, by: Actor | None = None, at: datetime | None = None) -> None:
    """Take an object out of the search."""
    Document.objects.filter(number=number).delete()
