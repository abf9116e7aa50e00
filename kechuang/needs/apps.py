from django.apps import AppConfig


class NeedsConfig(AppConfig):
    name = "kechuang.needs"
    label = "needs"
    verbose_name = "需求"
    default_auto_field = "django.db.models.BigAutoField"
