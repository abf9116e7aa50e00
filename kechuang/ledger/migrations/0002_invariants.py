"""The invariants of money that are larger than one row, as triggers of core PostgreSQL.

Numbers are those of design/procedures.md#money. Rules 2 to 5 and 7 are check and unique
constraints in 0001; here the counters they look at are compared with the rows at commit.
"""

from django.db import migrations

APPEND_ONLY = ["ledger_entry", "ledger_entryset", "ledger_release", "ledger_releaseacceptor"]

REFUSE_CHANGE = """
CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never updated or deleted', TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_is_append_only';
END $$;
"""

# 1. Every entry set sums to zero; 9. and nothing is added to it later.
CHECK_SET = """
CREATE FUNCTION ledger_check_set(set_id bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    kept record;
    total numeric;
    debit numeric;
    lines bigint;
BEGIN
    SELECT debit_fen, entry_count, owner_number INTO kept FROM ledger_entryset WHERE id = set_id;
    SELECT coalesce(sum(amount_fen), 0), coalesce(sum(greatest(amount_fen, 0)), 0), count(*)
        INTO total, debit, lines FROM ledger_entry WHERE entry_set_id = set_id;
    IF total <> 0 THEN
        RAISE EXCEPTION 'entry set % sums to % fen', set_id, total
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_set_sums_to_zero';
    END IF;
    IF kept IS NULL OR debit <> kept.debit_fen OR lines <> kept.entry_count THEN
        RAISE EXCEPTION 'entry set % is not as it was posted', set_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_set_is_as_posted';
    END IF;
    IF EXISTS (
        SELECT 1 FROM ledger_entry JOIN ledger_account ON ledger_account.id = account_id
        WHERE entry_set_id = set_id AND ledger_account.owner_number <> kept.owner_number
    ) THEN
        RAISE EXCEPTION 'entry set % moves money between projects', set_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_set_stays_in_one_project';
    END IF;
END $$;

CREATE FUNCTION ledger_entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ledger_check_set(CASE WHEN TG_OP = 'DELETE' THEN OLD.entry_set_id
                                  ELSE NEW.entry_set_id END);
    PERFORM ledger_check_account(CASE WHEN TG_OP = 'DELETE' THEN OLD.account_id
                                      ELSE NEW.account_id END);
    IF TG_OP = 'UPDATE' THEN
        PERFORM ledger_check_set(OLD.entry_set_id);
        PERFORM ledger_check_account(OLD.account_id);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION ledger_set_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ledger_check_set(NEW.id);
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER entry_set_sums_to_zero
    AFTER INSERT OR UPDATE OR DELETE ON ledger_entry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_entry_balances();
CREATE CONSTRAINT TRIGGER entry_set_has_entries
    AFTER INSERT ON ledger_entryset DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_set_balances();
"""

# 8. Balances rebuild exactly from the entries; and so do the counters of the grant.
CHECK_ACCOUNT = """
CREATE FUNCTION ledger_check_account(of_account bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    kept bigint;
    total numeric;
    of_grant bigint;
BEGIN
    SELECT balance_fen INTO kept FROM ledger_account WHERE id = of_account;
    SELECT coalesce(sum(amount_fen), 0) INTO total FROM ledger_entry
        WHERE account_id = of_account;
    IF kept IS DISTINCT FROM total THEN
        RAISE EXCEPTION 'account % keeps %, its entries give %', of_account, kept, total
            USING ERRCODE = 'check_violation', CONSTRAINT = 'balance_rebuilds_from_entries';
    END IF;
    SELECT id INTO of_grant FROM ledger_grant
        WHERE of_account IN (treasury_id, project_id, own_id, other_id);
    IF of_grant IS NOT NULL THEN
        PERFORM ledger_check_grant(of_grant);
    END IF;
END $$;

CREATE FUNCTION ledger_check_grant(of_grant bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    g record;
    released numeric;
    paid numeric;
    reclaimed numeric;
BEGIN
    SELECT g1.*, t.balance_fen AS treasury_fen, o.balance_fen AS own_fen,
           e.balance_fen AS other_fen
        INTO g FROM ledger_grant g1
        JOIN ledger_account t ON t.id = g1.treasury_id
        JOIN ledger_account o ON o.id = g1.own_id
        JOIN ledger_account e ON e.id = g1.other_id
        WHERE g1.id = of_grant;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT coalesce(sum(amount_fen), 0) INTO released FROM ledger_release
        WHERE grant_id = of_grant;
    SELECT coalesce(sum(amount_fen) FILTER (
               WHERE state IN ('PAID', 'CONFIRMED', 'RECLAIM_DUE', 'RECLAIMED')), 0),
           coalesce(sum(reclaimed_fen), 0)
        INTO paid, reclaimed FROM ledger_paymentorder WHERE grant_id = of_grant;
    IF g.released_fen <> released OR g.paid_fen <> paid OR g.reclaimed_fen <> reclaimed
        OR g.treasury_fen <> reclaimed - paid
        OR g.own_fen <> -g.own_received_fen OR g.other_fen <> -g.other_received_fen
    THEN
        RAISE EXCEPTION 'the counters of grant % differ from its rows', of_grant
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_counters_are_the_rows';
    END IF;
END $$;

CREATE FUNCTION ledger_account_agrees() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ledger_check_account(NEW.id);
    RETURN NULL;
END $$;

CREATE FUNCTION ledger_grant_agrees() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ledger_check_grant(NEW.id);
    RETURN NULL;
END $$;

CREATE FUNCTION ledger_part_agrees() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ledger_check_grant(CASE WHEN TG_OP = 'DELETE' THEN OLD.grant_id
                                    ELSE NEW.grant_id END);
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER balance_rebuilds_from_entries
    AFTER INSERT OR UPDATE ON ledger_account DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_account_agrees();
CREATE CONSTRAINT TRIGGER grant_counters_are_the_rows
    AFTER INSERT OR UPDATE ON ledger_grant DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_grant_agrees();
CREATE CONSTRAINT TRIGGER released_is_the_releases
    AFTER INSERT ON ledger_release DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_part_agrees();
CREATE CONSTRAINT TRIGGER paid_is_the_orders
    AFTER INSERT OR UPDATE OR DELETE ON ledger_paymentorder DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_part_agrees();
"""

