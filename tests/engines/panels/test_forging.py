"""Every kind of forged RESULT is refuted, by name; nothing that is forged raises."""

import copy
import json
import math
import random

import pytest

from kechuang.engines.panels import problem_from, verify
from kechuang.engines.panels.solving import solve, written

TOLD = {
    "bids": 4,
    "experts": 6,
    "demand": 2,
    "load_max": 2,
    "load_min": [1, 0, 0, 0, 0, 0],
    "conflicts": [[5, 3]],
    "institution": list("aabbcd"),
    "per_institution_max": 1,
    "senior": [True, False, True, False, True, False],
    "senior_min": 1,
    "fields": [["x"], ["y"], ["x"], ["y"], ["x", "y"], []],
    "wanted": [["x"], [], ["y"], []],
    "pair_probability_max": 0.8,
    "seed": "s",
    "scores": [[e, b, (e * 5 + b * 3) % 8 / 8] for e in range(6) for b in range(4)],
}
PROBLEM = problem_from(TOLD)
PLAIN = problem_from({key: TOLD[key] for key in ("bids", "experts", "demand", "load_max",
                                                  "scores", "seed")})  # fmt: skip
LOADED = problem_from({key: TOLD[key] for key in TOLD if key not in ("pair_probability_max",)}
                      | {"load_max": 1})  # fmt: skip


def result_of(objective, problem=PROBLEM):
    return json.loads(written(solve(problem, objective)))


RESULTS = {objective: result_of(objective) for objective in ("total", "fair", "random")}
INFEASIBLE = result_of("total", LOADED)


def forged(result, change):
    copied = copy.deepcopy(result)
    change(copied)
    return copied


def set_in(*path_and_value):
    *path, value = path_and_value

    def change(result):
        here = result
        for step in path[:-1]:
            here = here[step]
        here[path[-1]] = value

    return change


def swapped(result):
    """Move one seat to an expert who may not have it."""
    result["assignment"][0] = [5, 3] if result["assignment"][0][1] == 3 else result["assignment"][0]
    for pair in result["assignment"]:
        if pair[1] == 3:
            pair[0] = 5
            return


FORGERIES = [
    ("unlawful pair", swapped, "unlawful pair: expert 5, bid 3 is in conflict"),
    ("repeated pair", lambda r: r["assignment"].append(r["assignment"][0]), "repeated pair"),
    ("missing seat", lambda r: r["assignment"].pop(), "missing seats"),
    ("no seats", set_in("assignment", []), "missing seats"),
    ("total", lambda r: r.update(total=r["total"] + 0.125), "wrong total"),
    ("total by a millionth", lambda r: r.update(total=r["total"] + 1e-6), "wrong total"),
    ("worst", lambda r: r.update(worst=r["worst"] + 0.125), "wrong worst"),
    ("no worst", lambda r: r.pop("worst"), "wrong type: worst"),
    ("no total", lambda r: r.pop("total"), "wrong type: total"),
    ("total NaN", set_in("total", math.nan), "wrong total: it must be finite"),
    ("total infinite", set_in("total", math.inf), "wrong total: it must be finite"),
    ("total huge", set_in("total", 10**400), "wrong total: it must be finite"),
    ("total true", set_in("total", True), "wrong type: total"),
    ("total a string", set_in("total", "7"), "wrong type: total"),
    ("expert outside", set_in("assignment", 0, 0, 6), "6 is no expert"),
    ("expert negative", set_in("assignment", 0, 0, -1), "-1 is no expert"),
    ("bid outside", set_in("assignment", 0, 1, 4), "4 is no bid"),
    ("bid huge", set_in("assignment", 0, 1, 10**30), "is no bid"),
    ("index a float", set_in("assignment", 0, 0, 1.0), "not two whole numbers"),
    ("index NaN", set_in("assignment", 0, 0, math.nan), "not two whole numbers"),
    ("index true", set_in("assignment", 0, 0, True), "not two whole numbers"),
    ("triple", set_in("assignment", 0, [1, 1, 1]), "is not [expert, bid]"),
    ("pair a string", set_in("assignment", 0, "ab"), "is not [expert, bid]"),
    ("assignment an object", set_in("assignment", {}), "must be a list"),
    ("no assignment", lambda r: r.pop("assignment"), "must be a list"),
    ("no certificate", lambda r: r.pop("certificate"), "wrong type: certificate"),
    ("another objective", set_in("objective", "best"), "wrong type: objective"),
    ("objective a list", set_in("objective", ["total"]), "wrong type: objective"),
    ("value", set_in("certificate", "value", 99), "wrong value"),
    ("bound", lambda r: r["certificate"].update(bound=r["certificate"]["bound"] - 0.125),
     "wrong bound"),
    ("gap", set_in("certificate", "gap", -1), "wrong gap"),
    ("gap NaN", set_in("certificate", "gap", math.nan), "wrong gap"),
    ("no duals", lambda r: r["certificate"].pop("duals"), "wrong certificate"),
    ("duals too short", lambda r: r["certificate"]["duals"]["demand"].pop(), "wrong certificate"),
    ("duals a float", set_in("certificate", "duals", "load", 0, 0.5), "wrong certificate"),
    ("duals NaN", set_in("certificate", "duals", "demand", 0, math.nan), "wrong certificate"),
    ("duals huge", set_in("certificate", "duals", "demand", 0, 10**30), "wrong certificate"),
    ("scale", set_in("certificate", "duals", "scale", 3), "wrong certificate"),
    ("weight 0", set_in("certificate", "duals", "weight", 0), "wrong"),
    ("negative price", set_in("certificate", "duals", "senior", [[0, -5]]), "wrong certificate"),
    ("price twice", set_in("certificate", "duals", "senior", [[0, 5], [0, 5]]),
     "wrong certificate"),
    ("price of no rule", set_in("certificate", "duals", "kin", [[0, 5]]), "wrong certificate"),
    ("price of no bid", set_in("certificate", "duals", "senior", [[9, 5]]), "wrong certificate"),
    ("price of a field not wanted", set_in("certificate", "duals", "wanted", [[0, 1, 5]]),
     "wrong certificate"),
    ("price changed", lambda r: r["certificate"]["duals"]["demand"].__setitem__(
        0, r["certificate"]["duals"]["demand"][0] + 700_001), "wrong bound"),
]  # fmt: skip


