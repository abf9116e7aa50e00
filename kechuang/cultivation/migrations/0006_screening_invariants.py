"""What the database holds of screenings: a stake is what was accepted, marks are for good."""

from django.db import migrations

STAKE = """
CREATE OR REPLACE FUNCTION cultivation_stake_is_its_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.candidate_id IS NOT NULL THEN
        IF NOT EXISTS (
            SELECT FROM cultivation_candidate c WHERE c.id = NEW.candidate_id
            AND c.state = 'ACCEPTED' AND c.outcome = 'STAKE' AND c.amount_fen = NEW.amount_fen
        ) THEN
            RAISE EXCEPTION 'stake % is not what was accepted', NEW.number
                USING ERRCODE = 'check_violation', CONSTRAINT = 'stake_is_what_was_accepted';
        END IF;
    ELSIF NOT EXISTS (
        SELECT FROM cultivation_line l JOIN cultivation_funding f ON f.id = l.funding_id
        JOIN cultivation_policy p ON p.id = f.policy_id
        WHERE l.id = NEW.line_id AND l.amount_fen = NEW.amount_fen AND p.instrument = 'EQUITY'
    ) THEN
        RAISE EXCEPTION 'stake % is not its line', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'stake_is_its_line';
    END IF;
    RETURN NEW;
END $$;
"""
STAKE_BEFORE = """
CREATE OR REPLACE FUNCTION cultivation_stake_is_its_line() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""
MARKS = """
CREATE FUNCTION cultivation_mark_is_for_good() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (
            SELECT FROM cultivation_candidate c
            JOIN cultivation_screeningjudge j ON j.screening_id = c.screening_id
            WHERE c.id = NEW.candidate_id AND j.person_id = NEW.person_id AND c.state = 'SCORING'
        ) THEN
            RAISE EXCEPTION 'a mark of nobody who judges'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'mark_of_a_named_judge';
        END IF;
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a mark is never changed'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'mark_is_for_good';
END $$;
CREATE TRIGGER mark_is_for_good BEFORE INSERT OR UPDATE OR DELETE ON cultivation_mark
    FOR EACH ROW EXECUTE FUNCTION cultivation_mark_is_for_good();
"""
MARKS_BEFORE = """
DROP TRIGGER mark_is_for_good ON cultivation_mark;
DROP FUNCTION cultivation_mark_is_for_good();
"""


class Migration(migrations.Migration):
    dependencies = [("cultivation", "0005_screenings")]
    operations = [
        migrations.RunSQL(STAKE, STAKE_BEFORE),
        migrations.RunSQL(MARKS, MARKS_BEFORE),
    ]
