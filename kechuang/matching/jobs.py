"""Background doors of matching: follow the record, and rank everything at night.

Each kind of ranking runs once at a time: it is the worker's longest work, and two of its places
taken by one kind would leave the record's sequencer waiting.
"""

from procrastinate.contrib.django import app

from kechuang.base.actor import Actor
from kechuang.doors import clock
from kechuang.matching import actions
from kechuang.needs.queries import need_numbered


@app.periodic(cron="* * * * * */3")
@app.task(
    name="matching.follow", queue="matching",
    queueing_lock="matching.follow", lock="matching.follow",
)  # fmt: skip
def follow(timestamp: int) -> None:
    """Rank again what changed; runs every three seconds."""
    actions.follow_record(at=clock.now())


@app.periodic(cron="0 18 * * *")  # 02:00 in the city, before all needs are ranked again
@app.task(name="matching.learn", queue="matching", lock="matching.rank")
def learn(timestamp: int) -> None:
    """Learn from the verdicts that are in force."""
    actions.learn_model(by=Actor.CLOCK, at=clock.now())


@app.periodic(cron="30 18 * * *")  # 02:30 in the city
@app.task(name="matching.rank_all", queue="matching", lock="matching.rank")
def rank_all(timestamp: int) -> None:
    """Rank every live need against every published offer."""
    actions.rank_all(at=clock.now())


@app.task(name="matching.reindex", queue="matching", lock="matching.rank")
def reindex(number: str = "") -> None:
    """Rank one need by its number, or all of them."""
    at = clock.now()
    if not number:
        actions.rank_all(at=at)
        return
    need = need_numbered(number)
    if need is not None:
        actions.rank_need(need=need, at=at)
