"""How much a liaison takes on, who says so, and a pause."""

from datetime import date, timedelta

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, require
from kechuang.matching.rules.refusals import IntroductionRefused, MatchRefused

PAUSE_LONGEST_DAYS = 180
LARGEST_CAPACITY = 500


def may_set_capacity(actor: Actor, region_path: str) -> bool:
    return actor.is_role(Role.OFFICER, Role.HEAD) and actor.covers(region_path)


def may_pause(actor: Actor, person: str, region_path: str) -> bool:
    """The liaison for oneself, or the region's office."""
    own = actor.is_role(Role.LIAISON) and actor.person == person
    return own or may_set_capacity(actor, region_path)


def check_load(load: int, capacity: int) -> None:
    """A liaison with full hands takes no more."""
    if load >= capacity:
        raise IntroductionRefused(
            "introduction.hands_full",
            N_("不能再发引荐。手上未结的引荐有 {load} 件，上限是 {capacity} 件。"),
            {"load": load, "capacity": capacity},
            (),
            N_("请先办结几件，或移交给别的联络员。"),
        )


def check_not_paused(paused_until: date | None, day: date) -> None:
    """A liaison who pauses takes no new introduction before the day given."""
    if paused_until is not None and day < paused_until:
        raise IntroductionRefused(
            "introduction.paused",
            N_("不能接新的引荐。联络员暂停到 {until}。"),
            {"until": paused_until.isoformat()},
            (),
            N_("请移交给别的联络员，或由本人取消暂停。"),
        )


def check_pause(until: date | None, day: date) -> None:
    require(
        until is None or day < until <= day + timedelta(days=PAUSE_LONGEST_DAYS),
        MatchRefused(
            "liaison.pause_range",
            N_("暂停须到今天之后、{most} 天以内的某一天。"),
            {"most": PAUSE_LONGEST_DAYS},
            ("until",),
        ),
    )


def check_capacity(capacity: int) -> None:
    require(
        1 <= capacity <= LARGEST_CAPACITY,
        MatchRefused(
            "liaison.capacity_range",
            N_("上限是 1 到 {most} 件。"),
            {"most": LARGEST_CAPACITY},
            ("capacity",),
        ),
    )
