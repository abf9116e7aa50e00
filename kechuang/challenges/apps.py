from django.apps import AppConfig


class ChallengesConfig(AppConfig):
    name = "kechuang.challenges"
    label = "challenges"
    verbose_name = "榜单"
    default_auto_field = "django.db.models.BigAutoField"
