from django.apps import AppConfig


class OffersConfig(AppConfig):
    name = "kechuang.offers"
    label = "offers"
    verbose_name = "成果与团队"
    default_auto_field = "django.db.models.BigAutoField"
