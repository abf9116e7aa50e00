"""What an agreement binds, as triggers: signed terms stay, instalments make the public funding,
the books are those of the agreement in force, an instalment stands where its order stands.
"""

from django.db import migrations

# 3. total = public + own + other at signing; changes only by a signed amendment.
SIGNED_STAYS = """
CREATE FUNCTION projects_signed_agreement_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'agreements are never deleted'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'agreements_stay';
    END IF;
    IF OLD.state IN ('IN_FORCE', 'SUPERSEDED') AND (
        (to_jsonb(NEW) - 'state') IS DISTINCT FROM (to_jsonb(OLD) - 'state')
        OR (OLD.state, NEW.state) NOT IN (
            ('IN_FORCE', 'IN_FORCE'), ('IN_FORCE', 'SUPERSEDED'), ('SUPERSEDED', 'SUPERSEDED'))
    ) THEN
        RAISE EXCEPTION 'a signed agreement never changes'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'signed_agreement_stays';
    END IF;
    IF OLD.state = 'UNIT_SIGNED' AND NEW.state IN ('UNIT_SIGNED', 'IN_FORCE') AND (
        (NEW.terms, NEW.terms_hash, NEW.total_fen, NEW.public_fen, NEW.own_fen, NEW.other_fen,
         NEW.unit_signed_by_id) IS DISTINCT FROM
        (OLD.terms, OLD.terms_hash, OLD.total_fen, OLD.public_fen, OLD.own_fen, OLD.other_fen,
         OLD.unit_signed_by_id)
    ) THEN
        RAISE EXCEPTION 'what the unit signed does not change under its signature'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'signed_agreement_stays';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER signed_agreement_stays BEFORE UPDATE OR DELETE ON projects_agreement
    FOR EACH ROW EXECUTE FUNCTION projects_signed_agreement_stays();
"""

MONEY_AGREES = """
CREATE FUNCTION projects_check_money(of_project bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    p record;
    a record;
    g record;
    planned numeric;
BEGIN
    SELECT * INTO p FROM projects_project WHERE id = of_project;
    SELECT * INTO a FROM projects_agreement
        WHERE project_id = of_project AND state = 'IN_FORCE';
    SELECT * INTO g FROM ledger_grant WHERE subject_number = p.number;
    IF a.id IS NULL THEN
        IF g.id IS NOT NULL THEN
            RAISE EXCEPTION 'project % has books without an agreement', p.number
                USING ERRCODE = 'check_violation', CONSTRAINT = 'books_follow_the_agreement';
        END IF;
        RETURN;
    END IF;
    IF g.id IS NULL OR g.approved_fen <> a.public_fen OR g.is_frozen <> p.is_frozen
        OR (p.total_fen, p.public_fen, p.own_fen, p.other_fen)
            IS DISTINCT FROM (a.total_fen, a.public_fen, a.own_fen, a.other_fen)
    THEN
        RAISE EXCEPTION 'project % differs from its agreement in force', p.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'books_follow_the_agreement';
    END IF;
    SELECT coalesce(sum(amount_fen), 0) INTO planned FROM projects_instalment
        WHERE project_id = of_project AND state <> 'DROPPED';
    IF planned <> a.public_fen THEN
        RAISE EXCEPTION 'the instalments of % sum to %', p.number, planned
            USING ERRCODE = 'check_violation',
                  CONSTRAINT = 'instalments_make_the_public_funding';
    END IF;
END $$;

CREATE FUNCTION projects_project_agrees() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM projects_check_money(NEW.id);
    RETURN NULL;
END $$;
CREATE FUNCTION projects_part_agrees() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM projects_check_money(CASE WHEN TG_OP = 'DELETE' THEN OLD.project_id
                                      ELSE NEW.project_id END);
    RETURN NULL;
END $$;
CREATE FUNCTION projects_grant_agrees() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM projects_check_money(id) FROM projects_project
        WHERE number = NEW.subject_number;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER project_follows_its_agreement
    AFTER INSERT OR UPDATE ON projects_project DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION projects_project_agrees();
CREATE CONSTRAINT TRIGGER agreement_binds_the_project
    AFTER INSERT OR UPDATE ON projects_agreement DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION projects_part_agrees();
CREATE CONSTRAINT TRIGGER instalments_make_the_public_funding
    AFTER INSERT OR UPDATE OR DELETE ON projects_instalment DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION projects_part_agrees();
CREATE CONSTRAINT TRIGGER books_follow_the_agreement
    AFTER INSERT OR UPDATE ON ledger_grant DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION projects_grant_agrees();
"""

ORDERS_AGREE = """
CREATE FUNCTION projects_check_instalment(of_instalment bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    i record;
    o record;
    r record;
BEGIN
    SELECT * INTO i FROM projects_instalment WHERE id = of_instalment;
    IF i.release_id IS NOT NULL THEN
        SELECT * INTO r FROM ledger_release WHERE id = i.release_id;
        IF r.amount_fen IS DISTINCT FROM i.amount_fen THEN
            RAISE EXCEPTION 'instalment % is not what was released', of_instalment
                USING ERRCODE = 'check_violation', CONSTRAINT = 'instalment_is_its_release';
        END IF;
    END IF;
    IF i.order_id IS NOT NULL THEN
        SELECT * INTO o FROM ledger_paymentorder WHERE id = i.order_id;
        IF o.state IS DISTINCT FROM i.state OR o.release_id IS DISTINCT FROM i.release_id THEN
            RAISE EXCEPTION 'instalment % does not stand where its order stands', of_instalment
                USING ERRCODE = 'check_violation', CONSTRAINT = 'instalment_is_its_order';
        END IF;
    END IF;
END $$;

CREATE FUNCTION projects_instalment_agrees() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM projects_check_instalment(NEW.id);
    RETURN NULL;
END $$;
CREATE FUNCTION projects_order_agrees() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM projects_check_instalment(id) FROM projects_instalment WHERE order_id = NEW.id;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER instalment_is_its_order
    AFTER INSERT OR UPDATE ON projects_instalment DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION projects_instalment_agrees();
CREATE CONSTRAINT TRIGGER order_is_its_instalment
    AFTER UPDATE ON ledger_paymentorder DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION projects_order_agrees();
"""

UNDO = """
DROP TRIGGER order_is_its_instalment ON ledger_paymentorder;
DROP TRIGGER instalment_is_its_order ON projects_instalment;
DROP TRIGGER books_follow_the_agreement ON ledger_grant;
DROP TRIGGER instalments_make_the_public_funding ON projects_instalment;
DROP TRIGGER agreement_binds_the_project ON projects_agreement;
DROP TRIGGER project_follows_its_agreement ON projects_project;
DROP TRIGGER signed_agreement_stays ON projects_agreement;
DROP FUNCTION projects_order_agrees();
DROP FUNCTION projects_instalment_agrees();
DROP FUNCTION projects_check_instalment(bigint);
DROP FUNCTION projects_grant_agrees();
DROP FUNCTION projects_part_agrees();
DROP FUNCTION projects_project_agrees();
DROP FUNCTION projects_check_money(bigint);
DROP FUNCTION projects_signed_agreement_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("projects", "0002_evidence_files"), ("ledger", "0002_invariants")]
    operations = [migrations.RunSQL(SIGNED_STAYS + MONEY_AGREES + ORDERS_AGREE, UNDO)]
