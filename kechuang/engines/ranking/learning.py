"""Learning from what liaisons accepted and refused: a new model only where it proves itself.

Three steps: fixed weights; conditional logistic regression from 25 judged needs (McFadden, 1974),
held to the fixed weights by a prior; LightGBM's lambdarank on top of it from 300 (Burges, 2010).
A model is promoted when, on needs that it did not learn from, the lower bound of the paired
bootstrap of its gain in nDCG@10 is above 0. Documents nobody judged count as no answer, which
favours the model that chose what was judged: a promotion errs on the careful side.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kechuang.engines.ranking.evaluation import bootstrap_bound
from kechuang.engines.ranking.features import NAMES, Figures
from kechuang.engines.ranking.models import FIXED, Boosted, Learnt, Linear, Model, evened
from kechuang.engines.ranking.texts import Kind

FEWEST_LINEAR, FEWEST_BOOSTED = 25, 300
FOLDS = 5
POOL = 200  # candidates of a judged need that are learnt from, the best by the fixed weights
PRIOR = 4.0  # judged needs that the fixed weights are worth
DEPTH = 10
_STEPS, _SETTLED, _LONGEST_STEP = 50, 1e-6, 1.0
_DISCOUNT = 1 / np.log2(np.arange(2, DEPTH + 2))

Scorer = Callable[[list["Judged"], list["Judged"], Kind], list[Figures]]


@dataclass(frozen=True, slots=True)
class Judged:
    """One judged need: the evened figures of its candidates, their gains, and what there is."""

    figures: Figures
    gains: NDArray[np.float64]  # 2^label - 1; 0 where nobody judged
    ideal: tuple[int, ...]  # labels above 0, all of them, found or not


@dataclass(frozen=True, slots=True)
class Trial:
    """How a model did on needs that it had not seen, against the fixed weights."""

    name: str
    needs: int
    before: float
    after: float
    bound: float

    @property
    def is_promoted(self) -> bool:
        return self.bound > 0


def judged(figures: Figures, labels: Sequence[int], everything: Sequence[int]) -> Judged:
    """A judged need from raw figures; `labels` stand beside the candidates, `everything` are all
    labels given to this need, also of documents that are no candidates."""
    scaled = figures * evened(figures)
    gains = np.array([2.0**label - 1 for label in labels])
    return Judged(scaled, gains, tuple(label for label in everything if label > 0))


def learnt(needs: dict[Kind, list[Judged]]) -> tuple[Model, dict[Kind, list[Trial]]]:
    """The best model that proved itself, by kind of query, and what was tried.

    Kinds with fewer than 25 judged needs, or where nothing proves better, keep the fixed weights.
    """
    chosen: dict[Kind, Linear | Boosted] = {}
    trials: dict[Kind, list[Trial]] = {}
    for kind, all_rows in needs.items():
        rows = [row for row in all_rows if row.ideal]
        trials[kind] = []
        if len(rows) < FEWEST_LINEAR:
            continue
        linear = _trial("logistic", rows, kind, _linear_scores)
        trials[kind].append(linear)
        if linear.is_promoted:
            chosen[kind] = Linear("logistic", {kind: _named(fitted(rows, kind))})
        if len(rows) >= FEWEST_BOOSTED:
            boosted = _trial("lambdarank", rows, kind, _boosted_scores)
            trials[kind].append(boosted)
            if boosted.is_promoted and boosted.after > linear.after:
                chosen[kind] = boosting(rows, kind)
    return (Learnt(chosen) if chosen else FIXED), trials


def _named(weights: NDArray[np.float64]) -> dict[str, float]:
    return dict(zip(NAMES, weights.tolist(), strict=True))


def _trial(name: str, rows: list[Judged], kind: Kind, scored: Scorer) -> Trial:
    """Hold back a fifth at a time; compare on what was held back."""
    fixed = _fixed_weights(kind)
    before = [_quality(row, row.figures @ fixed) for row in rows]
    after = np.zeros(len(rows))
    for part in range(FOLDS):
        held = [at for at in range(len(rows)) if at % FOLDS == part]
        kept = [row for at, row in enumerate(rows) if at % FOLDS != part]
        for at, scores in zip(held, scored(kept, [rows[at] for at in held], kind), strict=True):
            after[at] = _quality(rows[at], scores)
    gained = after - np.array(before)
    bound = bootstrap_bound(gained)
    return Trial(name, len(rows), float(np.mean(before)), float(after.mean()), bound)


def _quality(row: Judged, scores: Figures) -> float:
    """nDCG@10 with gain 2^label - 1, against the best order of all that was judged."""
    order = np.argsort(-scores, kind="stable")[:DEPTH]
    ideal = np.sort(2.0 ** np.array(row.ideal) - 1)[::-1][:DEPTH]
    return float(row.gains[order] @ _DISCOUNT[: len(order)] / (ideal @ _DISCOUNT[: len(ideal)]))


def _fixed_weights(kind: Kind) -> Figures:
    return np.array([FIXED.weights[kind].get(name, 0.0) for name in NAMES])


def _linear_scores(kept: list[Judged], held: list[Judged], kind: Kind) -> list[Figures]:
    weights = fitted(kept, kind)
    return [row.figures @ weights for row in held]


def _boosted_scores(kept: list[Judged], held: list[Judged], kind: Kind) -> list[Figures]:
    model = boosting(kept, kind)
    return [model.added(row.figures).sum(axis=1) for row in held]


def fitted(rows: Sequence[Judged], kind: Kind) -> Figures:
    """Weights that make the judged answers likeliest among their candidates, near the fixed ones.

    Newton's method on the conditional log-likelihood; each need counts once, whatever its length.
    """
    weights = start = _fixed_weights(kind)
    data = [_pooled(row, start) for row in rows]
    data = [(figures, gains / gains.sum()) for figures, gains in data if gains.sum() > 0]
    prior = PRIOR * np.eye(len(start))
    for _ in range(_STEPS):
        slope = -prior @ (weights - start)
        bend = prior.copy()
        for figures, share in data:
            chance = figures @ weights
            chance = np.exp(chance - chance.max())
            chance /= chance.sum()
            mean = chance @ figures
            slope += share @ figures - mean
            bend += (figures * chance[:, None]).T @ figures - np.outer(mean, mean)
        step = np.linalg.solve(bend, slope)
        weights = weights + step * min(1.0, _LONGEST_STEP / max(float(np.abs(step).max()), 1e-12))
        if float(np.abs(step).max()) < _SETTLED:
            break
    return weights


def _pooled(row: Judged, weights: Figures) -> tuple[Figures, Figures]:
    """The likeliest candidates and all that were judged to be answers."""
    order = np.argsort(-(row.figures @ weights), kind="stable")[:POOL]
    chosen = np.union1d(order, np.flatnonzero(row.gains))
    return row.figures[chosen], row.gains[chosen]


def boosting(rows: Sequence[Judged], kind: Kind) -> Boosted:
    """Trees on top of the logistic weights."""
    weights = fitted(rows, kind)
    pooled = [_pooled(row, weights) for row in rows]
    figures = np.concatenate([each for each, _ in pooled])
    labels = np.log2(np.concatenate([gains for _, gains in pooled]) + 1).astype(np.int64)
    return Boosted.trained(weights, figures, labels, [len(gains) for _, gains in pooled])
