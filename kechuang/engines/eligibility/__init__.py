"""Who is entitled to what: rules as dated data, four answers, reasons, gaps and money.

One text of a rule gives SQL over tables and an evaluator for one enterprise, which agree on every
row: `load_all` and `bind_all` make policies of folders, `answer` evaluates one for an enterprise,
`query` evaluates all for everybody, `explained` gives the reasons. Nothing is loaded until asked
for: the command line shows its help without this engine.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kechuang.engines.eligibility.answers import Answer, answer, awaited, missing
    from kechuang.engines.eligibility.answers import as_json as answer_json
    from kechuang.engines.eligibility.explaining import explained
    from kechuang.engines.eligibility.reading import Reader
    from kechuang.engines.eligibility.refusals import RowRefused, RuleRefused
    from kechuang.engines.eligibility.ruleset import (
        SHIPPED,
        Policy,
        RuleSet,
        bind,
        bind_all,
        load,
        load_all,
    )
    from kechuang.engines.eligibility.sql import Query, query, tables

_WHERE = {
    "answers": ("Answer", "answer", "awaited", "missing", "answer_json"),
    "explaining": ("explained",),
    "sql": ("Query", "query", "tables"),
    "reading": ("Reader",),
    "refusals": ("RowRefused", "RuleRefused"),
    "ruleset": ("SHIPPED", "Policy", "RuleSet", "bind", "bind_all", "load", "load_all"),
}

__all__ = [
    "SHIPPED",
    "Answer",
    "Policy",
    "Query",
    "Reader",
    "RowRefused",
    "RuleRefused",
    "RuleSet",
    "answer",
    "answer_json",
    "awaited",
    "bind",
    "bind_all",
    "explained",
    "load",
    "load_all",
    "missing",
    "query",
    "tables",
]


def __getattr__(name: str) -> Any:
    for module, names in _WHERE.items():
        if name in names:
            found = import_module(f"{__name__}.{module}")
            value = getattr(found, "as_json" if name == "answer_json" else name)
            globals()[name] = value
            return value
    raise AttributeError(name)
