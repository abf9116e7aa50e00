"""Background doors of the record: the sequencer, checkpoints and witnesses, and the sweep of jobs
that a dead worker left."""

from datetime import UTC, datetime

from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.jobs import Status

from kechuang.base.refusals import refuse_all
from kechuang.doors.witnesses import WitnessRefused, show, witnesses
from kechuang.record import actions, queries

STALLED_AFTER_SECONDS = 600
FIRST = 10  # before every other job: who reads the record waits for it


@app.periodic(cron="* * * * * */2")
@app.task(name="record.sequence", queue="record", priority=FIRST, pass_context=False)
def sequence(timestamp: int) -> None:
    """Give committed entries their turn; runs every two seconds, one at a time."""
    actions.sequence_entries()


@app.periodic(cron="*/10 * * * *")
@app.task(name="record.checkpoint", queue="record", priority=FIRST, pass_context=False)
def checkpoint(timestamp: int) -> None:
    """Publish a batch of the record and its root every ten minutes, whatever was done."""
    actions.take_checkpoint(at=datetime.fromtimestamp(timestamp, tz=UTC))


@app.periodic(cron="5-59/10 * * * *")
@app.task(name="record.witness", queue="record", pass_context=False)
def witness(timestamp: int) -> None:
    """Show the latest checkpoint to every witness that has not seen it yet."""
    at = datetime.fromtimestamp(timestamp, tz=UTC)
    latest = queries.checkpoint()
    if latest is None or not latest.note:
        return
    refused = []
    for one in queries.unseen_by(latest, witnesses()):
        try:
            line = show(one, latest.note, queries.tree(latest.size).consistency_proof)
        except WitnessRefused as no:
            refused.append(no)  # the others are shown it all the same
            continue
        actions.keep_cosignature(checkpoint=latest, witness=one.name, line=line, at=at)
    refuse_all(refused)


@app.periodic(cron="*/2 * * * *")
@app.task(name="record.sweep_stalled", queue="record", pass_context=True)
async def sweep_stalled(context: JobContext, timestamp: int) -> None:
    """Run again what a killed worker left half done; every task is idempotent by its number."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_SECONDS):
        if job.attempts < 5:
            await manager.retry_job(job)
        else:
            await manager.finish_job(job, status=Status.FAILED, delete_job=False)
