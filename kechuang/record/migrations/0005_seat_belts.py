"""The tree only grows; payloads, checkpoints and cosignatures are written once.

Triggers are a seat belt for whoever means well: the owner of the database can take them away. What
finds that out is `kechuang record verify` with a checkpoint from outside.
"""

from django.db import migrations

ONCE = ("record_payload", "record_checkpoint", "record_cosignature")
FORWARD = """
CREATE FUNCTION record_is_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'record_is_written_once' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE FUNCTION record_tree_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.level <> OLD.level OR NEW.place <> OLD.place
       OR length(NEW.hashes) < length(OLD.hashes)
       OR substring(NEW.hashes FROM 1 FOR length(OLD.hashes)) <> OLD.hashes THEN
        RAISE EXCEPTION 'record_tree_only_grows' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER record_tree_only_grows BEFORE UPDATE OR DELETE ON record_tile
    FOR EACH ROW EXECUTE FUNCTION record_tree_only_grows();
ALTER TABLE record_tile ADD CONSTRAINT tile_is_whole_hashes
    CHECK (length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0);
""" + "".join(
    f"CREATE TRIGGER {table}_once BEFORE UPDATE OR DELETE ON {table} "
    "FOR EACH ROW EXECUTE FUNCTION record_is_written_once();\n"
    for table in ONCE
)
BACKWARD = "".join(f"DROP TRIGGER {table}_once ON {table};\n" for table in ONCE) + """
ALTER TABLE record_tile DROP CONSTRAINT tile_is_whole_hashes;
DROP TRIGGER record_tree_only_grows ON record_tile;
DROP FUNCTION record_tree_only_grows();
DROP FUNCTION record_is_written_once();
"""


class Migration(migrations.Migration):
    dependencies = [("record", "0004_tree_and_signed_checkpoints")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
