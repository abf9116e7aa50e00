"""Learning from what liaisons accepted and refused: a new model only where it proves itself.

Three steps: fixed weights; from 25 judged needs their precedents, and conditional logistic
regression (McFadden, 1974) held to the fixed weights by a prior; from 300 LightGBM's lambdarank on
top of it (Burges, 2010).
A model is promoted when, on needs that it did not learn from, the lower bound of the paired
bootstrap of its gain in nDCG@10 is above 0. Documents nobody judged count as no answer, which
favours the model that chose what was judged: a promotion errs on the careful side.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kechuang.engines.ranking.evaluation import bootstrap_bound
from kechuang.engines.ranking.features import NAMES, Figures
from kechuang.engines.ranking.models import FIXED, Boosted, Learnt, Linear, Model, evened
from kechuang.engines.ranking.precedents import Precedents, Verdict
from kechuang.engines.ranking.ranker import Ranked
from kechuang.engines.ranking.texts import Kind

FEWEST = {"precedents": 25, "logistic": 25, "lambdarank": 300}  # judged needs
FOLDS = 5
POOL = 1_000  # candidates of a judged need that are learnt from, the best by the fixed weights
PRIOR = 40.0  # judged needs that the fixed weights are worth
DEPTH = 10
_STEPS, _SETTLED, _LONGEST_STEP = 50, 1e-6, 1.0
_DISCOUNT = 1 / np.log2(np.arange(2, DEPTH + 2))


@dataclass(frozen=True, slots=True)
class Judged:
    """One judged need: the evened figures of its candidates, their gains, and what there is."""

    figures: Figures
    gains: NDArray[np.float64]  # 2^label - 1; 0 where nobody judged
    ideal: tuple[int, ...]  # labels above 0, all of them, found or not
    verdict: Verdict  # the same, as a precedent for other needs

    def seen(self, precedents: Precedents, number: int | None = None) -> "Judged":
        """The same need with the votes of other needs; `number` is its own among them."""
        figures = self.figures.copy()
        votes = precedents.figure(self.verdict.direction, self.verdict.rows, number)
        figures[:, NAMES.index("precedents")] = votes
        return replace(self, figures=figures)


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


def judged(ranked: Ranked, labels: Mapping[str, int]) -> Judged:
    """A judged need from its ranking by the fixed weights; `labels` by document."""
    figures = ranked.figures()
    beside = [labels.get(str(hit.id), 0) for hit in ranked.hits]
    gains = 2.0 ** np.array(beside, dtype=np.float64) - 1
    ideal = tuple(label for label in labels.values() if label > 0)
    verdict = Verdict(ranked.direction, ranked.rows(), gains)
    return Judged(figures * evened(figures), gains, ideal, verdict)


def _with_votes(rows: Sequence[Judged]) -> list[Judged]:
    """Each need with the votes of all others."""
    precedents = Precedents.of([row.verdict for row in rows])
    return [row.seen(precedents, number) for number, row in enumerate(rows)]


def learnt(
    needs: Mapping[Kind, Sequence[Judged]], makers: Collection[str] = tuple(FEWEST)
) -> tuple[Model, dict[Kind, list[Trial]]]:
    """The best model that proved itself, by kind of query, and what was tried of `makers`.

    Kinds with fewer than 25 judged needs, or where nothing proves better, keep the fixed weights.
    """
    chosen: dict[Kind, Linear | Boosted] = {}
    precedents: dict[Kind, Precedents] = {}
    trials: dict[Kind, list[Trial]] = {}
    for kind, judged_needs in needs.items():
        rows = [row for row in judged_needs if row.ideal]
        trials[kind] = _trials(rows, kind, makers)
        promoted = [trial for trial in trials[kind] if trial.is_promoted]
        if promoted:
            best = max(promoted, key=lambda trial: trial.after)
            precedents[kind] = Precedents.of([row.verdict for row in rows])
            chosen[kind] = _MAKERS[best.name](_with_votes(rows), kind)
    return (Learnt(chosen, precedents) if chosen else FIXED), trials


def _trials(rows: list[Judged], kind: Kind, makers: Collection[str]) -> list[Trial]:
    names = [name for name, fewest in FEWEST.items() if len(rows) >= fewest]
    return [_trial(name, rows, kind) for name in names if name in makers]


def _trial(name: str, rows: list[Judged], kind: Kind) -> Trial:
    """Hold back a fifth at a time; compare on what was held back."""
    before = [_quality(row, row.figures @ fixed_weights(kind)) for row in rows]
    after = np.zeros(len(rows))
    for part in range(FOLDS):
        kept = [row for at, row in enumerate(rows) if at % FOLDS != part]
        precedents = Precedents.of([row.verdict for row in kept])
        model = _MAKERS[name](_with_votes(kept), kind)
        for at in range(part, len(rows), FOLDS):
            figures = rows[at].seen(precedents).figures
            scores = (
                model.added(figures) if isinstance(model, Boosted) else figures * model.row_of(kind)
            )
            after[at] = _quality(rows[at], scores.sum(axis=1))
    bound = bootstrap_bound((after - np.array(before)).tolist())
    return Trial(name, len(rows), float(np.mean(before)), float(after.mean()), bound)


def _quality(row: Judged, scores: Figures) -> float:
    """nDCG@10 with gain 2^label - 1, against the best order of all that was judged."""
    order = np.argsort(-scores, kind="stable")[:DEPTH]
    ideal = np.sort(2.0 ** np.array(row.ideal) - 1)[::-1][:DEPTH]
    return float(row.gains[order] @ _DISCOUNT[: len(order)] / (ideal @ _DISCOUNT[: len(ideal)]))


def fixed_weights(kind: Kind) -> Figures:
    return FIXED.row_of(kind)


def _start(kind: Kind) -> Figures:
    """The fixed weights, and precedents at their own."""
    weights = fixed_weights(kind)
    weights[NAMES.index("precedents")] = 1.0
    return weights


def following(rows: Sequence[Judged], kind: Kind) -> Linear:
    """The fixed weights and the precedents, nothing fitted."""
    return _linear("precedents", kind, _start(kind))


def logistic(rows: Sequence[Judged], kind: Kind) -> Linear:
    """Fitted weights."""
    return _linear("logistic", kind, fitted(rows, kind))


def _linear(name: str, kind: Kind, weights: Figures) -> Linear:
    return Linear(name, {kind: dict(zip(NAMES, weights.tolist(), strict=True))})


def fitted(rows: Sequence[Judged], kind: Kind) -> Figures:
    """Weights that make the judged answers likeliest among their candidates, near the fixed ones.

    Newton's method on the conditional log-likelihood; each need counts once, whatever its length.
    """
    weights = start = _start(kind)
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


_MAKERS: dict[str, Callable[[Sequence[Judged], Kind], Linear | Boosted]] = {
    "precedents": following,
    "logistic": logistic,
    "lambdarank": boosting,
}
