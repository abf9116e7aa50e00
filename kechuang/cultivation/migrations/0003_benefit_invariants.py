"""What of benefits is larger than a row, as triggers of core PostgreSQL.

The sums of a year's money are kept by the database from the lines themselves: no code writes
them, and the check constraint of 0002 holds what is paid and reserved under the budget.
"""

from django.db import migrations

# The counters of a funding are the lines: moved by every statement that changes lines, and by
# nothing else. The update of the row locks it, so that two at once come one after the other.
COUNTERS = """
CREATE FUNCTION cultivation_lines_move_money() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE cultivation_funding f SET reserved_fen = f.reserved_fen + d.reserved,
               paid_fen = f.paid_fen + d.paid
        FROM (SELECT funding_id,
                coalesce(sum(amount_fen) FILTER (
                    WHERE state IN ('RESERVED', 'REQUESTED', 'REVIEWED')), 0) AS reserved,
                coalesce(sum(amount_fen) FILTER (
                    WHERE state IN ('PAID', 'CONFIRMED', 'RECLAIM_DUE', 'RECLAIMED')), 0) AS paid
              FROM after_rows GROUP BY funding_id) d
        WHERE f.id = d.funding_id AND (d.reserved <> 0 OR d.paid <> 0);
        RETURN NULL;
    END IF;
    UPDATE cultivation_funding f SET reserved_fen = f.reserved_fen + d.reserved,
           paid_fen = f.paid_fen + d.paid
    FROM (SELECT funding_id, sum(reserved) AS reserved, sum(paid) AS paid FROM (
            SELECT funding_id, state,
                CASE WHEN state IN ('RESERVED', 'REQUESTED', 'REVIEWED')
                     THEN amount_fen ELSE 0 END AS reserved,
                CASE WHEN state IN ('PAID', 'CONFIRMED', 'RECLAIM_DUE', 'RECLAIMED')
                     THEN amount_fen ELSE 0 END AS paid
            FROM after_rows
            UNION ALL
            SELECT funding_id, state,
                CASE WHEN state IN ('RESERVED', 'REQUESTED', 'REVIEWED')
                     THEN -amount_fen ELSE 0 END,
                CASE WHEN state IN ('PAID', 'CONFIRMED', 'RECLAIM_DUE', 'RECLAIMED')
                     THEN -amount_fen ELSE 0 END
            FROM before_rows) both_sides GROUP BY funding_id) d
    WHERE f.id = d.funding_id AND (d.reserved <> 0 OR d.paid <> 0);
    RETURN NULL;
END $$;
CREATE TRIGGER lines_reserve AFTER INSERT ON cultivation_line
    REFERENCING NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION cultivation_lines_move_money();
CREATE TRIGGER lines_move_money AFTER UPDATE ON cultivation_line
    REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION cultivation_lines_move_money();

CREATE FUNCTION cultivation_counters_are_the_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.reserved_fen <> 0 OR NEW.paid_fen <> 0 THEN
            RAISE EXCEPTION 'a new funding holds nothing'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'counters_are_the_lines';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.reserved_fen, NEW.paid_fen) IS DISTINCT FROM (OLD.reserved_fen, OLD.paid_fen)
        AND pg_trigger_depth() < 2
    THEN
        RAISE EXCEPTION 'what is reserved and paid is summed from the lines'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'counters_are_the_lines';
    END IF;
    IF NEW.paid_fen < OLD.paid_fen THEN
        RAISE EXCEPTION 'what was paid never falls'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'paid_never_falls';
    END IF;
    IF (NEW.policy_id, NEW.period, NEW.as_of_date) IS DISTINCT FROM
       (OLD.policy_id, OLD.period, OLD.as_of_date)
        AND EXISTS (SELECT FROM cultivation_batch WHERE funding_id = OLD.id)
    THEN
        RAISE EXCEPTION 'the period of a funding stays once a batch was computed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'funding_keeps_its_period';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER counters_are_the_lines BEFORE INSERT OR UPDATE ON cultivation_funding
    FOR EACH ROW EXECUTE FUNCTION cultivation_counters_are_the_lines();
"""

