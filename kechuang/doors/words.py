"""Say refusals and names in the reader's language."""

from typing import Any

from django.utils.formats import number_format
from django.utils.translation import get_language, gettext

from kechuang.base.money import rounded_en, rounded_zh, yuan_exact
from kechuang.base.refusals import Refused, Said


def message_of(refused: Refused) -> str:
    """The text of a refusal, translated, with its facts."""
    return _filled(refused.text, refused.facts)


def way_on_of(refused: Refused) -> str:
    """What to do instead, translated; empty where the refusal says nothing."""
    if isinstance(refused.way_on, Said):
        return said_in_language(refused.way_on)
    return _filled(refused.way_on, refused.facts) if refused.way_on else ""


def name_in_language(thing: Any) -> Any:
    """The name of a person, organisation, region or indicator as the reader reads it.

    What has no English name keeps its own; what has no name at all is given back.
    """
    english = getattr(thing, "name_en", "")
    if english and (get_language() or "").startswith("en"):
        return english
    return getattr(thing, "name", thing)


def said_in_language(said: str) -> str:
    """A sentence of an engine in the reader's language; parts that people wrote stay as written."""
    if not isinstance(said, Said):
        return gettext(said)
    parts = {name: _part(value) for name, value in said.parts.items()}
    return gettext(said.template).format(**parts)


def _part(value: Any) -> Any:
    if isinstance(value, Said):
        return said_in_language(value)
    if isinstance(value, list | tuple):
        return gettext("、").join(str(_part(one)) for one in value)
    return value


def _filled(text: str, facts: dict[str, Any]) -> str:
    said = {
        name: money_words(value) if name.endswith("_fen") else _said(value)
        for name, value in facts.items()
    }
    return gettext(text).format(**said)


def money_words(fen: int) -> str:
    """An amount as people say it, or in full yuan where rounding would hide something."""
    english = (get_language() or "").startswith("en")
    figure, unit = rounded_en(fen) if english else rounded_zh(fen)
    if fen % (100_000_000 if english else 10_000):
        figure, unit = yuan_exact(fen), "yuan" if english else "元"
    return f"{figure} {unit}"


def _said(value: Any) -> str:
    if isinstance(value, Refused):
        return message_of(value)
    if isinstance(value, Said):
        return said_in_language(value)
    if isinstance(value, bool):
        return gettext("是") if value else gettext("否")
    if isinstance(value, list | tuple):
        return gettext("、").join(_said(one) for one in value)
    if isinstance(value, int) and abs(value) >= 10_000:
        return number_format(value, force_grouping=True)
    return gettext(value) if isinstance(value, str) and value else str(value)
