"""People as the conflict rules see them: dated ties, roles, open reviews, unit chains."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Count

from kechuang.base.time import shanghai_date
from kechuang.parties.models import Appointment, Organisation, Person, Succession
from kechuang.parties.queries import in_force
from kechuang.reviews import rules
from kechuang.reviews.models import (
    Expert,
    Review,
    Seat,
)

CHAIN_DEPTH = 8


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
            tuple(map(str, person.fields_of_work or ())),
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
