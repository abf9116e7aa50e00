"""Deal the cases of a panel out among its experts: the best lawful assignment, with its proof."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from importlib import import_module
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import refuse_all, require
from kechuang.parties.models import Person
from kechuang.record.actions import append
from kechuang.reviews import queries, rules
from kechuang.reviews.actions.advancing import advance, give_reviews
from kechuang.reviews.actions.steps import locked_panel, require_state, require_unfenced
from kechuang.reviews.models import Assignment, Case, Panel, Review, Seat

ENGINE = "kechuang.engines.panels"  # loaded when it is asked for: it takes NumPy, the solver SciPy
SOLVER = f"{ENGINE}.solving"


@transaction.atomic
def set_dealing(
    *, panel: Panel, reviews_per_case: int | None, load_max: int | None, by: Actor, at: datetime
) -> Panel:
    """Have so many experts judge each case, each at most `load_max`; None: everybody judges all.

    Refuses once reviews were given.
    """
    panel = locked_panel(panel)
    require(rules.may_run_panel(by, panel.facts), rules.not_permitted(rules.SECRETARY_MAY))
    require_unfenced(panel, by)
    require_state(
        panel.number, panel, Panel.State.PLANNED, Panel.State.INVITING, Panel.State.COMPLETE
    )
    if Review.objects.filter(case__panel=panel).exists():
        raise rules.refused_deal("begun")
    if reviews_per_case is not None:
        count = Case.objects.filter(panel=panel).count()
        refuse_all(rules.problems_with_dealing(reviews_per_case, load_max or 0, count))
    panel.reviews_per_case, panel.load_max = reviews_per_case, load_max
    panel.version += 1
    panel.save()
    append(
        verb="reviews.set_dealing", object_number=panel.number, by=by, at=at,
        payload={"reviews_per_case": reviews_per_case or 0, "load_max": load_max or 0},
    )  # fmt: skip
    advance(panel, by, at)
    return panel


@transaction.atomic
def deal_cases(*, panel: Panel, objective: str, by: Actor, at: datetime) -> Assignment:
    """Deal out what is missing: all cases at first, later those that lost a reviewer.

    Nobody is dealt a case with a tie, computed or declared, blocking or only possible. Where the
    rules cannot all hold, refuses with a smallest set that clashes, and nothing is changed. The
    result is proved against its problem before it counts.
    """
    panel = locked_panel(panel)
    require(rules.may_run_panel(by, panel.facts), rules.not_permitted(rules.SECRETARY_MAY))
    require_unfenced(panel, by)
    seats, cases = _ready(panel)
    problem = _problem(panel, seats, cases, at)
    result = _solved(problem, objective)
    if "infeasible" in result:
        raise rules.infeasible(
            result["infeasible"], [case.title for case in cases],
            [seat.expert.person.name for seat in seats],
            {"per_case": panel.reviews_per_case or 0, "load_max": panel.load_max or 0},
        )  # fmt: skip
    text = json.dumps(problem, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    row = Assignment.objects.create(
        panel=panel, objective=objective, problem=text,
        result=json.dumps(result, sort_keys=True, separators=(",", ":")),
        problem_hash=hashlib.sha256(text.encode()).hexdigest(), made_at=at,
        seats=[seat.number for seat in seats], cases=[case.number for case in cases],
        made_by=Person.objects.get(number=by.person),
    )  # fmt: skip
    pairs = [(seats[expert], cases[bid]) for expert, bid in result["assignment"]]
    give_reviews(panel, pairs, by, at)
    append(
        verb="reviews.deal_cases", object_number=panel.number, by=by, at=at,
        payload={"assignment": row.number, "objective": objective, "problem": row.problem_hash,
                 "pairs": len(pairs)},
    )  # fmt: skip
    advance(panel, by, at)
    return row


def _ready(panel: Panel) -> tuple[list[Seat], list[Case]]:
    """The accepted seats and the cases that lack reviews; refuses what cannot be dealt."""
    if panel.reviews_per_case is None:
        raise rules.refused_deal("not_set")
    if panel.state not in (Panel.State.COMPLETE, Panel.State.REVIEWING) or panel.consensus_at:
        raise rules.refused_deal("not_complete")
    cases = queries.short_cases(panel)
    if not queries.cases_of(panel):
        raise rules.refused_deal("not_complete")
    if not cases:
        raise rules.refused_deal("nothing_short")
    accepted = [s for s in queries.seats_of(panel) if s.state == Seat.State.ACCEPTED]
    return accepted, [case for case, _missing in cases]


def _problem(
    panel: Panel, seats: Sequence[Seat], cases: Sequence[Case], at: datetime
) -> dict[str, Any]:
    """The problem in places: how near each expert is to each case, and who may not sit."""
    ties = queries.evidence_between(panel, seats, cases, at)
    known = set(Review.objects.filter(case__panel=panel).values_list("seat", "case"))
    missing = dict(queries.short_cases(panel))
    held = queries.live_reviews_by_seat(panel)
    conflicts, scores = [], []
    for expert, seat in enumerate(seats):
        for place, case in enumerate(cases):
            if ties[seat.pk, case.pk] or (seat.pk, case.pk) in known:
                conflicts.append([expert, place])
                continue
            near = rules.nearness(
                [str(one) for one in seat.expert.fields or ()], f"{case.title}\n{case.topic}"
            )
            scores.append([expert, place, near])
    return {
        "experts": len(seats), "bids": len(cases), "scores": scores, "conflicts": conflicts,
        "demand": [missing[case] for case in cases],
        "load_max": [max(0, (panel.load_max or 0) - held.get(seat.pk, 0)) for seat in seats],
        "seed": panel.number,
    }  # fmt: skip


def _solved(problem: dict[str, Any], objective: str) -> dict[str, Any]:
    try:
        solving = import_module(SOLVER)
    except ImportError:
        raise rules.refused_deal("no_solver") from None
    panels = import_module(ENGINE)
    read = panels.problem_from(problem)
    try:
        result: dict[str, Any] = solving.solve(read, objective)
    except solving.SolverFailed:
        raise rules.refused_deal("not_solved") from None
    if panels.verify(read, result) is not None:
        raise rules.refused_deal("not_proved")
    return result
