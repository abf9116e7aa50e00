"""The English of what engines refuse where no door is at hand: in a terminal, in a file.

Pages and the API translate through Django; the commands on files run without it.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from kechuang.base.refusals import Said

CATALOGUE = Path(__file__).parents[1] / "site" / "locale" / "en" / "engines.po"
_LINE = re.compile(r'^(?:(msgid|msgstr) )?(".*")$')


@cache
def translations() -> dict[str, str]:
    """The engines' catalogue, Chinese to English; empty where the file was left out."""
    found: dict[str, str] = {}
    parts: dict[str, str] = {}
    key = ""
    lines = CATALOGUE.read_text("utf-8").splitlines() if CATALOGUE.exists() else []
    for line in [*lines, 'msgid ""']:
        match = _LINE.match(line)
        if match is None:
            continue
        if match[1] == "msgid" and "msgstr" in parts:
            found[parts["msgid"]] = parts["msgstr"]
            parts = {}
        key = match[1] or key
        parts[key] = parts.get(key, "") + json.loads(match[2])
    return found


def english(said: str) -> str:
    """A worded sentence in English; as it stands where nobody translated it."""
    if not isinstance(said, Said):
        return translations().get(said, said)
    parts = {name: _part(part) for name, part in said.parts.items()}
    return translations().get(said.template, said.template).format(**parts)


def _part(part: Any) -> Any:
    if isinstance(part, list | tuple):
        return ", ".join(str(_part(one)) for one in part)
    return english(part) if isinstance(part, Said) else part


def both(said: Said) -> str:
    """A sentence in both languages, for a reader of whom neither is known to be theirs.

    >>> from kechuang.base.refusals import worded
    >>> both(worded("{a} = {a}", a=1))
    '1 = 1'
    """
    first = english(said)
    return first if first == said else f"{first} / {said}"
