"""Answers for one enterprise: what is missing and whose, how far, and what would be enough."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.enterprises import Draw
from kechuang.engines.eligibility import SHIPPED, answer, answer_json, bind_all, explained, load_all
from kechuang.engines.eligibility.states import MET, NOT_MET, TO_BE_JUDGED, UNKNOWN
from tests.engines.eligibility.worked import DAY, returns

POLICIES = {each.code: each for each in bind_all(load_all(SHIPPED), DAY)}
SMALL = {
    "id": "small", "resident": True, "registered_date": date(2015, 3, 1), "industry": "C3562",
    "lists": [], "incidents": [], "certificates": [],
    "ip": [{"class": "II", "count": 3, "granted_date": date(2020, 5, 1)}],
} | returns(
    staff=100, staff_rd=30, revenue_fen=5 * 10**9, rd_fen=3 * 10**8, costs_fen=4 * 10**9,
    assets_fen=6 * 10**9,
)  # fmt: skip


def test_the_gap_names_the_figure_and_what_stays():
    row = SMALL | returns(staff=501)
    found = explained(answer(POLICIES["sme-2017-115"], row))["criteria"]["staff_size"]
    assert (found["state"], found["value"], found["threshold"]) == ("not_met", 501, 500)
    assert found["gap"]["by"] == -1
    assert found["gap"]["text"] == "2022年职工总数超出 1人"


def test_the_gap_of_a_ratio_is_in_yuan_at_this_revenue():
    row = (
        SMALL | returns(2021, rd_fen=0, revenue_fen=10**9) | returns(2020, rd_fen=0, revenue_fen=0)
    )
    row |= returns(2022, rd_fen=268_800_00, revenue_fen=10**9)
    found = explained(answer(POLICIES["hnte-2016-32"], row))["criteria"]["rd_ratio"]
    assert found["gap"]["by"] == 10**8 - 268_800_00
    assert "731,200元" in found["gap"]["text"]


def test_the_cheapest_change_reaches_the_limit():
    row = SMALL | returns(staff_rd=9) | {"ip": []}
    given_ = answer(POLICIES["sme-2017-115"], row)
    assert given_.state == NOT_MET
    changes = explained(given_)["cheapest"]
    assert changes
    for change in changes:
        assert len(change["columns"]) == 1
        row = row | {change["columns"][0]: change["to"]}
    assert answer(POLICIES["sme-2017-115"], row).state == MET


def test_what_is_missing_names_its_owner():
    row = {key: value for key, value in SMALL.items() if key != "returns.2022.rd_fen"}
    given_ = answer(POLICIES["sme-2017-115"], row)
    assert given_.state == UNKNOWN
    assert answer_json(given_)["missing"] == ["returns.2022.rd_fen"]
    wanted = explained(given_)["criteria"]["rd_points"]["missing"]
    assert wanted == [
        {"column": "returns.2022.rd_fen", "zh": "2022年研发费用", "owner": "税务局"}
    ]  # fmt: skip


def test_benefits_pay_on_met_only():
    row = {"id": "a", "region": "210102", "contracts": [{"amount_fen": 10**10}]}
    given_ = answer(POLICIES["sy-contract-reward"], row)
    assert (given_.state, given_.amount_fen) == (UNKNOWN, None)
    assert answer_json(given_)["missing"] == ["contracts.signed_date"]


def test_every_reason_quotes_its_clause():
    for policy in POLICIES.values():
        found = explained(answer(policy, SMALL))
        for one in found.get("criteria", {}).values():
            assert one["clause"] and one["quote"] and one["zh"]


# --- metamorphic ----------------------------------------------------------------------------

seeds = st.integers(0, 10**6)


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_what_becomes_known_never_overturns_what_was_decided(seed):
    """A row with gaps is met or not met only if every way to fill the gaps says the same."""
    whole = Draw(seed, DAY).enterprise("E")
    for number, name in enumerate(sorted(set(whole) - {"id", "registered_date"})):
        if number % 7 != seed % 7 or name.startswith(f"returns.{DAY.year}."):
            continue  # this year's expense is taken where it is known, else last year's
        less = {key: value for key, value in whole.items() if key != name}
        for policy in POLICIES.values():
            before, after = answer(policy, less).state, answer(policy, whole).state
            if before in (MET, NOT_MET):
                assert after == before, (policy.code, name)
            if before == TO_BE_JUDGED and not name.startswith("judged."):
                assert after == TO_BE_JUDGED, (policy.code, name)


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_an_unknown_answer_says_what_is_missing(seed):
    row = Draw(seed, DAY).enterprise("E")
    for policy in POLICIES.values():
        given_ = answer(policy, row)
        said = answer_json(given_)
        if given_.state == UNKNOWN:
            assert said["missing"], policy.code
        if given_.state == TO_BE_JUDGED:
            assert said["to_judge"] and not said["missing"], policy.code
        if given_.state != MET:
            assert "amount_fen" not in said


@settings(max_examples=30, deadline=None)
@given(seeds, st.integers(2, 9))
def test_ratios_do_not_depend_on_the_size_of_money(seed, factor):
    """Where a criterion is a ratio alone, all money times k changes nothing."""
    row = Draw(seed, DAY).enterprise("E")
    grown = {key: value * factor if key.endswith("_fen") else value for key, value in row.items()}
    for code in ("domestic_ratio", "hitech_ratio", "net_assets_growth"):
        policy = POLICIES["hnte-2016-32"]
        before, after = answer(policy, row), answer(policy, grown)
        assert before.criteria[code] == after.criteria[code]


@pytest.mark.parametrize("seed", range(40))
def test_the_order_of_rows_does_not_matter(seed):
    row = Draw(seed, DAY).enterprise("E")
    turned = {key: value[::-1] if isinstance(value, list) else value for key, value in row.items()}
    for policy in POLICIES.values():
        before, after = answer(policy, row), answer(policy, turned)
        assert (before.state, before.criteria, before.amount_fen) == (
            after.state, after.criteria, after.amount_fen,
        )  # fmt: skip
