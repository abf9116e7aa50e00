"""What the rules of a panel are told, their figures, and the refusals they raise."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from kechuang.base.actor import Role
from kechuang.base.refusals import Refused

REVIEWS_MIN = 3  # counted reviews that each case needs before a panel can finish
CONFLICT_YEARS = 3  # [G] an employer counts this long after one has left it; a panel keeps its own
PASS_MARK = 60  # [G] points of 100; a panel keeps its own
DEVIATION_PERCENT = 20
POINTS_MAX = 100
WEIGHTS_SUM = 100
LOAD_MAX = 30  # [G] open cases that one expert carries at once
STEP_WORKING_DAYS = 3  # [G] to name officers, to choose experts, to bring the cases in
INVITATION_WORKING_DAYS = 2  # [G]
SCORING_WORKING_DAYS = 10  # [G]
OFFICE_ROLES = (Role.OFFICER, Role.HEAD)
# Under these appointments a person may act as a panel's secretary or chair.
PANEL_ROLES = (
    Role.OFFICER, Role.HEAD, Role.LIAISON, Role.EXPERT, Role.MEMBER, Role.SECRETARY, Role.CHAIR,
)
STAFF_ROLES = (Role.OFFICER, Role.HEAD, Role.FINANCE, Role.PAYER, Role.SUPERVISOR)
# Under these a person witnesses a draw.
WITNESS_ROLES = (Role.OFFICER, Role.HEAD, Role.SUPERVISOR)

DRAW_OPEN = ("COMMITTING", "REVEALING")
PANEL_OPEN = ("PLANNED", "INVITING", "COMPLETE", "REVIEWING")
SEAT_LIVE = ("INVITED", "ACCEPTED")
REVIEW_OPENED = ("ACTIVE", "DRAFT", "SUBMITTED")  # the case may be read
REVIEW_SCORING = ("ACTIVE", "DRAFT")
REVIEW_WAITING = ("ASSIGNED", "DECLARING", "ACTIVE", "DRAFT")
REVIEW_SCORED = ("SUBMITTED", "COUNTED")


class PanelRefused(Refused):
    """The panel cannot take this step now."""


class SeatRefused(Refused):
    """This person cannot sit, or the seat cannot take this step."""


class ReviewRefused(Refused):
    """This review cannot be opened, scored, handed in or reopened."""


class ConflictOfInterest(Refused):
    """Somebody stands too near to a bidder to judge."""




@dataclass(frozen=True)
class CaseFacts:
    """What an expert sees of a case before declaring; `url` is where its content is served."""

    number: str
    title: str
    organisation_codes: tuple[str, ...] = ()
    person_numbers: tuple[str, ...] = ()
    url: str = ""
    organisation_names: tuple[str, ...] = ()
    person_names: tuple[str, ...] = ()
    sha256: str = ""  # fingerprint of what was handed in, where there is one
    topic: str = ""  # what it is about, for dealing cases out; shown to nobody


@dataclass(frozen=True)
class Employment:
    """One dated tie of a person to an organisation, by credit code."""

    code: str
    since: date | None = None
    until: date | None = None  # half-open; None while it lasts

    def is_in_force(self, day: date) -> bool:
        return self.until is None or self.until > day

    def is_within(self, day: date, years: int) -> bool:
        """Whether it lasts on that day or ended within so many years before it."""
        return self.until is None or self.until > years_before(day, years)


@dataclass(frozen=True)
class Candidate:
    """A person as the conflict rules see one: number, name, ties, roles in force, open cases."""

    person: str
    name: str
    employments: tuple[Employment, ...] = ()
    roles: frozenset[str] = frozenset()
    load: int = 0
    load_max: int = LOAD_MAX
    fields: tuple[str, ...] = ()
    recent: int = 0  # panels sat on within the last year

    def units(self, day: date) -> frozenset[str]:
        return frozenset(e.code for e in self.employments if e.is_in_force(day))


@dataclass(frozen=True)
class Evidence:
    """Why somebody may stand too near: a kind, whether it blocks by itself, and the facts."""

    kind: str
    is_blocking: bool
    facts: Mapping[str, str] = field(default_factory=dict)


# A credit code and all codes above it: parents and successors, however far.
Chains = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class PanelFacts:
    """What the rights of a panel depend on: its officers, region and state."""

    number: str
    region_path: str
    state: str
    secretary: str = ""
    chair: str = ""
    draw_operator: str = ""


def years_before(day: date, years: int) -> date:
    """The same day so many years earlier; 28 February for a leap day.

    >>> years_before(date(2028, 2, 29), 3)
    datetime.date(2025, 2, 28)
    """
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
