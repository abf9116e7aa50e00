from django.apps import AppConfig


class MatchingConfig(AppConfig):
    name = "kechuang.matching"
    label = "matching"
    verbose_name = "对接"
    default_auto_field = "django.db.models.BigAutoField"
