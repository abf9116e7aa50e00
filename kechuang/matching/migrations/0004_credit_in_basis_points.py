"""Shares of credit in hundredths of a percent, so that three liaisons can share alike."""

from django.db import migrations, models

DROP = """
DROP TRIGGER credit_shares_sum_to_a_hundred ON matching_credit;
DROP FUNCTION matching_credit_sums();
"""
SUMS = """
CREATE FUNCTION matching_credit_sums() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed bigint := coalesce(NEW.introduction_id, OLD.introduction_id);
    total bigint;
BEGIN
    SELECT sum(share_bp) INTO total FROM matching_credit WHERE introduction_id = changed;
    IF total IS NOT NULL AND total <> 10000 THEN
        RAISE EXCEPTION 'credit_shares_sum_to_the_whole: introduction % has %', changed, total
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER credit_shares_sum_to_the_whole
    AFTER INSERT OR UPDATE OR DELETE ON matching_credit
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION matching_credit_sums();
"""


class Migration(migrations.Migration):
    dependencies = [("matching", "0003_liaison_pauses")]
    operations = [
        migrations.RunSQL(DROP, migrations.RunSQL.noop),
        migrations.RemoveConstraint("credit", "share_between_one_and_a_hundred"),
        migrations.RenameField("credit", "share_percent", "share_bp"),
        migrations.AlterField(
            "credit", "share_bp", models.PositiveSmallIntegerField(verbose_name="份额（万分之一）")
        ),
        migrations.AlterModelOptions(
            "credit", {"ordering": ["-share_bp", "id"], "verbose_name": "贡献份额"}
        ),
        migrations.RunSQL(
            "UPDATE matching_credit SET share_bp = share_bp * 100",
            "UPDATE matching_credit SET share_bp = share_bp / 100",
        ),
        migrations.AddConstraint(
            "credit",
            models.CheckConstraint(
                condition=models.Q(share_bp__gte=1, share_bp__lte=10_000),
                name="share_between_one_and_the_whole",
            ),
        ),
        migrations.RunSQL(SUMS, migrations.RunSQL.noop),
    ]
