"""What is counted stays: rows of a finished panel, hand-ins and minutes are locked by triggers."""

from django.db import migrations

LOCKS = """
CREATE FUNCTION reviews_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'reviews: % rows are only ever added', TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = 'handed_in_rows_stay';
END $$;

CREATE TRIGGER reviews_submission_stays BEFORE UPDATE OR DELETE ON reviews_submission
    FOR EACH ROW EXECUTE FUNCTION reviews_refuse_change();
CREATE TRIGGER reviews_minutes_stay BEFORE UPDATE OR DELETE ON reviews_minutes
    FOR EACH ROW EXECUTE FUNCTION reviews_refuse_change();

CREATE FUNCTION reviews_refuse_if_finished(panel bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM reviews_panel WHERE id = panel AND state = 'FINISHED') THEN
        RAISE EXCEPTION 'reviews: panel % is finished', panel
            USING ERRCODE = 'check_violation', CONSTRAINT = 'finished_panel_is_locked';
    END IF;
END $$;

CREATE FUNCTION reviews_lock_panel() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM reviews_refuse_if_finished(OLD.id);
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER reviews_panel_locked BEFORE UPDATE OR DELETE ON reviews_panel
    FOR EACH ROW EXECUTE FUNCTION reviews_lock_panel();

CREATE FUNCTION reviews_lock_part() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN PERFORM reviews_refuse_if_finished(OLD.panel_id); END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    PERFORM reviews_refuse_if_finished(NEW.panel_id);
    RETURN NEW;
END $$;
CREATE TRIGGER reviews_criterion_locked BEFORE INSERT OR UPDATE OR DELETE ON reviews_criterion
    FOR EACH ROW EXECUTE FUNCTION reviews_lock_part();
CREATE TRIGGER reviews_case_locked BEFORE INSERT OR UPDATE OR DELETE ON reviews_case
    FOR EACH ROW EXECUTE FUNCTION reviews_lock_part();
CREATE TRIGGER reviews_seat_locked BEFORE INSERT OR UPDATE OR DELETE ON reviews_seat
    FOR EACH ROW EXECUTE FUNCTION reviews_lock_part();

CREATE FUNCTION reviews_lock_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM reviews_refuse_if_finished(panel_id) FROM reviews_case WHERE id = OLD.case_id;
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    PERFORM reviews_refuse_if_finished(panel_id) FROM reviews_case WHERE id = NEW.case_id;
    RETURN NEW;
END $$;
CREATE TRIGGER reviews_review_locked BEFORE INSERT OR UPDATE OR DELETE ON reviews_review
    FOR EACH ROW EXECUTE FUNCTION reviews_lock_review();

CREATE FUNCTION reviews_lock_points() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held text;
BEGIN
    SELECT state INTO held FROM reviews_review
        WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.review_id ELSE NEW.review_id END;
    IF held IN ('SUBMITTED', 'COUNTED') THEN
        RAISE EXCEPTION 'reviews: review is handed in'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'handed_in_review_is_locked';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER reviews_score_locked BEFORE INSERT OR UPDATE OR DELETE ON reviews_score
    FOR EACH ROW EXECUTE FUNCTION reviews_lock_points();
"""

UNLOCK = """
DROP TRIGGER reviews_score_locked ON reviews_score;
DROP TRIGGER reviews_review_locked ON reviews_review;
DROP TRIGGER reviews_seat_locked ON reviews_seat;
DROP TRIGGER reviews_case_locked ON reviews_case;
DROP TRIGGER reviews_criterion_locked ON reviews_criterion;
DROP TRIGGER reviews_panel_locked ON reviews_panel;
DROP TRIGGER reviews_minutes_stay ON reviews_minutes;
DROP TRIGGER reviews_submission_stays ON reviews_submission;
DROP FUNCTION reviews_lock_points();
DROP FUNCTION reviews_lock_review();
DROP FUNCTION reviews_lock_part();
DROP FUNCTION reviews_lock_panel();
DROP FUNCTION reviews_refuse_if_finished(bigint);
DROP FUNCTION reviews_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("reviews", "0001_panels_and_reviews")]

    operations = [migrations.RunSQL(LOCKS, UNLOCK)]
