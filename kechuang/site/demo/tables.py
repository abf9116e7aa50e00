"""Tables made ready to take in very many rows: what grows row by row is built at the end."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.db.models import Model

_INDEXES = """
    SELECT i.indexname, i.indexdef FROM pg_indexes i
    JOIN pg_index x ON x.indexrelid = format('%%I.%%I', i.schemaname, i.indexname)::regclass
    WHERE i.schemaname = current_schema() AND i.tablename = ANY(%s) AND NOT x.indisunique
    ORDER BY i.indexname
"""
_KEYS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
      AND conrelid = ANY(%s::regclass[])
    ORDER BY conname
"""
MEMORY = "512MB"


@contextmanager
def taking_in(*models: type[Model]) -> Iterator[None]:
    """Leave out the tables' indexes and foreign keys within, then build and check them at once.

    Unique indexes stay. All in the transaction of the caller: whatever breaks, the tables are as
    they were. Locks the tables for everybody else, so it is for a database that nobody uses yet.
    """
    tables = [model._meta.db_table for model in models]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(_INDEXES, [tables])
        indexes = cursor.fetchall()
        cursor.execute(_KEYS, [[f'"{table}"' for table in tables]])
        keys = cursor.fetchall()
        for name, _made in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        for table, name, _made in keys:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        yield
        cursor.execute(f"SET LOCAL maintenance_work_mem = '{MEMORY}'")
        for _name, made in indexes:
            cursor.execute(made)
        for table, name, made in keys:
            cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {made}')
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for table in tables:
            cursor.execute(f'ANALYZE "{table}"')
