"""How well waits are foretold, beside the mean of the day before."""

from kechuang.engines.placement.waits import DAY, prediction_errors


def test_only_who_waited_counts_and_the_peer_sees_only_who_started_before():
    submits, waits = [0, 1000, 2000, 3000], [30, 100, 300, 61]
    assert prediction_errors(submits, waits, [0, 90, 330, 61]) == {
        "jobs": 3,
        "ours_seconds": 10,  # of 10, 30 and 0
        "mean_of_a_day_seconds": 430 / 3 - 61,  # of 100 - 30, 300 - 65 and this
    }


def test_a_day_later_the_peer_has_forgotten():
    found = prediction_errors([0, 2 * DAY], [100, 100], [100, 100])
    assert found == {"jobs": 2, "ours_seconds": 0, "mean_of_a_day_seconds": 100}


def test_nobody_waited():
    assert prediction_errors([0], [5], [0])["jobs"] == 0
