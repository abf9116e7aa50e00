"""Say a refusal in the reader's language."""

from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext

from kechuang.base.refusals import Refused


def message_of(refused: Refused) -> str:
    """The text of a refusal, translated, with its facts."""
    return _filled(refused.text, refused.facts)


def way_on_of(refused: Refused) -> str:
    """What to do instead, translated; empty where the refusal says nothing."""
    return _filled(refused.way_on, refused.facts) if refused.way_on else ""


def _filled(text: str, facts: dict[str, Any]) -> str:
    said = {name: _said(value) for name, value in facts.items()}
    return gettext(text).format(**said)


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("是") if value else gettext("否")
    if isinstance(value, int) and abs(value) >= 10_000:
        return number_format(value, force_grouping=True)
    return gettext(value) if isinstance(value, str) and value else str(value)