@pytest.mark.parametrize("objective", ["total", "fair", "random"])
@pytest.mark.parametrize(
    ("change", "word"), [one[1:] for one in FORGERIES], ids=[one[0] for one in FORGERIES]
)
def test_a_forgery_is_named(objective, change, word):
    fault = verify(PROBLEM, forged(RESULTS[objective], change))
    assert fault is not None
    assert word in fault


ONLY = [
    ("fair", "worst_bound", set_in("certificate", "worst_bound", "bound", 0.1),
     "wrong worst_bound"),
    ("fair", "worst_bound proves nothing",
     set_in("certificate", "worst_bound", "duals", "weight", 0), "wrong worst_bound"),
    ("fair", "frontier point", set_in("frontier", -1, 1, 9), "wrong frontier"),
    ("fair", "frontier empty", set_in("frontier", []), "wrong type: frontier"),
    ("fair", "frontier longer", lambda r: r["frontier"].append([9, 9]), "wrong frontier"),
    ("fair", "frontier NaN", set_in("frontier", -1, 0, math.nan), "wrong frontier"),
    ("fair", "threshold", set_in("certificate", "threshold", 5), "above the worst bid"),
    ("fair", "grid", set_in("certificate", "grid", 333333), "does not divide"),
    ("total", "worst_bound", set_in("certificate", "worst_bound", 1), "worst_bound"),
    ("total", "grid a float", set_in("certificate", "grid", 1.5), "grid"),
    ("random", "marginals_max", set_in("marginals_max", 0.5), "wrong marginals_max"),
    ("random", "expected_total", set_in("expected_total", 99), "wrong expected_total"),
]  # fmt: skip


@pytest.mark.parametrize(("objective", "name", "change", "word"), ONLY, ids=[o[1] for o in ONLY])
def test_what_one_objective_tells_is_refuted_too(objective, name, change, word):
    fault = verify(PROBLEM, forged(RESULTS[objective], change))
    assert fault is not None
    assert word in fault


