"""Pages of cultivation: each module lists its own addresses."""

from django.urls import URLPattern

urls: list[URLPattern] = []
