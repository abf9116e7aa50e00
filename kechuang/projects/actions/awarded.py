"""The first draft of an agreement, from the plan of the bid that won."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from kechuang.base.time import shanghai_date
from kechuang.projects import queries, rules
from kechuang.projects.models import Agreement, Project


def draft_from_award(project: Project, plan: Mapping[str, Any], at: datetime) -> Agreement:
    """Write edition 1 as the winning bid planned it; called when the project opens.

    `plan` holds `months`, `summary`, `milestones` (code, title, content, due_date) and
    `instalments` (gate SIGNING or MILESTONE, milestone code, amount_fen), as plain values.
    """
    since = shanghai_date(at)
    dues = [date.fromisoformat(row["due_date"]) for row in plan["milestones"]]
    until = max([*dues, months_after(since, plan["months"])])
    terms = rules.Terms(
        total_fen=project.total_fen,
        public_fen=project.public_fen,
        own_fen=project.own_fen,
        other_fen=project.other_fen,
        since=since.isoformat(),
        until=until.isoformat(),
        summary=plan["summary"],
        parties=queries.parties_of(project),
        targets=tuple(rules.TargetTerm(**row) for row in project.awarded_targets),
        milestones=tuple(rules.MilestoneTerm(**row) for row in plan["milestones"]),
        instalments=tuple(
            rules.InstalmentTerm(sequence=place, own_due_fen=0, **row)
            for place, row in enumerate(plan["instalments"], start=1)
        ),
    )
    return Agreement.objects.create(
        project=project,
        edition=1,
        drafted_at=at,
        terms=rules.terms_to_json(terms),
        total_fen=terms.total_fen,
        public_fen=terms.public_fen,
        own_fen=terms.own_fen,
        other_fen=terms.other_fen,
    )


def months_after(day: date, months: int) -> date:
    """The same day some months later, at most the 28th.

    >>> months_after(date(2026, 11, 30), 3)
    datetime.date(2027, 2, 28)
    """
    count = day.month - 1 + months
    return date(day.year + count // 12, count % 12 + 1, min(day.day, 28))
