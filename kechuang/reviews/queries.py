"""Reads of the reviews: who sees which panel and review, candidates, progress and ranking."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from kechuang.base.actor import Actor, Role
from kechuang.base.line import Place, Step
from kechuang.base.time import shanghai_date
from kechuang.parties.models import Appointment, Organisation, Person, Succession
from kechuang.parties.queries import in_force
from kechuang.reviews import rules
from kechuang.reviews.models import (
    Case,
    Conflict,
    Criterion,
    Expert,
    Fence,
    Panel,
    Review,
    Score,
    Seat,
)

CHAIN_DEPTH = 8


# Who sees what


def within(region_path: str, field: str = "region_path") -> Q:
    """Rows of a region's subtree, whole segments only."""
    return Q(**{field: region_path}) | Q(**{f"{field}__startswith": region_path + "/"})


def is_fenced(actor: Actor, subject_number: str) -> bool:
    """Whether this person stands in conflict with the subject and must see nothing of it."""
    return bool(actor.person) and Fence.objects.filter(
        person__number=actor.person, subject_number=subject_number
    ).exists()


def fenced_subjects(actor: Actor) -> QuerySet[Fence]:
    """Numbers of the subjects from which this person is fenced, for use in a subquery."""
    return Fence.objects.filter(person__number=actor.person).values("subject_number")


def panels_visible_to(actor: Actor, at: datetime) -> QuerySet[Panel]:
    """The own panels of a secretary or chair, and the region's for its office and supervisor.

    Nobody sees a panel on whose subject one is fenced; a chair recused from a case sees it no more.
    """
    if not actor.is_signed_in:
        return Panel.objects.none()
    mine = Q(pk__in=[])
    if actor.is_role(*rules.PANEL_ROLES):
        recused = Review.objects.filter(
            case__panel=OuterRef("pk"), state=Review.State.RECUSED,
            seat__expert__person__number=actor.person,
        )  # fmt: skip
        mine = Q(secretary__number=actor.person) | Q(
            ~Exists(recused), chair__number=actor.person
        )
    if actor.is_role(Role.SUPERVISOR, *rules.OFFICE_ROLES) and actor.region:
        mine |= within(actor.region)
    return (
        Panel.objects.filter(mine)
        .exclude(subject_number__in=fenced_subjects(actor))
        .select_related("secretary", "chair")
    )


def led_panels(actor: Actor, at: datetime) -> QuerySet[Panel]:
    """The panels that this person runs as secretary or leads as chair."""
    if not actor.is_role(*rules.PANEL_ROLES):
        return Panel.objects.none()
    return panels_visible_to(actor, at).filter(
        Q(secretary__number=actor.person) | Q(chair__number=actor.person)
    )


def reviews_visible_to(actor: Actor, at: datetime) -> QuerySet[Review]:
    """An expert's own reviews but for those recused; those of the panels that one runs or leads;
    for the office the counted ones; for the supervisor all of the region.
    """
    rows = Review.objects.select_related("seat__expert__person", "case__panel")
    if not actor.is_signed_in:
        return rows.none()
    seen = Q(case__panel__in=led_panels(actor, at).values("pk"))
    if actor.is_role(Role.EXPERT):
        seen |= Q(seat__in=seats_visible_to(actor, at).filter(state=Seat.State.ACCEPTED)) & ~Q(
            state__in=[Review.State.RECUSED, Review.State.DROPPED, Review.State.ASSIGNED]
        )
    if actor.is_role(Role.SUPERVISOR):
        seen |= Q(case__panel__in=panels_visible_to(actor, at).values("pk"))
    if actor.is_role(*rules.OFFICE_ROLES):
        seen |= Q(
            case__panel__in=panels_visible_to(actor, at).values("pk"), state=Review.State.COUNTED
        )
    return rows.filter(seen)


def own_reviews(actor: Actor, at: datetime) -> QuerySet[Review]:
    """The reviews that this expert has to do or has done."""
    if not actor.is_role(Role.EXPERT):
        return Review.objects.none()
    return reviews_visible_to(actor, at).filter(seat__expert__person__number=actor.person)


def seats_visible_to(actor: Actor, at: datetime) -> QuerySet[Seat]:
    """An expert's own seats, while the panel stands."""
    if not actor.is_role(Role.EXPERT):
        return Seat.objects.none()
    return (
        Seat.objects.filter(expert__person__number=actor.person, state__in=rules.SEAT_LIVE)
        .exclude(panel__state=Panel.State.CANCELLED)
        .select_related("panel__secretary", "panel__chair", "expert__person")
    )


