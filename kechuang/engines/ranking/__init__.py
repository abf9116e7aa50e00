"""From a need to the offers that fit it, with the score taken apart word by word.

`Ranker` reads an index that `Writer` fills (tantivy and a forward store in a folder), for any
number of documents; `Index` holds a few in memory. Both are loaded when they are first asked for:
whoever only reads texts and figures does not pay for numpy and tantivy.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

from kechuang.engines.ranking.analysis import LONGEST, distinct_tokens, fold, tokens
from kechuang.engines.ranking.explain import Explanation, Phrase, Piece, explain, quote
from kechuang.engines.ranking.numbers import (
    Comparison,
    Finding,
    Quantity,
    Verdict,
    held_against,
    quantities,
)
from kechuang.engines.ranking.texts import (
    EVERYBODY,
    PUBLIC,
    Document,
    Facets,
    Hit,
    Kind,
    Query,
    Reader,
)

# The matrices are small: several threads at one of them wait for each other more than they work.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

if TYPE_CHECKING:
    from kechuang.engines.ranking.index import Index, rank
    from kechuang.engines.ranking.ranker import Ranked, Ranker
    from kechuang.engines.ranking.store import IndexDamaged
    from kechuang.engines.ranking.writer import Writer, made_anew

_LATER = {
    "Index": "index",
    "IndexDamaged": "store",
    "Ranked": "ranker",
    "Ranker": "ranker",
    "Writer": "writer",
    "made_anew": "writer",
    "rank": "index",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)


__all__ = [
    "EVERYBODY",
    "LONGEST",
    "PUBLIC",
    "Comparison",
    "Document",
    "Explanation",
    "Facets",
    "Finding",
    "Hit",
    "Index",
    "IndexDamaged",
    "Kind",
    "Phrase",
    "Piece",
    "Quantity",
    "Query",
    "Ranked",
    "Ranker",
    "Reader",
    "Verdict",
    "Writer",
    "distinct_tokens",
    "explain",
    "fold",
    "held_against",
    "made_anew",
    "quantities",
    "quote",
    "rank",
    "tokens",
]
