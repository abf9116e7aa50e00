from django.apps import AppConfig


class DoorsConfig(AppConfig):
    name = "kechuang.doors"
    label = "doors"
    verbose_name = "入口"
    default_auto_field = "django.db.models.BigAutoField"
