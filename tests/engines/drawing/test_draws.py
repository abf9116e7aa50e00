"""Known answers, evenness, replacements from the same stream, and refusals."""

import hashlib
import hmac
import random
from collections import Counter
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kechuang.engines.drawing import DrawRefused, draw, order, rfc3797
from kechuang.engines.drawing.digests import hmac_sm3, sm3
from kechuang.engines.drawing.draws import numbers

POOL = [f"RY-{n}" for n in range(12)]


def test_the_example_of_rfc_3797():
    key = "9319./2.5.8.10.12./9.18.26.34.41.45./"
    assert rfc3797(key, 25, 10) == [17, 7, 2, 16, 25, 23, 8, 24, 19, 13]
    assert rfc3797(key.encode(), 25, 3) == [17, 7, 2]


@pytest.mark.parametrize(
    ("content", "digest"),
    [
        (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    ],
)
def test_sm3_gives_the_examples_of_the_standard(content, digest):
    assert sm3(content).hex() == digest


@given(st.binary(max_size=200), st.binary(max_size=100))
def test_hmac_over_sm3_is_that_of_the_library(content, key):
    from cryptography.hazmat.primitives.hashes import SM3
    from cryptography.hazmat.primitives.hmac import HMAC

    other = HMAC(key, SM3())
    other.update(content)
    assert hmac_sm3(key, content) == other.finalize()


def test_the_stream_is_hmac_of_a_counter():
    first, second = islice(numbers(b"seed"), 2)
    expected = [
        hmac.new(b"seed", b"kechuang draw 1" + n.to_bytes(8, "big"), hashlib.sha256).digest()[:8]
        for n in (0, 1)
    ]
    assert [first.to_bytes(8, "big"), second.to_bytes(8, "big")] == expected


def test_a_draw_has_a_known_answer_in_each_suite():
    assert draw(POOL, 3, b"seed", "intl") == ["RY-8", "RY-9", "RY-11"]
    assert draw(POOL, 3, b"seed", "gm") == ["RY-8", "RY-3", "RY-11"]


@settings(max_examples=20)
@given(st.binary(min_size=1, max_size=40), st.integers(0, 12), st.sampled_from(["intl", "gm"]))
def test_a_longer_draw_begins_with_the_shorter(seed, k, suite):
    whole = list(order(POOL, seed, suite))
    assert sorted(whole) == sorted(POOL)
    assert draw(POOL, k, seed, suite) == whole[:k]


def test_everybody_is_drawn_as_often():
    """Chi-square over 10,000 draws of 3 from 12: first places, and who is drawn at all."""
    chance = random.Random(2026)
    first: Counter[str] = Counter()
    drawn: Counter[str] = Counter()
    for _ in range(10_000):
        three = draw(POOL, 3, chance.randbytes(32))
        first[three[0]] += 1
        drawn.update(three)
    critical = 31.264  # chi-square with 11 degrees of freedom, p = 0.001
    assert sum((first[one] - 10_000 / 12) ** 2 / (10_000 / 12) for one in POOL) < critical
    spread = 2_500 * (1 - 3 / 12) * 12 / 11  # places are drawn without replacement
    assert sum((drawn[one] - 2_500) ** 2 for one in POOL) / spread < critical


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ((POOL, 13, b"s"), "k 13"),
        ((POOL, -1, b"s"), "k -1"),
        ((POOL, 1.0, b"s"), "k 1.0"),
        ((POOL, 1, b""), "seed"),
        ((POOL, 1, "s"), "seed"),
        ((POOL, 1, b"s", "md5"), "suite 'md5'"),
        ((["a", "a"], 1, b"s"), "stands there twice"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments, word):
    with pytest.raises(DrawRefused, match=word):
        draw(*arguments)


@pytest.mark.parametrize("arguments", [("k", 3, 4), ("k", 70_000, 1), ("k", 3, -1), ("k", 3.0, 1)])
def test_what_the_rfc_cannot_draw_is_refused(arguments):
    with pytest.raises(DrawRefused):
        rfc3797(*arguments)


@pytest.mark.parametrize(
    ("pool", "word"),
    [
        ({"a", "b"}, "published order"),
        (None, "published order"),
        (b"ab", "published order"),
        ([["a"], ["b"]], "texts or numbers"),
    ],
)
def test_a_pool_without_an_order_of_its_own_is_refused(pool, word):
    for act in (lambda: draw(pool, 1, b"seed"), lambda: order(pool, b"seed")):
        with pytest.raises(DrawRefused, match=word):
            act()


@pytest.mark.parametrize("key", ["\u00e9", None, 3])
def test_a_key_of_the_rfc_is_ascii_or_bytes(key):
    with pytest.raises(DrawRefused, match="key: "):
        rfc3797(key, 3, 1)
