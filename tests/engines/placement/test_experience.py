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
    assert (learnt().mean, learnt().typical()) == (0.625, 0.75)


def test_what_has_run_long_is_expected_to_run_longer():
    seen = learnt(*[0.2] * 60, *[0.8] * 40)
    assert seen.typical() == 0.2
    assert seen.typical(beyond=0.2) == 0.8
    assert seen.typical(beyond=0.9) == 1.0
    assert seen.typical(beyond=1.0) == 1.1


def test_an_overrun_counts_as_the_whole_request():
    assert max(learnt(3.0)._by_size) == 1.0


@given(st.lists(st.integers(1, 100), min_size=30, max_size=60))
def test_only_the_latest_are_remembered(percents):
    before, experience._REMEMBERED = experience._REMEMBERED, 20
    try:
        seen = learnt(*(each / 100 for each in percents))
    finally:
        experience._REMEMBERED = before
    latest = [each / 100 for each in percents[-20:]]
    assert seen._by_size == sorted(latest)
    assert abs(seen.mean - sum(latest) / 20) < 1e-9
