"""Background doors of the search: the index follows the documents."""

from procrastinate.contrib.django import app

from kechuang.doors import clock
from kechuang.search import actions


@app.task(name="search.index", queue="search", lock="search.index")
def index() -> None:
    """Take in what changed, until nothing is left; the first change of a burst calls it."""
    while actions.index_documents(at=clock.now()):
        pass


@app.periodic(cron="* * * * * */5")
@app.task(
    name="search.keep_index", queue="search",
    queueing_lock="search.keep_index", lock="search.index",
)  # fmt: skip
def keep_index(timestamp: int) -> None:
    """The same every five seconds: for changes that nobody called for, and for a lost index."""
    actions.index_documents(at=clock.now())
