from django.apps import AppConfig


class ComputeConfig(AppConfig):
    name = "kechuang.compute"
    label = "compute"
    verbose_name = "算力"
    default_auto_field = "django.db.models.BigAutoField"