def may_read_case(actor: Actor, case_number: str, at: datetime) -> bool:
    """Whether this person may read the content of a case now.

    An expert after declaring no conflict, until the panel finishes; the secretary; a chair who
    holds no seat. Nobody who is fenced from the subject.
    """
    if not actor.is_signed_in:
        return False
    opened = own_reviews(actor, at).filter(
        case__number=case_number, state__in=rules.REVIEW_OPENED,
        case__panel__state=Panel.State.REVIEWING,
    )  # fmt: skip
    if opened.exists():
        return True
    seated = Seat.objects.filter(panel=OuterRef("panel"), expert__person__number=actor.person)
    return (
        Case.objects.filter(number=case_number, panel__in=led_panels(actor, at).values("pk"))
        .exclude(panel__state=Panel.State.CANCELLED)
        .exclude(Exists(seated))
        .exists()
    )


# The panel and its parts


def panel_for(subject_number: str) -> Panel | None:
    """The newest panel of a subject that was not cancelled."""
    return (
        Panel.objects.filter(subject_number=subject_number)
        .exclude(state=Panel.State.CANCELLED)
        .select_related("secretary", "chair")
        .order_by("-pk")
        .first()
    )


def seats_of(panel: Panel) -> list[Seat]:
    """The seats in their order, with their people and units."""
    return list(
        Seat.objects.filter(panel=panel).select_related("expert__person__organisation")
    )


def seat_of(panel: Panel, person: Person) -> Seat | None:
    return Seat.objects.filter(panel=panel, expert__person=person).first()


def review_for(seat: Seat, case_number: str) -> Review | None:
    return (
        Review.objects.filter(seat=seat, case__number=case_number)
        .select_related("case__panel", "seat__expert__person")
        .first()
    )


def criteria_of(panel: Panel) -> list[Criterion]:
    return list(Criterion.objects.filter(panel=panel))


def cases_of(panel: Panel) -> list[Case]:
    return list(Case.objects.filter(panel=panel))


def case_facts(cases: Iterable[Case]) -> list[rules.CaseFacts]:
    """The cases as the conflict rules see them, with the names of their people and units."""
    cases = list(cases)
    numbers = {number for case in cases for number in case.person_numbers}
    codes = {code for case in cases for code in case.organisation_codes}
    people = dict(Person.objects.filter(number__in=numbers).values_list("number", "name"))
    units = dict(Organisation.objects.filter(code__in=codes).values_list("code", "name"))
    return [
        rules.CaseFacts(
            case.number, case.title, tuple(case.organisation_codes),
            tuple(case.person_numbers), case.content_url,
            tuple(units.get(code, code) for code in case.organisation_codes),
            tuple(people.get(number, number) for number in case.person_numbers),
        )
        for case in cases
    ]  # fmt: skip


# Candidates and their ties


def candidates(people: Sequence[Person], at: datetime) -> dict[str, rules.Candidate]:
    """People as the conflict rules see them, in a fixed number of queries."""
    day = shanghai_date(at)
    ties: dict[int, list[rules.Employment]] = defaultdict(list)
    for pk, code, since, until in Appointment.objects.filter(
        person__in=people, organisation__isnull=False
    ).values_list("person", "organisation__code", "since", "until"):
        ties[pk].append(rules.Employment(code, since, until))
    roles: dict[int, set[str]] = defaultdict(set)
    for pk, role in Appointment.objects.filter(in_force(day), person__in=people).values_list(
        "person", "role"
    ):
        roles[pk].add(role)
    homes = dict(
        Person.objects.filter(pk__in=[p.pk for p in people], organisation__isnull=False)
        .values_list("pk", "organisation__code")
    )  # fmt: skip
    for pk, code in homes.items():
        ties[pk].append(rules.Employment(code))
    loads, most = _loads(people)
    return {
        person.number: rules.Candidate(
            person.number, person.name, tuple(ties[person.pk]), frozenset(roles[person.pk]),
            loads.get(person.pk, 0), most.get(person.pk, rules.LOAD_MAX),
        )
        for person in people
    }  # fmt: skip


def _loads(people: Sequence[Person]) -> tuple[dict[int, int], dict[int, int]]:
    """Open reviews and the most that each expert carries, by person."""
    experts = Expert.objects.filter(person__in=people).values_list("person", "load_max")
    waiting = (
        Review.objects.filter(
            seat__expert__person__in=people, state__in=rules.REVIEW_WAITING,
            seat__state=Seat.State.ACCEPTED,
        )
        .values_list("seat__expert__person")
        .annotate(open=Count("pk"))
    )  # fmt: skip
    return dict(waiting), dict(experts)


