"""Tables are brought to this version quickly, and to the same tables."""

from contextlib import nullcontext

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from kechuang.site.migrating import MIGRATION_LOCK, migrate, new_models_alone

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
