"""What was decided of a candidate, for everybody once it is on notice: points, money, rules."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from kechuang.base.actor import Actor
from kechuang.base.line import Place, Step
from kechuang.cultivation.models import Candidate
from kechuang.cultivation.queries.screenings import candidates_visible_to, rules_at
from kechuang.cultivation.rules import screenings as rules
from kechuang.cultivation.rules.allotting import fingerprint
from kechuang.cultivation.rules.candidates import Decided, grounds_path

ITS_OWN = "HX-"


def decisions_visible_to(actor: Actor, at: datetime) -> QuerySet[Candidate]:
    """Candidates that stand, or stood to the end, on a public notice: anybody reads why."""
    return (
        Candidate.objects.exclude(notice_number="")
        .exclude(state__in=[Candidate.State.SCORING, Candidate.State.PROPOSED])
        .select_related("screening", "organisation", "leader", "decided_by")
    )


def content_of(candidate: Candidate) -> dict[str, Any]:
    """What the fingerprint on a notice covers: anybody can write it again and compare."""
    return {
        "candidate": candidate.number, "screening": candidate.screening.number,
        "organisation": candidate.organisation.code, "title": candidate.title,
        "rule_set": candidate.screening.rule_set, "rules": candidate.screening.content,
        "judges": candidate.marks.values("person").distinct().count(),
        "means_tenths": candidate.answer.get("means", {}),
        "result": candidate.answer.get("state", ""),
        "outcome": candidate.outcome, "total_fen": candidate.total_fen,
        "amount_fen": candidate.amount_fen, "terms": candidate.terms,
    }  # fmt: skip


def decided_of(candidate: Candidate) -> Decided:
    """What was decided, as the notice says it: in Chinese, whoever decides it in what language."""
    policy = rules_at(candidate.screening)
    content = content_of(candidate)
    title, version = policy.rules.said["title"]["zh"], candidate.screening.content
    return Decided(
        candidate.title, candidate.origin, candidate.organisation.name, candidate.leader.name,
        f"{candidate.screening.title} {candidate.screening.number}", f"{title} {version}",
        candidate.outcome, candidate.total_fen, candidate.amount_fen, content["judges"],
        [(one.zh, content["means_tenths"][one.code], one.most_tenths)
         for one in rules.items_of(policy) if one.code in content["means_tenths"]],
        candidate.terms, fingerprint(content),
    )  # fmt: skip


def places_on_the_line(numbers: Iterable[str], actor: Actor, at: datetime) -> list[Place]:
    """Where screened candidates stand on the line: by their own number alone, which their notice
    and their project name."""
    wanted = [one for one in numbers if one.startswith(ITS_OWN)]
    if not wanted:
        return []
    own = candidates_visible_to(actor, at).filter(number__in=wanted)
    rows = Candidate.objects.filter(
        Q(pk__in=own.values("pk")) | Q(pk__in=decisions_visible_to(actor, at).values("pk")),
        number__in=wanted,
    )
    return [
        Place(
            Step.REVIEW, row.number, row.title, str(row.get_state_display()), row.state_since,
            grounds_path(row.number) if row.notice_number
            else reverse("candidate", args=[row.number]),
            tuple(one for one in (row.notice_number, row.project_number) if one),
        )
        for row in rows.order_by("pk")
    ]  # fmt: skip
