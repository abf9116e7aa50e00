"""A run is metered when its centre's accounts of it are closed, which may be after its end."""

from django.db import migrations, models
from django.db.models import Q

LIVE = ["STAGED", "SUBMITTED", "RUNNING"]


def mark_metered(apps, schema_editor):
    """Until now an end and its metering were one."""
    runs = apps.get_model("compute", "Run").objects
    runs.exclude(state__in=LIVE).update(is_metered=True)


class Migration(migrations.Migration):
    dependencies = [("compute", "0004_ray")]
    operations = [
        migrations.AddField(
            model_name="run",
            name="is_metered",
            field=models.BooleanField(default=False, verbose_name="已计量"),
        ),
        migrations.AddField(
            model_name="run",
            name="accounts_since",
            field=models.DateTimeField(null=True, verbose_name="等中心记账，自"),
        ),
        migrations.RunPython(mark_metered, migrations.RunPython.noop),
        migrations.RemoveIndex(model_name="run", name="run_to_look_after"),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=Q(("is_collected", False), ("is_metered", False), _connector="OR"),
                fields=["job"],
                name="run_to_look_after",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=Q(
                    ("is_metered", False), Q(("state__in", LIVE), _negated=True), _connector="OR"
                ),
                name="metered_run_has_ended",
            ),
        ),
    ]