# A line says for ever what was computed; its state takes its steps and no others.
FROZEN = """
CREATE FUNCTION cultivation_line_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'lines are never deleted'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'lines_stay';
    END IF;
    IF (NEW.number, NEW.batch_id, NEW.funding_id, NEW.organisation_id, NEW.sequence, NEW.outcome,
        NEW.reason, NEW.facts, NEW.entitled_fen, NEW.settled_fen, NEW.amount_fen)
        IS DISTINCT FROM
       (OLD.number, OLD.batch_id, OLD.funding_id, OLD.organisation_id, OLD.sequence, OLD.outcome,
        OLD.reason, OLD.facts, OLD.entitled_fen, OLD.settled_fen, OLD.amount_fen)
    THEN
        RAISE EXCEPTION 'line % is as it was computed', OLD.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'line_is_frozen';
    END IF;
    IF NEW.state <> OLD.state AND NOT (OLD.state, NEW.state) IN (
        ('DRAFTED', 'RESERVED'), ('DRAFTED', 'RETURNED'), ('RESERVED', 'TAKEN_OUT'),
        ('RESERVED', 'REQUESTED'), ('REQUESTED', 'REVIEWED'), ('REQUESTED', 'RESERVED'),
        ('REVIEWED', 'RESERVED'), ('REVIEWED', 'PAID'), ('PAID', 'CONFIRMED'),
        ('PAID', 'RECLAIM_DUE'), ('CONFIRMED', 'RECLAIM_DUE'), ('RECLAIM_DUE', 'RECLAIMED')
    ) THEN
        RAISE EXCEPTION 'line % cannot go from % to %', OLD.number, OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'line_takes_its_steps';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER line_is_frozen BEFORE UPDATE OR DELETE ON cultivation_line
    FOR EACH ROW EXECUTE FUNCTION cultivation_line_is_frozen();

CREATE FUNCTION cultivation_batch_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'batches are never deleted'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'batches_stay';
    END IF;
    IF (NEW.number, NEW.funding_id, NEW.rule_version, NEW.computed_at, NEW.left_fen,
        NEW.total_fen, NEW.line_count, NEW.asked, NEW.content_hash, NEW.drafted_by_id)
        IS DISTINCT FROM
       (OLD.number, OLD.funding_id, OLD.rule_version, OLD.computed_at, OLD.left_fen,
        OLD.total_fen, OLD.line_count, OLD.asked, OLD.content_hash, OLD.drafted_by_id)
        OR (OLD.approved_by_id IS NOT NULL AND
            NEW.approved_by_id IS DISTINCT FROM OLD.approved_by_id)
    THEN
        RAISE EXCEPTION 'batch % is as it was computed', OLD.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'batch_is_frozen';
    END IF;
    IF NEW.state <> OLD.state AND NOT (OLD.state, NEW.state) IN (
        ('DRAFTED', 'RETURNED'), ('DRAFTED', 'ON_NOTICE'), ('ON_NOTICE', 'CORRECTING'),
        ('ON_NOTICE', 'PAYABLE'), ('ON_NOTICE', 'CANCELLED'), ('CORRECTING', 'ON_NOTICE'),
        ('CORRECTING', 'CANCELLED'), ('PAYABLE', 'REQUESTED'), ('REQUESTED', 'REVIEWED'),
        ('REQUESTED', 'PAYABLE'), ('REVIEWED', 'PAYABLE'), ('REVIEWED', 'PAID'),
        ('PAID', 'DONE')
    ) THEN
        RAISE EXCEPTION 'batch % cannot go from % to %', OLD.number, OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'batch_takes_its_steps';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER batch_is_frozen BEFORE UPDATE OR DELETE ON cultivation_batch
    FOR EACH ROW EXECUTE FUNCTION cultivation_batch_is_frozen();

CREATE FUNCTION cultivation_lines_fit_their_batch() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    b record;
BEGIN
    FOR b IN
        SELECT m.line_count, m.total_fen, s.lines, s.total FROM cultivation_batch m JOIN (
            SELECT batch_id, count(*) AS lines, sum(amount_fen) AS total FROM cultivation_line
            WHERE batch_id IN (SELECT batch_id FROM after_rows) GROUP BY batch_id
        ) s ON s.batch_id = m.id
    LOOP
        IF b.line_count <> b.lines OR b.total_fen <> b.total THEN
            RAISE EXCEPTION 'the lines of a batch are those that were computed'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'batch_is_its_lines';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER batch_is_its_lines AFTER INSERT ON cultivation_line
    REFERENCING NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION cultivation_lines_fit_their_batch();
"""

# Nobody holds more than the amount by the rule, less what was taken back; nobody enjoys two
# policies that exclude one another. One enterprise at a time: the lock is the enterprise's.
HOLDS = """
CREATE FUNCTION cultivation_check_holds() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held numeric;
BEGIN
    IF NOT NEW.is_live THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(7306, NEW.organisation_id::int);
    SELECT coalesce(sum(l.amount_fen - coalesce(o.reclaimed_fen, 0)), 0) INTO held
        FROM cultivation_line l LEFT JOIN ledger_paymentorder o ON o.id = l.order_id
        WHERE l.funding_id = NEW.funding_id AND l.organisation_id = NEW.organisation_id
          AND l.is_live;
    IF held > NEW.entitled_fen THEN
        RAISE EXCEPTION 'enterprise % would hold % of %', NEW.organisation_id, held,
            NEW.entitled_fen
            USING ERRCODE = 'check_violation', CONSTRAINT = 'nobody_gets_more_than_entitled';
    END IF;
    IF EXISTS (
        SELECT FROM cultivation_line l
        JOIN cultivation_funding f ON f.id = l.funding_id
        JOIN cultivation_funding mine ON mine.id = NEW.funding_id
        JOIN cultivation_policyexclusion x
          ON (x.policy_id = f.policy_id AND x.other_id = mine.policy_id)
          OR (x.policy_id = mine.policy_id AND x.other_id = f.policy_id)
        LEFT JOIN ledger_paymentorder o ON o.id = l.order_id
        WHERE l.organisation_id = NEW.organisation_id AND l.is_live AND f.period = mine.period
          AND l.amount_fen > coalesce(o.reclaimed_fen, 0)
    ) THEN
        RAISE EXCEPTION 'enterprise % enjoys a policy that excludes this one',
            NEW.organisation_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'nobody_enjoys_two_that_exclude';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER nobody_gets_more_than_entitled AFTER INSERT ON cultivation_line
    FOR EACH ROW EXECUTE FUNCTION cultivation_check_holds();
"""

