"""Centres, the jobs that ask for one, and which centres may take a job at all."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kechuang.engines.placement.trace import PlacementProblem

HOURS = 24
WORDS = {
    "centre_closed": "closed",
    "too_few_processors": "has {has} processors and the job needs {needs}",
    "other_kind_of_resource": "has no {needs}",
    "data_may_not_come": "data of class {data_class} may not come here",
    "template_not_installed": "{template} is not installed",
    "allocation_exhausted": "{left:.1f} core hours are left and the job asks for {needs:.1f}",
}


@dataclass(frozen=True)
class Centre:
    """A computing centre. Prices, carbon and so on by hour of the day, from midnight."""

    id: str
    processors: int
    price_fen_per_core_hour: tuple[float, ...]
    carbon_g_per_kwh: tuple[float, ...]
    watts_per_core: float
    bandwidth_mb_s: float
    data_rules: frozenset[str]  # classes of data that may come here from elsewhere, or live here
    kinds: frozenset[str] = frozenset()  # of resources; none named = takes every kind
    templates: frozenset[str] | None = None  # installed; None = takes every template
    allocations_core_hours: Mapping[str, float] | None = None  # left, by organisation; None = any
    is_open: bool = True


@dataclass(frozen=True)
class BrokerJob:
    """A job looking for a centre. Seconds from midnight of the first day; money in yuan."""

    id: str
    submit: float
    processors: int
    requested: float
    run: float  # what it will really take; no policy reads it
    home: str
    data_mb: float
    data_class: str
    value_yuan_per_hour: float  # what an hour of waiting costs its user
    deadline: float | None = None
    kind: str = ""
    template: str = ""
    organisation: str = ""


@dataclass(frozen=True)
class Unfit:
    """Why a centre may not take a job."""

    code: str
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The rule in words, with its numbers."""
        return WORDS[self.code].format(**self.facts)


def why_not(centre: Centre, job: BrokerJob) -> Unfit | None:
    """The first hard rule by which this centre may not take this job, or None."""
    return next(_reasons_against(centre, job), None)


def _reasons_against(centre: Centre, job: BrokerJob) -> Iterator[Unfit]:
    if not centre.is_open:
        yield Unfit("centre_closed")
    if job.processors > centre.processors:
        yield Unfit("too_few_processors", {"has": centre.processors, "needs": job.processors})
    if job.kind and centre.kinds and job.kind not in centre.kinds:
        yield Unfit("other_kind_of_resource", {"needs": job.kind})
    if job.data_class not in centre.data_rules:
        yield Unfit("data_may_not_come", {"data_class": job.data_class})
    if job.template and centre.templates is not None and job.template not in centre.templates:
        yield Unfit("template_not_installed", {"template": job.template})
    if centre.allocations_core_hours is not None:
        left = centre.allocations_core_hours.get(job.organisation, 0)
        needs = job.processors * job.requested / 3600
        if left < needs:
            yield Unfit("allocation_exhausted", {"left": left, "needs": needs})


def transfer_seconds(job: BrokerJob, home: Centre, centre: Centre) -> float:
    """How long the job's data travel: the slower of the two ends counts; at home nothing."""
    if centre.id == home.id or not job.data_mb:
        return 0.0
    return job.data_mb / min(home.bandwidth_mb_s, centre.bandwidth_mb_s)


# --- files ----------------------------------------------------------------------------------


def read_centres(rows: Any) -> tuple[Centre, ...]:
    """Centres of a JSON list; PlacementProblem names the centre and the field."""
    if not isinstance(rows, list) or not rows:
        raise PlacementProblem("centres: a list of objects is needed")
    centres = tuple(_centre(place, row) for place, row in enumerate(rows, 1))
    if len({centre.id for centre in centres}) < len(centres):
        raise PlacementProblem("centres: two have the same id")
    return centres


def _centre(place: int, row: Any) -> Centre:
    where = f"centre {place}"
    if not isinstance(row, dict):
        raise PlacementProblem(f"{where}: not an object")
    id = _text(row, "id", where)
    where = f"centre {id}"
    templates, allocations = row.get("templates"), row.get("allocations_core_hours")
    if allocations is not None and not isinstance(allocations, dict):
        raise PlacementProblem(f"{where}: allocations_core_hours must be an object")
    return Centre(
        id=id,
        processors=int(_number(row, "processors", where, least=1)),
        price_fen_per_core_hour=_by_hour(row, "price_fen_per_core_hour", where),
        carbon_g_per_kwh=_by_hour(row, "carbon_g_per_kwh", where),
        watts_per_core=_number(row, "watts_per_core", where),
        bandwidth_mb_s=_number(row, "bandwidth_mb_s", where, least=1e-9),
        data_rules=_words(row.get("data_rules"), "data_rules", where),
        kinds=_words(row.get("kinds", []), "kinds", where),
        templates=None if templates is None else _words(templates, "templates", where),
        allocations_core_hours=allocations,
        is_open=bool(row.get("is_open", True)),
    )


def read_jobs(rows: Iterable[tuple[int, Any]], centres: Sequence[Centre]) -> list[BrokerJob]:
    """Jobs of numbered lines, by submission; PlacementProblem names the line and the field."""
    known = {centre.id for centre in centres}
    jobs = [_job(f"line {line}", row, known) for line, row in rows]
    if not jobs:
        raise PlacementProblem("there are no jobs")
    return sorted(jobs, key=lambda job: job.submit)


def _job(where: str, row: Any, centres: set[str]) -> BrokerJob:
    if not isinstance(row, dict):
        raise PlacementProblem(f"{where}: not an object")
    home = _text(row, "home", where)
    if home not in centres:
        raise PlacementProblem(f"{where}: home {home!r} is no centre of the file")
    return BrokerJob(
        id=_text(row, "id", where),
        submit=_number(row, "submit", where),
        processors=int(_number(row, "processors", where, least=1)),
        requested=_number(row, "requested", where),
        run=_number(row, "run", where),
        home=home,
        data_mb=_number(row, "data_mb", where),
        data_class=_text(row, "data_class", where),
        value_yuan_per_hour=_number(row, "value_yuan_per_hour", where),
        deadline=_number(row, "deadline", where) if row.get("deadline") is not None else None,
        kind=str(row.get("kind") or ""),
        template=str(row.get("template") or ""),
        organisation=str(row.get("organisation") or ""),
    )


def _text(row: dict[str, Any], name: str, where: str) -> str:
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise PlacementProblem(f"{where}: {name} must be a text or a whole number")
    return str(value)


def _number(row: dict[str, Any], name: str, where: str, least: float = 0) -> float:
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= least:
        raise PlacementProblem(f"{where}: {name} must be a number of at least {least:g}")
    return value


def _by_hour(row: dict[str, Any], name: str, where: str) -> tuple[float, ...]:
    values = row.get(name)
    if not isinstance(values, list) or len(values) != HOURS:
        raise PlacementProblem(f"{where}: {name} must be {HOURS} numbers, one an hour")
    return tuple(_number({name: value}, name, where) for value in values)


def _words(values: Any, name: str, where: str) -> frozenset[str]:
    if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
        raise PlacementProblem(f"{where}: {name} must be a list of texts")
    return frozenset(values)
