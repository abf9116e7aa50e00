"""A payload may go, and only go, where one person asked for it and another approved."""

import django.db.models.deletion
from django.db import migrations, models

import kechuang.base.numbers

FORWARD = """
CREATE FUNCTION record_payload_is_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.entry_id = OLD.entry_id AND NEW.content IS NULL AND EXISTS (
        SELECT 1 FROM record_erasure e WHERE e.entry_id = OLD.entry_id AND e.state = 'ERASED'
            AND e.decided_by <> '' AND e.decided_by <> e.asked_by
    ) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'record_is_written_once' USING ERRCODE = 'integrity_constraint_violation';
END $$;
DROP TRIGGER record_payload_once ON record_payload;
CREATE TRIGGER record_payload_once BEFORE UPDATE OR DELETE ON record_payload
    FOR EACH ROW EXECUTE FUNCTION record_payload_is_written_once();
CREATE FUNCTION record_erasure_is_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'ASKED' OR NEW.entry_id <> OLD.entry_id
       OR NEW.asked_by <> OLD.asked_by OR NEW.asked_at <> OLD.asked_at
       OR NEW.reason <> OLD.reason OR NEW.ground <> OLD.ground THEN
        RAISE EXCEPTION 'record_erasure_is_decided_once'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER record_erasure_once BEFORE UPDATE OR DELETE ON record_erasure
    FOR EACH ROW EXECUTE FUNCTION record_erasure_is_decided_once();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('record', '0006_batches'),
    ]

    operations = [
        migrations.CreateModel(
            name='Erasure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(default=kechuang.base.numbers.new_random_number, max_length=11, unique=True, verbose_name='编号')),
                ('ground', models.CharField(choices=[('CONSENT', '个人撤回同意（个人信息保护法第四十七条）'), ('PURPOSE', '处理目的已实现或不再必要（个人信息保护法第四十七条）'), ('UNLAWFUL', '违反法律或约定处理了个人信息（个人信息保护法第四十七条）'), ('ORDER', '法院或监管机关的决定')], max_length=10, verbose_name='法律依据')),
                ('reason', models.CharField(max_length=500, verbose_name='理由')),
                ('region_path', models.CharField(max_length=60, verbose_name='地区')),
                ('state', models.CharField(choices=[('ASKED', '待另一人批准'), ('ERASED', '已删除'), ('REFUSED', '不予删除')], default='ASKED', max_length=10, verbose_name='状态')),
                ('asked_by', models.CharField(max_length=40, verbose_name='申请人')),
                ('asked_at', models.DateTimeField(verbose_name='申请于')),
                ('decided_by', models.CharField(blank=True, max_length=40, verbose_name='批准人')),
                ('decided_at', models.DateTimeField(null=True, verbose_name='办结于')),
                ('answer', models.CharField(blank=True, max_length=500, verbose_name='答复')),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='record.entry', verbose_name='记录')),
            ],
            options={
                'verbose_name': '删除申请',
                'indexes': [models.Index(fields=['state', 'region_path'], name='erasure_by_state')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by', ''), ('state', 'ASKED')), models.Q(models.Q(('state', 'ASKED'), _negated=True), models.Q(('decided_by', ''), _negated=True), models.Q(('decided_by', models.F('asked_by')), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='erasure_is_decided_by_another'), models.CheckConstraint(condition=models.Q(models.Q(('asked_by', ''), _negated=True), models.Q(('reason', ''), _negated=True)), name='erasure_has_asker_and_reason'), models.UniqueConstraint(condition=models.Q(('state', 'REFUSED'), _negated=True), fields=('entry',), name='one_erasure_per_entry')],
            },
        ),
        migrations.RunSQL(FORWARD, migrations.RunSQL.noop),
    ]
