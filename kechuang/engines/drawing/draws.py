"""Draw without replacement from a numbered pool by a public seed, so that anybody can draw again.

The frame is RFC 3797's: the pool is published with numbers, the seed comes from what nobody could
choose, each draw renumbers who is left. Instead of MD5 and a remainder, the numbers come from
HMAC of a counter, by rejection: each is exactly as likely. Replacements come from the same stream.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from kechuang.base.english import both
from kechuang.base.refusals import N_, worded
from kechuang.engines.drawing.digests import hmac_sm3, sm3

Member = TypeVar("Member")

POOL_MAX = 1_000_000
_WORD = 2**64
_NUMBER_BYTES = 8


class DrawRefused(ValueError):
    """A draw cannot be made: says what is wrong with pool, number, seed or suite.

    `said` is the sentence with its parts, for a door; as text it is in both languages.
    """

    def __init__(self, text: str, /, **parts: Any) -> None:
        self.said = worded(text, **parts)
        super().__init__(self.said)

    def __str__(self) -> str:
        return both(self.said)


def _hmac_sha256(key: bytes, content: bytes) -> bytes:
    return hmac.digest(key, content, hashlib.sha256)


def _sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


Keyed = Callable[[bytes, bytes], bytes]
Plain = Callable[[bytes], bytes]
SUITES: dict[str, tuple[Plain, Keyed]] = {"intl": (_sha256, _hmac_sha256), "gm": (sm3, hmac_sm3)}


def suite_of(name: str) -> tuple[Plain, Keyed]:
    """Hash and keyed hash of a suite: `intl` is SHA-256, `gm` is SM3."""
    if not isinstance(name, str) or name not in SUITES:
        raise DrawRefused(
            N_("算法 {called}：只能是 {names}"), called=repr(name), names=list(SUITES)
        )
    return SUITES[name]


def numbers(seed: bytes, suite: str = "intl") -> Iterator[int]:
    """The stream behind a seed: 64-bit numbers, the first 8 bytes of HMAC(seed, counter)."""
    keyed = suite_of(suite)[1]
    counter = 0
    while True:
        block = keyed(seed, b"kechuang draw 1" + counter.to_bytes(_NUMBER_BYTES, "big"))
        yield int.from_bytes(block[:_NUMBER_BYTES], "big")
        counter += 1


def _below(limit: int, stream: Iterator[int]) -> int:
    """The stream's next number below a limit; those that would favour the low ones are passed."""
    fair = _WORD - _WORD % limit
    return next(number for number in stream if number < fair) % limit


def order(pool: Sequence[Member], seed: bytes, suite: str = "intl") -> Iterator[Member]:
    """The whole pool in the order in which it is drawn; whoever comes later replaces who declines.

    The pool must be without repetition and in its published order; the seed must not be empty.
    """
    if not isinstance(seed, bytes) or not seed:
        raise DrawRefused(N_("种子：要是字节串，不能空"))
    left = _numbered(pool)
    suite_of(suite)
    return _order(left, seed, suite)


def _numbered(pool: Sequence[Member]) -> list[Member]:
    """The pool as a list; refuses what has no order of its own, and whoever stands there twice."""
    if not isinstance(pool, Sequence) or isinstance(pool, bytes | bytearray):
        raise DrawRefused(N_("名单：要是按公布次序的一列"))
    if len(pool) > POOL_MAX:
        raise DrawRefused(N_("名单：超过 {most} 人"), most=f"{POOL_MAX:,}")
    try:
        known = len(set(pool))
    except TypeError as error:
        raise DrawRefused(N_("名单：每项要是文字或数")) from error
    if known != len(pool):
        raise DrawRefused(N_("名单：有人写了两遍"))
    return list(pool)


def _order(left: list[Member], seed: bytes, suite: str) -> Iterator[Member]:
    stream = numbers(seed, suite)
    while left:
        yield left.pop(_below(len(left), stream))


def draw(pool: Sequence[Member], k: int, seed: bytes, suite: str = "intl") -> list[Member]:
    """The first k drawn from a pool, in the order drawn.

    A longer draw from the same seed begins with the shorter one.
    """
    _numbered(pool)
    if type(k) is not int or not 0 <= k <= len(pool):
        raise DrawRefused(N_("k {k}：要是 0 至名单人数 {most} 的整数"), k=repr(k), most=len(pool))
    drawn = order(pool, seed, suite)
    return [next(drawn) for _ in range(k)]


def rfc3797(key: str | bytes, pool_size: int, k: int) -> list[int]:
    """RFC 3797's own selection by MD5, kept to reproduce its published example; numbers from 1.

    >>> rfc3797("9319./2.5.8.10.12./9.18.26.34.41.45./", 25, 10)
    [17, 7, 2, 16, 25, 23, 8, 24, 19, 13]
    """
    if type(pool_size) is not int or type(k) is not int or not 0 <= k <= pool_size <= 2**16:
        raise DrawRefused(N_("k 要在 0 至名单人数之间，名单至多 65,536 人"))
    try:
        text = key.encode("ascii") if isinstance(key, str) else bytes(key[:])
    except (UnicodeEncodeError, TypeError) as error:
        raise DrawRefused(N_("key：要是 ASCII 文字或字节串")) from error
    left = list(range(1, pool_size + 1))
    drawn = []
    for place in range(k):
        around = place.to_bytes(2, "big")
        digest = hashlib.md5(around + text + around, usedforsecurity=False).digest()
        drawn.append(left.pop(int.from_bytes(digest, "big") % len(left)))
    return drawn