# 6. A frozen project pays nothing: what was paid cannot rise while the row says frozen.
FROZEN = """
CREATE FUNCTION ledger_frozen_pays_nothing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.paid_fen > OLD.paid_fen AND (OLD.is_frozen OR NEW.is_frozen) THEN
        RAISE EXCEPTION 'project % is frozen', NEW.subject_number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen_project_pays_nothing';
    END IF;
    IF NEW.paid_fen < OLD.paid_fen OR NEW.released_fen < OLD.released_fen
        OR NEW.reclaimed_fen < OLD.reclaimed_fen
    THEN
        RAISE EXCEPTION 'what was paid, released or reclaimed of % never falls',
            NEW.subject_number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_counters_never_fall';
    END IF;
    IF (NEW.subject_number, NEW.treasury_id, NEW.project_id, NEW.own_id, NEW.other_id)
        IS DISTINCT FROM
       (OLD.subject_number, OLD.treasury_id, OLD.project_id, OLD.own_id, OLD.other_id)
    THEN
        RAISE EXCEPTION 'the accounts of % never change', OLD.subject_number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_keeps_its_accounts';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER frozen_project_pays_nothing BEFORE UPDATE ON ledger_grant
    FOR EACH ROW EXECUTE FUNCTION ledger_frozen_pays_nothing();
"""