# A line stands where its payment stands, and a payment of a line is the line's.
ORDERS = """
CREATE FUNCTION cultivation_check_line(of_line bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    l record;
    o record;
BEGIN
    SELECT * INTO l FROM cultivation_line WHERE id = of_line;
    IF EXISTS (
        SELECT FROM ledger_paymentorder p JOIN ledger_grant g ON g.id = p.grant_id
        WHERE g.subject_number = l.number AND p.state <> 'RETURNED'
          AND p.id IS DISTINCT FROM l.order_id
    ) THEN
        RAISE EXCEPTION 'line % has a payment that is not its own', l.number
            USING ERRCODE = 'check_violation',
                  CONSTRAINT = 'line_stands_where_its_payment_stands';
    END IF;
    IF l.order_id IS NULL THEN
        RETURN;
    END IF;
    SELECT p.state, p.amount_fen, g.subject_number INTO o
        FROM ledger_paymentorder p JOIN ledger_grant g ON g.id = p.grant_id
        WHERE p.id = l.order_id;
    IF o.state <> l.state OR o.amount_fen <> l.amount_fen OR o.subject_number <> l.number THEN
        RAISE EXCEPTION 'line % stands at %, its payment at %', l.number, l.state, o.state
            USING ERRCODE = 'check_violation',
                  CONSTRAINT = 'line_stands_where_its_payment_stands';
    END IF;
END $$;
CREATE FUNCTION cultivation_line_agrees() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM cultivation_check_line(NEW.id);
    RETURN NULL;
END $$;
CREATE FUNCTION cultivation_order_agrees() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM cultivation_check_line(l.id) FROM cultivation_line l
        JOIN ledger_grant g ON g.subject_number = l.number WHERE g.id = NEW.grant_id;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER line_stands_where_its_payment_stands
    AFTER INSERT OR UPDATE ON cultivation_line DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION cultivation_line_agrees();
CREATE CONSTRAINT TRIGGER payment_stands_where_its_line_stands
    AFTER INSERT OR UPDATE ON ledger_paymentorder DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION cultivation_order_agrees();

CREATE FUNCTION cultivation_stake_is_its_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM cultivation_line l JOIN cultivation_funding f ON f.id = l.funding_id
        JOIN cultivation_policy p ON p.id = f.policy_id
        WHERE l.id = NEW.line_id AND l.amount_fen = NEW.amount_fen AND p.instrument = 'EQUITY'
    ) THEN
        RAISE EXCEPTION 'stake % is not its line', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'stake_is_its_line';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stake_is_its_line BEFORE INSERT OR UPDATE ON cultivation_stake
    FOR EACH ROW EXECUTE FUNCTION cultivation_stake_is_its_line();
"""

UNDO = """
DROP TRIGGER stake_is_its_line ON cultivation_stake;
DROP TRIGGER payment_stands_where_its_line_stands ON ledger_paymentorder;
DROP TRIGGER line_stands_where_its_payment_stands ON cultivation_line;
DROP TRIGGER nobody_gets_more_than_entitled ON cultivation_line;
DROP TRIGGER batch_is_its_lines ON cultivation_line;
DROP TRIGGER batch_is_frozen ON cultivation_batch;
DROP TRIGGER line_is_frozen ON cultivation_line;
DROP TRIGGER counters_are_the_lines ON cultivation_funding;
DROP TRIGGER lines_move_money ON cultivation_line;
DROP TRIGGER lines_reserve ON cultivation_line;
DROP FUNCTION cultivation_stake_is_its_line();
DROP FUNCTION cultivation_order_agrees();
DROP FUNCTION cultivation_line_agrees();
DROP FUNCTION cultivation_check_line(bigint);
DROP FUNCTION cultivation_check_holds();
DROP FUNCTION cultivation_lines_fit_their_batch();
DROP FUNCTION cultivation_batch_is_frozen();
DROP FUNCTION cultivation_line_is_frozen();
DROP FUNCTION cultivation_counters_are_the_lines();
DROP FUNCTION cultivation_lines_move_money();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("cultivation", "0002_benefits"),
        ("ledger", "0002_invariants"),
    ]
    operations = [migrations.RunSQL(COUNTERS + FROZEN + HOLDS + ORDERS, UNDO)]
