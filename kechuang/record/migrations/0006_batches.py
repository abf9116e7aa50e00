"""The tree grows by whole batches with fillers; followers read by turn, which nobody is told.

What was placed before keeps its position as its turn.
"""

from django.db import migrations, models

BEFORE = "DROP TRIGGER record_entry_is_append_only ON record_entry;"
FORWARD = """
UPDATE record_entry SET turn = position WHERE position IS NOT NULL;
CREATE OR REPLACE FUNCTION record_entry_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'record_entry_is_append_only' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.position IS NOT NULL
       OR (OLD.turn IS NOT NULL AND NEW.turn IS DISTINCT FROM OLD.turn)
       OR (to_jsonb(NEW) - 'position' - 'turn') IS DISTINCT FROM (to_jsonb(OLD) - 'position' - 'turn')
    THEN
        RAISE EXCEPTION 'record_entry_is_append_only' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER record_entry_is_append_only BEFORE UPDATE OR DELETE ON record_entry
    FOR EACH ROW EXECUTE FUNCTION record_entry_is_append_only();
CREATE TRIGGER record_batch_once BEFORE UPDATE OR DELETE ON record_batch
    FOR EACH ROW EXECUTE FUNCTION record_is_written_once();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('record', '0005_seat_belts'),
    ]

    operations = [
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first', models.BigIntegerField(unique=True, verbose_name='起始位置')),
                ('size', models.PositiveIntegerField(verbose_name='条数')),
                ('filler_seed', models.BinaryField(max_length=32, verbose_name='填充的种子')),
                ('at', models.DateTimeField(verbose_name='时间')),
            ],
            options={
                'verbose_name': '公布批次',
                'ordering': ['first'],
            },
        ),
        migrations.RemoveIndex(
            model_name='entry',
            name='record_unsequenced',
        ),
        migrations.AddField(
            model_name='entry',
            name='turn',
            field=models.BigIntegerField(null=True, unique=True, verbose_name='先后'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(condition=models.Q(('turn__isnull', True)), fields=['id'], name='record_unsequenced'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(condition=models.Q(('position__isnull', True)), fields=['turn'], name='record_unpublished'),
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.CheckConstraint(condition=models.Q(('first__gte', 0), ('size__gt', 0)), name='batch_has_places'),
        ),
        migrations.RunSQL(BEFORE, migrations.RunSQL.noop),
        migrations.RunSQL(FORWARD, migrations.RunSQL.noop),
    ]
