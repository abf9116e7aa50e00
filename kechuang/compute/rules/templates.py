"""The application templates: what they run, what they ask, what a job of theirs will need."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from kechuang.base.refusals import N_, Refused

FILE = Path(__file__).parents[1] / "data" / "templates.toml"
SCRIPT_LENGTH_MOST = 100_000


class ParametersRefused(Refused):
    """These parameters do not fit the template."""


@dataclass(frozen=True)
class Parameter:
    """One thing that a template asks."""

    name: str
    label: str
    kind: str  # "whole" or "text"
    default: int | str
    least: int = 0
    most: int = 0
    unit: str = ""
    label_en: str = ""
    unit_en: str = ""


@dataclass(frozen=True)
class Template:
    """One application: its program or the unit's own script, its parameters and its estimate."""

    code: str
    name: str
    name_en: str
    version: str
    about: str
    about_en: str
    program: str = ""  # below backends/programs; empty: the unit's own script
    files: tuple[str, ...] = ()  # what else its program finds beside it
    needs: str = ""  # the module of our own requirements without which it does not run
    mend: str = ""  # the command that installs it
    extra: str = ""  # what it needs beyond them, by its code in extras.toml
    estimate_per: tuple[str, ...] = ()  # parameters whose product says how much work a task is
    core_seconds_per: float = 0.0
    memory_mb: int = 1024
    may_array: bool = True
    parameters: tuple[Parameter, ...] = field(default=())

    @property
    def is_script(self) -> bool:
        return not self.program

    def core_seconds(self, given: Mapping[str, Any]) -> int:
        """How much work one task is likely to be; 0 where the template cannot know."""
        amount = self.core_seconds_per
        for name in self.estimate_per:
            amount *= int(given[name])
        return int(amount) + 1 if self.core_seconds_per else 0


@cache
def templates() -> dict[str, Template]:
    """Every template of the data file, by code."""
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))["template"]
    found = (
        Template(**{
            **row, "estimate_per": tuple(row.get("estimate_per", ())),
            "files": tuple(row.get("files", ())),
            "parameters": tuple(Parameter(**one) for one in row.get("parameters", ())),
        })
        for row in rows
    )  # fmt: skip
    return {one.code: one for one in found}


def template_coded(code: str) -> Template:
    """The template of a code; refused where there is none."""
    if code not in templates():
        raise ParametersRefused(
            "compute.no_template", N_("没有应用“{code}”。"), {"code": code}, ("template",)
        )
    return templates()[code]


def problems_with_parameters(
    template: Template, given: Mapping[str, Any]
) -> Iterator[ParametersRefused]:
    """Every parameter that is missing, of the wrong kind or out of its range, and unknown ones."""
    known = {one.name: one for one in template.parameters}
    for name in sorted(set(given) - set(known)):
        yield ParametersRefused(
            "compute.unknown_parameter", N_("应用没有参数“{name}”。"), {"name": name}, (name,)
        )
    for one in template.parameters:
        value = given.get(one.name)
        if one.kind == "whole":
            right = isinstance(value, int) and not isinstance(value, bool)
            if not (right and value is not None and one.least <= value <= one.most):
                yield ParametersRefused(
                    "compute.parameter_range",
                    N_("{label}须是 {least} 到 {most} 的整数。"),
                    {"label": one.label, "least": one.least, "most": one.most}, (one.name,),
                )  # fmt: skip
        elif not isinstance(value, str) or not value.strip() or len(value) > SCRIPT_LENGTH_MOST:
            yield ParametersRefused(
                "compute.parameter_missing", N_("请填写{label}。"), {"label": one.label},
                (one.name,),
            )  # fmt: skip
