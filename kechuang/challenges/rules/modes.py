"""The organising modes as configuration: one engine, one data file per mode and version."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from kechuang.base.actor import Role
from kechuang.base.refusals import N_
from kechuang.challenges.rules.refusals import ChallengeRefused


@dataclass(frozen=True, slots=True)
class FitQuestion:
    code: str
    text: str
    text_en: str


@dataclass(frozen=True, slots=True)
class ApprovalRule:
    """One step of the department's approval: who signs, and in how many working days."""

    code: str
    name: str
    name_en: str
    role: Role
    working_days: int


@dataclass(frozen=True, slots=True)
class Mode:
    """A version of an organising mode. Units stand in the names; `score_min` is of 100."""

    code: str
    version: int
    name: str
    name_en: str
    since: date
    basis: str
    who_may_bid: str
    who_may_bid_en: str
    selection: str
    selection_en: str
    commitment: str
    commitment_en: str
    sealed: bool
    bids_min: int
    winners: int
    experts_min: int
    open_days_min: int
    amendment_days_min: int
    correction_hours: int
    notice_working_days: int
    score_min: int
    issuer_chooses: bool
    return_to: str
    fit_questions: tuple[FitQuestion, ...]
    approval: tuple[ApprovalRule, ...]
    ranking_binds: bool = False


def _read(text: str) -> Mode:
    data = tomllib.loads(text)
    data["fit_questions"] = tuple(FitQuestion(**row) for row in data["fit_questions"])
    data["approval"] = tuple(
        ApprovalRule(**{**row, "role": Role(row["role"])}) for row in data["approval"]
    )
    return Mode(**data)


@cache
def modes() -> dict[tuple[str, int], Mode]:
    """All modes and versions that this installation knows."""
    folder = files("kechuang.challenges").joinpath("data", "modes")
    texts = [one.read_text("utf-8") for one in folder.iterdir() if one.name.endswith(".toml")]
    found = [_read(text) for text in texts]
    return {(mode.code, mode.version): mode for mode in found}


def mode_of(code: str, version: int) -> Mode:
    """The mode in the version that a challenge was drafted under."""
    return modes()[code, version]


def modes_in_force(day: date) -> list[Mode]:
    """Every mode that a challenge may be drafted in on a day, in its newest version.

    >>> from datetime import date
    >>> [mode.code for mode in modes_in_force(date(2026, 11, 22))]
    ['MERIT', 'OPEN']
    """
    codes = sorted({mode.code for mode in modes().values() if mode.since <= day})
    return [mode_in_force(code, day) for code in codes]


def mode_in_force(code: str, day: date) -> Mode:
    """The newest version that began on or before the day.

    >>> from datetime import date
    >>> mode_in_force("OPEN", date(2026, 11, 22)).bids_min
    1
    """
    fitting = [mode for mode in modes().values() if mode.code == code and mode.since <= day]
    if not fitting:
        raise ChallengeRefused(
            "challenges.no_such_mode", N_("没有这种组织方式：{mode}。"), {"mode": code}, ("mode",),
        )
    return max(fitting, key=lambda mode: mode.version)
