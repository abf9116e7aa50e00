"""Tables and persons are booked as time ranges that the database keeps apart.

An exclusion constraint over (key, range) asks for the contrib extension btree_gist. The key can be
part of the range instead: key * 2^32 + minutes since 1970 lies in a stretch of the integers that
belongs to this key alone, so that `&&` over int8range, which the core has, says the same.
"""

from django.db import migrations

MINUTE = "(extract(epoch FROM ({column} AT TIME ZONE 'UTC'))::bigint / 60)"
RANGE = "int8range({key} * 4294967296 + {since}, {key} * 4294967296 + {until})"


def booked(key: str) -> str:
    since, until = MINUTE.format(column="since_at"), MINUTE.format(column="until_at")
    return RANGE.format(key=key, since=since, until=until)


APART = f"""
ALTER TABLE matching_sitting ADD CONSTRAINT one_sitting_per_table_at_a_time
    EXCLUDE USING gist ({booked("table_id")} WITH &&);
ALTER TABLE matching_seat ADD CONSTRAINT one_seat_per_person_at_a_time
    EXCLUDE USING gist ({booked("person_id")} WITH &&);
ALTER TABLE matching_sitting ADD CONSTRAINT sitting_has_its_times UNIQUE (id, since_at, until_at);
ALTER TABLE matching_seat ADD CONSTRAINT seat_has_the_times_of_its_sitting
    FOREIGN KEY (sitting_id, since_at, until_at)
    REFERENCES matching_sitting (id, since_at, until_at) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE matching_seat ADD CONSTRAINT one_seat_per_person_and_sitting
    UNIQUE (sitting_id, person_id);

"""
SEATED = """
CREATE FUNCTION matching_seats_taken() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM matching_signup s WHERE s.event_id = NEW.event_id
          AND (s.id = NEW.need_sign_up_id AND s.need_id IS NOT NULL
            OR s.id = NEW.offer_sign_up_id AND s.offer_id IS NOT NULL)) <> 2
       OR NOT EXISTS (SELECT FROM matching_eventtable t
                      WHERE t.id = NEW.table_id AND t.event_id = NEW.event_id) THEN
        RAISE EXCEPTION 'sitting_is_of_one_event: %', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        INSERT INTO matching_seat (sitting_id, person_id, since_at, until_at)
        SELECT NEW.id, s.person_id, NEW.since_at, NEW.until_at FROM matching_signup s
        WHERE s.id IN (NEW.need_sign_up_id, NEW.offer_sign_up_id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER sitting_takes_its_seats AFTER INSERT OR UPDATE ON matching_sitting
    FOR EACH ROW EXECUTE FUNCTION matching_seats_taken();

CREATE FUNCTION matching_within_capacity() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    room bigint;
    taken bigint;
BEGIN
    SELECT capacity INTO room FROM matching_event WHERE id = NEW.event_id FOR NO KEY UPDATE;
    SELECT count(DISTINCT person_id) INTO taken FROM matching_signup
    WHERE event_id = NEW.event_id AND state <> 'WITHDRAWN';
    IF taken > room THEN
        RAISE EXCEPTION 'sign_ups_within_capacity: % of %', taken, room
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER sign_ups_within_capacity AFTER INSERT OR UPDATE ON matching_signup
    FOR EACH ROW WHEN (NEW.state <> 'WITHDRAWN') EXECUTE FUNCTION matching_within_capacity();
"""
BACKWARD = """
DROP TRIGGER sign_ups_within_capacity ON matching_signup;
DROP FUNCTION matching_within_capacity();
DROP TRIGGER sitting_takes_its_seats ON matching_sitting;
DROP FUNCTION matching_seats_taken();
ALTER TABLE matching_seat DROP CONSTRAINT one_seat_per_person_and_sitting;
ALTER TABLE matching_seat DROP CONSTRAINT seat_has_the_times_of_its_sitting;
ALTER TABLE matching_sitting DROP CONSTRAINT sitting_has_its_times;
ALTER TABLE matching_seat DROP CONSTRAINT one_seat_per_person_at_a_time;
ALTER TABLE matching_sitting DROP CONSTRAINT one_sitting_per_table_at_a_time;
"""


class Migration(migrations.Migration):
    dependencies = [("matching", "0005_desk_and_events")]
    operations = [migrations.RunSQL([APART, SEATED], BACKWARD)]
