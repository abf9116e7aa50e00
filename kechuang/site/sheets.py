"""The kinds of sheets that people bring, from every part: one page and one command for all."""

from functools import cache
from importlib import import_module
from importlib.util import find_spec

from kechuang.doors.sheets import Importer
from kechuang.site.settings import PARTS


@cache
def importers() -> dict[str, Importer]:
    """Every part's `commands.importers`, by kind."""
    found = {}
    for part in PARTS:
        if find_spec(f"kechuang.{part}.commands"):
            module = import_module(f"kechuang.{part}.commands")
            found |= {one.kind: one for one in getattr(module, "importers", ())}
    return found
