"""Evidence and receipts carry their files."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("files", "0001_initial"), ("projects", "0001_initial")]
    operations = [
        migrations.AddField(
            "evidence",
            "blob",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="files.blob",
                verbose_name="文件",
            ),
        ),
        migrations.AddField(
            "evidence",
            "filename",
            models.CharField(blank=True, max_length=120, verbose_name="文件名"),
        ),
        migrations.RemoveConstraint("evidence", "evidence_shows_something"),
        migrations.AddConstraint(
            "evidence",
            models.CheckConstraint(
                condition=models.Q(
                    ("figure__isnull", False),
                    ("blob__isnull", False),
                    models.Q(("text", ""), _negated=True),
                    _connector="OR",
                ),
                name="evidence_shows_something",
            ),
        ),
        # The table is empty until now: the default fills no row.
        migrations.AddField(
            "ownreceipt",
            "blob",
            models.ForeignKey(
                default=0,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="files.blob",
                verbose_name="凭据",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "ownreceipt",
            "filename",
            models.CharField(default="", max_length=120, verbose_name="文件名"),
            preserve_default=False,
        ),
    ]
