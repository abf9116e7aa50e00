"""What is known of enterprises: as the engine's tables, and as one enterprise at a time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet

from kechuang.cultivation.models import LISTS, Known, Profile, YearlyReturn
from kechuang.cultivation.queries.sight import within
from kechuang.engines.eligibility import Reader
from kechuang.engines.eligibility.schema import schema
from kechuang.parties.models import Organisation

PREFIX = "known_"


@dataclass(frozen=True, slots=True)
class Relation:
    """The engine's tables as common table expressions: `sql` goes before a query of `prefix`.

    The enterprise's id in them is the organisation's primary key.
    """

    prefix: str
    sql: str


def relation(known_at: datetime | None = None) -> Relation:
    """The engine's tables over what is known now, or was known at an instant."""
    known = "known_until IS NULL"
    if known_at is not None:
        instant = f"TIMESTAMPTZ '{known_at.isoformat()}'"
        known = f"known_since <= {instant} AND (known_until IS NULL OR known_until > {instant})"
    lists = ", ".join(f"{name}_known" for name in schema().lists)
    columns = {
        "enterprise": f"organisation_id AS id, {_listed(schema().enterprise)}, judged, {lists}",
        "returns": f"organisation_id AS enterprise_id, year, {_listed(schema().returns)}",
    }
    tables = {"enterprise": Profile._meta.db_table, "returns": YearlyReturn._meta.db_table}
    for name, model in LISTS.items():
        columns[name] = f"organisation_id AS enterprise_id, {_listed(schema().lists[name])}"
        tables[name] = model._meta.db_table
    parts = [
        f'{PREFIX}{name} AS NOT MATERIALIZED (SELECT {columns[name]} FROM "{tables[name]}" '  # nosec B608
        f"WHERE {known})"
        for name in columns
    ]
    return Relation(PREFIX, "WITH " + ",\n".join(parts) + "\n")


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def known_rows(model: type[Known], known_at: datetime | None) -> QuerySet[Any]:
    """The rows of a table that are known now, or were known at an instant."""
    rows = model._default_manager.all()
    if known_at is None:
        return rows.filter(known_until__isnull=True)
    still = Q(known_until__isnull=True) | Q(known_until__gt=known_at)
    return rows.filter(still, known_since__lte=known_at)


def enterprise_facts(
    organisations: Iterable[Organisation] | str, known_at: datetime | None = None
) -> dict[str, dict[str, Any]]:
    """Enterprises as the engine's files have them, by credit code, as known at an instant.

    `organisations` is rows, or the path of a region. An enterprise of which nothing is known has
    its `id` and `name` alone. A fixed number of queries.
    """
    if isinstance(organisations, str):
        organisations = Organisation.objects.filter(within(organisations), kind="ENTERPRISE")
    found = {
        one.pk: {"id": one.code, "name": one.name} for one in organisations
    }  # type: dict[int, dict[str, Any]]
    profiles = known_rows(Profile, known_at).filter(organisation__in=found)
    for row in profiles.values():
        said = found[row["organisation_id"]]
        said |= {name: _plain(row[name]) for name in schema().enterprise if row[name] is not None}
        said |= {name: [] for name in schema().lists if row[f"{name}_known"]}
        if row["judged"]:
            said["judged"] = row["judged"]
    returns = known_rows(YearlyReturn, known_at).filter(organisation__in=found)
    for row in returns.order_by("year").values():
        told = {name: row[name] for name in schema().returns if row[name] is not None}
        found[row["organisation_id"]].setdefault("returns", []).append(
            {"year": row["year"], **told}
        )
    for name, model in LISTS.items():
        _put_list(found, name, known_rows(model, known_at).filter(organisation__in=found))
    return {said["id"]: said for said in found.values()}


def _put_list(found: Mapping[int, dict[str, Any]], name: str, rows: QuerySet[Any]) -> None:
    """Rows of a list that is not known to be whole are left out: it stays unknown."""
    fields = {"ip_class" if one == "class" else one: one for one in schema().lists[name]}
    for row in rows.order_by("pk").values("organisation_id", *fields):
        listed = found[row["organisation_id"]].get(name)
        if listed is not None:
            listed.append(
                {said: _plain(row[field]) for field, said in fields.items()
                 if row[field] is not None}
            )  # fmt: skip


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def flat_rows(
    organisations: Iterable[Organisation] | str, known_at: datetime | None = None
) -> dict[str, dict[str, Any]]:
    """The same as the flat rows that the engine's evaluator takes, by credit code."""
    reader = Reader()
    found = {}
    for code, said in enterprise_facts(organisations, known_at).items():
        reader.place = code
        found[code] = reader.row(said)
    return found


def answers_sql(sql: str, known_at: datetime | None = None) -> str:
    """A query of the engine over what is known."""
    return relation(known_at).sql + sql


