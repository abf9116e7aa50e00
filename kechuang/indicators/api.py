"""The indicators' API: definitions, observations, evidence; measuring, publishing, importing."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Field, Query, Router, Schema, Status

from kechuang.base.actor import Actor
from kechuang.base.periods import Period
from kechuang.base.refusals import N_
from kechuang.doors.api import ERRORS, ListQuery, PageOf, api_actor, expected_version
from kechuang.doors.lists import keyset
from kechuang.doors.requests import found_or_404
from kechuang.doors.sheets import Sheet
from kechuang.indicators import actions, measures, queries, rules
from kechuang.indicators.actions.reading import COLUMNS
from kechuang.indicators.models import Observation
from kechuang.indicators.rules import Indicator
from kechuang.parties.models import Region

indicators = Router(tags=["indicators"])
observations = Router(tags=["observations"])
routers = [("/indicators", indicators), ("/observations", observations)]
MOST_ROWS = 5000


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _at(request: HttpRequest) -> datetime:
    at: datetime = request.at  # type: ignore[attr-defined]
    return at


class IndicatorOut(Schema):
    """What is counted, in which unit, as stock or flow, by which formula."""

    code: str
    name: str
    name_en: str
    unit: str
    kind: str
    direction: str
    group: str
    formula: str
    description: str
    description_en: str
    version: int


class IndicatorsOut(Schema):
    """All definitions."""

    items: list[IndicatorOut]


class ObservationOut(Schema):
    """One figure with its key, its statement and where it comes from. Values are exact texts."""

    number: str
    indicator: str
    subject: str
    subject_name: str
    period: str
    value: str | None
    low: str | None
    high: str | None
    qualifier: str
    unit: str
    yoy_percent: str | None
    attainment_percent: str | None
    source: str
    source_title: str
    source_published: str
    statement_number: int
    vintage: int
    is_current: bool
    known_date: date
    state: str
    evidence_root: str
    evidence_count: int
    version: int

    @staticmethod
    def resolve_subject(row: Observation) -> str:
        return row.subject.code

    @staticmethod
    def resolve_subject_name(row: Observation) -> str:
        return row.subject.name

    @staticmethod
    def resolve_value(row: Observation) -> str | None:
        return _text(row.value)

    @staticmethod
    def resolve_low(row: Observation) -> str | None:
        return _text(row.low)

    @staticmethod
    def resolve_high(row: Observation) -> str | None:
        return _text(row.high)

    @staticmethod
    def resolve_yoy_percent(row: Observation) -> str | None:
        return _text(row.yoy_percent)

    @staticmethod
    def resolve_attainment_percent(row: Observation) -> str | None:
        return _text(row.attainment_percent)

    @staticmethod
    def resolve_unit(row: Observation) -> str:
        found = queries.indicator_by_code(row.indicator)
        return found.unit if found else ""

    @staticmethod
    def resolve_source(row: Observation) -> str:
        return row.source.number

    @staticmethod
    def resolve_source_title(row: Observation) -> str:
        return row.source.title

    @staticmethod
    def resolve_source_published(row: Observation) -> str:
        return row.source.published


class EvidenceRow(Schema):
    """One row that the reader may see."""

    place: int
    number: str
    title: str
    value: str


class EvidenceOut(Schema):
    """The rows behind a figure; listed and not listed always sum to the total."""

    observation: str
    root: str
    count: int
    total: str
    listed_count: int
    listed_total: str
    hidden_count: int
    hidden_total: str
    rows: list[EvidenceRow]
    next_after: str = ""


class ObservationQuery(ListQuery):
    """How the list of observations is narrowed."""

    indicator: str = Field("", max_length=60)
    subject: str = Field("", max_length=20)
    period: str = Field("", max_length=20)
    known: date | None = None


class EvidenceQuery(Schema):
    """Where the next rows begin."""

    after: str = Field("", max_length=9)
    limit: int = Field(50, ge=1, le=200)


class MeasureIn(Schema):
    """Of which region and period."""

    region: str = Field(max_length=6)
    period: str = Field(max_length=20)


class TargetIn(Schema):
    """What is promised."""

    region: str = Field(max_length=6)
    period: str = Field(max_length=20)
    value: Decimal = Field(max_digits=18, decimal_places=2)


class TargetOut(Schema):
    """A target in force."""

    number: str
    indicator: str
    period: str
    value: str | None
    vintage: int

    @staticmethod
    def resolve_value(row: Any) -> str | None:
        return _text(row.value)


class ImportIn(Schema):
    """Rows of published figures, by the columns of the sheet's template."""

    rows: list[dict[str, str | int | None]] = Field(max_length=MOST_ROWS)


class ImportProblem(Schema):
    """One thing wrong: the row, counted from 1, and the column."""

    row: int
    column: str
    code: str


class ImportOut(Schema):
    """What came of it; with a problem nothing is written."""

    problems: list[ImportProblem]
    new: int
    updated: int
    unchanged: int = 0
    defined: list[str] = []


def _text(value: Decimal | None) -> str | None:
    if value is None:
        return None
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _indicator(code: str) -> Indicator:
    found = queries.indicator_by_code(code)
    if found is None:
        raise Http404
    return found


def _region(code: str, at: datetime) -> Region:
    region = queries.region_in_force(code, at)
    if region is None:
        raise rules.IndicatorRefused(
            "indicators.region", N_("没有代码为“{code}”的地区。"), {"code": code}, ("region",)
        )
    return region


@indicators.get("", response={200: IndicatorsOut, **ERRORS}, operation_id="list_indicators")
def list_indicators(request: HttpRequest) -> Any:
    """All definitions, shipped and registered here."""
    return {"items": list(queries.indicators().values())}


