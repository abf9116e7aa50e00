"""Draw experts: name who draws, fix the pool, commit, reveal, draw by a value nobody could know."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import refuse_all, require
from kechuang.base.time import shanghai_date
from kechuang.engines.drawing import commitment_of, pool_hash, seed_of
from kechuang.messages.actions import tell
from kechuang.parties.models import Person
from kechuang.record.actions import append, take_number
from kechuang.reviews import queries, rules
from kechuang.reviews.actions.advancing import advance
from kechuang.reviews.actions.steps import (
    fence_officers,
    locked_panel,
    require_state,
    require_unfenced,
    stage_facts,
)
from kechuang.reviews.models import (
    Draw,
    DrawMember,
    DrawNonce,
    DrawStage,
    Expert,
    Fence,
    Panel,
    Seat,
)

SALT_BYTES = 32
State = Draw.State


@transaction.atomic
def name_draw_operator(*, panel: Panel, operator: Person, by: Actor, at: datetime) -> Panel:
    """Have the panel's experts drawn, by this person: neither secretary nor chair, no conflict.

    From now on nobody is invited by hand. Refuses once somebody was.
    """
    panel = locked_panel(panel)
    require(rules.may_plan_panel(by, panel.region_path), rules.not_permitted(rules.OFFICE_MAY))
    require_unfenced(panel, by)
    require_state(
        panel.number, panel, Panel.State.PLANNED, Panel.State.INVITING, Panel.State.COMPLETE
    )
    draws = queries.draws_of(panel)
    if any(one.state in (State.COMMITTING, State.REVEALING) for one in draws):
        raise rules.refused_draw("live", number=draws[0].number)
    if not draws and Seat.objects.filter(panel=panel, state__in=rules.SEAT_LIVE).exists():
        raise rules.refused_draw("named")
    fence_officers(panel, [operator], at)
    if operator.pk in (panel.secretary_id, panel.chair_id) or _fenced(panel, [operator]):
        raise rules.refused_draw("operator", name=operator.name)
    panel.draw_operator = operator
    panel.version += 1
    panel.save()
    append(
        verb="reviews.name_draw_operator", object_number=panel.number, by=by, at=at,
        payload={"operator": operator.number},
    )  # fmt: skip
    tell(
        people=[operator.number], template="reviews.draw_operator_named",
        object_number=panel.number, by=by, at=at,
    )  # fmt: skip
    return panel


def _fenced(panel: Panel, people: Sequence[Person]) -> list[Person]:
    rows = Fence.objects.filter(subject_number=panel.subject_number, person__in=people)
    fenced = set(rows.values_list("person", flat=True))
    return [person for person in people if person.pk in fenced]


@transaction.atomic
def fix_pool(
    *, panel: Panel, plan: rules.DrawPlan, fields: Sequence[str], witnesses: Sequence[Person],
    by: Actor, at: datetime,
) -> Draw:  # fmt: skip
    """Fix the numbered pool of a draw with its filters, its witnesses and the value to come.

    The pool's fingerprint goes into the record now; it cannot be changed, only cancelled before
    the public value appears. Refuses together what is wrong with the plan.
    """
    panel = locked_panel(panel)
    require(rules.may_draw(by, panel.facts), rules.not_permitted(rules.DRAWER_MAY))
    require_unfenced(panel, by)
    _check_panel(panel)
    refuse_all(rules.problems_with_plan(plan, len(set(witnesses)), at))
    _check_witnesses(panel, witnesses, at)
    office = [p for p in (panel.secretary, panel.chair, panel.draw_operator, *witnesses) if p]
    people, out = queries.draw_pool(panel, fields, office, at)
    rules.check_pool(len(people), plan.seats)
    draw = _create(panel, plan, _filters(panel, fields, out, at), people, at)
    DrawNonce.objects.bulk_create(DrawNonce(draw=draw, person=one) for one in witnesses)
    DrawStage.objects.create(draw=draw, **stage_facts(draw.state, by, at))
    append(
        verb="reviews.fix_pool", object_number=draw.number, by=by, at=at,
        payload={"panel": panel.number, "subject": panel.subject_number, "pool": draw.pool_hash,
                 "size": len(people), "seats": draw.seats, "source": draw.source,
                 "fallback": draw.fallback, "witnesses": [one.number for one in witnesses]},
    )  # fmt: skip
    tell(
        people=[one.number for one in witnesses], template="reviews.draw_to_commit",
        object_number=draw.number, by=by, at=at,
    )  # fmt: skip
    return draw


def _check_panel(panel: Panel) -> None:
    """Refuse a draw of a panel without cases, with experts named by hand, or with a draw that
    still fills its seats."""
    require_state(
        panel.number, panel, Panel.State.PLANNED, Panel.State.INVITING, Panel.State.COMPLETE,
        Panel.State.REVIEWING,
    )  # fmt: skip
    if not queries.cases_of(panel):
        raise rules.refused_draw("no_cases")
    draws = [one for one in queries.draws_of(panel) if one.state != State.CANCELLED]
    if not draws and Seat.objects.filter(panel=panel, state__in=rules.SEAT_LIVE).exists():
        raise rules.refused_draw("named")
    for one in draws:
        if one.state != State.DRAWN:
            raise rules.refused_draw("live", number=one.number)
        live = Seat.objects.filter(panel=panel, state__in=rules.SEAT_LIVE).count()
        waits = DrawMember.objects.filter(draw=one, turn__isnull=True).exists()
        if live >= one.seats or waits:
            raise rules.refused_draw("filled", number=one.number)


def _check_witnesses(panel: Panel, witnesses: Sequence[Person], at: datetime) -> None:
    fence_officers(panel, list(witnesses), at)
    barred = [one for one in witnesses if one.pk == panel.draw_operator_id]
    for person in [*barred, *_fenced(panel, witnesses)]:
        raise rules.refused_draw("witness", name=person.name)


def _filters(
    panel: Panel, fields: Sequence[str], out: dict[str, int], at: datetime
) -> dict[str, object]:
    """What made the pool, as it is published: counts of who is out, no names."""
    return {
        "as_of": shanghai_date(at).isoformat(), "fields": sorted(fields),
        "conflict_years": panel.conflict_years, "rotation_max": rules.ROTATION_MAX,
        "excluded": out,
    }  # fmt: skip


def _create(
    panel: Panel, plan: rules.DrawPlan, filters: dict[str, object], people: Sequence[Person],
    at: datetime,
) -> Draw:  # fmt: skip
    """The draw with its pool, numbered by pseudonym, so that the order tells nothing of names."""
    salt = secrets.token_bytes(SALT_BYTES)
    named = sorted(
        (hashlib.sha256(salt + one.number.encode()).hexdigest(), one) for one in people
    )
    draw = Draw.objects.create(
        number=take_number("CQ", at=at), panel=panel, operator=panel.draw_operator,
        state_since=at, seats=plan.seats, suite=plan.suite, filters=filters, salt=salt,
        pool_hash=pool_hash([name for name, _person in named], filters, plan.suite),
        cases_root=panel.cases_root, closed_at=panel.closed_at, opened_at=panel.opened_at,
        pool_at=at, commit_until=plan.commit_until, reveals_until=plan.reveals_until,
        public_at=plan.public_at, source=plan.source.strip(), fallback=plan.fallback.strip(),
    )  # fmt: skip
    Expert.objects.bulk_create(
        (Expert(person=p, fields=p.fields_of_work, entered_at=at) for p in people),
        ignore_conflicts=True,
    )
    profiles = Expert.objects.filter(person__in=people).in_bulk(field_name="person_id")
    DrawMember.objects.bulk_create(
        DrawMember(draw=draw, expert=profiles[one.pk], place=place, pseudonym=name)
        for place, (name, one) in enumerate(named, 1)
    )
    return draw


def _locked_draw(draw: Draw) -> tuple[Draw, Panel]:
    panel = locked_panel(draw.panel)
    row = Draw.objects.select_for_update(no_key=True).get(pk=draw.pk)
    row.panel = panel
    return row, panel


def _require(draw: Draw, *states: str) -> None:
    if draw.state not in states:
        raise rules.refused_draw("state", number=draw.number, state=draw.get_state_display())


def _move(draw: Draw, state: str, by: Actor, at: datetime, note: str = "") -> None:
    rules.DRAW_TABLE.check_move(draw.state, state)
    draw.state, draw.state_since, draw.version = state, at, draw.version + 1
    draw.save()
    DrawStage.objects.create(draw=draw, **stage_facts(state, by, at) | {"note_public": note})


def _own_nonce(draw: Draw, by: Actor) -> DrawNonce:
    row = DrawNonce.objects.filter(draw=draw, person__number=by.person).first()
    require(
        row is not None and rules.may_witness(by, row.person.number),
        rules.not_permitted(rules.WITNESS_MAY),
    )
    return row


@transaction.atomic
def commit_nonce(*, draw: Draw, commitment: str, by: Actor, at: datetime) -> DrawNonce:
    """Publish a witness's commitment; once all have, the numbers may be revealed."""
    draw, _panel = _locked_draw(draw)
    row = _own_nonce(draw, by)
    _require(draw, State.COMMITTING)
    if at >= draw.commit_until:
        raise rules.refused_draw("commit_late", until=draw.commit_until)
    if row.commitment:
        raise rules.refused_draw("committed")
    row.commitment, row.committed_at = rules.check_hex(commitment, "commitment"), at
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise rules.refused_draw("same_commitment") from None
    append(
        verb="reviews.commit_nonce", object_number=draw.number, by=by, at=at,
        payload={"commitment": row.commitment},
    )  # fmt: skip
    if not DrawNonce.objects.filter(draw=draw, commitment="").exists():
        _begin_reveals(draw, by, at)
    return row


