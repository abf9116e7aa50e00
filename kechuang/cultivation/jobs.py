"""What the clock does with cultivation, and what a change of data sets off."""

from procrastinate.contrib.django import app

from kechuang.base.actor import Actor
from kechuang.base.time import shanghai_date
from kechuang.cultivation import actions
from kechuang.cultivation.actions import benefits, screenings
from kechuang.cultivation.models import Batch, Candidate, Funding
from kechuang.cultivation.queries import benefits as queries
from kechuang.cultivation.queries.screenings import candidates_on_notice
from kechuang.doors import clock
from kechuang.parties.models import Organisation


@app.periodic(cron="30 0 * * *")
@app.task(name="cultivation.nightly", queue="default")
def nightly(timestamp: int = 0) -> None:
    """Every night: hold every enterprise against the rules of the new day."""
    actions.recompute(by=Actor.CLOCK, at=clock.now())


@app.periodic(cron="40 7 * * *")
@app.task(name="cultivation.remind", queue="default")
def remind(timestamp: int = 0) -> None:
    """Every morning: tell holders whose certificates are about to end."""
    actions.remind_of_expiry(by=Actor.CLOCK, at=clock.now())


@app.task(name="cultivation.recompute", queue="default")
def recompute(numbers: list[str]) -> None:
    """After a change of data: the enterprises with these numbers; all, where there are none."""
    from kechuang.record.actions import defer

    rows = list(Organisation.objects.filter(number__in=numbers)) if numbers else None
    actions.recompute(organisations=rows, by=Actor.CLOCK, at=clock.now())
    for number in queries.fundings_paid().values_list("number", flat=True):
        defer("cultivation.compare_paid", number=number)


@app.periodic(cron="30 1 * * *")
@app.task(name="cultivation.benefits_nightly", queue="default")
def benefits_nightly(timestamp: int = 0) -> None:
    """Every night: each period that is open is computed, each that was paid is compared.

    Each by a job of its own, so that one failure holds up no other.
    """
    from kechuang.record.actions import defer

    for number in queries.fundings_paid().values_list("number", flat=True):
        defer("cultivation.compare_paid", number=number)
    open_now = queries.fundings_open_on(shanghai_date(clock.now()))
    for number in open_now.values_list("number", flat=True):
        defer("cultivation.compute_batch", number=number)


@app.task(name="cultivation.compute_batch", queue="default")
def compute_batch(number: str) -> None:
    """Work out who is granted how much in a period; gives the batch that waits where one does."""
    funding = Funding.objects.get(number=number)
    benefits.compute_batch(funding=funding, by=Actor.CLOCK, at=clock.now())


@app.task(name="cultivation.compare_paid", queue="default")
def compare_paid(number: str) -> None:
    """Hold what a period paid against the data as they are known now."""
    funding = Funding.objects.get(number=number)
    benefits.compare_paid(funding=funding, by=Actor.CLOCK, at=clock.now())


@app.periodic(cron="*/10 * * * *")
@app.task(name="cultivation.benefits_tick", queue="clock")
def benefits_tick(timestamp: int = 0) -> None:
    """Hand every batch and candidate on notice to a job of its own."""
    from kechuang.record.actions import defer

    for number in queries.batches_on_notice().values_list("number", flat=True):
        defer("cultivation.follow_notice", number=number)
    for number in candidates_on_notice().values_list("number", flat=True):
        defer("cultivation.follow_candidate", number=number)


@app.task(name="cultivation.follow_notice", queue="clock")
def follow_notice(number: str) -> None:
    """Go where a batch's notice went; idempotent."""
    batch = Batch.objects.get(number=number)
    if batch.state == Batch.State.ON_NOTICE:
        benefits.follow_notice(batch=batch, by=Actor.CLOCK, at=clock.now())


@app.task(name="cultivation.follow_candidate", queue="clock")
def follow_candidate(number: str) -> None:
    """Tell the head once a candidate's notice is over or cancelled; idempotent."""
    candidate = Candidate.objects.get(number=number)
    screenings.follow_candidate(candidate=candidate, by=Actor.CLOCK, at=clock.now())
