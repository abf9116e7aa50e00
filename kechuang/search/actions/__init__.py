"""Every write of the search: documents put in and taken out, and the index that follows them."""

from kechuang.search.actions.documents import (
    Text,
    drop_document,
    open_document,
    put_document,
    put_documents,
)
from kechuang.search.actions.indexing import index_documents

__all__ = [
    "Text",
    "drop_document",
    "index_documents",
    "open_document",
    "put_document",
    "put_documents",
]
