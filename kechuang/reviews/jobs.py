"""Background doors of the reviews: invitations that nobody answered in time, days of consensus."""

from datetime import UTC, datetime

from procrastinate.contrib.django import app

from kechuang.base.actor import Actor
from kechuang.reviews import actions, queries, rules
from kechuang.reviews.models import Panel


@app.periodic(cron="*/10 * * * *")
@app.task(name="reviews.tick", queue="clock", pass_context=False)
def tick(timestamp: int) -> None:
    """Hand every panel with late invitations, or whose consensus is due, to a job of its own."""
    from kechuang.record.actions import defer

    at = datetime.fromtimestamp(timestamp, tz=UTC)
    for number in queries.panels_with_late_invitations(at):
        defer("reviews.time_out", number=number, timestamp=timestamp)
    for number in queries.panels_due_for_consensus(at):
        defer("reviews.open_consensus", number=number, timestamp=timestamp)


@app.task(name="reviews.time_out", queue="clock", pass_context=False)
def time_out(number: str, timestamp: int) -> None:
    """Let the late invitations of one panel run out; idempotent."""
    panel = Panel.objects.get(number=number)
    at = datetime.fromtimestamp(timestamp, tz=UTC)
    actions.time_out_seats(panel=panel, by=Actor.CLOCK, at=at)


@app.task(name="reviews.open_consensus", queue="clock", pass_context=False)
def open_consensus(number: str, timestamp: int) -> None:
    """Open the consensus of one panel on its day, where every case has its reviews; idempotent."""
    panel = Panel.objects.get(number=number)
    if not rules.problems_with_consensus(queries.progress_of(panel)):
        at = datetime.fromtimestamp(timestamp, tz=UTC)
        actions.open_consensus(panel=panel, by=Actor.CLOCK, at=at)
