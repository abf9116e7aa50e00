"""Change what a centre is registered with; ask for prices and set them; phases, data, the net."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import refuse_all, require
from kechuang.base.time import midnight_after, shanghai_date
from kechuang.base.working_days import calendar
from kechuang.compute.actions.desk import keep_prices, stage_centre
from kechuang.compute.models import Centre, DataSet, Link, Phase, PriceList, PriceProposal, Trial
from kechuang.compute.rules import centres, rights
from kechuang.compute.rules import registry as rules
from kechuang.messages.actions import tell
from kechuang.parties.models import Organisation
from kechuang.parties.queries import holders, organisation_by_code, person_by_number
from kechuang.record.actions import append, take_number

KEPT = (
    "name", "name_en", "kind", "side", "processors", "accelerators", "capacity_pflops_fp64",
    "capacity_pflops_fp16", "watts_per_core", "pue", "carbon_g_per_kwh", "bandwidth_mb_s",
    "data_classes", "templates",
)  # fmt: skip


def _locked(centre: Centre, by: Actor) -> Centre:
    """The row under its lock, where the actor runs the centre."""
    row = (
        Centre.objects.select_for_update(no_key=True, of=("self",))
        .select_related("organisation")
        .get(pk=centre.pk)
    )
    require(rights.may_run_centre(by, row.facts), rights.not_permitted(rights.CENTRE_MAY))
    return row


@transaction.atomic
def change_centre(*, centre: Centre, facts: Mapping[str, Any], by: Actor, at: datetime) -> Centre:
    """Change what a centre has, draws, lets through and takes in; prices are set apart.

    What was quoted and metered stays as it was. The history says which facts changed.
    """
    row = _locked(centre, by)
    refuse_all(rules.problems_with_centre(facts))
    changed = [name for name in KEPT if name in facts and facts[name] != getattr(row, name)]
    if not changed:
        return row
    for name in changed:
        setattr(row, name, facts[name])
    row.version += 1
    row.save()
    labels = [str(Centre._meta.get_field(name).verbose_name) for name in changed]
    stage_centre(row, by, at, "、".join(labels))
    append(
        verb="compute.change_centre", object_number=row.number, by=by, at=at,
        payload={name: _plain(facts[name]) for name in changed if not name.startswith("name")},
    )  # fmt: skip
    return row


def _plain(value: Any) -> Any:
    """As the record keeps it: whole numbers, strings and lists of them."""
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value if value is None or type(value) in (int, bool) else str(value)


@transaction.atomic
def ask_prices(
    *,
    centre: Centre,
    milli_fen: Sequence[int],
    minimum_fen: int,
    by: Actor,
    at: datetime,
    since: datetime | None = None,
) -> PriceProposal:
    """Ask for prices from an instant on, or from when they are set; a second person sets them."""
    row = _locked(centre, by)
    refuse_all(centres.problems_with_prices(milli_fen, minimum_fen))
    waiting = PriceProposal.objects.filter(centre=row, state=PriceProposal.State.ASKED)
    rules.check_none_asked(waiting.exists())
    due = calendar().add(shanghai_date(at), rules.PRICES_WORKING_DAYS)
    made = PriceProposal.objects.create(
        centre=row, since=rules.begins(since, at), milli_fen_per_core_hour=list(milli_fen),
        minimum_fen=minimum_fen, asked_by=person_by_number(by.person), asked_at=at,
        due_at=midnight_after(due),
    )  # fmt: skip
    append(
        verb="compute.ask_prices", object_number=row.number, by=by, at=at,
        payload={"milli_fen": list(milli_fen), "minimum_fen": minimum_fen},
    )  # fmt: skip
    seconds = holders(Role.OFFICER, at=at, region_path=row.region_path)
    tell(people=[one.number for one in seconds if one.number != by.person],
         template="compute.prices_asked", object_number=row.number, by=by, at=at)  # fmt: skip
    return made


def _locked_request(asked: PriceProposal, by: Actor) -> tuple[Centre, PriceProposal]:
    centre = Centre.objects.select_for_update(no_key=True, of=("self",)).select_related(
        "organisation"
    ).get(pk=asked.centre_id)  # fmt: skip
    row = PriceProposal.objects.select_related("asked_by").get(pk=asked.pk)
    require(
        rules.may_set_prices(by, centre.facts, row.asked_by.number),
        rights.not_permitted(rules.SECOND_PRICES),
    )
    rules.check_prices_wait(row.state)
    return centre, row


@transaction.atomic
def set_prices(*, asked: PriceProposal, by: Actor, at: datetime) -> PriceList:
    """Set the prices that another person asked for; jobs that have started keep their price."""
    centre, row = _locked_request(asked, by)
    made = keep_prices(
        centre, rules.begins(row.since, at), row.milli_fen_per_core_hour, row.minimum_fen, by
    )
    row.state, row.decided_by, row.decided_at = "SET", person_by_number(by.person), at
    row.price_list = made
    row.save()
    append(
        verb="compute.set_prices", object_number=centre.number, by=by, at=at,
        payload={"milli_fen": row.milli_fen_per_core_hour, "minimum_fen": row.minimum_fen,
                 "since": made.since.isoformat()},
    )  # fmt: skip
    return made


@transaction.atomic
def refuse_prices(*, asked: PriceProposal, reason: str, by: Actor, at: datetime) -> PriceProposal:
    """Do not set them, with a reason; others may be asked for."""
    centre, row = _locked_request(asked, by)
    row.state, row.decided_by, row.decided_at = "REFUSED", person_by_number(by.person), at
    row.reason = reason
    row.save()
    append(
        verb="compute.refuse_prices", object_number=centre.number, by=by, at=at,
        payload={"state": "REFUSED"},
    )  # fmt: skip
    return row


@transaction.atomic
def add_phase(*, centre: Centre, facts: Mapping[str, Any], by: Actor, at: datetime) -> Phase:
    """Register the next phase of a centre's extension, as planned."""
    row = _locked(centre, by)
    place = Phase.objects.filter(centre=row).count() + 1
    made = Phase.objects.create(centre=row, place=place, state_since=at, **facts)
    append(
        verb="compute.add_phase", object_number=row.number, by=by, at=at,
        payload={"place": place, "due": made.due_date.isoformat(), "processors": made.processors},
    )  # fmt: skip
    return made


