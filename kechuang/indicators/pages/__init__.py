"""Pages of indicators: each module lists its own addresses."""

from django.urls import URLPattern

from kechuang.indicators.pages import figures, ladder

# The ladder first: it is no indicator's code.
urls: list[URLPattern] = [*ladder.urls, *figures.urls]
