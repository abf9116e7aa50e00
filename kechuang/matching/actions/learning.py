"""Learning from verdicts at night, and which model ranks."""

from datetime import datetime

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import require
from kechuang.matching.models import ModelUse, RankingModel
from kechuang.matching.queries.models import feedback, use_in_force
from kechuang.matching.rules import learning
from kechuang.record import actions as record
from kechuang.search import queries as search
from kechuang.search.actions import index_documents

_MILLION = 1_000_000


def learn_model(*, by: Actor, at: datetime) -> RankingModel | None:
    """Learn from the verdicts in force; what proves itself on held-back needs ranks from now on.

    None where nothing is new, where fewer than 25 needs have something accepted, or while there is
    no index. Where nothing proves itself any more the fixed weights rank again.
    """
    from kechuang.engines.ranking.kept import data_hash, learnt_from

    index_documents(at=at)
    told, held = feedback(), search.ranker()
    name = data_hash(told.cases)
    is_known = RankingModel.objects.filter(data_hash=name).exists()
    if held is None or told.needs < learning.FEWEST_NEEDS or is_known:
        return None
    kept, trials = learnt_from(held, told.cases)
    row = RankingModel(
        name=kept.id if kept else "",
        data_hash=name,
        needs=told.needs,
        verdicts=told.labelled,
        trials=[
            [one.name, one.needs, *(round(each * _MILLION) for each in (one.before, one.after))]
            + [round(one.bound * _MILLION)]
            for one in trials
        ],
        content=kept.said() if kept else None,
        learnt_at=at,
    )
    return _kept(row, by=by, at=at)


@transaction.atomic
def _kept(row: RankingModel, *, by: Actor, at: datetime) -> RankingModel:
    row.save()
    record.append(
        verb="matching.learn", object_number=row.number, by=by, at=at,
        payload={"model": row.name, "data": row.data_hash, "needs": row.needs},
    )  # fmt: skip
    said = use_in_force()
    if row.content is not None or (said and said.model):
        _put_in_force(row if row.content is not None else None, "", by=by, at=at)
    return row


@transaction.atomic
def use_model(*, number: str, reason: str, by: Actor, at: datetime) -> ModelUse:
    """Let a model that proved itself rank again, or with an empty number the fixed weights.

    Every live need is ranked again by a job. Refuses who may not, no reason, what ranks already,
    and what never proved itself.
    """
    require(learning.may_switch_model(by), learning.switch_not_permitted())
    said = ModelUse.objects.select_for_update().filter(is_in_force=True).first()
    row = RankingModel.objects.get(number=number) if number else None
    now = said.model_id if said else None
    learning.check_switch(
        reason, now == (row.pk if row else None), row is None or row.content is not None
    )
    return _put_in_force(row, reason.strip(), by=by, at=at)


def _put_in_force(
    row: RankingModel | None, reason: str, *, by: Actor, at: datetime
) -> ModelUse:
    ModelUse.objects.filter(is_in_force=True).update(is_in_force=False, until=at)
    use = ModelUse.objects.create(model=row, since=at, by_person=by.person, reason=reason)
    record.append(
        verb="matching.use_model", object_number=row.number if row else "fixed", by=by, at=at,
        payload={"model": row.name if row else ""},
    )  # fmt: skip
    record.defer("matching.reindex")
    return use
