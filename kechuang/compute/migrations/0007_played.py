"""A centre may be played; what is told of it carries a mark that stays, and is never billed."""

from django.db import migrations, models

NO_BILL = """
CREATE FUNCTION compute_refuse_played_bill() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM compute_job WHERE id = NEW.job_id AND is_simulated) THEN
        RAISE EXCEPTION 'a simulated job has no bill' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER simulated_job_has_no_bill BEFORE INSERT ON compute_bill
    FOR EACH ROW EXECUTE FUNCTION compute_refuse_played_bill();

CREATE FUNCTION compute_keep_played() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'whether a submitted job is simulated never changes'
        USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER simulated_job_stays_so BEFORE UPDATE ON compute_job FOR EACH ROW
    WHEN (OLD.submitted_at IS NOT NULL AND NEW.is_simulated IS DISTINCT FROM OLD.is_simulated)
    EXECUTE FUNCTION compute_keep_played();
"""
NO_BILL_BACK = """
DROP TRIGGER simulated_job_stays_so ON compute_job;
DROP FUNCTION compute_keep_played();
DROP TRIGGER simulated_job_has_no_bill ON compute_bill;
DROP FUNCTION compute_refuse_played_bill();
"""


class Migration(migrations.Migration):
    dependencies = [("compute", "0006_registry")]
    operations = [
        migrations.AddField(
            model_name="job",
            name="is_simulated",
            field=models.BooleanField(default=False, verbose_name="模拟"),
        ),
        migrations.AddField(
            model_name="usage",
            name="is_simulated",
            field=models.BooleanField(default=False, verbose_name="模拟"),
        ),
        migrations.AlterField(
            model_name="centre",
            name="backend",
            field=models.CharField(
                choices=[
                    ("NONE", "未接入"), ("LOCAL", "本机"), ("SLURM", "Slurm"), ("RAY", "Ray"),
                    ("SIMULATED", "模拟"),
                ],
                default="NONE", max_length=10, verbose_name="接入方式",
            ),
        ),
        migrations.AddConstraint(
            model_name="usage",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_simulated", False), ("is_charged", False), _connector="OR"),
                name="simulated_usage_is_not_charged",
            ),
        ),
        migrations.RunSQL(NO_BILL, NO_BILL_BACK),
    ]  # fmt: skip