def _begin_reveals(draw: Draw, by: Actor, at: datetime) -> None:
    _move(draw, State.REVEALING, by, at)
    tell(
        people=[one.person.number for one in queries.nonces_of(draw) if one.commitment],
        template="reviews.draw_to_reveal", object_number=draw.number, by=by, at=at,
    )  # fmt: skip


@transaction.atomic
def reveal_nonce(*, draw: Draw, nonce: str, by: Actor, at: datetime) -> DrawNonce:
    """Reveal a witness's number, which must be the one committed to, within its term.

    The first after the commitments' term begins the revealing, if enough have committed.
    """
    draw, _panel = _locked_draw(draw)
    row = _own_nonce(draw, by)
    _require(draw, State.COMMITTING, State.REVEALING)
    if at >= draw.reveals_until:
        raise rules.refused_draw("reveal_late", until=draw.reveals_until)
    if draw.state == State.COMMITTING:
        if at < draw.commit_until:
            raise rules.refused_draw("reveal_early", until=draw.commit_until)
        _check_commitments(draw)
        _begin_reveals(draw, by, at)
    if not row.commitment:
        raise rules.refused_draw("not_committed")
    value = rules.check_hex(nonce, "nonce")
    if commitment_of(bytes.fromhex(value), by.person, draw.suite) != row.commitment:
        raise rules.refused_draw("other_nonce")
    row.nonce, row.revealed_at = value, at
    row.save()
    append(
        verb="reviews.reveal_nonce", object_number=draw.number, by=by, at=at,
        payload={"nonce": value},
    )  # fmt: skip
    return row


