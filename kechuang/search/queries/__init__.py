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
from kechuang.search.queries.index import (
    Ranking,
    index_folder,
    is_taken_in,
    ranked,
    ranked_all,
    ranker,
)
from kechuang.search.queries.terms import Spoken, spoken, terms_ended, terms_in_force

__all__ = [
    "NOTHING",
    "UNREADY",
    "Found",
    "Ranking",
    "Results",
    "Spoken",
    "documents_like",
    "in_region",
    "index_folder",
    "is_taken_in",
    "ranked",
    "ranked_all",
    "ranker",
    "search_documents",
    "similar_documents",
    "spoken",
    "suggestions",
    "terms_ended",
    "terms_in_force",
    "visible_to",
]
