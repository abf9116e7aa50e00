"""What the clock does with cultivation, and what a change of data sets off."""

from procrastinate.contrib.django import app

from kechuang.base.actor import Actor
from kechuang.cultivation import actions
from kechuang.doors import clock
from kechuang.parties.models import Organisation


@app.periodic(cron="30 0 * * *")
@app.task(name="cultivation.nightly", queue="default")
def nightly(timestamp: int = 0) -> None:
    """Every night: hold every enterprise against the rules of the new day."""
    actions.recompute(by=Actor.CLOCK, at=clock.now())


@app.task(name="cultivation.recompute", queue="default")
def recompute(numbers: list[str]) -> None:
    """After a change of data: the enterprises with these numbers; all, where there are none."""
    rows = list(Organisation.objects.filter(number__in=numbers)) if numbers else None
    actions.recompute(organisations=rows, by=Actor.CLOCK, at=clock.now())
