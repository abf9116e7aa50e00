"""The funnel as the reports count it: served, intent, signed, money; and what is missing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet, Sum

from kechuang.base.actor import Actor
from kechuang.base.periods import Period
from kechuang.base.time import shanghai_date, start_of_day
from kechuang.matching import rules
from kechuang.matching.models import Event, Introduction, IntroductionStage, Outcome, SignUp
from kechuang.matching.queries.events import (
    events_visible_to,
    outcomes_visible_to,
    sign_ups_visible_to,
)
from kechuang.matching.queries.introductions import visible_to
from kechuang.matching.queries.matches import within
from kechuang.matching.rules import State
from kechuang.matching.rules.events import EventState, OutcomeCode, SignUpState
from kechuang.parties.models import Organisation

REACHED = {
    "intent": (State.INTENT, State.SIGNED, State.LANDED),
    "signed": (State.SIGNED, State.LANDED),
}


@dataclass(frozen=True, slots=True)
class Scope:
    """Over which period and region a funnel counts, for which reader, as of when."""

    period: Period
    region_path: str
    actor: Actor
    at: datetime

    @property
    def since(self) -> datetime:
        return start_of_day(self.period.since)

    @property
    def until(self) -> datetime:
        return start_of_day(self.period.until)


def introductions_in(scope: Scope) -> QuerySet[Introduction]:
    """Introductions made in the period, as far as the reader may see them."""
    return visible_to(scope.actor, scope.at).filter(
        within(scope.region_path, "region_path"),
        introduced_at__gte=scope.since, introduced_at__lt=scope.until,
    )  # fmt: skip


def came_in(scope: Scope) -> QuerySet[SignUp]:
    """Units with a need that came to an event of the period."""
    return sign_ups_visible_to(scope.actor, scope.at).filter(
        within(scope.region_path, "event__region_path"), state=SignUpState.ARRIVED,
        need__isnull=False, event__since_at__gte=scope.since, event__since_at__lt=scope.until,
    )  # fmt: skip


def served(scope: Scope) -> QuerySet[Organisation]:
    """Enterprises served: an introduction was made for a need of theirs, or they came to an event
    with one; each once."""
    made = introductions_in(scope).values("need_organisation")
    came = came_in(scope).values("organisation")
    return Organisation.objects.filter(Q(pk__in=made) | Q(pk__in=came), kind="ENTERPRISE").order_by(
        "sort_key", "id"
    )


def reached(scope: Scope, figure: str) -> QuerySet[Introduction]:
    """Introductions that first came to an intent, or a contract, within the period."""
    states = [state.value for state in REACHED[figure]]
    stages = IntroductionStage.objects.filter(stage__in=states)
    before = stages.filter(since__lt=scope.since).values("introduction")
    within_it = stages.filter(since__gte=scope.since, since__lt=scope.until)
    return (
        visible_to(scope.actor, scope.at)
        .filter(within(scope.region_path, "region_path"), pk__in=within_it.values("introduction"))
        .exclude(pk__in=before)
        .order_by("id")
    )


@dataclass(frozen=True, slots=True)
class Funnel:
    """The four figures, and what keeps them from being whole."""

    served: int
    intent: int
    signed: int
    money_fen: int
    without_amount: int
    unanswered: int
    overdue_steps: int
    outcomes_due: int
    events_open: int
    reported_fen: int


def funnel(scope: Scope) -> Funnel:
    """The funnel of a region over a period, of what the reader may see; ten statements."""
    signed = reached(scope, "signed")
    money = signed.aggregate(sum=Sum("amount_fen"))["sum"] or 0
    return Funnel(
        served=served(scope).count(),
        intent=reached(scope, "intent").count(),
        signed=signed.count(),
        money_fen=money,
        without_amount=signed.filter(amount_fen__isnull=True).count(),
        unanswered=missing_answers(scope).count(),
        overdue_steps=overdue_steps(scope).count(),
        outcomes_due=outcomes_due(scope).count(),
        events_open=events_not_closed(scope).count(),
        reported_fen=reported(scope).aggregate(sum=Sum("amount_fen"))["sum"] or 0,
    )


def missing_answers(scope: Scope) -> QuerySet[Introduction]:
    """Open introductions to which a side has not answered in time."""
    return introductions_in(scope).filter(
        Q(need_answer="") | Q(offer_answer=""), state__in=rules.OPEN, reply_until__lt=scope.at
    )


def overdue_steps(scope: Scope) -> QuerySet[Introduction]:
    """Open introductions whose next step is late, or that have none."""
    today = shanghai_date(scope.at)
    return introductions_in(scope).filter(
        Q(next_date__lt=today) | Q(next_date__isnull=True), state__in=rules.OPEN
    )


def _outcomes(scope: Scope) -> QuerySet[Outcome]:
    return outcomes_visible_to(scope.actor, scope.at).filter(
        within(scope.region_path, "sitting__event__region_path"),
        sitting__event__since_at__gte=scope.since, sitting__event__since_at__lt=scope.until,
    )  # fmt: skip


def outcomes_due(scope: Scope) -> QuerySet[Outcome]:
    """Questions after an event's talks that are due and unanswered."""
    return _outcomes(scope).filter(code="", due_date__lte=shanghai_date(scope.at))


def reported(scope: Scope) -> QuerySet[Outcome]:
    """What the need's side reported as signed, at its last answer; beside the contracts known."""
    said = _outcomes(scope).filter(
        side="NEED", code__in=[OutcomeCode.SIGNED, OutcomeCode.LANDED], amount_fen__isnull=False
    )
    latest: dict[int, int] = {}
    for pk, sitting in said.order_by("months").values_list("pk", "sitting"):
        latest[sitting] = pk
    return said.filter(pk__in=latest.values())


def events_not_closed(scope: Scope) -> QuerySet[Event]:
    """Events that are over and of which nobody noted who came."""
    return events_visible_to(scope.actor, scope.at).filter(
        within(scope.region_path, "region_path"), state=EventState.OPEN, until_at__lt=scope.at,
        since_at__gte=scope.since, since_at__lt=scope.until,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gained:
    """What a liaison's shares come to: introductions, and contracts in hundredths of one."""

    person: str
    introduced_bp: int
    signed_bp: int


def gained(rows: Iterable[Introduction]) -> list[Gained]:
    """Shares of credit summed over introductions, by person, largest first."""
    sums: dict[str, list[int]] = {}
    for row in rows:
        is_signed = row.state in (State.SIGNED, State.LANDED)
        for credit in row.credits.all():
            mine = sums.setdefault(credit.person.name, [0, 0])
            mine[0] += credit.share_bp
            mine[1] += credit.share_bp * is_signed
    made = [Gained(name, *both) for name, both in sums.items()]
    return sorted(made, key=lambda one: (-one.signed_bp, -one.introduced_bp, one.person))
