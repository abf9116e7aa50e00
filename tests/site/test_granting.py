"""Roles of the database: what the app may not do to the record, nor the reader to anything."""

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction
from psycopg.sql import SQL, Identifier

from kechuang.base.actor import Actor
from kechuang.record import actions
from kechuang.record.models import Entry
from kechuang.site.granting import name_of, set_up_roles

pytestmark = pytest.mark.django_db
PREFIX = "kc_test"


@pytest.fixture
def superuser(db):
    """Roles are set up by the server's superuser: the installation's own role is none, and is
    lent the superuser's while the test runs."""
    told = connection.get_connection_params()
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, current_user FROM pg_roles WHERE rolname = current_user")
        is_super, own = cursor.fetchone()
    if is_super:
        yield
        return
    at_server = {key: told[key] for key in ("host", "port") if told.get(key)}
    at_server |= {"dbname": "postgres", "user": "postgres"}
    with psycopg.connect(**at_server, autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(4402)")  # one core at a time is lent it
        server.execute(SQL("GRANT postgres TO {}").format(Identifier(own)))
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_auth_members LIMIT 1")  # hears of what was granted
            cursor.execute("SET LOCAL ROLE postgres")
        yield
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
        server.execute(SQL("REVOKE postgres FROM {}").format(Identifier(own)))


@pytest.fixture
def names(at, superuser):
    actions.append(verb="x", object_number="n", by=Actor.CLOCK, at=at)
    actions.sequence_entries()
    actions.take_checkpoint(at=at)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # tables of pending checks cannot be given
        cursor.execute("SELECT session_user")
        own = cursor.fetchone()[0]
        found = set_up_roles(PREFIX)
        for role in (found.owner, found.app, found.reader):  # to act as them, one must be of them
            cursor.execute(SQL("GRANT {} TO {}").format(Identifier(role), Identifier(own)))
    return found


def acting_as(role, statement):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {role}")
        cursor.execute(statement)
        rows = cursor.fetchall() if cursor.description else cursor.rowcount
        transaction.set_rollback(True)
    return rows


@pytest.mark.parametrize("statement", [
    "UPDATE record_entry SET verb = 'y'",
    "DELETE FROM record_entry",
    "TRUNCATE record_entry CASCADE",
    "UPDATE record_payload SET entry_id = 1",
    "DELETE FROM record_payload",
    "DELETE FROM record_checkpoint",
    "UPDATE record_batch SET size = 1",
    "DELETE FROM record_tile",
    "UPDATE ledger_entry SET amount_fen = 1",
    "ALTER TABLE record_entry DISABLE TRIGGER ALL",
    "DROP TRIGGER record_entry_is_append_only ON record_entry",
    "CREATE TABLE public.mine (a int)",
    "SET session_replication_role = replica",
])  # fmt: skip
def test_the_app_cannot_rewrite_the_record(names, statement):
    with pytest.raises(ProgrammingError, match="permission denied|must be owner"):
        acting_as(names.app, statement)


def test_the_app_can_do_its_work(names, at):
    assert acting_as(names.app, "SELECT verb FROM record_entry") == [("x",)]
    assert acting_as(names.app, "UPDATE record_numberseries SET last = last") == 0
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL ROLE {names.app}")
        actions.append(verb="y", object_number="n", by=Actor.CLOCK, at=at)
        actions.sequence_entries()
        actions.take_checkpoint(at=at)
        actions.take_number("XQ", at=at)
        actions.defer("record.sequence", timestamp=0)
        transaction.set_rollback(True)
    assert Entry.objects.count() == 1


def test_the_reader_reads_the_record_and_nothing_else(names):
    assert acting_as(names.reader, "SELECT verb FROM record_entry") == [("x",)]
    for statement in ("SELECT 1 FROM parties_account", "DELETE FROM record_entry"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            acting_as(names.reader, statement)


def test_a_second_run_changes_nothing_and_tables_belong_to_the_owner(names):
    assert set_up_roles(PREFIX) == names == name_of(PREFIX)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
        )
        assert cursor.fetchall() == [(names.owner,)]
