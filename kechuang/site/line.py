"""The line of an object: from any number outwards through every part's places."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language

from kechuang.base.actor import Actor
from kechuang.base.line import Place, Step

STEPS = list(Step)
FURTHEST_WALK = 4
# The page of an object by the kind of its number.
PAGES = {
    "XQ": "need", "CG": "offer", "JB": "challenge", "XM": "project", "GS": "notice",
    "ZC": "policy", "PC": "batch", "BT": "benefit", "ZH": "reclaim",
    "YY": "objection", "DW": "organisation", "JH": "contract", "PS": "panel",
    "HD": "event", "HX": "candidate", "SX": "screening", "LH": "consortium",
    "ZX": "centre", "SL": "allocation", "ZY": "job", "DZ": "statement",
}  # fmt: skip


@cache
def _parts() -> list[Callable[..., Iterable[Place]]]:
    found = []
    for config in apps.get_app_configs():
        module = f"{config.name}.queries"
        if config.name.startswith("kechuang.") and find_spec(module):
            places = getattr(import_module(module), "places_on_the_line", None)
            if places:
                found.append(places)
    return found


def line_of(number: str, actor: Actor, at: datetime) -> list[Place]:
    """The places on the line of an object that this reader may see, in the order of the line.

    Each part answers for its own objects; what a place names as linked is asked for next.
    """
    found: dict[str, Place] = {}
    asked: set[str] = set()
    wanted = {number}
    for _step in range(FURTHEST_WALK):
        asked |= wanted
        fresh = [place for ask in _parts() for place in ask(sorted(wanted), actor, at)]
        found.update({place.number: place for place in fresh if place.number not in found})
        wanted = {link for place in found.values() for link in place.linked} - asked
        if not wanted:
            break
    return sorted(found.values(), key=lambda place: (STEPS.index(place.step), place.at))


def in_this_language(url: str) -> str:
    """An address of the reader's language; parts below know only the one without a prefix."""
    if (get_language() or "").startswith("en") and not url.startswith("/en/"):
        return f"/en{url}"
    return url


def address_of(number: str) -> str:
    """The page of an object by its number; empty where the number has no page of its own."""
    name = PAGES.get(number.partition("-")[0], "")
    try:
        return reverse(name, args=[number]) if name else ""
    except NoReverseMatch:
        return ""
