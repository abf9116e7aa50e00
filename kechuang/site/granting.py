"""Three roles of the database, so that the web process cannot rewrite the record.

The owner makes tables and belongs to nobody who serves pages. The app reads and writes what the
platform needs, of the record only "insert" and "select". The reader reads the record and no more.
"""

from dataclasses import dataclass

from django.db import DatabaseError, connection, transaction

from kechuang.base.refusals import N_, Refused

# Of these the app has the named rights and no others.
WRITTEN_ONCE = {
    "record_entry": "SELECT, INSERT, UPDATE (turn, position)",
    "record_payload": "SELECT, INSERT, UPDATE (content)",
    "record_batch": "SELECT, INSERT",
    "record_checkpoint": "SELECT, INSERT",
    "record_cosignature": "SELECT, INSERT",
    "record_tile": "SELECT, INSERT, UPDATE (hashes)",
    "ledger_entry": "SELECT, INSERT",
}
READ = ("record_entry", "record_payload", "record_batch", "record_checkpoint",
        "record_cosignature", "record_tile", "record_erasure", "django_migrations")  # fmt: skip
_MADE = """
SELECT c.relname, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i')
                  AND c.relkind = 'S')
ORDER BY c.relname
"""
_FUNCTIONS = """
SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = 'public' AND p.prokind = 'f' ORDER BY 1
"""
_TYPES = """
SELECT t.typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE n.nspname = 'public' AND t.typtype IN ('e', 'd') ORDER BY 1
"""


class RolesRefused(Refused):
    """The roles cannot be set up by whoever asks, or on this server."""


@dataclass(frozen=True, slots=True)
class Names:
    owner: str
    app: str
    reader: str


def name_of(prefix: str) -> Names:
    """The names of the three roles."""
    return Names(f"{prefix}_owner", f"{prefix}_app", f"{prefix}_reader")


@transaction.atomic
def set_up_roles(prefix: str) -> Names:
    """Make the roles, give everything to the owner, and grant; the same on a second run."""
    names = name_of(prefix)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in _statements(names):
                cursor.execute(statement)
    except DatabaseError as error:
        raise RolesRefused(
            "roles.not_allowed", N_("不能建立数据库角色：{why}"), {"why": str(error).strip()},
            way_on=N_("请用数据库的超级用户运行。"),
        ) from error  # fmt: skip
    return names


def _statements(names: Names) -> list[str]:
    q = connection.ops.quote_name
    owner, application, reader = q(names.owner), q(names.app), q(names.reader)
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles")
        known = {row[0] for row in cursor.fetchall()}
        cursor.execute("SELECT current_database()")
        database = q(cursor.fetchone()[0])
    found = [
        f"CREATE ROLE {q(name)} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE"
        for name in (names.owner, names.app, names.reader) if name not in known
    ]  # fmt: skip
    found += [
        f"GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {owner}, {application}, {reader}",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE, CREATE ON SCHEMA public TO {owner}",
        f"GRANT USAGE ON SCHEMA public TO {application}, {reader}",
    ]
    return [*found, *_given(owner), *_granted(application, reader)]


def _rows(query: str) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def _given(owner: str) -> list[str]:
    """Every table, sequence, function and type, given to the owner."""
    q = connection.ops.quote_name
    words = {"r": "TABLE", "p": "TABLE", "v": "VIEW", "m": "MATERIALIZED VIEW", "S": "SEQUENCE"}
    found = [
        f"ALTER {words[kind]} public.{q(name)} OWNER TO {owner}" for name, kind in _rows(_MADE)
    ]
    found += [f"ALTER FUNCTION {one} OWNER TO {owner}" for (one,) in _rows(_FUNCTIONS)]
    found += [f"ALTER TYPE public.{q(one)} OWNER TO {owner}" for (one,) in _rows(_TYPES)]
    return found


def _granted(application: str, reader: str) -> list[str]:
    """The app: everything, but little with what is written once. The reader: the record alone."""
    found = [
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {application}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {application}",
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {application}",
    ]
    there = {row[0] for row in _rows(_MADE)}
    for table, rights in WRITTEN_ONCE.items():
        if table in there:
            found.append(f"REVOKE ALL ON public.{table} FROM {application}")
            found.append(f"GRANT {rights} ON public.{table} TO {application}")
    found += [f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {reader}"]
    return [*found, *(f"GRANT SELECT ON public.{one} TO {reader}" for one in READ if one in there)]
