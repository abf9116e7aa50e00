"""What was metered and charged is never changed; what a price list says neither."""

from django.db import migrations

TABLES = ("compute_usage", "compute_charge", "compute_pricelist", "compute_statement")
REFUSE = """
CREATE FUNCTION compute_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is never changed', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;
"""
BILL = """
CREATE FUNCTION compute_keep_bill() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.statement_id IS NOT NULL
        OR (NEW.job_id, NEW.month, NEW.total_fen, NEW.voucher_fen, NEW.payer_fen, NEW.billed_at)
        IS DISTINCT FROM
        (OLD.job_id, OLD.month, OLD.total_fen, OLD.voucher_fen, OLD.payer_fen, OLD.billed_at)
    THEN
        RAISE EXCEPTION 'a bill only joins a statement, once' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bill_only_joins_a_statement BEFORE UPDATE OR DELETE ON compute_bill
    FOR EACH ROW EXECUTE FUNCTION compute_keep_bill();

CREATE FUNCTION compute_check_bill() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE charged bigint;
BEGIN
    SELECT coalesce(sum(amount_fen), 0) INTO charged FROM compute_charge WHERE bill_id = NEW.id;
    IF charged <> NEW.total_fen THEN
        RAISE EXCEPTION 'bill % says % fen, its charges are %', NEW.id, NEW.total_fen, charged
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER bill_is_the_sum_of_its_charges AFTER INSERT ON compute_bill
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION compute_check_bill();
"""
BILL_BACK = """
DROP TRIGGER bill_is_the_sum_of_its_charges ON compute_bill;
DROP FUNCTION compute_check_bill();
DROP TRIGGER bill_only_joins_a_statement ON compute_bill;
DROP FUNCTION compute_keep_bill();
"""
TRIGGER = (
    "CREATE TRIGGER {table}_is_never_changed BEFORE UPDATE OR DELETE ON {table}"
    " FOR EACH ROW EXECUTE FUNCTION compute_refuse_change()"
)


class Migration(migrations.Migration):
    dependencies = [("compute", "0001_desk")]
    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION compute_refuse_change()"),
        *(
            migrations.RunSQL(
                TRIGGER.format(table=table), f"DROP TRIGGER {table}_is_never_changed ON {table}"
            )
            for table in TABLES
        ),
        migrations.RunSQL(BILL, BILL_BACK),
    ]
