"""Which centre takes a job, what that costs, and why the others do not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kechuang.engines.placement.broker import POLICIES, Broker
from kechuang.engines.placement.centres import (
    BrokerJob,
    Centre,
    read_centres,
    read_jobs,
    transfer_seconds,
    why_not,
)
from kechuang.engines.placement.costs import HourlySums, Rates, Tariff, terms_of
from kechuang.engines.placement.grid import explanation, run_jobs, summary
from kechuang.engines.placement.trace import PlacementProblem

HOUR = 3600


def centre(id="east", processors=4, day=10, night=7, **facts):
    prices = tuple(night if hour < 7 or hour == 23 else day for hour in range(24))
    facts = {"bandwidth_mb_s": 100, "data_rules": frozenset({"open", "stay-home"})} | facts
    return Centre(id, processors, prices, (500,) * 24, 8, **facts)


EAST = centre()
WEST = centre("west", 8, 5, 4, bandwidth_mb_s=10, data_rules=frozenset({"open"}))


def job(id="1", submit=0, processors=1, requested=HOUR, **facts):
    facts = {"home": "east", "data_mb": 0, "data_class": "open", "value_yuan_per_hour": 1} | facts
    return BrokerJob(id, submit, processors, requested, facts.pop("run", requested), **facts)


def placed(jobs, policy, centres=(EAST, WEST), **facts):
    broker = Broker(centres, jobs, policy, **facts)
    return broker, run_jobs(broker)


@pytest.mark.parametrize(
    ("where", "asks", "code"),
    [
        (centre(is_open=False), job(), "centre_closed"),
        (EAST, job(processors=5), "too_few_processors"),
        (centre(kinds=frozenset({"cpu"})), job(kind="gpu"), "other_kind_of_resource"),
        (WEST, job(data_class="stay-home"), "data_may_not_come"),
        (centre(templates=frozenset()), job(template="bpy"), "template_not_installed"),
        (
            centre(allocations_core_hours={"u": 0.5}),
            job(organisation="u"),
            "allocation_exhausted",
        ),
    ],
)
def test_each_hard_rule_keeps_a_centre_out_and_says_so(where, asks, code):
    unfit = why_not(where, asks)
    assert unfit is not None and unfit.code == code
    assert unfit.words
    assert why_not(EAST, job()) is None


def test_hard_rules_let_in_what_they_name():
    generous = centre(
        kinds=frozenset({"gpu"}),
        templates=frozenset({"bpy"}),
        allocations_core_hours={"u": 1},
    )
    assert why_not(generous, job(kind="gpu", template="bpy", organisation="u")) is None


def test_data_travel_at_the_slower_end():
    assert transfer_seconds(job(data_mb=1000), EAST, WEST) == 100
    assert transfer_seconds(job(data_mb=1000), EAST, EAST) == 0


def test_a_daily_series_is_summed_over_midnight():
    sums = HourlySums(EAST.price_fen_per_core_hour)
    assert sums.between(22 * HOUR, 32 * HOUR) == pytest.approx(10 + 8 * 7 + 10)
    assert sums.between(22.5 * HOUR, 22.75 * HOUR) == pytest.approx(2.5)


def test_every_term_by_hand():
    asked = job(submit=0, processors=2, value_yuan_per_hour=6, deadline=2 * HOUR)
    terms = terms_of(asked, Tariff(EAST, Rates()), Rates(), 8 * HOUR, HOUR, 2 * HOUR)
    assert (terms.wait, terms.transfer, terms.run) == (6 * 7, 6, 12)
    assert terms.price == pytest.approx(2 * 2 * 0.10)
    assert terms.carbon == pytest.approx(2 * 2 * 0.008 * 500 / 1e6 * 100)
    assert terms.deadline == 6 * 8
    assert terms.total == pytest.approx(42 + 6 + 12 + 0.4 + terms.carbon + 48)


@pytest.mark.parametrize(
    ("policy", "goes_to"),
    [("home", "east"), ("least-load", "west"), ("wait-transfer", "east"), ("cost", "west")],
)
def test_what_each_policy_looks_at(policy, goes_to):
    """East is busy a little; west costs half, and its line is slow."""
    jobs = [
        job("0", processors=1, data_class="stay-home"),
        job("1", submit=60, processors=3, data_mb=100, requested=2 * HOUR),
    ]
    broker, done = placed(jobs, policy)
    assert broker.sites[done[1].site].centre.id == goes_to


def test_home_falls_back_where_home_may_not():
    broker, done = placed([job(processors=8)], "home")
    assert broker.sites[done[0].site].centre.id == "west"


def test_random_follows_its_seed():
    jobs = [job(str(n)) for n in range(40)]
    once, again, other = (placed(jobs, "random", seed=seed)[1] for seed in (1, 1, 2))
    assert [each.site for each in once] == [each.site for each in again]
    assert [each.site for each in once] != [each.site for each in other]


def test_ours_holds_for_the_night_what_can_wait_and_nothing_else():
    big, urgent = (
        job(submit=22 * HOUR, processors=4, value_yuan_per_hour=value, data_class="stay-home")
        for value in (0.02, 5)
    )
    assert [each.start for each in placed([big], "ours")[1]] == [23 * HOUR]
    assert [each.start for each in placed([urgent], "ours")[1]] == [22 * HOUR]
    assert [each.start for each in placed([big], "cost")[1]] == [22 * HOUR]


def test_ours_lets_dear_and_small_work_go_first():
    jobs = [
        job("0", processors=4, requested=100),
        job("1", submit=1, processors=4, requested=5000, value_yuan_per_hour=1),
        job("2", submit=2, processors=4, requested=100, value_yuan_per_hour=20),
    ]
    assert [each.start for each in placed(jobs, "ours", (EAST,))[1]] == [0, 200, 100]
    assert [each.start for each in placed(jobs, "cost", (EAST,))[1]] == [0, 100, 5100]


def test_a_job_that_nobody_may_take_is_refused_with_every_rule():
    with pytest.raises(PlacementProblem, match="east: has 4 processors.*west: data of class"):
        placed([job(processors=6, data_class="stay-home")], "ours")


def test_an_unknown_policy_names_the_known_ones():
    with pytest.raises(PlacementProblem, match="wait-transfer"):
        Broker([EAST], [job()], "dearest")


def test_a_choice_is_explained_with_every_option_and_every_rule():
    broker, done = placed([job(data_class="stay-home", data_mb=5)], "ours")
    why = explanation(broker, done[0])
    assert why["centre"] == "east" and why["start"] == why["predicted_start"] == 0
    assert [each["centre"] for each in why["options"]] == ["east"]
    assert set(why["options"][0]["terms"]) == {
        "wait", "transfer", "run", "price", "carbon", "deadline"
    }  # fmt: skip
    assert why["refused"] == {
        "west": {
            "rule": "data_may_not_come",
            "words": "data of class stay-home may not come here",
        }
    }


def test_the_summary_adds_up():
    broker, done = placed([job(str(n), submit=n * 60, processors=3) for n in range(9)], "cost")
    said = summary(broker, done)
    assert said["total_yuan"] == pytest.approx(sum(each.terms.total for each in done))
    assert said["total_yuan"] == pytest.approx(sum(said["terms"].values()))
    assert sum(each["jobs"] for each in said["by_centre"].values()) == 9
    assert sum(each["core_hours"] for each in said["by_centre"].values()) == pytest.approx(27)
    assert all(0 <= each["occupancy"] <= 1 for each in said["by_centre"].values())


@st.composite
def crowds(draw):
    rows = draw(
        st.lists(
            st.tuples(
                st.integers(0, 30 * HOUR),
                st.integers(1, 4),
                st.integers(60, 9 * HOUR),
                st.integers(1, 60),
                st.booleans(),
                st.sampled_from((0, 1, 20)),
            ),
            min_size=1,
            max_size=25,
        )
    )
    return [
        job(
            str(n),
            submit,
            size,
            asked,
            run=max(1, asked - less),
            data_mb=less * 100,
            data_class="stay-home" if stays else "open",
            value_yuan_per_hour=value,
        )  # fmt: skip
        for n, (submit, size, asked, less, stays, value) in enumerate(sorted(rows))
    ]


@given(crowds(), st.sampled_from(POLICIES))
def test_nobody_starts_before_its_data_or_where_it_may_not_or_beyond_the_machine(jobs, policy):
    broker, done = placed(jobs, policy)
    for each in done:
        where = broker.sites[each.site].centre
        assert why_not(where, each.job) is None
        assert each.start >= each.job.submit + each.transfer - 1e-6
        at_once = sum(
            other.job.processors
            for other in done
            if other.site == each.site and other.start <= each.start < other.start + other.job.run
        )
        assert at_once <= where.processors


@given(crowds(), st.sampled_from(POLICIES))
def test_run_times_change_nothing_before_the_first_end(jobs, policy):
    other = [replace(each, run=each.run + 7) for each in jobs]
    before, after = (placed(each, policy)[1] for each in (jobs, other))
    first_end = min(each.start + each.job.run for each in before)
    for one, two in zip(before, after, strict=True):
        if one.job.submit < first_end:
            assert one.site == two.site
        if one.start < first_end:
            assert one.start == two.start


CENTRE = {
    "id": "east", "processors": 4, "price_fen_per_core_hour": [7] * 24,
    "carbon_g_per_kwh": [600] * 24, "watts_per_core": 8, "bandwidth_mb_s": 100,
    "data_rules": ["open"],
}  # fmt: skip
JOB = {
    "id": 1, "submit": 5, "processors": 2, "requested": 60, "run": 50, "home": "east",
    "data_mb": 0, "data_class": "open", "value_yuan_per_hour": 1,
}  # fmt: skip


def test_files_are_read():
    centres = read_centres([CENTRE])
    assert centres[0].data_rules == {"open"}
    jobs = read_jobs([(1, JOB | {"submit": 9}), (2, JOB | {"id": "b", "deadline": 99})], centres)
    assert [(each.id, each.deadline) for each in jobs] == [("b", 99), ("1", None)]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ({}, "a list of objects"),
        ([], "a list of objects"),
        ([3], "centre 1: not an object"),
        ([CENTRE | {"id": ""}], "centre 1: id"),
        ([CENTRE, CENTRE], "same id"),
        ([CENTRE | {"processors": 0}], "centre east: processors"),
        ([CENTRE | {"price_fen_per_core_hour": [7] * 23}], "price_fen_per_core_hour must be 24"),
        ([CENTRE | {"carbon_g_per_kwh": ["x"] * 24}], "carbon_g_per_kwh"),
        ([CENTRE | {"data_rules": "open"}], "data_rules must be a list"),
        ([CENTRE | {"allocations_core_hours": [1]}], "allocations_core_hours"),
    ],
)
def test_a_centre_that_cannot_be_used_is_named(rows, says):
    with pytest.raises(PlacementProblem, match=says):
        read_centres(rows)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ([], "line 7: not an object"),
        (JOB | {"home": "mars"}, "line 7: home 'mars'"),
        (JOB | {"processors": "2"}, "line 7: processors"),
        (JOB | {"submit": -1}, "line 7: submit"),
        (JOB | {"data_class": None}, "line 7: data_class"),
        (JOB | {"deadline": "soon"}, "line 7: deadline"),
    ],
)
def test_a_job_that_cannot_be_used_is_named(row, says):
    with pytest.raises(PlacementProblem, match=says):
        read_jobs([(7, row)], read_centres([CENTRE]))


def test_no_jobs_is_a_refusal():
    with pytest.raises(PlacementProblem, match="no jobs"):
        read_jobs([], read_centres([CENTRE]))
