"""What is no problem is refused with the field that is wrong."""

import json

import numpy as np
import pytest

from kechuang.engines.panels import ProblemRefused, problem_from, read_problem

GOOD = {"bids": 2, "experts": 3, "demand": 1, "load_max": 1, "scores": [[0, 0, 1]]}
RULES = {
    "institution": ["a", "b", "c"], "per_institution_max": 1, "senior": [True, True, False],
    "senior_min": 1, "fields": [["x"], [], [1]], "wanted": [["x"], []],
}  # fmt: skip

BAD = [
    ({"bids": 0}, "bids"),
    ({"bids": 2.0}, "bids"),
    ({"bids": True}, "bids"),
    ({"experts": "3"}, "experts"),
    ({"bids": 10**6, "experts": 10**6}, "more than"),
    ({"demand": -1}, "demand"),
    ({"demand": [1]}, "demand: must be a whole number, or a list of 2"),
    ({"demand": [1, 0.5]}, "demand[1]"),
    ({"load_max": None}, "load_max"),
    ({"load_min": [0, 0, -1]}, "load_min[2]"),
    ({"scores": 3}, "scores: must be"),
    ({"scores": [[0, 0]]}, "scores[0]"),
    ({"scores": [[0, 0, "1"]]}, "scores[0]"),
    ({"scores": [[0, 0, True]]}, "scores[0]"),
    ({"scores": [[0, 0, None]]}, "scores[0]"),
    ({"scores": [[0, 0, float("inf")]]}, "scores[0]: must be finite"),
    ({"scores": [[0, 0, 10**12]]}, "scores[0]: must be finite"),
    ({"scores": [[3, 0, 1]]}, "scores[0]: 3 is no expert of 0..2"),
    ({"scores": [[0, 2, 1]]}, "scores[0]: 2 is no bid of 0..1"),
    ({"scores": [[0, 0, 1], [1, 0, 1], [0, 0, 2]]}, "scores[2]: expert 0 and bid 0 stand there"),
    ({"scores": {"npy": "none.npy", "order": "bids x experts"}}, "scores.npy"),
    ({"scores": {"npy": 3, "order": "bids x experts"}}, "scores.npy"),
    ({"scores": {"npy": "none.npy"}}, "scores.order"),
    ({"conflicts": [[0]]}, "conflicts[0]"),
    ({"conflicts": [[9, 0]]}, "conflicts[0]: 9 is no expert"),
    ({"conflicts": {}}, "conflicts: must be"),
    ({"institution": ["a", "b"]}, "per_institution_max: missing"),
    ({"institution": ["a", "b"], "per_institution_max": 1}, "institution: must be a list of 3"),
    ({"institution": ["a", "b", 3], "per_institution_max": 1}, "institution[2]"),
    ({"senior_min": 1}, "senior: missing"),
    ({"senior": [1, 0, 0], "senior_min": 1}, "senior[0]"),
    ({"wanted": [[], []]}, "fields: missing"),
    ({"wanted": [[], []], "fields": [[], []]}, "fields: must be a list of 3"),
    ({"wanted": [[], "x"], "fields": [[], [], []]}, "wanted[1]"),
    ({"pair_probability_max": 0}, "pair_probability_max"),
    ({"pair_probability_max": 1.5}, "pair_probability_max"),
    ({"seed": 3}, "seed"),
    ({"allow_unscored": 1}, "allow_unscored"),
    ({"conflict": []}, "conflict: no such rule; is conflicts meant?"),
    ({"load_maxx": 1}, "load_maxx: no such rule; is load_max meant?"),
]


@pytest.mark.parametrize(("change", "word"), BAD, ids=[word for _, word in BAD])
def test_a_bad_problem_is_refused_by_field(change, word):
    with pytest.raises(ProblemRefused) as refused:
        problem_from(GOOD | change)
    assert word in str(refused.value)


@pytest.mark.parametrize("key", ["scores", "bids", "experts", "demand", "load_max"])
def test_what_every_problem_needs_is_asked_for(key):
    with pytest.raises(ProblemRefused, match=f"{key}: missing"):
        problem_from({name: value for name, value in GOOD.items() if name != key})


def test_a_problem_with_every_rule_is_read():
    problem = problem_from(GOOD | RULES | {"note": "ours"})
    assert problem.institution.tolist() == [0, 1, 2]
    assert problem.wanted == ((0,), ())
    assert problem.fields.tolist() == [[True], [False], [False]]
    assert problem.noticed == ("note: not a rule of a panel problem; it was left aside",)


def test_the_seed_is_the_hash_of_the_file_unless_given(tmp_path):
    path = tmp_path / "p.json"
    path.write_text(json.dumps(GOOD))
    assert len(read_problem(path).seed) == 64
    path.write_text(json.dumps(GOOD | {"seed": ""}))
    assert read_problem(path).seed == ""


def table_refused(tmp_path, table, word):
    np.save(tmp_path / "t.npy", table, allow_pickle=True)
    scores = {"npy": "t.npy", "order": "bids x experts"}
    with pytest.raises(ProblemRefused, match=word):
        problem_from(GOOD | {"scores": scores}, tmp_path)


def test_a_bad_table_is_refused(tmp_path):
    table_refused(tmp_path, np.zeros((3, 2)), "not \\(2, 3\\)")
    table_refused(tmp_path, np.full((2, 3), np.inf), "must be finite")
    table_refused(tmp_path, np.array([["a"] * 3] * 2), "one table of numbers")
    table_refused(tmp_path, np.array([[None] * 3] * 2), "scores.npy")
    (tmp_path / "t.npy").write_bytes(b"no table")
    with pytest.raises(ProblemRefused, match="scores.npy"):
        problem_from(GOOD | {"scores": {"npy": "t.npy", "order": "bids x experts"}}, tmp_path)


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_object_is_refused(tmp_path, content):
    (tmp_path / "p.json").write_bytes(content)
    with pytest.raises(ProblemRefused, match=r"p\.json: "):
        read_problem(tmp_path / "p.json")
