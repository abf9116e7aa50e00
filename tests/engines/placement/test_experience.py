"""What is learnt of how long jobs take: shares of their requests."""

from hypothesis import given
from hypothesis import strategies as st

from kechuang.engines.placement import experience
from kechuang.engines.placement.experience import Experience


def learnt(*shares):
    found = Experience()
    for share in shares:
        found.learn(100 * share, 100)
    return found


def test_before_anything_has_ended_requests_are_halved_or_so():
    assert (learnt().mean(100), learnt().typical(100)) == (0.625, 0.75)


def test_what_has_run_long_is_expected_to_run_longer():
    seen = learnt(*[0.2] * 60, *[0.8] * 40)
    assert seen.typical(100) == 0.2
    assert seen.typical(100, beyond=0.2) == 0.8
    assert seen.typical(100, beyond=0.9) == 1.0
    assert seen.typical(100, beyond=1.0) == 1.1


def test_jobs_that_asked_for_about_as_long_speak_first():
    seen = learnt(*[0.5] * 5)
    for _ in range(5):
        seen.learn(1000, 10_000)
    assert (seen.typical(127), seen.typical(9_000)) == (0.5, 0.1)
    assert (seen.mean(127), round(seen.mean(9_000), 9)) == (0.5, 0.1)
    assert seen.shares(1) == sorted([*[0.5] * 5, *[0.1] * 5, 0.25, 0.5, 0.75, 1.0])


def test_an_overrun_counts_as_the_whole_request():
    assert max(learnt(3.0).shares(100)) == 1.0


@given(st.lists(st.integers(1, 100), min_size=30, max_size=60))
def test_only_the_latest_are_remembered(percents):
    before, experience._REMEMBERED = experience._REMEMBERED, 20
    try:
        seen = learnt(*(each / 100 for each in percents))
    finally:
        experience._REMEMBERED = before
    latest = [each / 100 for each in percents[-20:]]
    assert seen.shares(100) == seen.shares(1) == sorted(latest)
    assert abs(seen.mean(100) - sum(latest) / 20) < 1e-9
