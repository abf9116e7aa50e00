"""Pages of cultivation: each module lists its own addresses."""

from django.urls import URLPattern

from kechuang.cultivation.pages import batches, granted, policies

urls: list[URLPattern] = [*policies.urls, *batches.urls, *granted.urls]