def chains_of(codes: Iterable[str]) -> rules.Chains:
    """For each credit code itself and all above it: parents and successors, level by level."""
    wanted = set(codes)
    ups: dict[str, set[str]] = defaultdict(set)
    level = wanted
    for _depth in range(CHAIN_DEPTH):
        if not level:
            break
        found: set[str] = set()
        pairs = [
            *Organisation.objects.filter(code__in=level, parent__isnull=False).values_list(
                "code", "parent__code"
            ),
            *Succession.objects.filter(predecessor__code__in=level).values_list(
                "predecessor__code", "successor__code"
            ),
        ]
        for code, above in pairs:
            ups[code].add(above)
            found.add(above)
        level = found - set(ups)
    return {code: _closure(code, ups) for code in wanted}


def _closure(code: str, ups: dict[str, set[str]]) -> frozenset[str]:
    reached, fresh = {code}, {code}
    while fresh:
        fresh = {above for one in fresh for above in ups.get(one, ())} - reached
        reached |= fresh
    return frozenset(reached)


# Scores, progress, ranking


def score_sheet(panel: Panel) -> rules.ScoreSheet:
    criteria = criteria_of(panel)
    return rules.ScoreSheet(
        {c.code: c.weight for c in criteria},
        {c.code: c.threshold for c in criteria if c.threshold is not None},
        panel.pass_mark,
        panel.trim,
    )


def ranking_of(panel: Panel) -> list[rules.Ranked]:
    """The ranking by the reviews handed in so far; final once the panel is finished."""
    totals: dict[int, list[int]] = defaultdict(list)
    points: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    scored = Q(state__in=rules.REVIEW_SCORED)
    for case, total in Review.objects.filter(scored, case__panel=panel).values_list(
        "case", "total"
    ):
        totals[case].append(total)
    for case, code, value in Score.objects.filter(
        review__case__panel=panel, review__state__in=rules.REVIEW_SCORED
    ).values_list("review__case", "criterion__code", "points"):
        points[case][code].append(value)
    rows = [
        rules.CaseScores(
            case.number, case.title, tuple(totals[case.pk]),
            {code: tuple(values) for code, values in points[case.pk].items()},
        )
        for case in cases_of(panel)
        if totals[case.pk]
    ]  # fmt: skip
    return rules.ranked(rows, score_sheet(panel))


def progress_of(panel: Panel) -> list[rules.CaseProgress]:
    """How far each case is: handed in, waiting, recused, deviating without a word."""
    state = Review.State
    counts = {
        row["case"]: row
        for row in Review.objects.filter(case__panel=panel).values("case").annotate(
            submitted=Count("pk", filter=Q(state__in=rules.REVIEW_SCORED)),
            waiting=Count("pk", filter=Q(state__in=rules.REVIEW_WAITING)),
            recused=Count("pk", filter=Q(state=state.RECUSED)),
            unexplained=Count(
                "pk", filter=Q(state=state.SUBMITTED, is_deviating=True, explanation="")
            ),
        )
    }  # fmt: skip
    keys = ("submitted", "waiting", "recused", "unexplained")
    return [
        rules.CaseProgress(
            case.number, case.title, *(counts.get(case.pk, {}).get(key, 0) for key in keys)
        )
        for case in cases_of(panel)
    ]


def open_conflicts(panel: Panel) -> QuerySet[Conflict]:
    """Possible conflicts of live reviews that the secretary has not decided."""
    return (
        Conflict.objects.filter(
            review__case__panel=panel, verdict=Conflict.Verdict.POSSIBLE,
            review__state__in=rules.REVIEW_WAITING,
        )
        .select_related("review__case", "review__seat__expert__person")
        .order_by("pk")
    )  # fmt: skip


def pool(at: datetime, text: str = "") -> QuerySet[Person]:
    """The people who may be named to a panel: experts by appointment, narrowed by a text."""
    experts = Appointment.objects.filter(
        in_force(shanghai_date(at)), role=Role.EXPERT, person=OuterRef("pk")
    )
    closed = Expert.objects.filter(person=OuterRef("pk"), is_available=False)
    people = Person.objects.filter(Exists(experts), ~Exists(closed)).select_related("organisation")
    if text:
        people = people.filter(
            Q(name__icontains=text)
            | Q(organisation__name__icontains=text)
            | Q(fields_of_work__icontains=text)
        )
    return people.order_by("name", "pk")


def places_on_the_line(
    numbers: Iterable[str], actor: Actor, at: datetime
) -> list[Place]:
    """The panels of these subjects, for those who may see them."""
    panels = panels_visible_to(actor, at).filter(subject_number__in=list(numbers))
    return [
        Place(
            Step.REVIEW, panel.number, panel.subject_title, panel.state, panel.state_since,
            f"/reviews/panels/{panel.number}/", (panel.subject_number,),
        )
        for panel in panels.order_by("pk")[:50]
    ]  # fmt: skip
