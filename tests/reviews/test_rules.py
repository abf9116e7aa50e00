"""Ranking, deviation, conflicts and refusals as pure figures."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kechuang.base.actor import Actor, Role
from kechuang.reviews import rules
from kechuang.reviews.rules import (
    Candidate,
    CaseFacts,
    CaseScores,
    Employment,
    PanelFacts,
    ScoreSheet,
    conflicts_with_case,
    ranked,
)

DAY = date(2026, 11, 20)
SHEET = ScoreSheet({"tech": 60, "team": 40}, {"tech": 50}, pass_mark=60)


def case(number, *points):
    """A case with pairs of points (tech, team)."""
    totals = tuple(60 * a + 40 * b for a, b in points)
    return CaseScores(
        number, number, totals, {"tech": tuple(a for a, _ in points),
                                 "team": tuple(b for _, b in points)},
    )  # fmt: skip


def places(rows):
    return [(row.case_number, row.rank, row.tie) for row in rows]


def test_the_higher_mean_comes_first():
    rows = ranked([case("A", (70, 70), (80, 80)), case("B", (90, 90), (80, 80))], SHEET)
    assert places(rows) == [("B", 1, ""), ("A", 2, "")]
    assert [row.score_text for row in rows] == ["85.00", "75.00"]


def test_a_tie_is_split_by_the_heaviest_criterion_and_says_so():
    rows = ranked([case("A", (70, 85)), case("B", (80, 70))], SHEET)
    assert places(rows) == [("B", 1, "tech"), ("A", 2, "tech")]


def test_what_is_equal_in_all_shares_a_rank():
    rows = ranked([case("A", (70, 80)), case("B", (70, 80)), case("C", (60, 60))], SHEET)
    assert places(rows) == [("A", 1, "EQUAL"), ("B", 1, "EQUAL"), ("C", 3, "")]


def test_thresholds_and_the_pass_mark_are_told_apart():
    rows = ranked([case("A", (45, 100)), case("B", (55, 60)), case("C", (60, 60))], SHEET)
    assert [(row.case_number, row.is_passed, row.below) for row in rows] == [
        ("A", False, ("tech",)), ("C", True, ()), ("B", False, ()),
    ]  # fmt: skip


def test_extremes_are_trimmed_where_the_panel_says_so():
    sheet = ScoreSheet({"tech": 100}, {}, trim=1)
    rows = ranked([CaseScores("A", "A", (100, 8000, 8100, 9900), {"tech": (1, 80, 81, 99)})], sheet)
    assert rows[0].score_text == "80.50"


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=9), st.randoms())
@settings(deadline=None)
def test_the_mean_does_not_depend_on_the_order(totals, random):
    shuffled = random.sample(totals, len(totals))
    assert rules.mean(rules.trimmed(totals, 1)) == rules.mean(rules.trimmed(shuffled, 1))


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), st.integers(0, 100), min_size=3))
def test_a_weighted_total_lies_between_its_points(points):
    total = rules.weighted_total(points, {"a": 50, "b": 30, "c": 20})
    assert 100 * min(points.values()) <= total <= 100 * max(points.values())


@pytest.mark.parametrize(
    ("total", "totals", "deviates"),
    [
        (9600, [8000, 8000, 9600], False),
        (9601, [8000, 8000, 9601], True),
        (6400, [8000, 8000, 6400], False),
        (6399, [8000, 8000, 6399], True),
        (0, [0, 0, 0], False),
        (1, [0, 0, 1], True),
    ],
)
def test_more_than_twenty_percent_off_the_median_deviates(total, totals, deviates):
    assert rules.is_deviating(total, totals) is deviates


@pytest.mark.parametrize(
    ("value", "text"),
    [(8110, "81.10"), (Fraction(24331, 3), "81.10"), (Fraction(1, 2), "0.01"), (0, "0.00"),
     (10_000, "100.00")],
)  # fmt: skip
def test_points_are_written_with_two_decimals(value, text):
    assert rules.points_text(value) == text


# conflicts


def found(employments, codes=("B",), people=(), names=(), chains=None):
    person = Candidate("RY-1", "陈立", tuple(employments))
    facts = CaseFacts("1", "方案", tuple(codes), tuple(people), "", (), tuple(names))
    evidence = conflicts_with_case(person, facts, chains or {}, DAY, 3)
    return [(one.kind, one.is_blocking) for one in evidence]


@pytest.mark.parametrize(
    ("employment", "expected"),
    [
        (Employment("B", date(2020, 1, 1)), [("SAME_UNIT", True)]),
        (Employment("B", date(2020, 1, 1), date(2024, 1, 1)), [("FORMER_UNIT", True)]),
        (Employment("B", date(2010, 1, 1), date(2023, 11, 21)), [("FORMER_UNIT", True)]),
        (Employment("B", date(2010, 1, 1), date(2023, 11, 20)), []),
        (Employment("X", date(2020, 1, 1)), []),
    ],
)
def test_the_same_unit_now_or_within_three_years_blocks(employment, expected):
    assert found([employment]) == expected


def chain(*codes):
    return frozenset(codes)


@pytest.mark.parametrize(
    ("chains", "expected"),
    [
        ({"X": chain("X", "B"), "B": chain("B")}, [("PARENT_CHAIN", True)]),
        ({"X": chain("X"), "B": chain("B", "X")}, [("PARENT_CHAIN", True)]),
        ({"X": chain("X", "P"), "B": chain("B", "P")}, [("SISTER_UNIT", False)]),
        ({"X": chain("X", "P"), "B": chain("B", "Q")}, []),
    ],
)
def test_parents_and_children_block_and_sisters_are_possible(chains, expected):
    assert found([Employment("X")], chains=chains) == expected


def test_a_member_blocks_and_a_namesake_is_possible():
    assert found([], people=["RY-1", "RY-2"], names=["陈立", "陈立"]) == [
        ("MEMBER", True), ("NAME", False),
    ]  # fmt: skip


def test_the_same_evidence_is_told_once():
    assert found([Employment("B"), Employment("B")]) == [("SAME_UNIT", True)]


# seats, criteria, finishing


def seat_problems(candidate, taken=frozenset(), people=()):
    cases = [CaseFacts("1", "方案", (), tuple(people))]
    return [p.code for p in rules.problems_with_seat(candidate, cases, taken, DAY)]


EXPERT = frozenset({"EXPERT"})


@pytest.mark.parametrize(
    ("candidate", "more", "codes"),
    [
        (Candidate("RY-1", "陈", roles=EXPERT), {}, []),
        (Candidate("RY-1", "陈"), {}, ["reviews.not_in_pool"]),
        (Candidate("RY-1", "陈", roles=EXPERT | {"OFFICER"}), {}, ["reviews.staff_as_expert"]),
        (Candidate("RY-1", "陈", roles=EXPERT), {"people": ["RY-1"]}, ["reviews.expert_is_bidder"]),
        (Candidate("RY-1", "陈", (Employment("U"),), EXPERT), {"taken": frozenset({"U"})},
         ["reviews.unit_twice"]),
        (Candidate("RY-1", "陈", (), EXPERT, 5, 5), {}, ["reviews.load_reached"]),
        (Candidate("RY-1", "陈", (Employment("U"),), frozenset({"HEAD"}), 5, 5),
         {"taken": frozenset({"U"}), "people": ["RY-1"]},
         ["reviews.not_in_pool", "reviews.staff_as_expert", "reviews.expert_is_bidder",
          "reviews.unit_twice", "reviews.load_reached"]),
    ],
)  # fmt: skip
def test_every_reason_against_a_seat_is_told(candidate, more, codes):
    assert seat_problems(candidate, **more) == codes


@pytest.mark.parametrize(
    ("criteria", "codes"),
    [
        ([{"code": "a", "weight": 100}], []),
        ([], ["reviews.weights_do_not_sum"]),
        ([{"code": "a", "weight": 60}, {"code": "b", "weight": 30}],
         ["reviews.weights_do_not_sum"]),
        ([{"code": "a", "weight": 0}, {"code": "b", "weight": 100}],
         ["reviews.weight_not_positive"]),
        ([{"code": "a", "weight": 50}, {"code": "a", "weight": 50}], ["reviews.criterion_twice"]),
        ([{"code": "a", "weight": 100, "threshold": 101}], ["reviews.threshold_out_of_range"]),
    ],
)  # fmt: skip
def test_criteria_must_make_a_sheet(criteria, codes):
    assert [p.code for p in rules.problems_with_criteria(criteria)] == codes


def test_why_a_panel_cannot_finish_is_told_together():
    row = rules.CaseProgress("1", "方案", submitted=2, waiting=1, recused=0, unexplained=1)
    problems = rules.problems_with_finishing([row], 2)
    assert [p.code for p in problems] == [
        "reviews.reviews_waiting", "reviews.too_few_reviews", "reviews.deviation_unexplained",
        "reviews.conflicts_undecided",
    ]  # fmt: skip
    assert [p.code for p in rules.problems_with_finishing([], 0)] == ["reviews.no_cases"]
    good = rules.CaseProgress("1", "方案", 3, 0, 1, 0)
    assert rules.problems_with_finishing([good], 0) == []


PANEL = PanelFacts("PS-1", "990000/990100", "REVIEWING", "RY-1", "RY-2")


@pytest.mark.parametrize(
    ("actor", "runs", "leads", "sees"),
    [
        (Actor(person="RY-1", role=Role.OFFICER, region="990000/990100"), True, False, True),
        (Actor(person="RY-2", role=Role.EXPERT), False, True, True),
        (Actor(person="RY-2", role=Role.OPERATOR), False, False, False),
        (Actor(person="RY-3", role=Role.HEAD, region="990000"), False, False, True),
        (Actor(person="RY-3", role=Role.HEAD, region="990000/990101"), False, False, False),
        (Actor(person="RY-3", role=Role.SUPERVISOR, region="990000/990100"), False, False, True),
        (Actor(person="RY-3", role=Role.EXPERT), False, False, False),
        (Actor.PUBLIC, False, False, False),
    ],
)
def test_who_runs_leads_and_sees_a_panel(actor, runs, leads, sees):
    assert (
        rules.may_run_panel(actor, PANEL),
        rules.may_lead_panel(actor, PANEL),
        rules.may_see_panel(actor, PANEL),
    ) == (runs, leads, sees)


def test_minutes_hash_the_same_however_the_keys_lie_and_refuse_floats():
    one = rules.minutes_hash({"a": 1, "b": ["评", {"c": None}]})
    assert one == rules.minutes_hash({"b": ["评", {"c": None}], "a": 1})
    assert len(one) == 64
    with pytest.raises(TypeError):
        rules.minutes_hash({"a": [{"b": 0.5}]})


def test_three_years_before_a_leap_day():
    assert rules.years_before(date(2028, 2, 29), 3) == date(2025, 2, 28)
