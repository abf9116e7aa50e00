"""Exact shares, ranks, differences: pure integers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kechuang.cultivation.rules.allotting import (
    PRO_RATA,
    RANKING,
    Candidate,
    allot,
    due_back,
    fingerprint,
    share_out,
)

CLAIMS = st.lists(st.integers(1, 10**9), max_size=30)


def found(lines):
    return [(one.code, one.outcome, one.reason, one.amount_fen) for one in lines]


@given(CLAIMS, st.integers(0, 10**10))
def test_shares_sum_exactly_and_no_share_is_more_than_a_fen_off(claims, left):
    shares = share_out(claims, left)
    whole = sum(claims)
    assert sum(shares) == (left if claims else 0)
    for claim, share in zip(claims, shares, strict=True):
        assert abs(share * whole - claim * left) < whole


@given(CLAIMS, st.integers(-5, 10**10), st.sampled_from([PRO_RATA, RANKING]))
def test_nobody_gets_more_than_the_claim_nor_all_more_than_is_left(claims, left, rule):
    rows = [Candidate(f"{n:03d}", claim, rank=claim % 7) for n, claim in enumerate(claims)]
    lines = allot(rows, left, rule)
    assert sum(one.amount_fen for one in lines) == min(sum(claims), max(left, 0))
    assert all(0 <= one.amount_fen <= one.entitled_fen for one in lines)
    assert [one.code for one in lines] == [one.code for one in rows]


def test_enough_money_pays_everybody_in_full():
    lines = allot([Candidate("B", 5), Candidate("A", 7)], 12, PRO_RATA)
    assert found(lines) == [("A", "PAYS", "FULL", 7), ("B", "PAYS", "FULL", 5)]


def test_a_shortfall_is_shared_and_each_line_says_the_sums():
    lines = allot([Candidate("A", 7), Candidate("B", 5)], 11, PRO_RATA)
    assert found(lines) == [("A", "PAYS", "SHARED", 6), ("B", "PAYS", "SHARED", 5)]
    assert lines[0].facts == {"wanted_fen": 12, "left_fen": 11}


def test_by_rank_the_highest_first_and_equals_at_the_edge_share():
    rows = [
        Candidate("A", 10, rank=1), Candidate("B", 10, rank=9), Candidate("C", 10, rank=5),
        Candidate("D", 10, rank=5), Candidate("E", 10),
    ]  # fmt: skip
    lines = allot(rows, 25, RANKING)
    assert found(lines) == [
        ("A", "CUT", "NO_BUDGET", 0), ("B", "PAYS", "FULL", 10), ("C", "PAYS", "AT_THE_EDGE", 8),
        ("D", "PAYS", "AT_THE_EDGE", 7), ("E", "CUT", "NO_BUDGET", 0),
    ]  # fmt: skip
    assert lines[0].facts == {
        "place": 4, "equals": 1, "wanted_fen": 10, "left_fen": 0, "rank": 1,
    }  # fmt: skip
    assert [one.facts["place"] for one in lines] == [4, 1, 2, 2, 5]


def test_only_the_difference_is_paid_again():
    lines = allot([Candidate("A", 10, settled_fen=4), Candidate("B", 4, settled_fen=4)], 99,
                  PRO_RATA)  # fmt: skip
    assert found(lines) == [("A", "PAYS", "SUPPLEMENT", 6)]


def test_who_enjoys_an_excluding_policy_is_listed_and_takes_no_share():
    lines = allot([Candidate("A", 10, enjoyed="BT-2026-000001"), Candidate("B", 10)], 10, PRO_RATA)
    assert found(lines) == [("A", "EXCLUDED", "ENJOYED", 0), ("B", "PAYS", "FULL", 10)]
    assert lines[0].facts == {"line": "BT-2026-000001"}


@pytest.mark.parametrize(
    ("granted", "then", "now", "back"),
    [
        (200, 200, 200, 0), (200, 200, 201, 0), (200, 200, 199, 1), (200, 200, 0, 200),
        (100, 200, 150, 25), (67, 100, 50, 33), (67, 100, -5, 67),
    ],
)  # fmt: skip
def test_what_is_owed_back_keeps_the_share_of_the_budget(granted, then, now, back):
    assert due_back(granted, then, now) == back


def test_the_fingerprint_is_of_what_the_batch_says():
    assert fingerprint({"b": 1, "a": ["企业"]}) == fingerprint({"a": ["企业"], "b": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})