def test_marginals_are_held_against_the_rules_and_the_draw_against_the_seed():
    told = {"bids": 2, "experts": 4, "demand": 1, "load_max": 1, "pair_probability_max": 0.5,
            "seed": "s", "scores": [[e, b, (e + b) / 8] for e in range(4) for b in range(2)],
            }  # fmt: skip
    problem = problem_from(told)
    result = result_of("random", problem)
    marginals = ("certificate", "marginals", "pairs")
    assert verify(problem, result) is None
    for change, word in (
        (set_in(*marginals, 0, 2, 2), "a pair is more likely"),
        (set_in(*marginals, 0, 0, 9), "bad marginals"),
        (set_in(*marginals, 0, 2, 0), "wrong type: marginals"),
        (set_in("certificate", "marginals", None), "wrong type: marginals"),
        (lambda r: r["certificate"]["marginals"]["pairs"].pop(), "missing seats"),
    ):
        assert word in verify(problem, forged(result, change))
    others = [problem_from(told | {"seed": seed}) for seed in "abcdefgh"]
    faults = [verify(other, result) for other in others]
    assert any(fault and "wrong draw" in fault for fault in faults)


def test_a_worse_assignment_told_truly_leaves_a_gap_and_is_not_proved():
    result = result_of("total", PLAIN)
    seats = [pair for pair in result["assignment"]]
    taken = {tuple(pair) for pair in seats}
    loads = [sum(expert == e for expert, _ in seats) for e in range(6)]
    for place, (_, bid) in enumerate(seats):
        for expert in range(6):
            if (expert, bid) in taken or loads[expert] >= 2:
                continue
            other = forged(result, set_in("assignment", place, 0, expert))
            sums = [0.0] * 4
            for e, b in other["assignment"]:
                sums[b] += (e * 5 + b * 3) % 8 / 8
            other |= {"total": sum(sums), "worst": min(sums)}
            assert "wrong value" in verify(PLAIN, other) or other["total"] == result["total"]
            bound = other["certificate"]["bound"]
            other["certificate"] |= {"value": other["total"], "gap": bound - other["total"]}
            if other["total"] < result["total"]:
                assert "not proved: a gap" in verify(PLAIN, other)
                return
    raise AssertionError("no worse assignment was found")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (set_in("infeasible", []), "must be a list of rules"),
        (set_in("infeasible", [{"rule": "weather"}]), "is no rule of the problem"),
        (set_in("infeasible", [{"rule": "demand"}]), "not named"),
        (set_in("infeasible", 0, "rule", ["demand"]), "is no rule"),
        (lambda r: r["infeasible"].append(r["infeasible"][0]), "stands there twice"),
        (set_in("infeasible", 0, "bids", [99]), "indices below"),
        (set_in("certificate", "duals", "demand", [0, 0, 0, 0]), "not proved to clash"),
        (set_in("certificate", "not certified"), "not proved"),
        (set_in("certificate", None), "wrong type: certificate"),
        (set_in("assignment", []), "has no assignment"),
    ],
)
def test_a_forged_clash_is_refuted(change, word):
    assert verify(LOADED, INFEASIBLE) is None
    fault = verify(LOADED, forged(INFEASIBLE, change))
    assert fault is not None
    assert word in fault


def test_a_clash_of_another_problem_is_refuted():
    assert verify(PROBLEM, INFEASIBLE) is not None


@pytest.mark.parametrize("result", [None, [], 3, "x", {}, {"objective": "total"}, float("nan")])
def test_what_is_no_result_is_refuted(result):
    assert verify(PROBLEM, result) is not None


def places_in(value, path=()):
    yield path
    if isinstance(value, dict | list):
        steps = value if isinstance(value, dict) else range(len(value))
        for step in steps:
            yield from places_in(value[step], (*path, step))


@pytest.mark.parametrize("objective", ["total", "fair", "random"])
def test_nothing_put_anywhere_raises_or_changes_what_is_proved(objective):
    result = RESULTS[objective]
    chance = random.Random(5)
    strange = [None, True, -1, 0, 7, 10**25, 0.5, math.nan, math.inf, "x", [], {}, [[]], [[1, 2]]]
    places = [path for path in places_in(result) if path]
    for _ in range(1_500):
        *path, last = chance.choice(places)
        value = chance.choice(strange)
        other = forged(result, set_in(*path, last, value))
        fault = verify(PROBLEM, other)
        assert fault is not None or _same_proof(result, other)


def _same_proof(result, other):
    """What may change without being refuted: prices that give the same bound, equal numbers."""
    for name in result:
        if name != "certificate" and result[name] != other.get(name):
            return False
    first, second = result["certificate"], other["certificate"]
    return all(first.get(n) == second.get(n) for n in ("value", "bound", "gap", "objective"))
