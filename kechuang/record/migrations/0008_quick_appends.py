"""An entry and its payload by one call, and no index that an append fills and nobody reads.

A function, because the server keeps its plans: the same two inserts as one statement cost it twice
the time.
"""

from django.db import migrations, models

import kechuang.base.numbers

FORWARD = """
CREATE FUNCTION record_append(
    number text, verb text, object_number text, person text, appointment text, role text,
    organisation text, region text, via text, at timestamptz, suite text, salt bytea,
    payload_hash text, leaf_hash text, content jsonb
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    added bigint;
BEGIN
    INSERT INTO record_entry (
        number, verb, object_number, person, appointment, role, organisation, region, via, at,
        suite, salt, payload_hash, leaf_hash
    ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
    RETURNING id INTO added;
    INSERT INTO record_payload (entry_id, content) VALUES (added, $15);
    RETURN added;
END $$;
"""
BACKWARD = "DROP FUNCTION record_append;"


class Migration(migrations.Migration):

    dependencies = [
        ('record', '0007_erasures'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='entry',
            name='record_unpublished',
        ),
        migrations.AlterField(
            model_name='entry',
            name='number',
            field=models.CharField(default=kechuang.base.numbers.new_random_number, max_length=11, verbose_name='编号'),
        ),
        migrations.AlterField(
            model_name='entry',
            name='object_number',
            field=models.CharField(max_length=40, verbose_name='对象'),
        ),
        migrations.AlterField(
            model_name='entry',
            name='position',
            field=models.BigIntegerField(null=True, verbose_name='位置'),
        ),
        migrations.AlterField(
            model_name='entry',
            name='turn',
            field=models.BigIntegerField(null=True, verbose_name='先后'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(condition=models.Q(('position__isnull', True), ('turn__isnull', False)), fields=['turn'], name='record_unpublished'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.UniqueConstraint(fields=('number',), name='one_record_per_number'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.UniqueConstraint(condition=models.Q(('turn__isnull', False)), fields=('turn',), name='one_record_per_turn'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.UniqueConstraint(condition=models.Q(('position__isnull', False)), fields=('position',), name='one_record_per_position'),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
