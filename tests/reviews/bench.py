"""A panel at each stage, for the tests of the reviews."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from kechuang.base.actor import Role
from kechuang.parties.models import Appointment
from kechuang.reviews import actions, queries
from kechuang.reviews.models import Panel, Review, Seat
from kechuang.reviews.rules import CaseFacts

CRITERIA = [
    {"code": "technology", "name": "技术路线", "weight": 50, "threshold": 50},
    {"code": "team", "name": "团队能力", "weight": 30},
    {"code": "cost", "name": "经费合理", "weight": 20},
]
SUBJECT = "JB-2026-000020"
GOOD = {"technology": 90, "team": 80, "cost": 70}
LOW = {"technology": 20, "team": 20, "cost": 20}
FAIR = {"technology": 70, "team": 80, "cost": 70}


@dataclass
class Bench:
    """A world with one panel; every step goes through the actions."""

    world: Any
    at: datetime
    panel: Panel
    seats: list[Seat] = field(default_factory=list)

    def officers(self) -> "Bench":
        self.panel = actions.name_panel_officers(
            panel=self.panel, secretary=self.world.officer2.person,
            chair=self.world.expert1.person, by=self.world.officer.actor, at=self.at,
        )  # fmt: skip
        return self

    def cases(self, *facts: CaseFacts) -> "Bench":
        actions.put_cases(
            panel=self.panel, cases=facts or self.two(), by=self.world.officer.actor, at=self.at
        )
        return self

    def two(self) -> tuple[CaseFacts, CaseFacts]:
        world = self.world
        return (
            CaseFacts("BID0000001A", "方案甲", (world.university.code,),
                      (world.member.person.number,), "/bids/BID0000001A/content/"),
            CaseFacts("BID0000002B", "方案乙", (world.institute.code,),
                      (world.institute_member.person.number,), "/bids/BID0000002B/content/"),
        )  # fmt: skip

    def experts(self, *names: str) -> "Bench":
        people = [getattr(self.world, n).person for n in names or ("expert1", "expert2", "expert3")]
        self.seats += actions.assign_experts(
            panel=self.panel, experts=people, by=self.world.officer2.actor, at=self.at
        )
        return self

    def accepted(self) -> "Bench":
        for seat in self.seats:
            seat.refresh_from_db()
            if seat.state == "INVITED":
                actions.accept_seat(seat=seat, by=self.actor_of(seat), at=self.at)
        self.panel.refresh_from_db()
        return self

    def declared(self) -> "Bench":
        for seat in self.seats:
            for review in Review.objects.filter(seat=seat, state="DECLARING"):
                actions.declare(
                    seat=seat, case_number=review.case.number, conflict=False,
                    by=self.actor_of(seat), at=self.at,
                )  # fmt: skip
        return self

    def submitted(self, first: dict = GOOD, second: dict = FAIR) -> "Bench":
        for seat in self.seats:
            for place, points in enumerate((first, second)):
                review = queries.review_for(seat, self.two()[place].number)
                if review is not None and review.state in ("ACTIVE", "DRAFT"):
                    self.submit(review, points)
        self.panel.refresh_from_db()
        return self

    def submit(self, review: Review, points: dict) -> Review:
        return actions.submit_score(
            review=review, points=points, opinion="路线可行，依据充分。",
            by=self.actor_of(review.seat), at=self.at,
        )  # fmt: skip

    def review(self, name: str, place: int = 0) -> Review:
        person = getattr(self.world, name).person
        seat = queries.seat_of(self.panel, person)
        return queries.review_for(seat, self.two()[place].number)

    def actor_of(self, seat: Seat) -> Any:
        members = self.world.members.values()
        return next(m.actor for m in members if m.person.pk == seat.expert.person_id)


def planned(
    world: Any, at: datetime, subject: str = SUBJECT, title: str = "高速主轴轴承寿命提升",
    **settings: int,
) -> Bench:  # fmt: skip
    """A planned panel without officers."""
    panel = actions.plan_panel(
        subject_number=subject, subject_title=title, region_path=world.city.path,
        criteria=CRITERIA, by=world.officer.actor, at=at, **settings,
    )  # fmt: skip
    return Bench(world, at, panel)


def reviewing(world: Any, at: datetime, **settings: int) -> Bench:
    """A panel of three experts with two cases, all invitations accepted."""
    return planned(world, at, **settings).officers().cases().experts().accepted()


def scored(world: Any, at: datetime, **settings: int) -> Bench:
    """A panel all of whose reviews are handed in."""
    return reviewing(world, at, **settings).declared().submitted()


def codes(refused):
    return [one.code for one in refused.value.refusals]


def employ(world, name, organisation, until=None):
    """Give a member of the world a dated tie to an organisation."""
    Appointment.objects.create(
        person=getattr(world, name).person, role=Role.MEMBER, organisation=organisation,
        since=date(2015, 1, 1), until=until,
    )  # fmt: skip


def states(bench, name):
    return [bench.review(name, place).state for place in (0, 1)]
