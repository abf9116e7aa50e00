"""The organising modes as configuration: one engine, one data file per mode and version."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from kechuang.base.actor import Role
from kechuang.base.refusals import N_
from kechuang.base.terms import months_later
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
    note_required: bool = False


@dataclass(frozen=True, slots=True)
class StageRule:
    """A stage of a race: its share of the months, how many teams run it, and money for each."""

    name: str
    name_en: str
    months_percent: int
    teams_max: int
    money_percent: int


@dataclass(frozen=True, slots=True)
class StagePlan:
    """A stage as one call has it: until when, how many teams, and public money for each."""

    place: int
    name: str
    name_en: str
    until: date
    teams_max: int
    team_fen: int


@dataclass(frozen=True, slots=True)
class Mode:
    """A version of an organising mode. Units stand in the names; `score_min` is of 100.

    `winners` is the most that may be awarded; `ask_percent_max` what one bid may ask of the call's
    public money; `invited` says that one unit is named and nobody else bids.
    """

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
    invited: bool = False
    winners_min: int = 1
    ask_percent_max: int = 100
    award_months: int = 6
    stages: tuple[StageRule, ...] = ()

    @property
    def is_race(self) -> bool:
        return bool(self.stages)


def _read(text: str) -> Mode:
    data = tomllib.loads(text)
    data["fit_questions"] = tuple(FitQuestion(**row) for row in data["fit_questions"])
    data["approval"] = tuple(
        ApprovalRule(**{**row, "role": Role(row["role"])}) for row in data["approval"]
    )
    data["stages"] = tuple(StageRule(**row) for row in data.get("stages", ()))
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
    ['COMPETITIVE', 'DIRECT', 'MERIT', 'OPEN', 'RACE']
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


def stages_of(mode: Mode, public_fen: int, months: int, deadline: date) -> list[StagePlan]:
    """The stages of a call: each ends so much of the months after the start; money in whole fen.

    >>> from datetime import date
    >>> [(one.until.isoformat(), one.teams_max, one.team_fen)
    ...  for one in stages_of(mode_of("RACE", 1), 1000, 20, date(2027, 1, 10))]
    [('2027-11-10', 3, 120), ('2028-05-10', 2, 140), ('2028-12-10', 1, 360)]
    """
    plans, share = [], 0
    for place, stage in enumerate(mode.stages, start=1):
        share += stage.months_percent
        plans.append(StagePlan(
            place, stage.name, stage.name_en,
            months_later(deadline, mode.award_months + months * share // 100),
            stage.teams_max, public_fen * stage.money_percent // 100,
        ))
    return plans


def ask_most(mode: Mode, public_fen: int) -> int:
    """What one bid may ask: the money of the first stage in a race, else its share of the call.

    >>> ask_most(mode_of("RACE", 1), 1000), ask_most(mode_of("COMPETITIVE", 1), 1000)
    (120, 500)
    """
    percent = mode.stages[0].money_percent if mode.is_race else mode.ask_percent_max
    return public_fen * percent // 100
