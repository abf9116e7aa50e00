"""What the clock does with offers: clear idle drafts after a word to their owner."""

from datetime import datetime, timedelta

from procrastinate.contrib.django import app

from kechuang.base.actor import Actor
from kechuang.doors import clock
from kechuang.offers import actions, queries, rules


@app.periodic(cron="20 0 * * *")
@app.task(name="offers.keep_fresh", queue="default")
def keep_fresh(timestamp: int = 0) -> None:
    """Every night: clear drafts nobody touches."""
    freshen(clock.now())


def freshen(at: datetime) -> int:
    """The night's work at an instant; returns how many drafts were deleted."""
    idle = queries.offers_idle_since(at - timedelta(days=rules.idle_days_least()))
    swept = [
        actions.sweep_draft(offer=offer, by=Actor.CLOCK, at=at)
        for offer in idle.iterator(chunk_size=200)
    ]
    return swept.count("DELETED")