def _check_commitments(draw: Draw) -> None:
    committed = DrawNonce.objects.filter(draw=draw).exclude(commitment="").count()
    if committed < rules.WITNESSES_MIN:
        raise rules.refused_draw("few_commitments", n=committed, min=rules.WITNESSES_MIN)


@transaction.atomic
def draw_experts(
    *, draw: Draw, value: str, used_fallback: bool = False, by: Actor, at: datetime
) -> Draw:
    """Enter the public value and draw: the first of the order are invited at once.

    The seed comes from pool, cases, numbers revealed and this value; whoever did not reveal is
    recorded, and changes nothing for anybody's benefit. Refuses before the value can exist.
    """
    draw, panel = _locked_draw(draw)
    require(rules.may_draw(by, panel.facts), rules.not_permitted(rules.DRAWER_MAY))
    require_unfenced(panel, by)
    _require(draw, State.COMMITTING, State.REVEALING)
    if at < draw.public_at:
        raise rules.refused_draw("value_early", until=draw.public_at)
    if not value.strip():
        raise rules.refused_draw("no_value")
    _check_commitments(draw)
    draw.public_value, draw.used_fallback = value.strip(), used_fallback
    draw.seed = seed_of(queries.planned_record(draw)).hex()
    draw.drawn_at = at
    _move(draw, State.DRAWN, by, at)
    append(
        verb="reviews.draw_experts", object_number=draw.number, by=by, at=at,
        payload={"source": draw.used_source, "value": draw.public_value, "seed": draw.seed},
    )  # fmt: skip
    advance(panel, by, at)
    officers = [one.number for one in (panel.secretary, panel.chair) if one]
    tell(people=officers, template="reviews.drawn", object_number=panel.number, by=by, at=at)
    return draw


@transaction.atomic
def cancel_draw(*, draw: Draw, reason: str, by: Actor, at: datetime) -> Draw:
    """Give up a draw before its public value appears, with a reason that stays in the record."""
    draw, panel = _locked_draw(draw)
    require(rules.may_draw(by, panel.facts), rules.not_permitted(rules.DRAWER_MAY))
    require_unfenced(panel, by)
    _require(draw, State.COMMITTING, State.REVEALING)
    committed = DrawNonce.objects.filter(draw=draw).exclude(commitment="").count()
    if at >= draw.public_at and committed >= rules.WITNESSES_MIN:
        raise rules.refused_draw("cancel_late", until=draw.public_at)
    _move(draw, State.CANCELLED, by, at, reason)
    append(
        verb="reviews.cancel_draw", object_number=draw.number, by=by, at=at,
        payload={"reason": reason},
    )  # fmt: skip
    return draw
