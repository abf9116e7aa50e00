"""Background doors of the notices: end those whose term is over, reckon provisional ends anew."""



from datetime import UTC, datetime

from procrastinate.contrib.django import app

from kechuang.base.actor import Actor
from kechuang.doors import clock
from kechuang.notices import actions, queries
from kechuang.notices.models import Notice


@app.periodic(cron="*/5 * * * *")
@app.task(name="notices.tick", queue="clock", pass_context=False)
def tick(timestamp: int) -> None:
    """Hand every notice that is due to a job of its own, so that one failure holds up no other."""
    from kechuang.record.actions import defer

    at = clock.now()
    for number in queries.notices_due(at).values_list("number", flat=True)[:500]:
        defer("notices.run", number=number, timestamp=int(at.timestamp()))


@app.task(name="notices.run", queue="clock", pass_context=False)
def run(number: str, timestamp: int) -> None:
    """Reckon the end of one notice, or end it when its term is over; idempotent."""
    at = datetime.fromtimestamp(timestamp, tz=UTC)
    notice = Notice.objects.get(number=number)
    if notice.is_provisional:
        actions.reckon_notice(notice=notice, by=Actor.CLOCK, at=at)
        notice.refresh_from_db()
    if queries.is_over(notice, at):
        actions.close_notice(notice=notice, by=Actor.CLOCK, at=at)
