"""Taking in what is known: the row before ends, another begins; departments outrank enterprises."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from kechuang.base.actor import Actor
from kechuang.cultivation.models import LISTS, Keyed, Known, Profile, Source, YearlyReturn
from kechuang.doors.rows import write_rows, write_values
from kechuang.engines.eligibility.schema import schema
from kechuang.parties.models import Organisation
from kechuang.record import actions as record

OWNER, DEPARTMENT, ENTERPRISE = 3, 2, 1
JOB_MOST = 500  # with more enterprises than these, all are recomputed
TABLES: dict[str, type[Known]] = {"profile": Profile, "returns": YearlyReturn, **LISTS}
ADMIN = {"id", "organisation", "source", "known_since", "known_until", "told"}


@dataclass(frozen=True, slots=True)
class Said:
    """One row that a source says: of whom, in which table (`profile`, `returns` or a list), under
    which key, which values. `is_over` ends the row; without a key a list is known to be empty.
    """

    organisation: Organisation
    table: str
    key: str
    values: Mapping[str, Any]
    is_over: bool = False


@dataclass
class Learned:
    """What was written: how many rows began, were corrected, stayed; whose they are."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    touched: set[str] = field(default_factory=set)


def rank_of(source: Source, column: str) -> int:
    """Whose word counts more for a column: its owner's, another department's, the enterprise's."""
    if source.kind == Source.Kind.DECLARATION:
        return ENTERPRISE
    return OWNER if source.department in schema().owner_of(column).split("、") else DEPARTMENT


def source_of(
    *, kind: str, title: str, department: str, day: date, is_demo: bool = False, by: Actor,
    at: datetime,
) -> Source:  # fmt: skip
    """A source of data, written down once."""
    return Source.objects.create(
        kind=kind, title=title[:200], department=department[:60], day=day, by_person=by.person,
        by_role=by.role, entered_at=at, is_demo=is_demo,
    )  # fmt: skip


@transaction.atomic
def learn(*, said: Sequence[Said], source: Source, by: Actor, at: datetime) -> Learned:
    """Keep what a source says of enterprises, and recompute them.

    A value replaces what a source of its rank or below said; a row that changes ends and another
    begins. Right and content are the caller's matter.
    """
    done = Learned()
    tables: dict[str, list[Said]] = {}
    for one in said:
        tables.setdefault(one.table, []).append(one)
    for name in ("profile", "returns", *LISTS):
        if name in tables:
            _learn_table(name, tables[name], source, at, done)
    known = {
        name: {one.organisation.pk: one.organisation for one in rows}
        for name, rows in tables.items() if name in LISTS
    }  # fmt: skip
    if known:
        _know_lists(known, source, at)
    if done.touched:
        record.append_batch(
            verb="cultivation.learn", object_number=source.number, by=by, at=at,
            rows=[{"organisation": one} for one in sorted(done.touched)],
        )  # fmt: skip
        numbers = sorted(done.touched) if len(done.touched) <= JOB_MOST else []
        record.defer("cultivation.recompute", numbers=numbers)
    return done


def _learn_table(
    name: str, rows: Sequence[Said], source: Source, at: datetime, done: Learned
) -> None:
    model = TABLES[name]
    named = [one for one in rows if one.key or name not in LISTS]
    before = _known_now(model, [one.organisation.pk for one in named])
    sources = _sources(before.values())
    ended: list[int] = []
    begun: list[Known] = []
    for one in named:
        key = (one.organisation.pk, one.key)
        merged = _merged(model, one, before.get(key), source, sources, at)
        if merged is before.get(key):
            done.unchanged += 1
            continue
        if key in before:
            ended.append(before[key].pk)
        if merged is not None:
            begun.append(merged)
        done.created += key not in before
        done.updated += key in before
        done.touched.add(one.organisation.number)
    _end(model, ended, at)
    write_rows(begun)


def _end(model: type[Known], keys: Sequence[int], at: datetime) -> None:
    """What was known ends; what began at this very instant was never known to anybody."""
    rows = model._default_manager.filter(pk__in=keys)
    rows.filter(known_since__gte=at).delete()
    rows.filter(known_since__lt=at).update(known_until=at)


def _known_now(model: type[Known], organisations: Iterable[int]) -> dict[tuple[int, str], Any]:
    rows = (
        model._default_manager.select_for_update()
        .filter(organisation__in=set(organisations), known_until__isnull=True)
        .order_by("pk")
    )
    return {(row.organisation_id, _key(row)): row for row in rows}


def _key(row: Any) -> str:
    if isinstance(row, Keyed):
        return row.key
    return str(row.year) if isinstance(row, YearlyReturn) else ""


def _sources(rows: Iterable[Any]) -> dict[int, Source]:
    keys = {pk for row in rows for pk in (row.source_id, *getattr(row, "told", {}).values())}
    return Source.objects.in_bulk(keys)


