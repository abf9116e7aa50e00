"""Entries are written once: only the position is set, once; nothing is deleted."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION record_entry_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'record_entry_is_append_only' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.position IS NOT NULL
       OR (to_jsonb(NEW) - 'position') IS DISTINCT FROM (to_jsonb(OLD) - 'position') THEN
        RAISE EXCEPTION 'record_entry_is_append_only' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER record_entry_is_append_only BEFORE UPDATE OR DELETE ON record_entry
    FOR EACH ROW EXECUTE FUNCTION record_entry_is_append_only();
"""
BACKWARD = """
DROP TRIGGER record_entry_is_append_only ON record_entry;
DROP FUNCTION record_entry_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("record", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
