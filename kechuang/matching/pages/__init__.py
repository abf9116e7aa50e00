"""Pages of matching: ranked offers of a need, verdicts, and the ledger of introductions."""

from kechuang.matching.pages import introductions, liaisons, matches

urls = [*matches.urls, *liaisons.urls, *introductions.urls]