def _merged(
    model: type[Known], one: Said, before: Any, source: Source, sources: Mapping[int, Source],
    at: datetime,
) -> Any:
    """The row that comes after; the same object where nothing changes, None where it is over."""
    if one.is_over:
        return None
    values = _values_of(model, before)
    told = {} if before is None else _told(before, values)
    changed = before is None
    for name in values:
        given, there = one.values.get(name), values[name]
        if given is None:
            continue
        if name == "judged":
            given = {**(there or {}), **given}
        rank = rank_of(source, name)
        kept = rank_of(sources[told[name]], name) if name in told else 0
        if kept > rank:
            continue
        changed = changed or given != there or (rank > kept and hasattr(before, "told"))
        values[name] = given
        told.pop(name, None)
    if not changed:
        return before
    row = model(organisation=one.organisation, source=source, known_since=at, **values)
    if isinstance(row, Keyed):
        row.key = one.key
    elif isinstance(row, YearlyReturn):
        row.year = int(one.key)
    if isinstance(row, Profile | YearlyReturn):
        row.told = told
    return row


def _values_of(model: type[Known], before: Any) -> dict[str, Any]:
    """What stands in the row before, by column; a fresh row is empty."""
    columns = [field.name for field in model._meta.concrete_fields if field.name not in ADMIN]
    row = model() if before is None else before
    return {name: getattr(row, name) for name in columns if name not in ("key", "year")}


def _told(before: Any, values: Mapping[str, Any]) -> dict[str, int]:
    """Which source each column of a row comes from."""
    said = getattr(before, "told", {})
    return {
        name: said.get(name, before.source_id)
        for name, value in values.items()
        if value is not None and not name.endswith("_known")
    }


def _know_lists(
    known: Mapping[str, Mapping[int, Organisation]], source: Source, at: datetime
) -> None:
    """That a list of an enterprise was brought in says that it is known, be it empty."""
    organisations = {pk: one for rows in known.values() for pk, one in rows.items()}
    profiles = {
        row.organisation_id: row
        for row in Profile.objects.select_for_update()
        .filter(organisation__in=organisations, known_until__isnull=True)
        .order_by("pk")
    }
    ended, begun = [], []
    for pk, organisation in organisations.items():
        names = [f"{name}_known" for name, rows in known.items() if pk in rows]
        before = profiles.get(pk)
        if before is not None and all(getattr(before, name) for name in names):
            continue
        after = _next_profile(organisation, before, source, at)
        for name in names:
            setattr(after, name, True)
        begun.append(after)
        if before is not None:
            ended.append(before.pk)
    _end(Profile, ended, at)
    write_rows(begun)


def _next_profile(
    organisation: Organisation, before: Profile | None, source: Source, at: datetime
) -> Profile:
    if before is None:
        return Profile(organisation=organisation, source=source, known_since=at)
    columns = [
        field.name for field in Profile._meta.concrete_fields
        if field.name not in ADMIN | {"known_since"}
    ]  # fmt: skip
    return Profile(
        organisation=organisation, source_id=before.source_id, told=before.told, known_since=at,
        **{name: getattr(before, name) for name in columns},
    )  # fmt: skip


@transaction.atomic
def take_in(
    *, source: Source, profile: Sequence[tuple[Any, ...]], returns: Sequence[tuple[Any, ...]],
    lists: Mapping[str, Sequence[tuple[Any, ...]]], by: Actor, at: datetime,
) -> None:
    """Keep the first that is known of very many enterprises, by COPY.

    A row of `profile` is the organisation's key and then its columns, judged points and known
    lists in the order of the engine's schema; of `returns` the key, the year, the figures; of a
    list the key, the row's own key, the columns. What is known already breaks the batch
    (one_profile_known_now and its like).
    """
    known = (source.pk, at)
    flags = [f"{name}_known" for name in schema().lists]
    write_values(
        Profile,
        ("organisation_id", *schema().enterprise, "judged", *flags, "source_id", "known_since",
         "told"),
        ((*row, *known, {}) for row in profile),
    )
    write_values(
        YearlyReturn,
        ("organisation_id", "year", *schema().returns, "source_id", "known_since", "told"),
        ((*row, *known, {}) for row in returns),
    )
    for name, rows in lists.items():
        columns = ("ip_class" if one == "class" else one for one in schema().lists[name])
        write_values(
            LISTS[name], ("organisation_id", "key", *columns, "source_id", "known_since"),
            ((*row, *known) for row in rows),
        )
    with connection.cursor() as cursor:  # what was just brought in is unknown to the planner
        for model in TABLES.values():
            cursor.execute(f'ANALYZE "{model._meta.db_table}"')
    record.append(
        verb="cultivation.take_in", object_number=source.number, by=by, at=at,
        payload={"profiles": len(profile), "returns": len(returns),
                 "rows": sum(map(len, lists.values()))},
    )
