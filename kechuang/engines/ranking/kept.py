"""A learnt model as it is kept between days: its numbers, and the judged needs that it learnt from.

Precedents name rows, and directions belong to one basis, so neither outlives an index. What is kept
names documents by their ids and needs by their texts, and is bound to whichever index lies there.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from kechuang.engines.ranking.features import Figures
from kechuang.engines.ranking.learning import FEWEST, Trial, judged, learnt
from kechuang.engines.ranking.models import Boosted, Learnt, Linear, can_boost
from kechuang.engines.ranking.precedents import Precedents
from kechuang.engines.ranking.ranker import CANDIDATES, Ranker
from kechuang.engines.ranking.texts import Kind, Query

KIND = Kind.RELATED


@dataclass(frozen=True, slots=True)
class Case:
    """One judged need: what was asked, and labels (0, 1, 2) of documents by their ids."""

    text: str
    body: str
    labels: Mapping[str, int]

    @property
    def query(self) -> Query:
        return Query(self.text, self.body, kind=KIND)

    def said(self) -> dict[str, Any]:
        return {"text": self.text, "body": self.body, "labels": dict(sorted(self.labels.items()))}


def data_hash(cases: Sequence[Case]) -> str:
    """Names the feedback: the same judgements in any order have the same hash."""
    lines = sorted(json.dumps(each.said(), ensure_ascii=False, sort_keys=True) for each in cases)
    return sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Kept:
    """A model that was promoted, in a form that JSON holds."""

    model: Linear | Boosted
    cases: tuple[Case, ...]

    @property
    def id(self) -> str:
        """Names the model, its numbers and its precedents."""
        said = json.dumps(self.said(), ensure_ascii=False, sort_keys=True)
        digest = sha256(said.encode("utf-8", "surrogatepass")).hexdigest()
        return f"{self.model.name}-{digest[:12]}"

    def said(self) -> dict[str, Any]:
        own: dict[str, Any] = {"name": self.model.name}
        if isinstance(self.model, Boosted):
            own |= {"weights": list(self.model.weights), "trees": self.model.text}
        else:
            own |= {"weights": dict(self.model.weights[KIND])}
        return own | {"cases": [each.said() for each in self.cases]}

    @classmethod
    def from_said(cls, said: Mapping[str, Any]) -> "Kept":
        weights = said["weights"]
        model: Linear | Boosted
        if "trees" in said:
            model = Boosted(tuple(weights), said["trees"])
        else:
            model = Linear(said["name"], {KIND: weights})
        return cls(model, tuple(Case(**each) for each in said["cases"]))

    def bound(self, ranker: Ranker) -> "Bound":
        """The model over an index. What is not in it any more is no precedent there."""
        verdicts = [ranker.verdict_of(each.query, each.labels) for each in self.cases]
        precedents = Precedents.of(verdicts)
        return Bound(self.id, Learnt({KIND: self.model}, {KIND: precedents}))


@dataclass(frozen=True, slots=True)
class Bound:
    """A kept model, ready to score the candidates of one index; its id outlives the index."""

    id: str
    learnt: Learnt

    def parts(self, figures: Figures, kind: Kind) -> Figures:
        return self.learnt.parts(figures, kind)

    def precedents_of(self, kind: Kind) -> Precedents | None:
        return self.learnt.precedents_of(kind)

    def wanted(self, kind: Kind) -> frozenset[str]:
        return self.learnt.wanted(kind)


def learnt_from(ranker: Ranker, cases: Sequence[Case]) -> tuple[Kept | None, list[Trial]]:
    """What proved itself on these judged needs, if anything did, and all that was tried."""
    told = sorted((each for each in cases if any(each.labels.values())), key=_order)
    rows = []
    for each in told:
        ranked = ranker.rank(each.query, CANDIDATES, every_figure=True)
        rows.append(judged(ranked, each.labels))
    makers = [name for name in FEWEST if name != "lambdarank" or can_boost()]
    model, trials = learnt({KIND: rows}, makers)
    tried = trials.get(KIND, [])
    if not isinstance(model, Learnt):
        return None, tried
    return Kept(model.chosen[KIND], tuple(told)), tried


def _order(case: Case) -> tuple[str, str]:
    """By text, so that the folds do not follow the order in which needs were judged."""
    return sha256(case.text.encode("utf-8", "surrogatepass")).hexdigest(), case.body