# 4. One payment per instalment; 5. three people, the reviewer no acceptor; the order's life.
ORDER = """
CREATE FUNCTION ledger_check_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    released record;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'payment orders are never deleted'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_orders_stay';
    END IF;
    SELECT grant_id, amount_fen INTO released FROM ledger_release WHERE id = NEW.release_id;
    IF released.grant_id IS DISTINCT FROM NEW.grant_id
        OR released.amount_fen IS DISTINCT FROM NEW.amount_fen
    THEN
        RAISE EXCEPTION 'payment order % is not its release', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_is_its_release';
    END IF;
    IF NEW.reviewed_by_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM ledger_releaseacceptor
        WHERE release_id = NEW.release_id AND person_id = NEW.reviewed_by_id
    ) THEN
        RAISE EXCEPTION 'the reviewer of % accepted its milestone', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'reviewer_is_not_acceptor';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'REQUESTED' OR NEW.reviewed_by_id IS NOT NULL THEN
            RAISE EXCEPTION 'payment order % does not begin as requested', NEW.number
                USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_begins_as_requested';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.state <> OLD.state AND NOT (OLD.state, NEW.state) IN (
        ('REQUESTED', 'REVIEWED'), ('REVIEWED', 'PAID'), ('PAID', 'CONFIRMED'),
        ('REQUESTED', 'HELD'), ('REVIEWED', 'HELD'), ('HELD', 'REQUESTED'),
        ('REQUESTED', 'RETURNED'), ('REVIEWED', 'RETURNED'), ('HELD', 'RETURNED'),
        ('PAID', 'RECLAIM_DUE'), ('CONFIRMED', 'RECLAIM_DUE'), ('RECLAIM_DUE', 'RECLAIMED')
    ) THEN
        RAISE EXCEPTION 'payment order % cannot go from % to %',
            NEW.number, OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_takes_its_steps';
    END IF;
    IF (NEW.number, NEW.release_id, NEW.grant_id, NEW.requested_by_id, NEW.idempotency_key)
        IS DISTINCT FROM
       (OLD.number, OLD.release_id, OLD.grant_id, OLD.requested_by_id, OLD.idempotency_key)
        OR (OLD.paid_by_id IS NOT NULL AND
            (NEW.reviewed_by_id, NEW.paid_by_id, NEW.entry_set_id) IS DISTINCT FROM
            (OLD.reviewed_by_id, OLD.paid_by_id, OLD.entry_set_id))
        OR (OLD.state IN ('RECLAIM_DUE', 'RECLAIMED')
            AND NEW.reclaim_fen <> OLD.reclaim_fen)
    THEN
        RAISE EXCEPTION 'who requested, reviewed and paid % stays', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_keeps_its_people';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER payment_order_keeps_the_rules
    BEFORE INSERT OR UPDATE OR DELETE ON ledger_paymentorder
    FOR EACH ROW EXECUTE FUNCTION ledger_check_order();

CREATE FUNCTION ledger_check_acceptor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM ledger_paymentorder WHERE release_id = NEW.release_id
               AND reviewed_by_id = NEW.person_id) THEN
        RAISE EXCEPTION 'the reviewer of a payment cannot become its acceptor'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'reviewer_is_not_acceptor';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER acceptor_is_not_reviewer BEFORE INSERT ON ledger_releaseacceptor
    FOR EACH ROW EXECUTE FUNCTION ledger_check_acceptor();

CREATE FUNCTION ledger_check_vouchers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    treasury bigint;
    moved numeric;
BEGIN
    SELECT treasury_id INTO treasury FROM ledger_grant WHERE id = NEW.grant_id;
    IF NEW.entry_set_id IS NOT NULL THEN
        SELECT coalesce(sum(amount_fen), 0) INTO moved FROM ledger_entry
            WHERE entry_set_id = NEW.entry_set_id AND account_id = treasury;
        IF moved <> -NEW.amount_fen THEN
            RAISE EXCEPTION 'the voucher of % moves %', NEW.number, moved
                USING ERRCODE = 'check_violation', CONSTRAINT = 'voucher_moves_the_payment';
        END IF;
    END IF;
    IF NEW.reclaim_entry_set_id IS NOT NULL THEN
        SELECT coalesce(sum(amount_fen), 0) INTO moved FROM ledger_entry
            WHERE entry_set_id = NEW.reclaim_entry_set_id AND account_id = treasury;
        IF moved <> NEW.reclaimed_fen THEN
            RAISE EXCEPTION 'the reclaim voucher of % moves %', NEW.number, moved
                USING ERRCODE = 'check_violation', CONSTRAINT = 'voucher_moves_the_payment';
        END IF;
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER voucher_moves_the_payment
    AFTER INSERT OR UPDATE ON ledger_paymentorder DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_check_vouchers();
"""

UNDO = """
DROP TRIGGER voucher_moves_the_payment ON ledger_paymentorder;
DROP TRIGGER acceptor_is_not_reviewer ON ledger_releaseacceptor;
DROP TRIGGER payment_order_keeps_the_rules ON ledger_paymentorder;
DROP TRIGGER frozen_project_pays_nothing ON ledger_grant;
DROP TRIGGER paid_is_the_orders ON ledger_paymentorder;
DROP TRIGGER released_is_the_releases ON ledger_release;
DROP TRIGGER grant_counters_are_the_rows ON ledger_grant;
DROP TRIGGER balance_rebuilds_from_entries ON ledger_account;
DROP TRIGGER entry_set_has_entries ON ledger_entryset;
DROP TRIGGER entry_set_sums_to_zero ON ledger_entry;
DROP FUNCTION ledger_check_vouchers();
DROP FUNCTION ledger_check_acceptor();
DROP FUNCTION ledger_check_order();
DROP FUNCTION ledger_frozen_pays_nothing();
DROP FUNCTION ledger_part_agrees();
DROP FUNCTION ledger_grant_agrees();
DROP FUNCTION ledger_account_agrees();
DROP FUNCTION ledger_set_balances();
DROP FUNCTION ledger_entry_balances();
DROP FUNCTION ledger_check_account(bigint);
DROP FUNCTION ledger_check_grant(bigint);
DROP FUNCTION ledger_check_set(bigint);
"""


def _append_only(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();",
        f"DROP TRIGGER {table}_is_append_only ON {table};",
    )


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [
        migrations.RunSQL(REFUSE_CHANGE, "DROP FUNCTION ledger_refuse_change();"),
        *[_append_only(table) for table in APPEND_ONLY],
        migrations.RunSQL(CHECK_SET + CHECK_ACCOUNT + FROZEN + ORDER, UNDO),
    ]
