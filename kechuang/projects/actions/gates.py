"""A gate passed releases its instalment."""

from datetime import datetime

from kechuang.base.actor import Actor
from kechuang.ledger import actions as ledger
from kechuang.ledger.queries import grant_of
from kechuang.parties.models import Person
from kechuang.projects.actions.moves import move_instalment, note_act, tell_unit
from kechuang.projects.models import Acceptance, Instalment, Milestone, Project


def release_open_gates(project: Project, *, cause: str, by: Actor, at: datetime) -> None:
    """Release each planned instalment whose gate stands open, to be requested.

    Those who signed the acceptance go with it: none of them may review its payment.
    """
    planned = Instalment.objects.filter(
        project=project, state=Instalment.State.PLANNED
    ).select_related("milestone")
    grant = grant_of(project.number)
    for instalment in planned:
        if grant is None or not _is_open(project, instalment):
            continue
        instalment.release = ledger.release_instalment(
            grant=grant,
            instalment_number=f"{project.number}/{instalment.sequence}",
            amount_fen=instalment.amount_fen,
            cause_number=cause,
            acceptors=_acceptors(project, instalment),
            by=by,
            at=at,
        )
        move_instalment(instalment, Instalment.State.ELIGIBLE, by=by, at=at)
        note_act(
            "release_instalment",
            project,
            by,
            at,
            {"instalment": instalment.sequence, "amount_fen": instalment.amount_fen},
        )
        tell_unit(project, "request_payment", by, at)


def _is_open(project: Project, instalment: Instalment) -> bool:
    if instalment.gate == Instalment.Gate.SIGNING:
        return project.signed_at is not None
    if instalment.gate == Instalment.Gate.MILESTONE and instalment.milestone:
        return instalment.milestone.state == Milestone.State.PASSED
    return project.state == Project.State.ACCEPTED


def _acceptors(project: Project, instalment: Instalment) -> list[Person]:
    """Everybody who signed an opinion or the verdict of the gate, in any round."""
    if instalment.gate == Instalment.Gate.SIGNING:
        return []
    rounds = Acceptance.objects.filter(
        project=project, milestone=instalment.milestone
    ).prefetch_related("acceptors__person")
    people = [one.decided_by for one in rounds.select_related("decided_by") if one.decided_by]
    for one in rounds:
        people.extend(row.person for row in one.acceptors.all() if row.signed_at)
    return people
