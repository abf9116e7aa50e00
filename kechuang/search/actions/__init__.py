"""Every write of the search: documents, own words and other names, and the index that follows."""

from kechuang.search.actions.documents import (
    Text,
    drop_document,
    open_document,
    put_document,
    put_documents,
)
from kechuang.search.actions.indexing import index_documents
from kechuang.search.actions.terms import add_term, end_term

__all__ = [
    "Text",
    "add_term",
    "drop_document",
    "end_term",
    "index_documents",
    "open_document",
    "put_document",
    "put_documents",
]
