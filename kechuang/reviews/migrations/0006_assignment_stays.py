"""A dealing of cases stays as it was made."""

from django.db import migrations

STAY = """
CREATE TRIGGER reviews_assignment_stays BEFORE UPDATE OR DELETE ON reviews_assignment
    FOR EACH ROW EXECUTE FUNCTION reviews_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("reviews", "0005_assignments")]

    operations = [
        migrations.RunSQL(STAY, "DROP TRIGGER reviews_assignment_stays ON reviews_assignment;")
    ]
