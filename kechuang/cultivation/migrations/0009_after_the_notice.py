"""No support before its notice ended: the candidate's steps, its project, the round's money.

What was accepted before notices were asked for stays as it is: the rule is of the step, not of the
row, so that a running installation's projects and stakes go on.
"""

from django.db import migrations

STEPS = """
CREATE FUNCTION cultivation_candidate_takes_its_steps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'SCORING' THEN
            RAISE EXCEPTION 'candidate % begins by being scored', NEW.number
                USING ERRCODE = 'check_violation', CONSTRAINT = 'candidate_takes_its_steps';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.state <> OLD.state AND NOT (OLD.state, NEW.state) IN (
        ('SCORING', 'PROPOSED'), ('SCORING', 'WITHDRAWN'), ('PROPOSED', 'SCORING'),
        ('PROPOSED', 'ON_NOTICE'), ('PROPOSED', 'DECLINED'), ('PROPOSED', 'WITHDRAWN'),
        ('ON_NOTICE', 'ACCEPTED'), ('ON_NOTICE', 'SCORING'), ('ON_NOTICE', 'WITHDRAWN')
    ) THEN
        RAISE EXCEPTION 'candidate % cannot go from % to %', OLD.number, OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'candidate_takes_its_steps';
    END IF;
    IF OLD.state IN ('ON_NOTICE', 'ACCEPTED') AND NEW.state IN ('ON_NOTICE', 'ACCEPTED')
        AND (NEW.screening_id, NEW.organisation_id, NEW.outcome, NEW.amount_fen, NEW.total_fen,
             NEW.terms, NEW.answer, NEW.notice_number)
        IS DISTINCT FROM
            (OLD.screening_id, OLD.organisation_id, OLD.outcome, OLD.amount_fen, OLD.total_fen,
             OLD.terms, OLD.answer, OLD.notice_number)
    THEN
        RAISE EXCEPTION 'candidate % is as everybody was shown it', OLD.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'what_is_on_notice_stays';
    END IF;
    IF NEW.state = 'ACCEPTED' AND OLD.state <> 'ACCEPTED' AND NOT EXISTS (
        SELECT FROM notices_notice n WHERE n.number = NEW.notice_number
        AND n.subject_number = NEW.number AND n.state = 'ENDED' AND n.ends_at <= NEW.state_since
        AND NOT EXISTS (
            SELECT FROM notices_objection o WHERE o.notice_id = n.id
            AND (o.state IN ('FILED', 'ACCEPTED', 'ANSWERED') OR o.verdict = 'UPHELD')
        )
    ) THEN
        RAISE EXCEPTION 'the notice of candidate % has not ended', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'support_follows_its_notice';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER candidate_takes_its_steps BEFORE INSERT OR UPDATE ON cultivation_candidate
    FOR EACH ROW EXECUTE FUNCTION cultivation_candidate_takes_its_steps();
"""

# A stake is of an accepted candidate already (stake_is_what_was_accepted); so is its project.
PROJECTS = """
CREATE FUNCTION cultivation_project_follows_the_notice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM cultivation_candidate c WHERE c.number = NEW.origin_number
        AND NOT (c.state = 'ACCEPTED' AND c.outcome = 'PROJECT')
    ) THEN
        RAISE EXCEPTION 'the notice of % has not ended', NEW.origin_number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'support_follows_its_notice';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER support_follows_its_notice BEFORE INSERT OR UPDATE OF origin_number
    ON projects_project
    FOR EACH ROW EXECUTE FUNCTION cultivation_project_follows_the_notice();
"""

# What a round has committed is what its candidates on notice and accepted were promised.
COMMITTED = """
CREATE FUNCTION cultivation_check_committed(of_round bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM cultivation_screening s WHERE s.id = of_round AND s.committed_fen <> (
            SELECT coalesce(sum(c.amount_fen), 0) FROM cultivation_candidate c
            WHERE c.screening_id = s.id AND c.state IN ('ON_NOTICE', 'ACCEPTED')
        )
    ) THEN
        RAISE EXCEPTION 'round % has committed something else than it decided', of_round
            USING ERRCODE = 'check_violation', CONSTRAINT = 'committed_is_what_was_decided';
    END IF;
END $$;
CREATE FUNCTION cultivation_round_agrees() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM cultivation_check_committed(NEW.id);
    RETURN NULL;
END $$;
CREATE FUNCTION cultivation_candidate_agrees() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM cultivation_check_committed(NEW.screening_id);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER committed_is_what_was_decided
    AFTER INSERT OR UPDATE ON cultivation_screening DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION cultivation_round_agrees();
CREATE CONSTRAINT TRIGGER decided_is_what_was_committed
    AFTER INSERT OR UPDATE ON cultivation_candidate DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION cultivation_candidate_agrees();
"""

UNDO = """
DROP TRIGGER decided_is_what_was_committed ON cultivation_candidate;
DROP TRIGGER committed_is_what_was_decided ON cultivation_screening;
DROP TRIGGER support_follows_its_notice ON projects_project;
DROP TRIGGER candidate_takes_its_steps ON cultivation_candidate;
DROP FUNCTION cultivation_candidate_agrees();
DROP FUNCTION cultivation_round_agrees();
DROP FUNCTION cultivation_check_committed(bigint);
DROP FUNCTION cultivation_project_follows_the_notice();
DROP FUNCTION cultivation_candidate_takes_its_steps();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("cultivation", "0008_candidates_on_notice"),
        ("notices", "0004_evidence_path"),
        ("projects", "0005_lapsed_words"),
    ]
    operations = [migrations.RunSQL(STEPS + PROJECTS + COMMITTED, UNDO)]
