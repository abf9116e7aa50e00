"""The region at a glance: what the home page shows, gathered from the parts below."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from kechuang.base.actor import Actor
from kechuang.base.refusals import N_
from kechuang.base.time import shanghai_date
from kechuang.challenges import queries as challenges
from kechuang.challenges.models import Challenge
from kechuang.indicators import queries as indicators
from kechuang.indicators.models import Observation, Source, Subject
from kechuang.indicators.queries import words as words_of_figures
from kechuang.indicators.queries.figures import Figure
from kechuang.notices import queries as notices
from kechuang.notices.models import Notice
from kechuang.parties.models import Region
from kechuang.record import queries as record
from kechuang.record.models import Checkpoint
from kechuang.site.line import in_this_language

# The line of the city: an indicator measured from our own rows, and what stands below its count.
LINE = (
    ("needs_accepted", N_("项需求入库")),
    ("introductions_made", N_("次引荐")),
    ("challenges_open", N_("个榜单在揭")),
    ("bids_opened", N_("份方案开启")),
    ("public_funding_committed", N_("财政资助立项")),
    ("public_funding_paid", N_("财政已拨付")),
    ("projects_accepted", N_("个项目验收")),
)
TRENDS = ("technology_contract_value", "needs_accepted", "introductions_made")
MAPS = ("technology_contract_value", "organisations_enterprises", "needs_accepted")
FEWEST_POINTS = 4
OPEN_SHOWN = 6
NOTICES_SHOWN = 4
SHADES = 5


@dataclass(frozen=True, slots=True)
class Tile:
    """One district on the tile map: where it is drawn, how dark, and its figure."""

    region: Region
    value: Decimal | None
    shade: int
    url: str


@dataclass(frozen=True, slots=True)
class TileMap:
    """The districts of a region, and what each shade means."""

    indicator: Any
    tiles: list[Tile]
    steps: list[tuple[int, Decimal, Decimal | None]]
    divisor: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Trend:
    """This year beside the last, month by month, summed up for flows."""

    indicator: Any
    rows: list[tuple[int, Decimal | None, Decimal | None]]
    year: int
    divisor: Decimal
    unit: str
    url: str

    @property
    def last_year(self) -> int:
        return self.year - 1


@dataclass(frozen=True, slots=True)
class Glance:
    """Each section of the home page; an empty one is left out of the page."""

    line: list[dict[str, Any]] = field(default_factory=list)
    tiles: list[Figure] = field(default_factory=list)
    trend: Trend | None = None
    districts: TileMap | None = None
    challenges: list[Challenge] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    checkpoint: Checkpoint | None = None
    ways: list[dict[str, str]] = field(default_factory=list)


def glance(region: Region | None, at: datetime) -> Glance:
    """Everything that the public sees of a region, in a fixed number of statements."""
    public = Actor.PUBLIC  # the home page is the same for everybody
    if region is None:
        return Glance(checkpoint=record.checkpoint(), ways=_ways(0))
    subject = indicators.subject_of_code(region.code)
    open_now = list(
        challenges.visible_to(public, at)
        .filter(challenges.in_region(region.path), state=Challenge.State.OPEN)
        .order_by("deadline_at", "pk")[: OPEN_SHOWN + 1]
    )
    return Glance(
        line=_line(subject, at) if subject else [],
        tiles=indicators.headline(region.code, public, at),
        trend=_trend(subject, at) if subject else None,
        districts=_districts(region, at),
        challenges=open_now[:OPEN_SHOWN],
        notices=notices.latest_notices(region.path, at, NOTICES_SHOWN),
        checkpoint=record.checkpoint(),
        ways=_ways(len(open_now)),
    )


def evidence_url(observation: Observation) -> str:
    """The page of a figure's evidence."""
    subject = observation.subject.code
    return in_this_language(
        f"/indicators/{observation.indicator}/{subject}/{observation.period}/"
    )


def _ways(open_count: int) -> list[dict[str, str]]:
    """The four ways in."""
    if not open_count:
        bids = _("按目标找能人，谁能干谁来")
    elif open_count > OPEN_SHOWN:
        bids = _("{count} 个以上榜单在揭").format(count=OPEN_SHOWN)
    else:
        bids = _("{count} 个榜单在揭").format(count=open_count)
    ways = (
        ("flag", N_("发布技术需求"), _("企业，约 15 分钟"), "need-new"),
        ("people", N_("揭榜"), bids, "challenges"),
        ("box", N_("找成果与团队"), _("成果、专利、专家、团队"), "offers"),
        ("shield", N_("核验一份凭据"), _("任何人，不用登录"), "verify"),
    )
    shown = []
    for icon, name, note, url_name in ways:
        try:
            url = reverse(url_name)
        except NoReverseMatch:
            continue
        shown.append({"icon": icon, "name": name, "note": note, "url": url})
    return shown


