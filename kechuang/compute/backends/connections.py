"""How a centre is reached: a file of the operator's in the state directory, not the database."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kechuang.compute.backends.orders import Unreachable

CONNECTION = "connection.toml"


def keep(place: Path, fields: Mapping[str, Any]) -> None:
    """Write how a centre is reached, its tables last; only who runs the desk reads it."""
    place.mkdir(parents=True, exist_ok=True, mode=0o711)
    ordered = sorted(fields.items(), key=lambda one: isinstance(one[1], dict))
    text = ""
    for name, value in ordered:
        if isinstance(value, dict):
            text += f"\n[{name}]\n"
            text += "".join(f"{key} = {json.dumps(one)}\n" for key, one in value.items())
        else:
            text += f"{name} = {json.dumps(value)}\n"
    path = place / CONNECTION
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def kept(place: Path) -> dict[str, Any]:
    """What was written; Unreachable where nothing was."""
    try:
        return tomllib.loads((place / CONNECTION).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise Unreachable(f"kechuang compute connect: {error}") from error
