"""Background door of the files: the nightly sweep."""

from procrastinate.contrib.django import app

from kechuang.base.actor import Actor
from kechuang.doors import clock
from kechuang.files import actions


@app.periodic(cron="17 3 * * *")
@app.task(name="files.sweep", queue="default")
def sweep(timestamp: int) -> None:
    """Remove what nobody links; safe to run twice."""
    actions.sweep_files(by=Actor.CLOCK, at=clock.now())