def _line(subject: Subject, at: datetime) -> list[dict[str, Any]]:
    """The line's figures this year: flows summed over its months, stocks as they stood last."""
    codes = [code for code, _words in LINE]
    rows = indicators.current(Actor.PUBLIC, at).filter(
        subject=subject, indicator__in=codes, period_since__year=shanghai_date(at).year,
        value__isnull=False, source__kind=Source.Kind.OWN,
    )  # fmt: skip
    found: dict[str, list[Observation]] = {code: [] for code in codes}
    for row in rows.order_by("-period_until")[:400]:
        found[row.indicator].append(row)
    known = indicators.indicators()
    return [
        {
            "words": words,
            "value": _this_year(known[code], found[code]),
            "is_money": known[code].is_money,
            "url": reverse("indicator", args=[code]),
        }
        for code, words in LINE
        if found[code]
    ]


def _this_year(indicator: Any, rows: list[Observation]) -> Decimal:
    """Newest first: the sum over the months of a flow, the last value of a stock."""
    if indicator.kind == "flow":
        return sum((row.value or Decimal(0) for row in rows if _is_month(row)), Decimal(0))
    return rows[0].value or Decimal(0)


def _trend(subject: Subject, at: datetime) -> Trend | None:
    """The first indicator with months enough to draw."""
    year = shanghai_date(at).year
    for code in TRENDS:
        rows = indicators.series(code, subject, Actor.PUBLIC, at)
        months = {
            (row.period_since.year, row.period_since.month): row
            for row in rows
            if _is_month(row) and row.value is not None
        }
        this_year = [month for (of, month) in months if of == year]
        if len(this_year) < FEWEST_POINTS:
            continue
        return _drawn(code, months, year, max(this_year))
    return None


def _is_month(row: Observation) -> bool:
    return row.period.count("-") == 1 and row.period[-2:].isdigit() and len(row.period) == 7


def _drawn(
    code: str, months: dict[tuple[int, int], Observation], year: int, last: int
) -> Trend:
    indicator = indicators.indicators()[code]
    sums, rows = {year: Decimal(0), year - 1: Decimal(0)}, []
    for month in range(1, last + 1):
        values: dict[int, Decimal | None] = {}
        for of in (year, year - 1):
            row = months.get((of, month))
            if row is None or row.value is None:
                values[of] = None
                continue
            sums[of] += row.value
            values[of] = sums[of] if indicator.kind == "flow" else row.value
        rows.append((month, values[year], values[year - 1]))
    largest = max((value for _month, now, then in rows for value in (now, then) if value),
                  default=Decimal(0))
    divisor, unit = _scale(indicator, largest)
    newest = months[year, last]
    return Trend(indicator, rows, year, divisor, unit, evidence_url(newest))


def _scale(indicator: Any, largest: Decimal) -> tuple[Decimal, str]:
    """One unit for all figures of a chart, as people say it in the reader's language."""
    if not indicator.is_money:
        return Decimal(1), words_of_figures.shown(indicator, Decimal(1))[1]
    if words_of_figures.reads_english():
        steps = ((Decimal(10) ** 9, "billion yuan"), (Decimal(10) ** 6, "million yuan"))
    else:
        steps = ((Decimal(10) ** 8, _("亿元")), (Decimal(10) ** 4, _("万元")))
    return steps[0] if largest >= steps[0][0] else steps[1]


def _districts(region: Region, at: datetime) -> TileMap | None:
    """The districts of a region, shaded by the first indicator that most of them have."""
    known = indicators.indicators()
    for code in MAPS:
        pairs = indicators.county_values(code, region, Actor.PUBLIC, at)
        drawn = [(r, o) for r, o in pairs if r.tile_x and r.tile_y]
        values = [o.value for _r, o in drawn if o is not None and o.value is not None]
        if not drawn or 2 * len(values) < len(drawn):
            continue
        divisor, unit = _scale(known[code], max(values))
        step = _step(max(values) / divisor)
        tiles = [_tile(r, o, step, divisor) for r, o in drawn]
        return TileMap(known[code], tiles, _steps(step), divisor, unit)
    return None


def _tile(region: Region, observation: Observation | None, step: Decimal, divisor: Decimal) -> Tile:
    value = observation.value / divisor if observation and observation.value is not None else None
    shade = min(SHADES, int((value or 0) / step) + 1)
    return Tile(region, value, shade, evidence_url(observation) if observation else "")


def _step(largest: Decimal) -> Decimal:
    """A fifth of the largest value, made round: 1, 2 or 5 times a power of ten."""
    rough = largest / SHADES
    if rough <= 1:
        return Decimal(1)
    power = Decimal(10) ** (len(str(int(rough))) - 1)
    return next(power * k for k in (1, 2, 5, 10) if power * k >= rough)


def _steps(step: Decimal) -> list[tuple[int, Decimal, Decimal | None]]:
    """The legend: shade, from, to; the last has no end."""
    return [
        (shade, step * (shade - 1), step * shade if shade < SHADES else None)
        for shade in range(1, SHADES + 1)
    ]
