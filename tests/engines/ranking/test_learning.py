"""Learning: only what proves itself on needs that it did not see is used."""

import numpy as np
import pytest

from kechuang.engines.ranking import Document, Hit, Kind, Query, Ranker, Writer
from kechuang.engines.ranking.evaluation import bootstrap_bound
from kechuang.engines.ranking.features import NAMES
from kechuang.engines.ranking.learning import (
    Judged,
    boosting,
    fitted,
    fixed_weights,
    learnt,
    logistic,
)
from kechuang.engines.ranking.models import FIXED, Learnt, Linear
from kechuang.engines.ranking.precedents import Precedents, Verdict

K = Kind.RELATED
COVERAGE = NAMES.index("coverage")


def drawn(count, informed, seed=1):
    """Needs with forty candidates of which two are answers: by their coverage, or by chance."""
    chance = np.random.default_rng(seed)
    needs = []
    for _ in range(count):
        figures = chance.normal(size=(40, len(NAMES) - 1))
        figures = np.insert(figures, NAMES.index("embedded"), 0.0, axis=1)  # nothing was embedded
        figures[:, NAMES.index("precedents")] = 0.0
        by = figures[:, COVERAGE] if informed else chance.normal(size=40)
        gains = np.zeros(40)
        gains[np.argsort(-by)[:2]] = 1.0
        direction = chance.normal(size=64).astype(np.float32)
        direction /= np.linalg.norm(direction)
        needs.append(Judged(figures, gains, (1, 1), Verdict(direction, np.arange(40), gains)))
    return needs


def test_fewer_than_twenty_five_judged_needs_teach_nothing():
    model, trials = learnt({K: drawn(24, informed=True)})
    assert model is FIXED and trials == {K: []}


def test_what_proves_itself_is_promoted():
    model, trials = learnt({K: drawn(60, informed=True)})
    assert [trial.name for trial in trials[K]] == ["precedents", "logistic"]
    best = trials[K][1]
    assert best.is_promoted and best.after > best.before and best.bound > 0
    assert isinstance(model, Learnt) and model.id.startswith(f"{FIXED.id}+related:logistic-")
    figures = drawn(1, informed=True, seed=9)[0].figures
    assert model.parts(figures, Kind.KNOWN) == pytest.approx(FIXED.parts(figures, Kind.KNOWN))


@pytest.mark.parametrize("seed", range(4))
def test_chance_is_not_promoted(seed):
    assert learnt({K: drawn(40, informed=False, seed=seed)})[0] is FIXED


def test_the_prior_holds_the_weights_where_nothing_was_judged():
    assert fitted([], K)[:-1] == pytest.approx(fixed_weights(K)[:-1])
    weights = fitted(drawn(100, informed=True), K)
    assert weights[COVERAGE] == max(weights[:-1])


def test_parts_of_the_trees_sum_to_their_score():
    needs = drawn(40, informed=True)
    model = boosting(needs, K)
    added = model.added(needs[0].figures)
    raw = model._trees.predict(needs[0].figures, raw_score=True)
    linear = needs[0].figures @ np.array(model.weights)
    shift = added.sum(axis=1) - (raw + linear)
    assert shift == pytest.approx(
        np.full(40, shift[0]), abs=1e-6
    )  # the same for all: no rank moves


def test_a_model_is_named_by_all_its_numbers():
    one, other = logistic(drawn(30, True), K), logistic(drawn(30, True, seed=2), K)
    assert one.id == logistic(drawn(30, True), K).id != other.id


def test_precedents_vote_by_nearness_and_leave_themselves_out():
    def verdict(x, y, row):
        return Verdict(np.array([x, y], np.float32), np.array([row]), np.array([1.0]))

    known = Precedents.of([verdict(1, 0, 7), verdict(0, 1, 8)])
    figure = known.figure(np.array([1, 0], np.float32), np.array([7, 8, 9]))
    assert figure == pytest.approx([30 / 4, 0, 0])
    assert known.figure(np.array([1, 0], np.float32), np.array([7]), without=0) == pytest.approx(
        [0]
    )


def test_the_bound_needs_a_steady_gain():
    assert bootstrap_bound([]) == 0.0
    assert bootstrap_bound([0.02] * 25) == pytest.approx(0.02)
    assert bootstrap_bound([0.3] + [0.0] * 24) == 0.0
    assert bootstrap_bound([0.5, -0.4] * 20) < 0


def test_a_learnt_model_still_explains_its_scores_exactly(tmp_path):
    with Writer(tmp_path / "index") as writer:
        writer.put(Document(str(at), body=f"氮化铝陶瓷基板{'热' * at}") for at in range(9))
        writer.commit()
    weights = {K: dict.fromkeys(NAMES, 0.5)}
    rows = np.arange(9)
    known = Precedents.of([Verdict(np.zeros(64, np.float32), rows, np.ones(9))])
    model = Learnt({K: Linear("logistic", weights)}, {K: known})
    ranked = Ranker(tmp_path / "index", model=model).rank(Query("氮化铝陶瓷", kind=K))
    assert ranked.model == model.id and len(ranked.hits) == 9
    for place, hit in enumerate(ranked.hits):
        assert isinstance(hit, Hit)
        assert sum(ranked.parts(place).values()) == pytest.approx(hit.score, abs=1e-9)
