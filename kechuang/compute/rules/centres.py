"""What a centre and its prices must say."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta
from decimal import Decimal, InvalidOperation

from kechuang.base.refusals import N_, Refused

HOURS = 24
MILLI = 1000
PRICE_MILLI_MOST = 1_000_000_000


ASK_SILENT_AGAIN = timedelta(seconds=15)
SILENT = N_("中心没有应答。已交去的作业照旧在中心里，等它应答再继续。")
ANSWERS = N_("中心恢复应答。")
CONNECTED = {
    "SLURM": N_("接入 Slurm。"), "RAY": N_("接入 Ray。"), "SIMULATED": N_("改为模拟。"),
    "LOCAL": N_("接入本机。"),
}  # fmt: skip


class CentreRefused(Refused):
    """The centre or its prices cannot be kept so."""


def problems_with_prices(milli_fen: Sequence[int], minimum_fen: int) -> Iterator[CentreRefused]:
    """Every reason why a price list cannot be kept: 24 prices, none below zero."""
    if len(milli_fen) != HOURS or any(
        isinstance(one, bool) or not isinstance(one, int) or not 0 <= one <= PRICE_MILLI_MOST
        for one in milli_fen
    ):
        yield CentreRefused(
            "compute.prices_by_hour", N_("价目须是 24 个不为负的价，一小时一个。"), {}, ("day",)
        )
    if minimum_fen < 0:
        yield CentreRefused("compute.minimum_negative", N_("最低收费不能为负。"), {}, ("minimum",))


def check_connectable(backend: str, other: str, live_runs: int) -> None:
    """Refuse to reach a centre in another way while runs handed in the old way have not ended."""
    if backend != other and live_runs:
        raise CentreRefused(
            "compute.still_runs", N_("这个中心还有 {count} 个运行没有结束，不能改接入方式。"),
            {"count": live_runs}, (), N_("请先暂停接收新作业，等它们结束。"),
        )  # fmt: skip


def no_answer(word: str) -> CentreRefused:
    """The refusal of a centre that could not be reached, with its own words."""
    return CentreRefused(
        "compute.no_answer", N_("中心没有应答：{word}"), {"word": word}, (),
        N_("请在登录节点上试 sinfo 和 sacctmgr，再接入。"),
    )  # fmt: skip


def check_accounted(is_accounted: bool) -> None:
    """Refuse a centre that keeps no accounts: what ran there could not be metered."""
    if not is_accounted:
        raise CentreRefused(
            "compute.not_accounted", N_("这个 Slurm 没有记账（slurmdbd），无法计量。"), {}, (),
            N_("请先装 slurmdbd，设 AccountingStorageType=accounting_storage/slurmdbd。"),
        )  # fmt: skip


def check_connection_names(
    given: set[str], known: set[str], needed: AbstractSet[str] = frozenset({"spool"})
) -> None:
    """Refuse what a connection does not know, and one without what it must say."""
    strange = sorted(given - known) or sorted(needed - given)
    if strange:
        raise CentreRefused(
            "compute.connection_names", N_("接入文件里多了或少了这一项：{name}"),
            {"name": strange[0], "known": ", ".join(sorted(known))}, (), N_("可写：{known}"),
        )  # fmt: skip


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
