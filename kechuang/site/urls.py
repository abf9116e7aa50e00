"""Addresses: Chinese without a prefix, English under /en/; every part lists its own."""

from importlib import import_module
from importlib.util import find_spec

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

from kechuang.site.api import api
from kechuang.site.settings import PARTS


def _pages() -> list[object]:
    found: list[object] = []
    for part in ["site", *PARTS]:
        if find_spec(f"kechuang.{part}.pages"):
            found.extend(import_module(f"kechuang.{part}.pages").urls)
    return found


def _unlocalised() -> list[object]:
    pages = import_module("kechuang.site.pages") if find_spec("kechuang.site.pages") else None
    return list(getattr(pages, "plain_urls", []))


urlpatterns = [
    path("api/v1/", api.urls),
    *_unlocalised(),
    *i18n_patterns(
        path("account/", include("allauth.account.urls")),
        path("account/2fa/", include("allauth.mfa.urls")),
        *_pages(),
        prefix_default_language=False,
    ),
]