class RungOut(Schema):
    """A tier of a region in a year: promised, published, and how much of it in percent."""

    indicator: str
    name: str
    tier: str
    period: str
    value: str | None
    target: str | None
    attainment: str | None
    short: str | None


class LadderOut(Schema):
    """The ladder of tiers of a region in a year."""

    region: str
    year: int
    items: list[RungOut]


class LadderQuery(Schema):
    """Which region and year."""

    region: str = Field(max_length=20)
    year: int = Field(ge=2000, le=2100)


@indicators.get("/ladder", response={200: LadderOut, **ERRORS}, operation_id="ladder")
def ladder(request: HttpRequest, query: Query[LadderQuery]) -> Any:
    """The year's targets of a region's tiers beside what was published."""
    subject = queries.subject_of_code(query.region)
    if subject is None:
        raise Http404
    rungs = queries.ladder(subject, query.year, _actor(request), _at(request))
    return {
        "region": subject.code, "year": query.year,
        "items": [
            {"indicator": one.indicator.code, "name": one.name,
             "tier": one.indicator.formula_kind,
             "period": one.figure.observation.period if one.figure else "",
             "value": _text(one.value), "target": _text(one.target_value),
             "attainment": _text(one.attainment), "short": _text(one.short)}
            for one in rungs if one.figure or one.target
        ],
    }


@indicators.get("/{code}", response={200: IndicatorOut, **ERRORS}, operation_id="get_indicator")
def get_indicator(request: HttpRequest, code: str) -> Any:
    """One definition."""
    return _indicator(code)


@indicators.post(
    "/{code}/measure", response={200: ObservationOut, **ERRORS}, operation_id="measure_indicator"
)
def measure_indicator(request: HttpRequest, code: str, body: MeasureIn) -> Any:
    """Measure from the rows as known now, and freeze them."""
    by = api_actor(request)
    return actions.measure(
        indicator=_indicator(code), region=_region(body.region, _at(request)),
        period=Period.parse(body.period), by=by, at=_at(request),
    )  # fmt: skip


@indicators.post(
    "/{code}/targets", response={201: TargetOut, **ERRORS}, operation_id="set_target"
)
def set_target(request: HttpRequest, code: str, body: TargetIn) -> Any:
    """Set the target of a region for a period."""
    by = api_actor(request)
    target = actions.set_target(
        indicator=_indicator(code), region=_region(body.region, _at(request)),
        period=Period.parse(body.period), value=body.value, by=by, at=_at(request),
    )  # fmt: skip
    return Status(201, target)


@observations.get(
    "", response={200: PageOf[ObservationOut], **ERRORS}, operation_id="list_observations"
)
def list_observations(request: HttpRequest, query: Query[ObservationQuery]) -> Any:
    """Current observations, or those known on a date; newest first."""
    rows = queries.visible_to(_actor(request), _at(request))
    if query.indicator:
        rows = rows.filter(indicator=query.indicator)
    if query.subject:
        rows = rows.filter(subject__code=query.subject)
    if query.period:
        rows = rows.filter(period=query.period)
    rows = queries.known_on(rows, query.known) if query.known else rows.filter(is_current=True)
    page = keyset(rows, after=query.after, limit=query.limit)
    return {"items": page.rows, "next_after": page.next_after}


@observations.post(
    "/import", response={200: ImportOut, **ERRORS}, operation_id="import_observations"
)
def import_observations(request: HttpRequest, body: ImportIn) -> Any:
    """Enter published figures, all or none; the same again changes nothing."""
    by = api_actor(request)
    sheet = Sheet(list(COLUMNS), [dict(row) for row in body.rows], first_row=1)
    answer = actions.import_observations(sheet=sheet, by=by, at=_at(request))
    problems = [
        {"row": one.row, "column": one.column, "code": one.refused.code}
        for one in answer["problems"]
    ]
    return {**answer, "problems": problems}


@observations.get(
    "/{number}", response={200: ObservationOut, **ERRORS}, operation_id="get_observation"
)
def get_observation(request: HttpRequest, number: str) -> Any:
    """One observation."""
    return found_or_404(queries.visible_to(_actor(request), _at(request)), number=number)


@observations.get(
    "/{number}/evidence", response={200: EvidenceOut, **ERRORS}, operation_id="get_evidence"
)
def get_evidence(request: HttpRequest, number: str, query: Query[EvidenceQuery]) -> Any:
    """The rows of a measured figure that the reader may see, and how many others there are."""
    actor, at = _actor(request), _at(request)
    row = found_or_404(queries.visible_to(actor, at), number=number)
    definition = _indicator(row.indicator)
    if not definition.is_measured or not row.evidence_root:
        raise Http404
    seen = measures.evidence_seen(row, definition, actor, at, query.after, query.limit)
    return {
        "observation": row.number, "root": row.evidence_root, "count": seen.count,
        "total": _text(seen.total), "listed_count": seen.listed_count,
        "listed_total": _text(seen.listed_total), "hidden_count": seen.hidden_count,
        "hidden_total": _text(seen.hidden_total), "next_after": seen.next_after,
        "rows": [
            {"place": one.place, "number": one.number, "title": one.title,
             "value": _text(one.value)}
            for one in seen.rows
        ],
    }  # fmt: skip


@observations.post(
    "/{number}/publish", response={200: ObservationOut, **ERRORS},
    operation_id="publish_observation",
)
def publish_observation(request: HttpRequest, number: str) -> Any:
    """Publish a measured figure."""
    by = api_actor(request)
    row = found_or_404(queries.visible_to(by, _at(request)), number=number)
    return actions.publish_observation(
        observation=row, by=by, at=_at(request), version=expected_version(request)
    )
