from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("challenges", "0006_two_envelopes"),
    ]

    operations = [
        migrations.AddField(
            model_name="challenge",
            name="seal_profile",
            field=models.CharField(
                choices=[("intl", "SHA-256、AES-256-GCM"), ("gm", "国密 SM3、SM4-GCM")],
                default="intl", max_length=4, verbose_name="密封算法",
            ),
        ),
        migrations.AddConstraint(
            model_name="challenge",
            constraint=models.CheckConstraint(
                condition=models.Q(("seal_profile", "intl"))
                | models.Q(("custodians_needed__gte", 2), ("seal_profile", "gm")),
                name="seal_profile_is_known_and_custodians",
            ),
        ),
    ]
