"""What decides a draw stays as it was fixed: a seat belt, beside the record, by triggers."""

from django.db import migrations

LOCKS = """
CREATE FUNCTION reviews_draw_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state IN ('DRAWN', 'CANCELLED') OR
       ROW(OLD.panel_id, OLD.operator_id, OLD.seats, OLD.suite, OLD.filters, OLD.pool_hash,
           OLD.salt, OLD.cases_root, OLD.closed_at, OLD.opened_at, OLD.pool_at, OLD.commit_until,
           OLD.reveals_until, OLD.public_at, OLD.source, OLD.fallback)
       IS DISTINCT FROM
       ROW(NEW.panel_id, NEW.operator_id, NEW.seats, NEW.suite, NEW.filters, NEW.pool_hash,
           NEW.salt, NEW.cases_root, NEW.closed_at, NEW.opened_at, NEW.pool_at, NEW.commit_until,
           NEW.reveals_until, NEW.public_at, NEW.source, NEW.fallback) THEN
        RAISE EXCEPTION 'reviews: draw % is fixed', OLD.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'draw_is_fixed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER reviews_draw_fixed BEFORE UPDATE OR DELETE ON reviews_draw
    FOR EACH ROW EXECUTE FUNCTION reviews_draw_stays();

CREATE FUNCTION reviews_draw_member_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.turn IS NOT NULL OR
       ROW(OLD.draw_id, OLD.expert_id, OLD.place, OLD.pseudonym)
       IS DISTINCT FROM ROW(NEW.draw_id, NEW.expert_id, NEW.place, NEW.pseudonym) THEN
        RAISE EXCEPTION 'reviews: pool of a draw is fixed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'draw_is_fixed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER reviews_draw_member_fixed BEFORE UPDATE OR DELETE ON reviews_drawmember
    FOR EACH ROW EXECUTE FUNCTION reviews_draw_member_stays();

CREATE FUNCTION reviews_draw_nonce_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.draw_id <> NEW.draw_id OR OLD.person_id <> NEW.person_id OR
       (OLD.commitment <> '' AND OLD.commitment <> NEW.commitment) OR OLD.nonce <> '' THEN
        RAISE EXCEPTION 'reviews: what a witness gave stays'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'draw_is_fixed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER reviews_draw_nonce_fixed BEFORE UPDATE OR DELETE ON reviews_drawnonce
    FOR EACH ROW EXECUTE FUNCTION reviews_draw_nonce_stays();
"""

UNLOCK = """
DROP TRIGGER reviews_draw_nonce_fixed ON reviews_drawnonce;
DROP TRIGGER reviews_draw_member_fixed ON reviews_drawmember;
DROP TRIGGER reviews_draw_fixed ON reviews_draw;
DROP FUNCTION reviews_draw_nonce_stays();
DROP FUNCTION reviews_draw_member_stays();
DROP FUNCTION reviews_draw_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("reviews", "0003_draws_of_experts")]

    operations = [migrations.RunSQL(LOCKS, UNLOCK)]
