"""The table plan of a match event: made from the ranking, mended by hand, cleared."""

from datetime import datetime, timedelta

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import N_, refuse_all, require
from kechuang.matching.actions.events import locked
from kechuang.matching.models import Event, EventTable, Match, SignUp, Sitting
from kechuang.matching.queries.events import may_meet, slots_of, tables_of, wanted_at
from kechuang.matching.rules import EventRefused, events, plan
from kechuang.matching.rules.events import EventState, SignUpState, not_permitted
from kechuang.record import actions as record


@transaction.atomic
def plan_event(*, event: Event, by: Actor, at: datetime) -> plan.Plan:
    """Seat the best pairs first; what was set by hand stays. The same sign-ups, the same plan."""
    row = _runnable(event, by)
    require(
        row.tables > 0,
        EventRefused("plan.no_tables", N_("这场活动没有设桌。"), {}, (),
                     N_("请先在活动里填桌数和每桌时长。")),
    )  # fmt: skip
    tables = _tables(row)
    wanted = wanted_at(row, at)
    made = plan.plan_tables(
        wanted.pairs, row.tables, len(slots_of(row)), wanted.kept, wanted.busy
    )
    by_hand = {(one.pair.need, one.pair.offer) for one in wanted.kept}
    Sitting.objects.filter(event=row, is_by_hand=False).delete()
    numbers = {n for one in made.booked for n in (one.pair.need, one.pair.offer)}
    signs = {sign.number: sign for sign in SignUp.objects.filter(number__in=numbers)}
    slots = slots_of(row)
    Sitting.objects.bulk_create(
        Sitting(
            event=row, table=tables[one.table + 1], need_sign_up=signs[one.pair.need],
            offer_sign_up=signs[one.pair.offer], since_at=slots[one.slot],
            until_at=slots[one.slot] + timedelta(minutes=row.sitting_minutes),
            score_tenths=one.pair.score_tenths,
        )
        for one in made.booked
        if (one.pair.need, one.pair.offer) not in by_hand
    )  # fmt: skip
    record.append(verb="matching.plan_event", object_number=row.number, by=by, at=at,
                  payload={"sittings": len(made.booked), "left": len(made.left)})  # fmt: skip
    return made


@transaction.atomic
def seat_pair(  # noqa: PLR0913 - who, where and when
    *, event: Event, need_sign_up: SignUp, offer_sign_up: SignUp, table: int, slot: int,
    by: Actor, at: datetime,
) -> Sitting:  # fmt: skip
    """Put a pair at a table and a time by hand, or move it there; it stays when the plan is made
    anew. Refuses (rules.EventRefused) a table or a person that is not free then."""
    row = _runnable(event, by)
    tables, slots = _tables(row), slots_of(row)
    _check_pair(row, need_sign_up, offer_sign_up, at)
    require(
        table in tables and 0 <= slot < len(slots),
        EventRefused("plan.no_such_seat", N_("没有这张桌或这个时间。"), {}, ("table",)),
    )
    known = Sitting.objects.filter(need_sign_up=need_sign_up, offer_sign_up=offer_sign_up).first()
    since = slots[slot]
    others = Sitting.objects.filter(event=row, since_at=since).select_related(
        "table", "need_sign_up__person", "offer_sign_up__person", "offer_sign_up__offer"
    )
    if known is not None:
        others = others.exclude(pk=known.pk)
    persons = (need_sign_up.person.number, offer_sign_up.person.number)
    refuse_all(plan.problems_with_seat(
        [(one.table.place, one.need_sign_up.person.number, one.offer_sign_up.person.number,
          one.number) for one in others],
        table, persons,
    ))  # fmt: skip
    _check_not_elsewhere(row, persons, slot, at)
    sitting = known or Sitting(
        event=row, need_sign_up=need_sign_up, offer_sign_up=offer_sign_up,
        score_tenths=_score(need_sign_up, offer_sign_up),
    )  # fmt: skip
    sitting.table, sitting.since_at = tables[table], since
    sitting.until_at = since + timedelta(minutes=row.sitting_minutes)
    sitting.is_by_hand = True
    sitting.save()
    record.append(verb="matching.seat_pair", object_number=row.number, by=by, at=at,
                  payload={"sitting": sitting.number, "table": table, "slot": slot})
    return sitting


def _check_not_elsewhere(
    row: Event, persons: tuple[str, str], slot: int, at: datetime
) -> None:
    busy = wanted_at(row, at).busy
    require(
        not any((person, slot) in busy for person in persons),
        EventRefused("plan.elsewhere", N_("其中一位这个时间在另一场活动里。"), {}, ("slot",),
                     N_("请换一个时间。")),
    )  # fmt: skip


def _check_pair(row: Event, ask: SignUp, give: SignUp, at: datetime) -> None:
    fits = (
        ask.event_id == row.pk == give.event_id
        and ask.need_id is not None and give.offer_id is not None
        and ask.state == SignUpState.SIGNED == give.state
        and ask.organisation_id != give.organisation_id
        and ask.person_id != give.person_id and may_meet(ask, give, at)
    )  # fmt: skip
    require(
        fits,
        EventRefused("plan.no_pair", N_("请选一条报名的需求和另一单位报名的成果。"), {},
                     ("need_sign_up", "offer_sign_up")),
    )  # fmt: skip


def _score(ask: SignUp, give: SignUp) -> int:
    found = Match.objects.filter(need=ask.need, offer=give.offer)
    return found.values_list("score_tenths", flat=True).first() or 0


@transaction.atomic
def drop_sitting(*, sitting: Sitting, by: Actor, at: datetime) -> None:
    """Take a pair off the plan."""
    row = _runnable(sitting.event, by)
    Sitting.objects.filter(pk=sitting.pk).delete()
    record.append(verb="matching.drop_sitting", object_number=row.number, by=by, at=at,
                  payload={"sitting": sitting.number})  # fmt: skip


@transaction.atomic
def clear_plan(*, event: Event, by: Actor, at: datetime) -> int:
    """Take every sitting off the plan, by hand or not; returns how many there were."""
    row = _runnable(event, by)
    count = Sitting.objects.filter(event=row).count()
    Sitting.objects.filter(event=row).delete()
    record.append(verb="matching.clear_plan", object_number=row.number, by=by, at=at,
                  payload={"sittings": count})  # fmt: skip
    return count


def _runnable(event: Event, by: Actor) -> Event:
    row = locked(event)
    require(events.may_run(by, row.facts), not_permitted("run", row.number))
    events.check_state(row.facts, EventState.OPEN)
    return row


def _tables(event: Event) -> dict[int, EventTable]:
    """The tables of an event, those that lack made."""
    EventTable.objects.bulk_create(
        (EventTable(event=event, place=place) for place in range(1, event.tables + 1)),
        ignore_conflicts=True,
    )
    found = tables_of(event)
    return {place: row for place, row in found.items() if place <= event.tables}
