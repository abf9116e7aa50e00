from contextlib import suppress

from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "kechuang.site"
    label = "site"
    verbose_name = "站点"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The compiled catalogue is made from the translations whenever one of them is younger."""
        from kechuang.site.catalogues import compile_english

        with suppress(OSError):
            compile_english()
