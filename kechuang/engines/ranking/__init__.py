"""From a need to the offers that fit it, with the score taken apart word by word.

`Ranker` reads an index that `Writer` fills (tantivy and a forward store in a folder), for any
number of documents. They are loaded when they are first asked for: whoever only reads texts and
figures does not pay for numpy and tantivy.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

from kechuang.engines.ranking.analysis import LONGEST, fold, tokens
from kechuang.engines.ranking.numbers import (
    Comparison,
    Finding,
    Quantity,
    Verdict,
    held_against,
    quantities,
)
from kechuang.engines.ranking.quoting import Piece, quote
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
    from kechuang.engines.ranking.ranker import Ranked, Ranker
    from kechuang.engines.ranking.store import IndexDamaged
    from kechuang.engines.ranking.writer import Writer, made_anew

_LATER = {
    "IndexDamaged": "store",
    "Ranked": "ranker",
    "Ranker": "ranker",
    "Writer": "writer",
    "made_anew": "writer",
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
    "Facets",
    "Finding",
    "Hit",
    "IndexDamaged",
    "Kind",
    "Piece",
    "Quantity",
    "Query",
    "Ranked",
    "Ranker",
    "Reader",
    "Verdict",
    "Writer",
    "fold",
    "held_against",
    "made_anew",
    "quantities",
    "quote",
    "tokens",
]
