"""How good a ranking is, by the three measures that the literature quotes."""

import math
from collections.abc import Mapping, Sequence
from random import Random

Judgements = Mapping[str, Mapping[str, int]]  # query → document → gain
Run = Mapping[str, Sequence[str]]  # query → documents, best first


def ndcg(found: Sequence[str], gains: Mapping[str, int], depth: int = 10) -> float:
    """Normalised discounted cumulative gain with gain 2^g - 1 (Burges et al., 2005).

    >>> round(ndcg(["b", "a"], {"a": 1}), 4)
    0.6309
    """
    ideal = _discounted(sorted(gains.values(), reverse=True)[:depth])
    got = _discounted([gains.get(each, 0) for each in found[:depth]])
    return got / ideal if ideal else 0.0


def _discounted(gains: Sequence[int]) -> float:
    return math.fsum((2**gain - 1) / math.log2(place + 2) for place, gain in enumerate(gains))


def reciprocal_rank(found: Sequence[str], gains: Mapping[str, int]) -> float:
    return next((1 / place for place, each in enumerate(found, 1) if gains.get(each, 0) > 0), 0.0)


def recall(found: Sequence[str], gains: Mapping[str, int], depth: int = 100) -> float:
    relevant = {each for each, gain in gains.items() if gain > 0}
    return len(relevant & set(found[:depth])) / len(relevant) if relevant else 0.0


def evaluate(run: Run, judgements: Judgements) -> dict[str, float]:
    """Means over the judged queries that have something to find; one without hits counts 0."""
    judged = {
        query: gains for query, gains in judgements.items() if any(g > 0 for g in gains.values())
    }
    count = max(len(judged), 1)
    rows = [(run.get(query, ()), gains) for query, gains in judged.items()]
    return {
        "queries": float(len(judged)),
        "nDCG@10": math.fsum(ndcg(*row) for row in rows) / count,
        "MRR": math.fsum(reciprocal_rank(*row) for row in rows) / count,
        "recall@100": math.fsum(recall(*row) for row in rows) / count,
    }


def bootstrap_bound(gained: Sequence[float], rounds: int = 2_000, share: float = 0.025) -> float:
    """The lower bound of the mean of paired differences, by the percentile bootstrap.

    Seeded, so that the same differences give the same bound (Efron, 1979; Sakai, 2006).

    >>> bootstrap_bound([0.1] * 30) > 0, bootstrap_bound([0.1, -0.1] * 15) > 0
    (True, False)
    """
    values = list(map(float, gained))
    if not values:
        return 0.0
    chance = Random(2026)
    means = sorted(
        math.fsum(chance.choices(values, k=len(values))) / len(values) for _ in range(rounds)
    )
    return means[int(share * rounds)]
