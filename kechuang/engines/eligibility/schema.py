"""The columns that rules may read, from `columns.yaml`: types, units, owners, people's words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from kechuang.engines.eligibility import units

HERE = Path(__file__).resolve().parent
LETTER_CODE = re.compile(r"[A-T]\d{0,4}")


@dataclass(frozen=True)
class ColumnSpec:
    """One column: `type` is bool, date, text or number; a number has a unit."""

    name: str
    type: str
    unit: units.Unit
    zh: str
    words: str = ""
    is_open: bool = False


@dataclass(frozen=True)
class Schema:
    """All columns: of the enterprise, of a yearly return, of each list's rows."""

    enterprise: Mapping[str, ColumnSpec]
    returns: Mapping[str, ColumnSpec]
    lists: Mapping[str, Mapping[str, ColumnSpec]]
    owners: Mapping[str, str]
    labels: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]]
    sections: Mapping[str, tuple[int, int]]

    def code_of(self, spec: ColumnSpec, said: str) -> str | None:
        """The code of a person's word; None where the word is not known and must not be guessed."""
        if spec.words == "industry":
            return self.industry(said)
        found = self.words[spec.words].get(plain(said))
        return found if found is not None or not spec.is_open else said

    def industry(self, said: str) -> str | None:
        """A code of GB/T 4754 with the letter of its section: `3562` is `C3562`."""
        code = said.strip().upper().replace(" ", "")
        if LETTER_CODE.fullmatch(code):
            return code
        if not re.fullmatch(r"\d{2,4}", code):
            return None
        division = int(code[:2])
        for letter, (first, last) in self.sections.items():
            if first <= division <= last:
                return letter + code
        return None

    def spec_of(self, name: str) -> ColumnSpec | None:
        """The column that a name of the output means: `returns.2022.staff`, `ip.class`."""
        steps = name.split(".")
        if steps[0] == "returns":
            return self.returns.get(steps[-1])
        if steps[0] in self.lists and len(steps) > 1:
            return self.lists[steps[0]].get(steps[-1])
        return self.enterprise.get(steps[0])

    def owner_of(self, name: str) -> str:
        """The department that owns a datum, which is asked for it instead of the enterprise."""
        steps = name.split(".")
        return self.owners.get(steps[-1] if steps[0] == "returns" else steps[0], "")

    def label_of(self, name: str) -> str:
        """A column as people call it."""
        steps = name.split(".")
        spec = self.spec_of(name)
        if steps[0] == "returns" and spec and len(steps) > 2:
            return f"{steps[1]}年{spec.zh}"
        if steps[0] in self.lists:
            return self.labels[steps[0]] + (f"·{spec.zh}" if spec else "")
        return spec.zh if spec else name


def plain(said: str) -> str:
    """A word without what people write differently: case, spaces, hyphens, underscores."""
    return re.sub(r"[\s_\-]+", "", said).casefold()


def _specs(columns: Mapping[str, Any]) -> dict[str, ColumnSpec]:
    return {
        name: ColumnSpec(
            name, "number" if "unit" in said else said["type"],
            units.BY_NAME[said["unit"]] if "unit" in said else units.NONE,
            said["zh"], said.get("words", ""), said.get("open", False),
        )
        for name, said in columns.items()
    }  # fmt: skip


@cache
def schema() -> Schema:
    """The schema that ships with the engine."""
    said = yaml.safe_load((HERE / "columns.yaml").read_text("utf-8"))
    flat = said["enterprise"] | said["returns"]
    words = {
        kind: {plain(str(word)): code for code, all_ in codes.items() for word in all_}
        for kind, codes in said["words"].items()
    }
    return Schema(
        _specs(said["enterprise"]), _specs(said["returns"]),
        {name: _specs(one["columns"]) for name, one in said["lists"].items()},
        {name: one["owner"] for name, one in (flat | said["lists"]).items()},
        {name: one["zh"] for name, one in said["lists"].items()},
        words,
        {letter: (first, last) for letter, (first, last) in said["sections"].items()},
    )  # fmt: skip
