"""A key split among n custodians so that any k give it back and k - 1 tell nothing about it.

Source: Shamir (1979), over the prime 2^256 + 297; shares are 33 bytes big-endian at x = 1..n.
"""

from collections.abc import Callable, Mapping

from kechuang.base.refusals import N_
from kechuang.engines.sealing.suites import SealRefused

PRIME = 2**256 + 297
SHARE_BYTES = 33
KEY_BYTES = 32
SHARES_MAX = 255


def check_numbers(k: int, n: int) -> None:
    """Refuse what is no k of n."""
    if type(k) is not int or type(n) is not int or not 1 <= k <= n <= SHARES_MAX:
        raise SealRefused(
            N_("k 和 n：{n} 份中的 {k} 份不成立；要 1 <= k <= n <= {most}"),
            k=k,
            n=n,
            most=SHARES_MAX,
        )


def split(secret: bytes, k: int, n: int, random_bytes: Callable[[int], bytes]) -> list[bytes]:
    """Split 32 bytes into n shares of which k are needed; share x stands at place x - 1."""
    check_numbers(k, n)
    if len(secret) != KEY_BYTES:
        raise SealRefused(N_("要拆分的密钥是 {length} 字节"), length=KEY_BYTES)
    coefficients = [int.from_bytes(secret, "big")]
    while len(coefficients) < k:
        drawn = int.from_bytes(random_bytes(SHARE_BYTES), "big") & (2**257 - 1)
        if drawn < PRIME:
            coefficients.append(drawn)
    return [_at(coefficients, x).to_bytes(SHARE_BYTES, "big") for x in range(1, n + 1)]


def _at(coefficients: list[int], x: int) -> int:
    found = 0
    for coefficient in reversed(coefficients):
        found = (found * x + coefficient) % PRIME
    return found


def combine(shares: Mapping[int, bytes]) -> bytes:
    """The secret of these shares, by x; all that are given are used. Raises SealRefused."""
    found = value_at(shares, 0)
    if found >= 2 ** (8 * KEY_BYTES):
        raise SealRefused(N_("这些份额合不成密钥"))
    return found.to_bytes(KEY_BYTES, "big")


def value_at(shares: Mapping[int, bytes], x: int) -> int:
    """The polynomial through these shares at x."""
    points = {place: int.from_bytes(share, "big") for place, share in shares.items()}
    if not points or any(
        len(share) != SHARE_BYTES or points[place] >= PRIME or not 1 <= place <= SHARES_MAX
        for place, share in shares.items()
    ):
        raise SealRefused(N_("份额要是小于素数的 {length} 字节，x 从 1 起"), length=SHARE_BYTES)
    found = 0
    for place, value in points.items():
        over, under = 1, 1
        for other in points:
            if other != place:
                over = over * (x - other) % PRIME
                under = under * (place - other) % PRIME
        found = (found + value * over * pow(under, -1, PRIME)) % PRIME
    return found


def shares_of(shares: Mapping[int, bytes], n: int) -> list[bytes]:
    """All n shares of the polynomial through these."""
    return [value_at(shares, x).to_bytes(SHARE_BYTES, "big") for x in range(1, n + 1)]
