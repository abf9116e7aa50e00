"""Background doors of projects: reminders of milestones, awards that lapse unsigned."""

from procrastinate.contrib.django import app

from kechuang.base.actor import Actor
from kechuang.doors import clock
from kechuang.projects import actions
from kechuang.projects.models import Project


@app.periodic(cron="5 * * * *")
@app.task(name="projects.remind", queue="projects", pass_context=False)
def remind(timestamp: int) -> None:
    """Tell units of milestones at -30, -7, 0 and +7 days; each once."""
    actions.remind_of_milestones(by=Actor.CLOCK, at=clock.now())


@app.periodic(cron="10 * * * *")
@app.task(name="projects.lapse", queue="projects", pass_context=False)
def lapse(timestamp: int) -> None:
    """Let awards lapse whose agreement was not signed in time."""
    at = clock.now()
    unsigned = [Project.State.AWARDED, Project.State.CONTRACTING]
    for project in Project.objects.filter(state__in=unsigned, sign_until__lte=at)[:200]:
        actions.lapse_unsigned(project=project, by=Actor.CLOCK, at=at)
