"""What a centre and its prices must say."""

from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation

from kechuang.base.refusals import N_, Refused

HOURS = 24
MILLI = 1000
PRICE_MILLI_MOST = 1_000_000_000


class CentreRefused(Refused):
    """The centre or its prices cannot be kept so."""


def problems_with_prices(
    milli_fen: Sequence[int], minimum_fen: int
) -> Iterator[CentreRefused]:
    """Every reason why a price list cannot be kept: 24 prices, none below zero."""
    if len(milli_fen) != HOURS or any(
        isinstance(one, bool) or not isinstance(one, int) or not 0 <= one <= PRICE_MILLI_MOST
        for one in milli_fen
    ):
        yield CentreRefused(
            "compute.prices_by_hour", N_("价目须是 24 个不为负的价，一小时一个。"), {}, ("day",)
        )
    if minimum_fen < 0:
        yield CentreRefused(
            "compute.minimum_negative", N_("最低收费不能为负。"), {}, ("minimum",)
        )


def by_hour(day: int, night: int, first: int, last: int) -> list[int]:
    """Twenty-four prices: the night's from hour `first` until hour `last`, over midnight too.

    >>> by_hour(10, 5, 22, 6).count(5)
    8
    """
    at_night = {(first + step) % HOURS for step in range((last - first) % HOURS)}
    return [night if hour in at_night else day for hour in range(HOURS)]


def milli_fen(text: str) -> int:
    """Yuan as typed, in thousandths of a fen; refused below a thousandth of a fen.

    >>> milli_fen("0.085")
    8500
    """
    try:
        value = Decimal(text) * 100 * MILLI
        whole = int(value)
    except (InvalidOperation, ValueError, OverflowError):
        value, whole = Decimal("0.5"), 0
    if value != whole or not 0 <= whole <= PRICE_MILLI_MOST:
        raise CentreRefused(
            "compute.price_form", N_("价格须是不为负的元数，最多五位小数。"), {}, ("day",)
        )
    return whole
