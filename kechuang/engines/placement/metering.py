"""From what a job held to what it costs, to the fen: segments of the tariff, minimum, who pays.

Only whole numbers and fractions: the sum of the charges is the bill, whoever adds it up. Rounding
is half up, once for each segment; the minimum charge is topped up once for each job; the voucher
pays first and the payer the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from kechuang.engines.placement.trace import PlacementProblem

HOUR, HOURS = 3600, 24
SHANGHAI = 8 * HOUR  # seconds east of Greenwich; no summer time


@dataclass(frozen=True)
class PriceList:
    """Prices of a centre from a date on, in fen for a processor and hour, by hour of the day.

    A job keeps the list that was in force when it started; the night tariff is in its hours.
    """

    fen_per_core_hour: tuple[Fraction, ...]
    minimum_fen: int = 0
    utc_offset_seconds: int = SHANGHAI

    def __post_init__(self) -> None:
        if len(self.fen_per_core_hour) != HOURS:
            raise PlacementProblem(f"a price list has {HOURS} prices, one an hour")
        if min(self.fen_per_core_hour) < 0 or self.minimum_fen < 0:
            raise PlacementProblem("prices and the minimum are not below 0")


@dataclass(frozen=True)
class Charge:
    """One line of a job's bill: a segment of the tariff, or the top-up to the minimum."""

    kind: str  # "segment" or "minimum"
    since: int
    until: int
    processor_seconds: int
    fen_per_core_hour: Fraction
    amount_fen: int


@dataclass(frozen=True)
class Settlement:
    """Who pays a bill."""

    voucher_fen: int
    payer_fen: int


def round_half_up(value: Fraction) -> int:
    """Whole fen of an amount that is not below 0; half a fen counts as one.

    >>> round_half_up(Fraction(5, 2)), round_half_up(Fraction(249, 100))
    (3, 2)
    """
    return floor(value + Fraction(1, 2))


def charges(processors: int, since: int, until: int, prices: PriceList) -> list[Charge]:
    """The lines of a job that held `processors` from `since` to `until` (whole Unix seconds).

    A segment is a stretch of one price; neighbouring hours of one price are one segment, over
    midnight too. A job that ended before it began is refused; one that held nothing is charged the
    minimum alone.
    """
    if until < since or processors < 0:
        raise PlacementProblem(f"a job cannot hold {processors} processors from {since} to {until}")
    lines = [
        Charge("segment", start, end, processors * (end - start), price,
               round_half_up(processors * (end - start) * price / HOUR))
        for start, end, price in _segments(since, until, prices)
    ]  # fmt: skip
    missing = prices.minimum_fen - sum(line.amount_fen for line in lines)
    if missing > 0:
        lines.append(Charge("minimum", since, until, 0, Fraction(0), missing))
    return lines


def _segments(since: int, until: int, prices: PriceList) -> list[tuple[int, int, Fraction]]:
    found: list[tuple[int, int, Fraction]] = []
    moment = since
    while moment < until:
        local = moment + prices.utc_offset_seconds
        price = prices.fen_per_core_hour[local // HOUR % HOURS]
        end = min(until, moment + HOUR - local % HOUR)
        if found and found[-1][2] == price:
            found[-1] = found[-1][0], end, price
        else:
            found.append((moment, end, price))
        moment = end
    return found


def settle(lines: Sequence[Charge], voucher_left_fen: int) -> Settlement:
    """The voucher first, as far as it goes; the payer the rest."""
    if voucher_left_fen < 0:
        raise PlacementProblem("a voucher cannot be overdrawn")
    total = sum(line.amount_fen for line in lines)
    by_voucher = min(total, voucher_left_fen)
    return Settlement(by_voucher, total - by_voucher)
