"""What the clock does with needs: expire them, ask for confirmation, clear idle drafts."""

from datetime import datetime, timedelta

from procrastinate.contrib.django import app

from kechuang.base.actor import Actor
from kechuang.doors import clock
from kechuang.needs import actions, queries, rules


@app.periodic(cron="10 0 * * *")
@app.task(name="needs.keep_fresh", queue="default")
def keep_fresh(timestamp: int = 0) -> None:
    """Every night: end what has expired, ask owners to confirm, clear drafts nobody touches."""
    freshen(clock.now())


def freshen(at: datetime) -> dict[str, int]:
    """The night's work at an instant; each need in a transaction of its own. Returns counts."""
    soon = at + timedelta(days=rules.remind_days())
    idle = at - timedelta(days=rules.idle_days_least())
    expired = sum(
        actions.expire_need(need=need, by=Actor.CLOCK, at=at)
        for need in queries.needs_to_expire(at).iterator(chunk_size=200)
    )
    reminded = sum(
        actions.remind_of_reconfirming(need=need, by=Actor.CLOCK, at=at)
        for need in queries.needs_to_reconfirm(soon).iterator(chunk_size=200)
    )
    swept = [
        actions.sweep_draft(need=need, by=Actor.CLOCK, at=at)
        for need in queries.needs_idle_since(idle).iterator(chunk_size=200)
    ]
    return {"expired": expired, "reminded": reminded, "deleted": swept.count("DELETED")}
