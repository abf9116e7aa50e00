"""Pages of matching: ranked offers of a need, verdicts, and the ledger of introductions."""

from kechuang.matching.pages import introductions, matches

urls = [*matches.urls, *introductions.urls]
