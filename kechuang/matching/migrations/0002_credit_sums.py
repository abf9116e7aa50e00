"""Shares of credit sum to 100, whatever writes them; entries of the log are only added to."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION matching_credit_sums() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed bigint := coalesce(NEW.introduction_id, OLD.introduction_id);
    total bigint;
BEGIN
    SELECT sum(share_percent) INTO total FROM matching_credit WHERE introduction_id = changed;
    IF total IS NOT NULL AND total <> 100 THEN
        RAISE EXCEPTION 'credit_shares_sum_to_a_hundred: introduction % has %', changed, total
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER credit_shares_sum_to_a_hundred
    AFTER INSERT OR UPDATE OR DELETE ON matching_credit
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION matching_credit_sums();

CREATE FUNCTION matching_contact_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'contact_rows_are_only_added' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER contact_rows_are_only_added BEFORE UPDATE OR DELETE ON matching_contactrow
    FOR EACH ROW EXECUTE FUNCTION matching_contact_kept();
"""
BACKWARD = """
DROP TRIGGER contact_rows_are_only_added ON matching_contactrow;
DROP FUNCTION matching_contact_kept();
DROP TRIGGER credit_shares_sum_to_a_hundred ON matching_credit;
DROP FUNCTION matching_credit_sums();
"""


class Migration(migrations.Migration):
    dependencies = [("matching", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
