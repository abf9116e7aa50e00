"""Finding documents by words; everything begins at what the reader may see."""

from kechuang.search.queries.finding import (
    NOTHING,
    UNREADY,
    Found,
    Results,
    documents_like,
    in_region,
    search_documents,
    similar_documents,
    suggestions,
    visible_to,
)
from kechuang.search.queries.index import Ranking, index_folder, ranked, ranker

__all__ = [
    "NOTHING",
    "UNREADY",
    "Found",
    "Ranking",
    "Results",
    "documents_like",
    "in_region",
    "index_folder",
    "ranked",
    "ranker",
    "search_documents",
    "similar_documents",
    "suggestions",
    "visible_to",
]
