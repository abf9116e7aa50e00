"""Register a centre, connect it, open and pause it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import refuse_all, require
from kechuang.compute.models import Centre, CentreStage, PriceList, Run
from kechuang.compute.rules import centres, rights
from kechuang.compute.rules.registry import problems_with_centre
from kechuang.record.actions import append, take_number

UNSAID = {"capacity_pflops_fp64": None, "capacity_pflops_fp16": None}


def stage_centre(centre: Centre, by: Actor, at: datetime, note: str) -> None:
    CentreStage.objects.create(
        centre=centre, stage=centre.state, since=at, by_person=by.person, by_role=by.role,
        by_organisation=by.organisation, note_public=note,
    )  # fmt: skip


@transaction.atomic
def register_centre(*, facts: Mapping[str, Any], by: Actor, at: datetime) -> Centre:
    """Enter a centre of the own region. `facts` are the fields of `Centre` by name."""
    require(
        rights.may_register_centre(by, facts["region_path"]),
        rights.not_permitted(rights.OFFICE_MAY),
    )
    refuse_all(problems_with_centre({**UNSAID, **facts}))
    centre = Centre.objects.create(
        **facts, number=take_number("ZX", at=at), state=Centre.State.OPEN, state_since=at
    )
    stage_centre(centre, by, at, "")
    append(
        verb="compute.register_centre", object_number=centre.number, by=by, at=at,
        payload={"organisation": centre.organisation.code, "kind": str(centre.kind),
                 "processors": centre.processors, "backend": str(centre.backend)},
    )  # fmt: skip
    return centre


def keep_prices(
    centre: Centre, since: datetime, milli_fen: Sequence[int], minimum_fen: int, by: Actor
) -> PriceList:
    """Keep a price list of a locked centre; never changed afterwards."""
    return PriceList.objects.create(
        centre=centre, since=since, milli_fen_per_core_hour=list(milli_fen),
        minimum_fen=minimum_fen, set_by=by.person,
    )  # fmt: skip


@transaction.atomic
def connect_centre(
    *, centre: Centre, backend: str, processors: int, by: Actor, at: datetime
) -> Centre:
    """Say how a centre is reached from now on, and how many processors it has been seen to have.

    Refuses while runs that were handed in the old way have not ended.
    """
    require(rights.may_run_centre(by, centre.facts), rights.not_permitted(rights.CENTRE_MAY))
    row = Centre.objects.select_for_update(no_key=True, of=("self",)).get(pk=centre.pk)
    live = Run.objects.filter(job__centre=row, is_collected=False).count()
    centres.check_connectable(row.backend, backend, live)
    row.backend, row.processors, row.version = backend, processors, row.version + 1
    row.silent_since = row.ask_again_at = None
    row.save()
    stage_centre(row, by, at, centres.CONNECTED.get(backend, ""))
    append(
        verb="compute.connect_centre", object_number=row.number, by=by, at=at,
        payload={"backend": str(backend), "processors": processors},
    )  # fmt: skip
    return row


@transaction.atomic
def note_answer(*, centre: Centre, is_silent: bool, by: Actor, at: datetime) -> None:
    """Note that a centre gives no answer, or that it answers again; its jobs stand as they are.

    A silent one is asked again after a while.
    """
    require(by.is_role(Role.CLOCK), rights.not_permitted(rights.CENTRE_MAY))
    row = Centre.objects.select_for_update(no_key=True, of=("self",)).get(pk=centre.pk)
    again = at + centres.ASK_SILENT_AGAIN if is_silent else None
    was_silent, row.ask_again_at = row.silent_since is not None, again
    if is_silent != was_silent:
        row.silent_since = at if is_silent else None
        stage_centre(row, by, at, centres.SILENT if is_silent else centres.ANSWERS)
        append(
            verb="compute.note_answer", object_number=row.number, by=by, at=at,
            payload={"silent": is_silent},
        )  # fmt: skip
    row.save(update_fields=["ask_again_at", "silent_since"])


@transaction.atomic
def change_centre_state(
    *, centre: Centre, state: str, reason: str, by: Actor, at: datetime
) -> Centre:
    """Open a centre to new jobs or pause it; what runs there goes on."""
    require(rights.may_run_centre(by, centre.facts), rights.not_permitted(rights.CENTRE_MAY))
    row = Centre.objects.select_for_update(no_key=True, of=("self",)).get(pk=centre.pk)
    if row.state == state:
        return row
    row.state, row.state_since, row.version = state, at, row.version + 1
    row.save(update_fields=["state", "state_since", "version"])
    stage_centre(row, by, at, reason)
    append(
        verb="compute.change_centre_state", object_number=row.number, by=by, at=at,
        payload={"state": str(state)},
    )  # fmt: skip
    return row