@transaction.atomic
def move_phase(*, phase: Phase, state: str, by: Actor, at: datetime) -> Phase:
    """Put a phase under construction, in service, or drop it; what it adds counts in service."""
    centre = _locked(phase.centre, by)
    row = Phase.objects.get(pk=phase.pk)
    rules.check_phase_step(row.state, state)
    row.state, row.state_since = state, at
    row.save(update_fields=["state", "state_since"])
    if state == Phase.State.SERVING:
        _extend(centre, row)
    stage_centre(centre, by, at, f"{row.name}：{row.get_state_display()}")
    append(
        verb="compute.move_phase", object_number=centre.number, by=by, at=at,
        payload={"place": row.place, "state": str(state)},
    )  # fmt: skip
    return row


def _extend(centre: Centre, phase: Phase) -> None:
    """Add what a phase brings; a precision that it does not have is left alone."""
    for name in ("processors", "accelerators", "capacity_pflops_fp64", "capacity_pflops_fp16"):
        more = getattr(phase, name)
        if more:
            setattr(centre, name, (getattr(centre, name) or 0) + more)
    centre.version += 1
    centre.save()


@transaction.atomic
def note_trial(
    *, centre: Centre, is_answered: bool, said: str, lacks: list[str], by: Actor, at: datetime
) -> Trial:
    """Keep what came of asking a centre whether it answers."""
    row = _locked(centre, by)
    made = Trial.objects.create(
        centre=row, at=at, by_person=by.person, is_answered=is_answered, said=said[:500],
        lacks=lacks,
    )  # fmt: skip
    append(
        verb="compute.note_trial", object_number=row.number, by=by, at=at,
        payload={"answered": is_answered, "lacks": len(lacks)},
    )  # fmt: skip
    return made


@transaction.atomic
def note_link(
    *,
    centre: Centre,
    other: Centre,
    bandwidth_mb_s: Decimal,
    is_measured: bool,
    source: str,
    by: Actor,
    at: datetime,
) -> Link:
    """Keep what goes through between two centres, as measured or as declared."""
    rules.check_link(centre.number, other.number)
    require(
        rules.may_keep_links(by, centre.facts, other.facts),
        rights.not_permitted(rights.CENTRE_MAY),
    )
    first, second = sorted((centre, other), key=lambda one: one.pk)
    made = Link.objects.create(
        first=first, second=second, bandwidth_mb_s=bandwidth_mb_s, is_measured=is_measured,
        at=at, by_person=by.person, source=source,
    )  # fmt: skip
    append(
        verb="compute.note_link", object_number=centre.number, by=by, at=at,
        payload={"other": other.number, "mb_s": str(bandwidth_mb_s), "measured": is_measured},
    )  # fmt: skip
    return made


@transaction.atomic
def register_data(
    *, centre: Centre, facts: Mapping[str, Any], named: Sequence[str], by: Actor, at: datetime
) -> DataSet:
    """Register data of the own unit that lie at a centre, and who may use them."""
    unit = organisation_by_code(by.organisation) if rights.may_ask(by) else None
    require(unit is not None, rights.not_permitted(rules.OWNER_MAY))
    codes = frozenset(named)
    refuse_all(rules.problems_with_data(
        size_mb=facts["size_mb"], audience=facts["audience"], named=codes, unknown=_unknown(codes)
    ))  # fmt: skip
    made = DataSet.objects.create(
        **facts, number=take_number("SJ", at=at), organisation=unit, centre=centre,
        named=sorted(codes), state_since=at,
    )  # fmt: skip
    append(
        verb="compute.register_data", object_number=made.number, by=by, at=at,
        payload={"centre": centre.number, "size_mb": made.size_mb, "class": made.data_class,
                 "audience": made.audience, "named": made.named},
    )  # fmt: skip
    return made


@transaction.atomic
def change_data_audience(
    *, data: DataSet, audience: str, named: Sequence[str], state: str, by: Actor, at: datetime
) -> DataSet:
    """Say anew who may use data, or withdraw them; jobs that were submitted go on."""
    row = DataSet.objects.select_for_update(no_key=True, of=("self",)).select_related(
        "organisation"
    ).get(pk=data.pk)  # fmt: skip
    require(rules.may_change_data(by, row.facts), rights.not_permitted(rules.OWNER_MAY))
    codes = frozenset(named)
    refuse_all(rules.problems_with_data(
        size_mb=row.size_mb, audience=audience, named=codes, unknown=_unknown(codes)
    ))  # fmt: skip
    if row.state != state:
        row.state, row.state_since = state, at
    row.audience, row.named, row.version = audience, sorted(codes), row.version + 1
    row.save()
    append(
        verb="compute.change_data_audience", object_number=row.number, by=by, at=at,
        payload={"audience": audience, "named": row.named, "state": state},
    )  # fmt: skip
    return row


def _unknown(codes: frozenset[str]) -> list[str]:
    known = set(Organisation.objects.filter(code__in=codes).values_list("code", flat=True))
    return sorted(codes - known)
