"""Tables are brought to this version quickly, and to the same tables."""

from contextlib import nullcontext

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from psycopg.conninfo import make_conninfo

from kechuang.site import tables
from kechuang.site.migrating import MIGRATION_LOCK, migrate, new_models_alone
from tests.world import build_world

SOME = [("needs", "0002_attachment"), ("notices", "0002_content_hash")]


def models_after(steps, way):
    """What models, fields and backward names there are after the steps to some parts."""
    graph = MigrationLoader(None).graph
    plan = dict.fromkeys(step for part in steps for step in graph.forwards_plan(part))
    state = ProjectState()
    assert not state.apps.get_models()
    with way:
        for step in plan:
            state = graph.nodes[step].mutate_state(state, preserve=False)
    return {
        model._meta.label: sorted(one.name for one in model._meta.get_fields(include_hidden=True))
        for model in state.apps.get_models()
    }


def test_models_rendered_alone_know_one_another_as_django_renders_them():
    alone = models_after(SOME, new_models_alone())
    assert alone == models_after(SOME, nullcontext())
    assert "targets" in alone["needs.Need"]


def test_django_is_itself_again_afterwards():
    before = ProjectState.add_model
    with pytest.raises(ZeroDivisionError), new_models_alone():
        assert ProjectState.add_model is not before
        raise ZeroDivisionError
    assert ProjectState.add_model is before


@pytest.mark.django_db
def test_one_process_at_a_time_and_commits_wait_again():
    migrate()
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone()[0] == "on"
        cursor.execute("SELECT count(*) FROM pg_locks WHERE objid = %s", [MIGRATION_LOCK])
        assert cursor.fetchone()[0] == 0


def address_of_tests():
    settings = connection.settings_dict
    parts = {"dbname": settings["NAME"], "user": settings["USER"], "host": settings["HOST"]}
    return make_conninfo(**parts, port=settings["PORT"] or None)


@pytest.mark.django_db(transaction=True)
def test_a_start_sees_that_nothing_is_to_be_done_until_a_step_is_taken_back():
    address = address_of_tests()
    migrate()
    assert tables.is_current(address)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('needs', '9999', now())"
        )
        assert not tables.is_current(address)
        cursor.execute("DELETE FROM django_migrations WHERE name = '9999'")
        assert tables.is_current(address)
        cursor.execute("COMMENT ON TABLE django_migrations IS NULL")
    assert not tables.is_current(address)


@pytest.mark.django_db(transaction=True)
def test_a_start_sees_other_migrations_than_those_taken(tmp_path, monkeypatch):
    migrate()
    assert tables.is_current(address_of_tests())
    text = tmp_path / "needs" / "migrations"
    text.mkdir(parents=True)
    (text / "0001_initial.py").write_text("")
    monkeypatch.setattr(tables, "HOUSE", tmp_path)
    assert not tables.is_current(address_of_tests())


@pytest.mark.django_db(transaction=True)
def test_a_start_sees_whether_anybody_is_there(at):
    assert tables.is_empty(address_of_tests())
    build_world(at)
    assert not tables.is_empty(address_of_tests())


def test_a_database_that_does_not_answer_is_refused_in_words():
    with pytest.raises(tables.DatabaseRefused) as caught:
        tables.is_current("postgresql:///kechuang?host=/nonexistent")
    assert caught.value.code == "up.database"
    assert "/nonexistent" in caught.value.facts["why"]
