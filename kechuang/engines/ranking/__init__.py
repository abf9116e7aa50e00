"""From a need to the offers that fit it: BM25 over character bigrams, taken apart word by word.

Callers use only what stands here, so that another engine can take this one's place: `Document`,
`Query`, `Index.rank`, `explain`, `quote`, and the numeric targets, which are apart from words.
"""

from kechuang.engines.ranking.analysis import LONGEST, distinct_tokens, fold, tokens
from kechuang.engines.ranking.explain import Explanation, Phrase, Piece, explain, quote
from kechuang.engines.ranking.index import Document, Hit, Index, Query, rank
from kechuang.engines.ranking.numbers import (
    Comparison,
    Finding,
    Quantity,
    Verdict,
    held_against,
    quantities,
)

__all__ = [
    "LONGEST",
    "Comparison",
    "Document",
    "Explanation",
    "Finding",
    "Hit",
    "Index",
    "Phrase",
    "Piece",
    "Quantity",
    "Query",
    "Verdict",
    "distinct_tokens",
    "explain",
    "fold",
    "held_against",
    "quantities",
    "quote",
    "rank",
    "tokens",
]
