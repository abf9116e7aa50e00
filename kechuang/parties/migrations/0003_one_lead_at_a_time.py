"""A consortium has at most one lead on any day, and a unit is a member once on any day.

The key is part of the range (consortium * 100,000 + days since 1900), because exclusion over
(key, range) would ask for the contrib extension btree_gist.
"""

from django.db import migrations

SINCE = "(since - DATE '1900-01-01')"
UNTIL = "coalesce(until - DATE '1900-01-01', 99999)"
FORWARD = f"""
ALTER TABLE parties_consortiummember ADD CONSTRAINT one_lead_at_a_time
    EXCLUDE USING gist (
        int8range(consortium_id * 100000 + {SINCE}, consortium_id * 100000 + {UNTIL}) WITH &&
    ) WHERE (role = 'LEAD' AND state = 'ACCEPTED');
ALTER TABLE parties_consortiummember ADD CONSTRAINT days_of_a_membership
    CHECK (since BETWEEN DATE '1900-01-01' AND DATE '2173-01-01');
"""
BACKWARD = """
ALTER TABLE parties_consortiummember DROP CONSTRAINT days_of_a_membership;
ALTER TABLE parties_consortiummember DROP CONSTRAINT one_lead_at_a_time;
"""


class Migration(migrations.Migration):
    dependencies = [("parties", "0002_consortia")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
