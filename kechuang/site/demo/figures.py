"""Figures: what was published elsewhere, and what this installation measures of its own rows."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from kechuang.base.periods import Period
from kechuang.doors.sheets import Sheet
from kechuang.indicators import actions, queries
from kechuang.indicators.actions.reading import COLUMNS
from kechuang.site.demo import texts
from kechuang.site.demo.cast import OPERATOR, Cast

LENDER = "辽宁省沈阳市"
BORROWER = "示例省示例市"
MONTHS = 8
FEW_MONTHS = 2
LONG = (
    "needs_accepted", "introductions_made", "organisations_enterprises",
    "public_funding_committed", "public_funding_paid",
)
TIERS = "cultivated"
BY_COUNTY = ("organisations_enterprises", "needs_accepted")
TOTAL = "technology_enterprises_evaluated"


def publish(cast: Cast, size: str) -> None:
    """Import the published figures, lend the totals of one city to 示例市, promise the year's
    tiers, measure the months.
    """
    rows = texts.rows("published-figures.csv")
    for sheet in (rows, [_lent(row) for row in rows if _is_total(row)]):
        answer = actions.import_observations(
            sheet=Sheet(list(COLUMNS), sheet), by=OPERATOR, at=cast.clock.now
        )
        assert not answer["problems"], answer["problems"][:3]
    _promise(cast, "town" if size == "town" else "city")
    _measure(cast)


def _promise(cast: Cast, size: str) -> None:
    """Enter the year's targets of the tiers, as the city's officer does."""
    known = queries.indicators()
    promised: dict[str, list[tuple[Any, Decimal]]] = {}
    for row in texts.rows("tier-targets.csv"):
        promised.setdefault(row["region"], []).append(
            (known[row["indicator"]], Decimal(row[size]))
        )
    regions = {one.code: one for one in cast.regions.values()}
    for code, values in promised.items():
        actions.set_targets(
            values=values, region=regions[code], period=Period.parse(str(cast.clock.day.year)),
            by=cast.actor("linjing"), at=cast.clock.at(-300),
        )  # fmt: skip


def _is_total(row: dict[str, str]) -> bool:
    return row["area"] == LENDER and not row["entity"]


def _lent(row: dict[str, str]) -> dict[str, Any]:
    """A published total of 沈阳 as a figure of 示例市, which says so plainly."""
    return row | {
        "area": BORROWER,
        "source_kind": "DEMONSTRATION",
        "source_title": f"沈阳市公布的总量，借作示例市演示：{row['source_title']}",
        "source_note": "这是沈阳市公布的数，只为演示而借用；示例市为虚构城市，没有自己的总量。",
    }


def _measure(cast: Cast) -> None:
    """Measure the past months of the city and publish them; the last one waits for the head."""
    known_at = max(datetime.now(UTC), cast.clock.now) + timedelta(minutes=1)
    officer, head = cast.actor("linjing"), cast.actor("guoxun")
    wanted = [one for one in queries.indicators().values() if one.is_measured]
    tiers = [one for one in wanted if one.group == TIERS and one.kind == "stock"]
    wanted = [one for one in wanted if one not in tiers]
    _tiers(cast, tiers, known_at)
    months = _months(cast)
    for back, month in enumerate(months):
        at = cast.clock.at(-20 * back - 1, 10)
        for indicator in wanted:
            if back >= FEW_MONTHS and indicator.code not in LONG:
                continue
            made = actions.measure(
                indicator=indicator, region=cast.city, by=officer, at=max(at, _over(month)),
                period=queries.period_for(indicator, month), known_at=known_at,
            )  # fmt: skip
            if back or indicator.code != "introductions_made":
                actions.publish_observation(
                    observation=made, by=head, at=max(at, _over(month)) + timedelta(hours=2)
                )
    for county in cast.regions.values():
        if county.is_demo and county.level == "COUNTY":
            _county(cast, county, months[0], known_at)


def _tiers(cast: Cast, wanted: list[Any], known_at: datetime) -> None:
    """The tiers of enterprises as of yesterday, the first day that they were evaluated."""
    officer, head = cast.actor("linjing"), cast.actor("guoxun")
    yesterday = Period.parse(f"@{cast.clock.day - timedelta(days=1)}")
    counties = [one for one in cast.regions.values() if one.level == "COUNTY" and one.is_demo]
    asked = [(one, cast.city) for one in wanted]
    asked += [(one, county) for one in wanted if one.code == TOTAL for county in counties]
    for indicator, region in asked:
        made = actions.measure(
            indicator=indicator, region=region, by=officer, at=cast.clock.at(0, 7),
            period=yesterday, known_at=known_at,
        )  # fmt: skip
        actions.publish_observation(observation=made, by=head, at=cast.clock.at(0, 8))


def _over(month: Period) -> datetime:
    return datetime.combine(month.until, datetime.min.time(), tzinfo=UTC)


def _months(cast: Cast) -> list[Period]:
    """The past months, newest first."""
    months, day = [], cast.clock.day.replace(day=1)
    for _turn in range(MONTHS):
        day = (day - timedelta(days=1)).replace(day=1)
        months.append(Period.parse(f"{day:%Y-%m}"))
    return months


def _county(cast: Cast, county: Any, month: Period, known_at: datetime) -> None:
    """Two figures of a county, measured and published by the city's people."""
    at = max(cast.clock.at(-1, 11), _over(month))
    for code in BY_COUNTY:
        indicator = queries.indicator_by_code(code)
        assert indicator is not None
        made = actions.measure(
            indicator=indicator, region=county, by=cast.actor("linjing"), at=at,
            period=queries.period_for(indicator, month), known_at=known_at,
        )  # fmt: skip
        actions.publish_observation(
            observation=made, by=cast.actor("guoxun"), at=at + timedelta(hours=1)
        )
