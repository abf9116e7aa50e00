"""The API of the registry: centres, prices by two people, phases, trials, load, data, lines."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from kechuang.base.refusals import require
from kechuang.compute import actions, queries
from kechuang.compute.backends.orders import Unreachable
from kechuang.compute.backends.reaching import try_kept
from kechuang.compute.models import Centre, DataSet, Phase, PriceProposal
from kechuang.compute.models.desk import DataClass
from kechuang.compute.rules import rights
from kechuang.compute.rules.registry import check_unit
from kechuang.doors.api import ERRORS, ListQuery, PageOf, api_actor
from kechuang.doors.lists import keyset
from kechuang.doors.requests import found_or_404
from kechuang.parties.queries import organisation_by_code

network = Router(tags=["network"])
data_sets = Router(tags=["data-sets"])


class CentreIn(Schema):
    """A centre: what it has by precision, what it draws, lets through and takes in."""

    name: str = Field(max_length=100)
    name_en: str = Field("", max_length=120)
    kind: Centre.Kind
    side: Centre.Side
    processors: int = Field(ge=1)
    accelerators: int = Field(0, ge=0)
    capacity_pflops_fp64: Decimal | None = None
    capacity_pflops_fp16: Decimal | None = None
    watts_per_core: Decimal
    pue: Decimal
    carbon_g_per_kwh: list[float] = Field(description="24 numbers, by the hour from midnight")
    bandwidth_mb_s: Decimal
    data_classes: list[DataClass]
    templates: list[str] = Field(default_factory=list, max_length=50)


class NewCentreIn(CentreIn):
    """A centre that is registered, with the credit code of who runs it."""

    organisation: str = Field(max_length=18)


class PricesIn(Schema):
    """Twenty-four prices of a core hour, in thousandths of a fen; the least a job costs."""

    milli_fen_per_core_hour: list[int] = Field(max_length=24)
    minimum_fen: int = Field(0, ge=0)
    since: datetime | None = None


class PricesOut(Schema):
    """Prices that were asked for: waiting, set or refused."""

    number: str
    since: datetime
    milli_fen_per_core_hour: list[int]
    minimum_fen: int
    state: str
    asked_at: datetime
    due_at: datetime
    reason: str


class RefuseIn(Schema):
    reason: str = Field(min_length=1, max_length=500)


class PhaseIn(Schema):
    """A phase of extension: what it adds, and until when."""

    name: str = Field(max_length=80)
    due_date: date
    processors: int = Field(0, ge=0)
    accelerators: int = Field(0, ge=0)
    capacity_pflops_fp64: Decimal | None = None
    capacity_pflops_fp16: Decimal | None = None
    source: str = Field(max_length=200)


class PhaseOut(PhaseIn):
    place: int
    state: str
    state_since: datetime


class PhaseStateIn(Schema):
    state: Phase.State


class TrialOut(Schema):
    """Whether a centre answered, and what it said."""

    at: datetime
    is_answered: bool
    said: str
    lacks: list[str]


class HourOut(Schema):
    """One hour at a centre: core seconds held of those there were, and who waited as it ended."""

    since: datetime
    held_core_seconds: int
    there_were_core_seconds: int
    waiting: int


class LinkIn(Schema):
    """What goes through between two centres."""

    centre: str = Field(max_length=20)
    other: str = Field(max_length=20)
    bandwidth_mb_s: Decimal = Field(gt=0)
    is_measured: bool
    source: str = Field(max_length=200)


class LinkOut(Schema):
    first: str
    second: str
    bandwidth_mb_s: Decimal
    is_measured: bool
    at: datetime
    source: str

    @staticmethod
    def resolve_first(row: Any) -> str:
        return row.first.number

    @staticmethod
    def resolve_second(row: Any) -> str:
        return row.second.number


class AudienceIn(Schema):
    """Who may use a data set; `named` are credit codes."""

    audience: DataSet.Audience
    named: list[str] = Field(default_factory=list, max_length=100)
    state: DataSet.State = DataSet.State.OFFERED


class DataSetIn(Schema):
    """A data set of the own unit that lies at a centre."""

    title: str = Field(max_length=120)
    about: str = Field(max_length=1000)
    centre: str = Field(max_length=20)
    size_mb: int = Field(ge=1)
    data_class: DataClass
    audience: DataSet.Audience
    named: list[str] = Field(default_factory=list, max_length=100)


class DataSetOut(Schema):
    number: str
    title: str
    about: str
    organisation: str
    centre: str
    size_mb: int
    data_class: str
    audience: str
    state: str
    version: int

    @staticmethod
    def resolve_organisation(row: Any) -> str:
        return row.organisation.code

    @staticmethod
    def resolve_centre(row: Any) -> str:
        return row.centre.number


def centre_of(request: HttpRequest, number: str) -> Centre:
    """A centre that is there."""
    return found_or_404(queries.centres_visible_to(request.actor, request.at), number=number)


def register_on(centres: Router, centre_out: type[Schema]) -> None:
    """Put the verbs of the registry beside the reads of centres."""

    @centres.post("", response={200: centre_out, **ERRORS}, operation_id="register_centre")
    def register_centre(request: HttpRequest, body: NewCentreIn) -> Any:
        """Register a centre of the own region; prices and the connection come next."""
        actor = api_actor(request)
        facts = body.dict()
        unit = organisation_by_code(facts.pop("organisation"))
        check_unit(unit is not None)
        facts |= {"organisation": unit, "region_path": actor.region, "backend": "NONE"}
        return actions.register_centre(facts=facts, by=actor, at=request.at)

    @centres.post(
        "/{number}/change", response={200: centre_out, **ERRORS}, operation_id="change_centre"
    )
    def change_centre(request: HttpRequest, number: str, body: CentreIn) -> Any:
        """Change what it has, draws, lets through and takes in."""
        return actions.change_centre(
            centre=centre_of(request, number), facts=body.dict(), by=api_actor(request),
            at=request.at,
        )  # fmt: skip

    @centres.post(
        "/{number}/prices", response={200: PricesOut, **ERRORS}, operation_id="ask_prices"
    )
    def ask_prices(request: HttpRequest, number: str, body: PricesIn) -> Any:
        """Ask for prices; a second person sets them."""
        return actions.ask_prices(
            centre=centre_of(request, number), milli_fen=body.milli_fen_per_core_hour,
            minimum_fen=body.minimum_fen, since=body.since, by=api_actor(request), at=request.at,
        )  # fmt: skip

    @centres.post(
        "/{number}/prices/{asked}/set", response={200: PricesOut, **ERRORS},
        operation_id="set_prices",
    )  # fmt: skip
    def set_prices(request: HttpRequest, number: str, asked: str) -> Any:
        """Set the prices that another person asked for."""
        row = _asked(request, number, asked)
        actions.set_prices(asked=row, by=api_actor(request), at=request.at)
        row.refresh_from_db()
        return row

    @centres.post(
        "/{number}/prices/{asked}/refuse", response={200: PricesOut, **ERRORS},
        operation_id="refuse_prices",
    )  # fmt: skip
    def refuse_prices(request: HttpRequest, number: str, asked: str, body: RefuseIn) -> Any:
        """Do not set them, with a reason."""
        row = _asked(request, number, asked)
        by = api_actor(request)
        return actions.refuse_prices(asked=row, reason=body.reason, by=by, at=request.at)

    @centres.get("/{number}/load", response={200: list[HourOut], **ERRORS}, operation_id="get_load")
    def get_load(request: HttpRequest, number: str) -> Any:
        """Each of the last 24 whole hours: what was held of what there was, and who waited."""
        row = centre_of(request, number)
        return [
            {"since": one.since, "held_core_seconds": one.held_core_seconds,
             "there_were_core_seconds": one.processors * 3600, "waiting": one.waiting}
            for one in queries.load_of([row], request.at)[row.pk]
        ]  # fmt: skip

    _extension_on(centres)


def _extension_on(centres: Router) -> None:
    @centres.get(
        "/{number}/phases", response={200: list[PhaseOut], **ERRORS}, operation_id="list_phases"
    )
    def list_phases(request: HttpRequest, number: str) -> Any:
        """The phases of its extension; public."""
        return list(centre_of(request, number).phases.all()[:100])

    @centres.post(
        "/{number}/phases", response={200: PhaseOut, **ERRORS}, operation_id="add_phase"
    )
    def add_phase(request: HttpRequest, number: str, body: PhaseIn) -> Any:
        """Register the next phase, as planned."""
        centre = centre_of(request, number)
        by = api_actor(request)
        return actions.add_phase(centre=centre, facts=body.dict(), by=by, at=request.at)

    @centres.post(
        "/{number}/phases/{place}", response={200: PhaseOut, **ERRORS}, operation_id="move_phase"
    )
    def move_phase(request: HttpRequest, number: str, place: int, body: PhaseStateIn) -> Any:
        """Put it under construction, in service, or drop it."""
        rows = Phase.objects.filter(centre=centre_of(request, number)).select_related("centre")
        return actions.move_phase(
            phase=found_or_404(rows, place=place), state=body.state, by=api_actor(request),
            at=request.at,
        )  # fmt: skip

    @centres.post("/{number}/test", response={200: TrialOut, **ERRORS}, operation_id="try_centre")
    def try_centre(request: HttpRequest, number: str) -> Any:
        """Ask the centre whether it answers, by the way that is kept."""
        row, by = centre_of(request, number), api_actor(request)
        require(rights.may_run_centre(by, row.facts), rights.not_permitted(rights.CENTRE_MAY))
        try:
            found = try_kept(row.backend, queries.place_of(row))
            told = {"is_answered": True, "said": found.said, "lacks": found.lacks}
        except Unreachable as silence:
            told = {"is_answered": False, "said": str(silence), "lacks": []}
        return actions.note_trial(centre=row, by=by, at=request.at, **told)


def _asked(request: HttpRequest, number: str, asked: str) -> PriceProposal:
    rows = PriceProposal.objects.filter(centre=centre_of(request, number))
    return found_or_404(rows, number=asked)


@network.get("", response={200: list[LinkOut], **ERRORS}, operation_id="list_links")
def list_links(request: HttpRequest) -> Any:
    """What counts between each two centres now; public."""
    return list(queries.links_now().values())


@network.post("", response={200: LinkOut, **ERRORS}, operation_id="note_link")
def note_link(request: HttpRequest, body: LinkIn) -> Any:
    """Keep what goes through between two centres, as measured or declared."""
    given = body.dict()
    ends = {name: centre_of(request, given.pop(name)) for name in ("centre", "other")}
    return actions.note_link(**ends, **given, by=api_actor(request), at=request.at)


@data_sets.get("", response={200: PageOf[DataSetOut], **ERRORS}, operation_id="list_data_sets")
def list_data_sets(request: HttpRequest, query: Query[ListQuery]) -> Any:
    """Data sets that this reader may know of, newest first."""
    rows = queries.data_visible_to(request.actor, request.at)
    page = keyset(rows, after=query.after, limit=query.limit)
    return {"items": page.rows, "next_after": page.next_after}


@data_sets.post("", response={200: DataSetOut, **ERRORS}, operation_id="register_data")
def register_data(request: HttpRequest, body: DataSetIn) -> Any:
    """Register data of the own unit; the data themselves stay at the centre."""
    given, by = body.dict(), api_actor(request)
    centre = centre_of(request, given.pop("centre"))
    return actions.register_data(
        centre=centre, named=given.pop("named"), facts=given, by=by, at=request.at
    )


@data_sets.get("/{number}", response={200: DataSetOut, **ERRORS}, operation_id="get_data_set")
def get_data_set(request: HttpRequest, number: str) -> Any:
    """One data set."""
    return found_or_404(queries.data_visible_to(request.actor, request.at), number=number)


@data_sets.post(
    "/{number}/change", response={200: DataSetOut, **ERRORS}, operation_id="change_data_audience"
)
def change_data_audience(request: HttpRequest, number: str, body: AudienceIn) -> Any:
    """Say anew who may use it, or withdraw it."""
    rows = queries.data_visible_to(api_actor(request), request.at)
    return actions.change_data_audience(
        data=found_or_404(rows, number=number), by=request.actor, at=request.at, **body.dict()
    )
