"""Many rows into one table at once, by COPY; for the actions that take in whole sheets."""

import json
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from operator import attrgetter
from typing import Any

from django.db import connection, models, transaction
from psycopg.sql import SQL, Identifier

Written = Callable[[Any], Any]


def write_rows(rows: Sequence[models.Model]) -> None:
    """Write new rows of one model and give them their keys, in their order.

    Does what `bulk_create` does, several times quicker; what the database computes is not read
    back. A row that is there already breaks the batch.
    """
    if not rows:
        return
    model = type(rows[0])
    names = [one.attname for one in model._meta.concrete_fields if not _is_computed(one)]
    with transaction.atomic():
        _give_keys(model, rows)
        write_values(model, names, map(attrgetter(*names), rows))
    for row in rows:
        row._state.adding = False
        row._state.db = "default"


def write_values(
    model: type[models.Model], names: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    """Write new rows of a model, each the values of the named columns in their order.

    Columns that are not named are filled in by the database: its keys, and its defaults.
    """
    fields = [model._meta.get_field(name) for name in names]
    writers = [_written(field) for field in fields]
    statement = SQL("COPY {} ({}) FROM STDIN").format(
        Identifier(model._meta.db_table),
        SQL(", ").join(Identifier(field.column) for field in fields),
    )
    errors = connection.wrap_database_errors  # COPY goes past the wrapper of other statements
    with connection.cursor() as cursor, errors, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(
                [value if write is None else write(value)
                 for value, write in zip(row, writers, strict=True)]
            )  # fmt: skip


def _give_keys(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    key = model._meta.pk
    if not isinstance(key, models.AutoField | models.BigAutoField):
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [f'"{model._meta.db_table}"', key.column, len(rows)],
        )
        for row, (value,) in zip(rows, cursor.fetchall(), strict=True):
            setattr(row, key.attname, value)


def _is_computed(field: Any) -> bool:
    """Whether the database fills the column in by itself."""
    return bool(field.generated or field.has_db_default())


def _written(field: Any) -> Written | None:
    """How a value of a column is written; None where it is written as it is."""
    if isinstance(field, models.ForeignKey):
        field = field.target_field
    if isinstance(field, models.JSONField):
        return _json
    if isinstance(field, models.CharField | models.TextField):
        return _text
    plain = (models.IntegerField, models.BooleanField, models.DecimalField, models.DateField)
    if isinstance(field, plain):
        return None
    return lambda value: field.get_db_prep_save(value, connection)


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def _text(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value
