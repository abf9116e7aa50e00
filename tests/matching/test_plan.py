"""The table plan: best first, no collisions, the same for the same sign-ups in any order."""

import random
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kechuang.matching.rules import events, mending, plan
from kechuang.matching.rules.plan import Booked, Pair, plan_tables

SETTINGS = settings(max_examples=120, deadline=None)


@st.composite
def halls(draw):
    """Sign-ups by number, each with a person; some persons come with several."""
    asks = draw(st.integers(1, 7))
    gives = draw(st.integers(1, 7))
    persons = [f"P{n}" for n in range(draw(st.integers(2, 10)))]
    who = {f"N{n}": draw(st.sampled_from(persons)) for n in range(asks)}
    who |= {f"O{n}": draw(st.sampled_from(persons)) for n in range(gives)}
    chosen = draw(st.sets(st.tuples(st.integers(0, asks - 1), st.integers(0, gives - 1))))
    pairs = [
        Pair(f"N{n}", f"O{o}", who[f"N{n}"], who[f"O{o}"], draw(st.integers(0, 400)))
        for n, o in sorted(chosen)
    ]
    busy = draw(st.sets(st.tuples(st.sampled_from(persons), st.integers(0, 5)), max_size=4))
    return pairs, draw(st.integers(0, 4)), draw(st.integers(0, 6)), frozenset(busy)


@SETTINGS
@given(halls())
def test_no_table_and_no_person_is_taken_twice(hall):
    pairs, tables, slots, busy = hall
    made = plan_tables(pairs, tables, slots, busy=busy)
    at_table = [(one.table, one.slot) for one in made.booked]
    persons = [
        (person, one.slot)
        for one in made.booked for person in (one.pair.need_person, one.pair.offer_person)
    ]  # fmt: skip
    assert len(set(at_table)) == len(at_table)
    assert len(set(persons)) == len(persons)
    assert not set(persons) & busy
    assert all(0 <= t < tables and 0 <= s < slots for t, s in at_table)


@SETTINGS
@given(halls(), st.integers())
def test_the_order_of_the_pairs_does_not_matter(hall, seed):
    pairs, tables, slots, busy = hall
    shuffled = list(pairs)
    random.Random(seed).shuffle(shuffled)
    made = plan_tables(pairs, tables, slots, busy=busy)
    assert plan_tables(shuffled, tables, slots, busy=busy) == made


@SETTINGS
@given(halls())
def test_every_pair_is_seated_or_left_and_what_is_left_has_no_free_time(hall):
    pairs, tables, slots, busy = hall
    made = plan_tables(pairs, tables, slots, busy=busy)
    meets = {pair for pair in pairs if pair.need_person != pair.offer_person}
    assert {one.pair for one in made.booked} | set(made.left) == meets
    assert not {one.pair for one in made.booked} & set(made.left)
    taken = {(p, o.slot) for o in made.booked for p in (o.pair.need_person, o.pair.offer_person)}
    full = [s for s in range(slots) if sum(o.slot == s for o in made.booked) == tables]
    for pair in made.left:
        for slot in set(range(slots)) - set(full):
            persons = {(pair.need_person, slot), (pair.offer_person, slot)}
            assert persons & (taken | busy)


@SETTINGS
@given(halls())
def test_what_was_set_by_hand_stays(hall):
    pairs, tables, slots, busy = hall
    fixed = [p for p in pairs if p.need_person != p.offer_person][:1]
    if not fixed or not tables or not slots:
        return
    kept = [Booked(fixed[0], tables - 1, slots - 1)]
    made = plan_tables(pairs, tables, slots, kept, busy)
    assert kept[0] in made.booked


def pair(need, offer, score):
    return Pair(need, offer, f"of-{need}", f"of-{offer}", score)


def test_the_best_pair_comes_first_and_one_in_the_way_is_moved():
    best, other, third = pair("N1", "O1", 300), pair("N1", "O2", 200), pair("N2", "O1", 100)
    made = plan_tables([third, other, best], tables=2, slots=2)
    assert [(o.pair, o.table, o.slot) for o in made.booked] == [
        (best, 0, 0), (other, 0, 1), (third, 1, 1),
    ]  # fmt: skip
    assert made.left == ()


def test_a_sitting_is_moved_where_that_makes_room():
    first, second, third = pair("N1", "O1", 300), pair("N2", "O2", 200), pair("N1", "O2", 100)
    busy = frozenset({("of-N1", 1)})
    made = plan_tables([first, second, third], tables=1, slots=3, busy=busy)
    assert {(o.pair.need, o.pair.offer): o.slot for o in made.booked} == {
        ("N1", "O1"): 0, ("N2", "O2"): 1, ("N1", "O2"): 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("booked", "codes"),
    [
        ([], []),
        ([(2, "A", "B", "X")], []),
        ([(1, "A", "B", "X")], ["plan.table_taken"]),
        ([(2, "me", "B", "X")], ["plan.person_taken"]),
        ([(1, "me", "B", "X")], ["plan.table_taken", "plan.person_taken"]),
    ],
)
def test_a_seat_says_why_it_is_not_free(booked, codes):
    found = plan.problems_with_seat(booked, 1, ("me", "you"))
    assert [one.code for one in found] == codes


def test_slots_end_in_time():
    since = datetime.fromisoformat("2026-12-01T09:00:00+08:00")
    slots = plan.slots_between(since, since + timedelta(minutes=70), 20)
    assert slots == [since + timedelta(minutes=20) * n for n in range(3)]


@pytest.mark.parametrize(
    ("day", "months", "due"),
    [
        (date(2026, 11, 21), 3, date(2027, 2, 21)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2027, 11, 30), 3, date(2028, 2, 29)),
        (date(2026, 12, 31), 6, date(2027, 6, 30)),
        (date(2026, 11, 21), 12, date(2027, 11, 21)),
    ],
)
def test_outcomes_are_due_on_the_day(day, months, due):
    assert events.months_after(day, months) == due


def test_refusals_are_counted_by_what_can_be_mended():
    found = mending.mends_of(["PRICE_NOT_STATED"] * 3 + ["OTHER_FIELD", "TERMS", "NEED_DECLINED"])
    assert [(one.code, one.count, one.name) for one in found] == [
        ("PRICE_NOT_STATED", 3, "价格或许可条件没有写明"), ("TERMS", 1, "价格或条件谈不拢"),
    ]  # fmt: skip


def test_every_reason_to_mend_has_its_name_and_advice():
    for code in mending.MENDS:
        assert mending.NAMES[code] and mending.MENDS[code].endswith("。")
