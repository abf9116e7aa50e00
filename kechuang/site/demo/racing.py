"""A race of the demonstration at its first gate: every team has shown its stage, the jury compares.
"""

from typing import Any

from kechuang.base.actor import Actor, Role
from kechuang.challenges import actions, queries
from kechuang.projects import actions as projects
from kechuang.projects.models import Milestone

JUDGES = ("yuchen", "baixue", "geyi")


def reach_gate(contest: Any) -> None:
    """Hand in and judge each team's milestones; then what they have shown is frozen."""
    cast, officer = contest.cast, contest.cast.actor("linjing")
    judges = [cast.person(name) for name in JUDGES]
    for project in queries.projects_of(contest.fresh()):
        unit = project.lead_organisation.name
        for row in Milestone.objects.filter(project=project, state="PLANNED"):
            projects.submit_milestone(
                milestone=row, report="样堆已按同一工况谱测完，报告和原始记录随附。",
                evidence=[projects.EvidenceItem(text="第三方检测报告，第 3 至 9 页")],
                by=cast.unit_actor(unit, Role.MEMBER), at=contest.after(hours=6),
            )  # fmt: skip
            check = projects.open_check(
                milestone=row, acceptors=judges, by=officer, at=contest.after(hours=2)
            )
            for name in JUDGES:
                projects.give_opinion(
                    acceptance=check, verdict="PASSED", opinion="记录与报告一致。",
                    by=cast.actor(name), at=contest.after(minutes=30),
                )  # fmt: skip
            projects.check_milestone(
                milestone=row, verdict="PASSED", opinion="本赛段通过。", by=officer,
                at=contest.after(hours=1),
            )  # fmt: skip
    actions.open_gate(challenge=contest.challenge, by=Actor.CLOCK, at=contest.after(hours=1))
