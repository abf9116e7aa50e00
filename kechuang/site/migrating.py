"""The tables brought to this version: by one process at a time, and quickly where none are."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.migrations.state import ModelState, ProjectState

from kechuang.site.tables import version_of_tables

MIGRATION_LOCK = 7_301_002


def migrate() -> None:
    """Bring the tables to this version, one process at a time.

    No step waits for the disk alone: the last commit does for all, and a crash before it only
    means that the next start takes the steps again.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        cursor.execute("SET synchronous_commit = off")
        try:
            with new_models_alone():
                call_command("migrate", interactive=False, verbosity=0)
            _mark(cursor)
        finally:
            cursor.execute("SET synchronous_commit = on")
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])
            cursor.execute("SELECT txid_current()")  # a commit that waits, and all before it


def _mark(cursor: CursorWrapper) -> None:
    """Write beside the list of steps taken which version's they are."""
    cursor.execute("SELECT count(*) FROM django_migrations")
    (taken,) = cursor.fetchone()
    cursor.execute(f"COMMENT ON TABLE django_migrations IS '{version_of_tables()} {taken}'")


@contextmanager
def new_models_alone() -> Iterator[None]:
    """While migrations run, render a new model by itself.

    Django renders all models again that are related to a new one, over any number of links: with a
    hundred tables that all know organisations and people this takes longer than making the tables.
    Nothing points to a model that is new, and what it points to only learns of it: what is there
    can stay.
    """
    before = ProjectState.add_model, ProjectState._find_reload_model
    ProjectState.add_model, ProjectState._find_reload_model = _add_model, _find_reload_model
    try:
        yield
    finally:
        ProjectState.add_model, ProjectState._find_reload_model = before


def _add_model(state: ProjectState, model: ModelState) -> None:
    key = (model.app_label, model.name_lower)
    state.models[key] = model
    if state._relations is not None:
        state.resolve_model_relations(key)
    if "apps" in state.__dict__:
        state.apps.render_multiple([model])
        state.apps.clear_cache()


def _find_reload_model(
    state: ProjectState, app_label: str, model_name: str, delay: bool = False
) -> set[tuple[str, str]]:
    """The changed model and, where a field of it may have changed, what points to it directly.

    Names and types of columns come from there, and never from further away.
    """
    changed = (app_label, model_name.lower())
    if delay:
        return {changed}
    try:
        related = state.apps.get_model(*changed)._meta.related_objects
    except LookupError:
        return {changed}
    near = {one.related_model._meta for one in related}
    return {changed} | {(meta.app_label, meta.model_name) for meta in near}
