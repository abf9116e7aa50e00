from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):

    dependencies = [
        ("reviews", "0006_assignment_stays"),
    ]

    operations = [
        migrations.AddField(
            model_name="panel",
            name="others_from",
            field=models.DateTimeField(null=True, verbose_name="互看总分自"),
        ),
        migrations.AddField(
            model_name="panel",
            name="consensus_from",
            field=models.DateTimeField(null=True, verbose_name="合议定于"),
        ),
        migrations.AddConstraint(
            model_name="panel",
            constraint=models.CheckConstraint(
                condition=Q(others_from__isnull=True) | Q(score_until__lte=F("others_from")),
                name="others_are_seen_after_scoring",
            ),
        ),
        migrations.AddConstraint(
            model_name="panel",
            constraint=models.CheckConstraint(
                condition=Q(consensus_from__isnull=True)
                | Q(score_until__lte=F("consensus_from"))
                & (Q(others_from__isnull=True) | Q(others_from__lte=F("consensus_from"))),
                name="consensus_comes_last",
            ),
        ),
    ]
