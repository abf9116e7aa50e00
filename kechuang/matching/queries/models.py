"""What was learnt from verdicts, and which model ranks."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kechuang.base.actor import Actor
from kechuang.matching import rules
from kechuang.matching.models import (
    Impression,
    IntroductionStage,
    ModelUse,
    RankingModel,
    Verdict,
)
from kechuang.matching.rules import learning
from kechuang.search import queries as search

if TYPE_CHECKING:
    from kechuang.engines.ranking.kept import Bound, Case

_bound: dict[tuple[str, str], "Bound"] = {}  # of this process: the one that ranks


def use_in_force() -> ModelUse | None:
    """The model that ranks, with who put it there; None before the first."""
    return ModelUse.objects.filter(is_in_force=True).select_related("model").first()


def model_in_force() -> "Bound | None":
    """The model that ranks, bound to the index as it is now; None for the fixed weights.

    Bound once by process for each generation of the index; one statement when nothing changed.
    """
    said = ModelUse.objects.filter(is_in_force=True, model__isnull=False)
    number = said.values_list("model__number", flat=True).first()
    held = search.ranker() if number else None
    if number is None or held is None:
        return None
    key = (number, held.state.name)
    if key not in _bound:
        from kechuang.engines.ranking.kept import Kept

        row = RankingModel.objects.get(number=number)
        _bound.clear()
        _bound[key] = Kept.from_said(row.content or {}).bound(held)
    return _bound[key]


@dataclass(frozen=True, slots=True)
class Feedback:
    """What verdicts say: by need its words and the labels of offers. `verdicts` are all in force,
    `labelled` those that teach."""

    cases: "list[Case]"
    verdicts: int
    labelled: int
    shown: int

    @property
    def needs(self) -> int:
        """Judged needs with something accepted."""
        return sum(any(case.labels.values()) for case in self.cases)


def feedback() -> Feedback:
    """The verdicts in force, as the engine learns from them; four statements."""
    from kechuang.engines.ranking.kept import Case

    rows = Verdict.objects.filter(replaced_at__isnull=True).select_related("need", "offer")
    reached = _reached()
    labels: dict[int, dict[str, int]] = {}
    needs: dict[int, Any] = {}
    verdicts = 0
    for row in rows.order_by("pk"):
        verdicts += 1
        label = learning.label_of(
            row.choice, row.reason_code, reached.get((row.need_id, row.offer_id))
        )
        if label is not None:
            needs[row.need_id] = row.need
            labels.setdefault(row.need_id, {})[row.offer.number] = label
    cases = [
        Case(" ".join([need.title, *need.keywords]), need.body, labels[key])
        for key, need in needs.items()
    ]
    return Feedback(
        cases, verdicts, sum(map(len, labels.values())), Impression.objects.count()
    )


def _reached() -> dict[tuple[int, int], str]:
    """How far the introductions of each pair came, ended ones as far as they had come."""
    road = [str(state) for state in rules.ROAD]
    best: dict[tuple[int, int], str] = {}
    stages = IntroductionStage.objects.filter(stage__in=road)
    for need, offer, stage in stages.values_list(
        "introduction__need_id", "introduction__offer_id", "stage"
    ):
        if road.index(stage) >= road.index(best.get((need, offer), road[0])):
            best[need, offer] = stage
    return best


def learnings(actor: Actor, at: datetime) -> list[RankingModel]:
    """The last learnings, newest first; none for who may not see them."""
    if not learning.may_see_models(actor):
        return []
    return list(RankingModel.objects.defer("content")[:30])


def uses(actor: Actor, at: datetime) -> list[ModelUse]:
    """Which model ranked from when until when, newest first."""
    if not learning.may_see_models(actor):
        return []
    return list(ModelUse.objects.select_related("model").defer("model__content")[:30])
