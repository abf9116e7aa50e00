"""Background doors: the clock opens, closes and follows; each run is idempotent by number."""

import logging

from procrastinate.contrib.django import app

from kechuang.base.actor import Actor
from kechuang.base.refusals import Refused
from kechuang.challenges import actions, queries
from kechuang.doors import clock

log = logging.getLogger(__name__)


@app.periodic(cron="* * * * * */15")  # the sixth place is seconds
@app.task(name="challenges.tick", queue="clock", pass_context=False)
def tick(timestamp: int) -> None:
    """Ask which challenges the clock has to move, and give each a job of its own."""
    for verb, number in queries.due_by_clock(clock.now()):
        step.defer(verb=verb, number=number)


@app.task(name="challenges.step", queue="clock")
def step(verb: str, number: str) -> None:
    """Move one challenge by the clock; what is no longer due is left alone."""
    challenge = queries.challenge_numbered(number)
    if challenge is None:
        return
    try:
        actions.step_by_clock(
            verb=verb, challenge=challenge, by=Actor.CLOCK, at=clock.now()
        )
    except Refused as refused:
        log.info("challenges.step %s %s refused: %s", verb, number, refused.code)
