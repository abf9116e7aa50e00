"""From figures to a score: a sum of parts, so that the explanation is the score taken apart."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kechuang.engines.ranking.features import NAMES, Figures
from kechuang.engines.ranking.precedents import Precedents
from kechuang.engines.ranking.texts import Kind

OWN_UNITS = ("length", "precedents")


class Model(Protocol):
    """Scores candidates by their figures."""

    @property
    def id(self) -> str:
        """Names the model and all its numbers."""

    def parts(self, figures: Figures, kind: Kind) -> Figures:
        """What each figure adds to each score (candidates x NAMES); the sum is the score."""

    def precedents_of(self, kind: Kind) -> Precedents | None:
        """What was accepted for needs of this kind; None where nothing was learnt."""

    def wanted(self, kind: Kind) -> frozenset[str]:
        """The figures that this model looks at."""


def evened(figures: Figures) -> NDArray[np.float64]:
    """What one unit of each figure is worth: 1 over its standard deviation among the candidates.

    A figure that is the same everywhere is worth 1 over its size; OWN_UNITS stay as they are.
    """
    spread = figures.std(axis=0) if len(figures) > 1 else np.zeros(figures.shape[1])
    size = np.abs(figures).max(axis=0, initial=0.0)
    same = spread <= 1e-9 * np.maximum(size, 1.0)
    units = np.where(same, np.where(size > 0, size, 1.0), np.maximum(spread, 1e-300))
    units[[NAMES.index(name) for name in OWN_UNITS]] = 1.0
    return np.asarray(1.0 / units)


@dataclass(frozen=True, slots=True)
class Linear:
    """Weights of the evened figures, by kind of query."""

    name: str
    weights: Mapping[Kind, Mapping[str, float]]

    @property
    def id(self) -> str:
        said = json.dumps({k: dict(sorted(v.items())) for k, v in sorted(self.weights.items())})
        return f"{self.name}-{sha256(said.encode()).hexdigest()[:8]}"

    def row_of(self, kind: Kind) -> Figures:
        """The weights of a kind in the order of NAMES."""
        return np.array([self.weights[kind].get(name, 0.0) for name in NAMES])

    def parts(self, figures: Figures, kind: Kind) -> Figures:
        return np.asarray(figures * (self.row_of(kind) * evened(figures)))

    def precedents_of(self, kind: Kind) -> Precedents | None:
        return None

    def wanted(self, kind: Kind) -> frozenset[str]:
        return frozenset(name for name, weight in self.weights[kind].items() if weight)


# From 584 + 623 + 1,000 development queries by cross-validation; see docs/discussion/ranking.md.
FIXED = Linear(
    "fixed",
    {
        Kind.KNOWN: {"grams": 1.0, "singles": 0.4},
        Kind.KEYWORDS: {"grams": 1.0, "singles": 0.8, "topic_of_best": 0.2},
        Kind.RELATED: {
            "grams_rare": 0.30, "singles_rare": 0.15, "topic": 0.40, "topic_of_best": 0.45,
            "length": -0.12,
        },
    },
)  # fmt: skip


@dataclass(frozen=True)
class Boosted:
    """Trees on top of a linear score (LightGBM); its parts are Shapley values, which sum exactly.

    `text` is LightGBM's own form of the trees.
    """

    weights: tuple[float, ...]
    text: str

    @property
    def name(self) -> str:
        return "lambdarank"

    @property
    def fingerprint(self) -> str:
        said = f"{self.weights}{self.text}"
        return sha256(said.encode()).hexdigest()[:8]

    @cached_property
    def _trees(self) -> Any:
        return _lightgbm().Booster(model_str=self.text)

    def added(self, figures: Figures) -> Figures:
        """What each evened figure adds; what the trees give to all alike is left out."""
        trees = self._trees.predict(figures, pred_contrib=True, num_threads=1)
        return np.asarray(figures * np.array(self.weights) + np.asarray(trees)[:, :-1])

    @classmethod
    def trained(
        cls, weights: Figures, figures: Figures, labels: NDArray[np.int64], sizes: Sequence[int]
    ) -> "Boosted":
        """Fit trees to what the linear score leaves open (Burges, 2010)."""
        lightgbm = _lightgbm()
        base = figures @ weights
        data = lightgbm.Dataset(figures, labels, group=list(sizes), init_score=base)
        trees = lightgbm.train(dict(_TREES), data, num_boost_round=ROUNDS)
        return cls(tuple(weights.tolist()), trees.model_to_string())


ROUNDS = 60
_TREES = {
    "objective": "lambdarank", "learning_rate": 0.05, "num_leaves": 8, "min_data_in_leaf": 200,
    "lambda_l2": 10.0, "feature_fraction": 0.7, "bagging_fraction": 0.8, "bagging_freq": 1,
    "lambdarank_truncation_level": 20, "seed": 2026, "deterministic": True, "num_threads": 1,
    "force_row_wise": True, "verbosity": -1,
}  # fmt: skip


class LearningMissing(RuntimeError):
    """LightGBM is not installed."""


def _lightgbm() -> Any:
    try:
        import lightgbm
    except (ImportError, OSError) as error:  # OSError: the system's libgomp is not there
        raise LearningMissing(
            "learning from 300 judged needs and more takes LightGBM: make install"
        ) from error
    return lightgbm


def can_boost() -> bool:
    """Whether LightGBM is there."""
    try:
        _lightgbm()
    except LearningMissing:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Learnt:
    """A model for each kind that one was promoted for; the fixed weights for the others."""

    chosen: Mapping[Kind, Linear | Boosted]
    precedents: Mapping[Kind, Precedents]

    def precedents_of(self, kind: Kind) -> Precedents | None:
        return self.precedents.get(kind)

    def wanted(self, kind: Kind) -> frozenset[str]:
        model = self.chosen.get(kind, FIXED)
        return model.wanted(kind) if isinstance(model, Linear) else frozenset(NAMES)

    @property
    def id(self) -> str:
        parts = [FIXED.id]
        for kind, model in sorted(self.chosen.items()):
            name = model.id if isinstance(model, Linear) else f"{model.name}-{model.fingerprint}"
            parts.append(f"{kind.value}:{name}-{self.precedents[kind].fingerprint}")
        return "+".join(parts)

    def parts(self, figures: Figures, kind: Kind) -> Figures:
        model = self.chosen.get(kind)
        if model is None:
            return FIXED.parts(figures, kind)
        if isinstance(model, Linear):
            return model.parts(figures, kind)
        return model.added(figures * evened(figures))
