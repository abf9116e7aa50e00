"""What is said of a schedule, worked out by hand."""

import pytest

from kechuang.engines.placement.evaluation import Rule, evaluate
from kechuang.engines.placement.measures import bounded_slowdown, fairness, window_measures
from kechuang.engines.placement.trace import Job, Trace

JOBS = (Job(1, 0, 20, 20, 2, 1), Job(2, 0, 4, 4, 2, 2), Job(3, 10, 30, 30, 1, 1))


def test_slowdown_counts_short_jobs_as_ten_seconds():
    assert bounded_slowdown(JOBS[1], 20) == 2.4
    assert bounded_slowdown(JOBS[1], 0) == 1
    assert bounded_slowdown(JOBS[0], 20) == 2


def test_a_window_by_hand():
    assert window_measures(JOBS, [0, 20, 24], 2) == {
        "bounded_slowdown": pytest.approx((1 + 2.4 + 44 / 30) / 3),
        "utilisation": (40 + 8 + 30) / (24 * 2),
        "utilisation_to_last_end": (40 + 8 + 30) / (54 * 2),
        "mean_wait_seconds": (0 + 20 + 14) / 3,
    }


def test_a_window_that_starts_at_once_has_no_paper_utilisation():
    assert window_measures(JOBS[:1], [0], 2)["utilisation"] == 0


def test_fairness_is_one_where_all_fare_alike():
    alike = fairness(JOBS, [0, 0, 10])
    assert alike == {
        "users": 2, "jain_index": 1, "worst_user_slowdown": 1, "median_user_slowdown": 1
    }  # fmt: skip
    unlike = fairness(JOBS, [0, 26, 10])
    assert unlike["worst_user_slowdown"] == 3
    assert unlike["jain_index"] == pytest.approx((1 + 3) ** 2 / (2 * (1 + 9)))


def test_an_evaluation_has_means_and_each_window():
    trace = Trace(tuple(Job(n, 10 * n, 15, 15, 2) for n in range(10)), 2)
    found = evaluate(trace, Rule("fcfs", "none"), [0, 5], 4)
    assert [each["start"] for each in found["windows"]] == [0, 5]
    assert found["mean_wait_seconds"] == (0 + 5 + 10 + 15) / 4
    assert "fairness" not in found


def test_fairness_is_reported_where_users_are_known():
    trace = Trace(JOBS, 2)
    assert evaluate(trace, Rule("fcfs", "none"), [0], 3)["fairness"]["users"] == 2
