"""Search over all parts, as the page and the home page's field ask for it."""

from datetime import datetime

from kechuang.base.actor import Actor
from kechuang.base.refusals import N_
from kechuang.search import queries
from kechuang.search.queries import Results
from kechuang.site.line import address_of

KINDS = (
    ("need", N_("需求")),
    ("offer", N_("成果与团队")),
    ("challenge", N_("榜单")),
    ("project", N_("项目")),
    ("notice", N_("公示")),
)
KIND_NAMES = dict(KINDS)


def found(actor: Actor, at: datetime, text: str, kind: str, after: str) -> Results:
    """One page of what this reader may find; nothing without a word."""
    kinds = (kind,) if kind else tuple(KIND_NAMES)
    return queries.search_documents(actor=actor, at=at, text=text, kinds=kinds, after=after)


def shown(results: Results) -> list[dict[str, object]]:
    """Rows as the page shows them: kind, number, address, marked title and quotation."""
    return [
        {
            "number": row.document.number,
            "kind": KIND_NAMES.get(row.document.kind, row.document.kind),
            "url": address_of(row.document.number),
            "title": row.marked_title,
            "quotation": row.quotation,
        }
        for row in results.rows
    ]
