"""A quote says how sure its wait is; what was quoted before said nothing of it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('compute', '0007_played'),
    ]

    operations = [
        migrations.AddField(
            model_name='quote',
            name='wait_high_seconds',
            field=models.BigIntegerField(null=True, verbose_name='等待（秒），至多'),
        ),
        migrations.AddField(
            model_name='quote',
            name='wait_low_seconds',
            field=models.BigIntegerField(null=True, verbose_name='等待（秒），至少'),
        ),
    ]
