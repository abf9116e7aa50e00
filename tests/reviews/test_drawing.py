"""Draws of experts: one test per way out, and the record redrawn by the stand-alone tool."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from kechuang.base.refusals import NotPermitted, Refused
from kechuang.engines.drawing import commitment_of, fault_of, order
from kechuang.record.queries import history_of
from kechuang.reviews import actions, queries, rules
from kechuang.reviews.models import Draw, DrawMember, DrawNonce, Panel, Seat
from tests.reviews.bench import codes, employ, planned
from tests.reviews.drawing import HOUR, DrawBench, crowd, ready

TOOL = Path(__file__).parents[2] / "tools" / "verify_draw.py"


def seats(bench):
    return [(s.expert.person.number, s.state) for s in queries.seats_of(bench.bench.panel)]


def verified(file):
    """How the stand-alone tool ends on a record."""
    return subprocess.run(
        [sys.executable, str(TOOL), str(file)], capture_output=True, check=False
    ).returncode


def in_drawn_order(draw):
    """The pool's people in the order that the seed gives, found again from the record alone."""
    pool = {m.pseudonym: m.expert.person.number for m in queries.members_of(draw)}
    return [pool[name] for name in order(list(pool), bytes.fromhex(draw.seed))]


def test_a_draw_invites_the_first_of_the_order(world, at):
    bench = ready(world, at).fixed().committed().revealed().drawn()
    assert bench.draw.state == "DRAWN"
    assert seats(bench) == [(number, "INVITED") for number in in_drawn_order(bench.draw)[:3]]
    assert [entry.verb for entry in history_of(bench.draw.number)] == [
        "reviews.fix_pool", "reviews.commit_nonce", "reviews.commit_nonce",
        "reviews.reveal_nonce", "reviews.reveal_nonce", "reviews.draw_experts",
        "reviews.fill_from_draw",
    ]  # fmt: skip


def test_the_exported_record_is_redrawn_by_the_tool(world, at, tmp_path):
    bench = ready(world, at).fixed().committed().revealed().drawn()
    for seat in Seat.objects.all()[:2]:
        actions.refuse_seat(
            seat=seat, reason="出差", by=bench.bench.actor_of(seat), at=at + 8 * HOUR
        )
    record = queries.record_of(bench.draw)
    assert fault_of(record) is None
    text = json.dumps(record, ensure_ascii=False)
    assert all(person.number not in text and person.name not in text for person in (
        member.expert.person for member in queries.members_of(bench.draw)
    ))
    assert "出差" not in text
    file = tmp_path / "record.json"
    file.write_text(text, encoding="utf-8")
    assert verified(file) == 0
    record["drawn"][0], record["drawn"][1] = record["drawn"][1], record["drawn"][0]
    file.write_text(json.dumps(record), encoding="utf-8")
    assert verified(file) == 1


def test_who_declines_or_is_silent_is_followed_in_the_same_order(world, at):
    bench = ready(world, at).fixed().committed().revealed().drawn()
    wanted = in_drawn_order(bench.draw)
    first, second, third = queries.seats_of(bench.bench.panel)
    actions.refuse_seat(
        seat=first, reason="时间冲突", by=bench.bench.actor_of(first), at=at + 8 * HOUR
    )
    actions.accept_seat(seat=second, by=bench.bench.actor_of(second), at=at + 8 * HOUR)
    assert seats(bench)[3] == (wanted[3], "INVITED")
    from kechuang.base.actor import Actor

    panel = Panel.objects.get()
    actions.time_out_seats(panel=panel, by=Actor.CLOCK, at=panel.invite_until)
    assert [state for _n, state in seats(bench)] == [
        "REFUSED", "ACCEPTED", "TIMEOUT", "TIMEOUT", "INVITED", "INVITED",
    ]  # fmt: skip
    assert [number for number, _state in seats(bench)] == wanted[:6]
    outcomes = queries.record_of(bench.draw)["outcomes"]
    assert [row["outcome"] for row in outcomes] == ["refused", "seated", "timeout", "timeout"]


def test_a_second_one_of_a_unit_is_passed_and_stays_in_the_record(world, at):
    bench = ready(world, at, pool=5)
    for name in ("expert2", "expert3", "expert4", "expert5", *(f"crowd{n}" for n in range(5))):
        employ(world, name, world.rival)
    bench.fixed().committed().revealed().drawn()
    assert len(seats(bench)) == 1
    record = queries.record_of(bench.draw)
    assert fault_of(record) is None
    assert [row["reason"] for row in record["outcomes"]] == ["抽到时已不能任职"] * 8


def test_the_pool_says_why_the_others_are_out(world, at):
    bench = ready(world, at)
    employ(world, "expert2", world.university)
    people, out = queries.draw_pool(bench.bench.panel, ["轴承"], [world.expert1.person], at)
    assert sorted(p.name for p in people) == ["crowd1-人", "crowd3-人", "crowd5-人", "crowd7-人"]
    assert out == {"office": 1, "fields": 8}
    _people, out = queries.draw_pool(bench.bench.panel, [], [world.expert1.person], at)
    assert out == {"office": 1, "conflict": 1}


def test_rotation_keeps_whoever_sat_often_out(world, at, monkeypatch):
    monkeypatch.setattr(rules.drawing, "ROTATION_MAX", 1)
    bench = ready(world, at).fixed().committed().revealed().drawn()
    seat = queries.seats_of(bench.bench.panel)[0]
    actions.accept_seat(seat=seat, by=bench.bench.actor_of(seat), at=at + 8 * HOUR)
    other = actions.plan_panel(
        subject_number="JB-2026-000021", subject_title="另一榜单", region_path=world.city.path,
        criteria=[{"code": "a", "name": "甲", "weight": 100}], by=world.officer.actor, at=at,
    )  # fmt: skip
    _people, out = queries.draw_pool(other, [], [], at + 9 * HOUR)
    assert out == {"rotation": 1}


def test_a_number_withheld_is_recorded_and_the_draw_goes_on(world, at):
    bench = ready(world, at).fixed().committed().revealed(world.officer).drawn()
    record = queries.record_of(bench.draw)
    assert record["withheld"] == [world.supervisor.person.number]
    assert fault_of(record) is None


def test_the_public_value_alone_moves_the_seed(world, at):
    bench = ready(world, at).fixed().committed().revealed()
    record = queries.planned_record(bench.draw) | {"public": {"source": "x", "value": "1"}}
    from kechuang.engines.drawing import seed_of

    assert seed_of(record) != seed_of(record | {"public": {"source": "x", "value": "2"}})


# what is refused


def refusal(call, **facts):
    with pytest.raises(Refused) as refused:
        call(**facts)
    return codes(refused)


def test_all_that_is_wrong_with_a_plan_is_told_together(world, at):
    bench = ready(world, at)
    plan = bench.plan(seats=2, public_at=at, source="同一个", fallback="同一个")
    assert refusal(
        actions.fix_pool, panel=bench.bench.panel, plan=plan, fields=[],
        witnesses=[world.officer.person], by=bench.operator.actor, at=at + HOUR,
    ) == [
        "reviews.draw_seats", "reviews.draw_witnesses", "reviews.draw_times",
        "reviews.draw_sources",
    ]  # fmt: skip
    assert Draw.objects.count() == 0


def test_a_pool_too_small_is_refused(world, at):
    bench = ready(world, at, pool=1)
    with pytest.raises(rules.DrawRefused) as refused:
        bench.fixed()
    assert codes(refused) == ["reviews.draw_pool_small"]


def test_no_draw_without_cases(world, at):
    bench = planned(world, at).officers()
    crowd(world, 8, at)
    with pytest.raises(rules.DrawRefused) as refused:
        DrawBench(bench).named().fixed()
    assert codes(refused) == ["reviews.draw_no_cases"]


def test_a_panel_named_by_hand_is_not_drawn_and_one_drawn_is_not_named(world, at):
    bench = planned(world, at).officers().experts()
    with pytest.raises(rules.DrawRefused) as refused:
        DrawBench(bench).named()
    assert codes(refused) == ["reviews.draw_named"]
    Panel.objects.update(draw_operator=world.officer_province.person)
    with pytest.raises(rules.DrawRefused) as refused:
        bench.experts("expert4")
    assert codes(refused) == ["reviews.draw_drawn"]


@pytest.mark.parametrize("name", ["officer2", "expert1", "member"])
def test_secretary_chair_and_whoever_is_in_conflict_do_not_draw(world, at, name):
    bench = ready(world, at)
    with pytest.raises(rules.DrawRefused) as refused:
        actions.name_draw_operator(
            panel=bench.bench.panel, operator=getattr(world, name).person,
            by=world.officer.actor, at=at,
        )  # fmt: skip
    assert codes(refused) == ["reviews.draw_operator"]


def test_the_database_keeps_the_draw_operator_apart(world, at):
    ready(world, at)
    with pytest.raises(IntegrityError), transaction.atomic():
        Panel.objects.update(draw_operator=world.officer2.person)


def test_only_the_operator_draws_and_only_the_office_names(world, at):
    bench = ready(world, at)
    with pytest.raises(NotPermitted):
        actions.fix_pool(
            panel=bench.bench.panel, plan=bench.plan(), fields=[], witnesses=[],
            by=world.officer2.actor, at=at,
        )  # fmt: skip
    with pytest.raises(NotPermitted):
        actions.name_draw_operator(
            panel=bench.bench.panel, operator=world.head2.person, by=world.filler.actor,
            at=at,
        )  # fmt: skip
    bench.fixed()
    with pytest.raises(NotPermitted):
        actions.commit_nonce(
            draw=bench.draw, commitment="0" * 64, by=world.head2.actor, at=at + 1.5 * HOUR
        )


def test_times_of_a_draw_are_held(world, at):
    bench = ready(world, at).fixed().committed(world.officer)
    facts = {"draw": bench.draw, "by": world.officer.actor}
    nonce = bench.nonces[world.officer.person.number].hex()
    assert refusal(actions.reveal_nonce, nonce=nonce, at=at + 1.6 * HOUR, **facts) == [
        "reviews.draw_reveal_early"
    ]
    assert refusal(actions.commit_nonce, commitment="a" * 64, at=at + 1.6 * HOUR, **facts) == [
        "reviews.draw_committed"
    ]
    assert refusal(actions.reveal_nonce, nonce=nonce, at=at + 3 * HOUR, **facts) == [
        "reviews.draw_few_commitments"
    ]
    late = {"draw": bench.draw, "by": world.supervisor.actor, "at": at + 2 * HOUR}
    assert refusal(actions.commit_nonce, commitment="b" * 64, **late) == [
        "reviews.draw_commit_late"
    ]
    office = {"draw": bench.draw, "by": bench.operator.actor}
    assert refusal(actions.draw_experts, value="7", at=at + 5 * HOUR, **office) == [
        "reviews.draw_value_early"
    ]
    assert refusal(actions.draw_experts, value="7", at=at + 7 * HOUR, **office) == [
        "reviews.draw_few_commitments"
    ]


def test_a_number_must_be_the_own_and_the_one_committed_to(world, at):
    bench = ready(world, at).fixed().committed(world.officer)
    copied = commitment_of(bench.nonces[world.officer.person.number], world.officer.person.number)
    facts = {"draw": bench.draw, "by": world.supervisor.actor}
    assert refusal(actions.commit_nonce, commitment=copied, at=at + 1.6 * HOUR, **facts) == [
        "reviews.draw_same_commitment"
    ]
    assert refusal(actions.commit_nonce, commitment="短", at=at + 1.6 * HOUR, **facts) == [
        "reviews.draw_not_hex"
    ]
    bench.committed(world.supervisor)
    assert refusal(actions.reveal_nonce, nonce="c" * 64, at=at + 3 * HOUR, **facts) == [
        "reviews.draw_other_nonce"
    ]
    assert refusal(actions.reveal_nonce, nonce="c" * 64, at=at + 4 * HOUR, **facts) == [
        "reviews.draw_reveal_late"
    ]


def test_a_draw_is_given_up_before_the_value_and_never_after(world, at):
    bench = ready(world, at).fixed().committed()
    facts = {"draw": bench.draw, "reason": "见证人换了岗位", "by": bench.operator.actor}
    assert refusal(actions.cancel_draw, at=at + 6 * HOUR, **facts) == [
        "reviews.draw_cancel_late"
    ]
    assert actions.cancel_draw(at=at + 5 * HOUR, **facts).state == "CANCELLED"
    again = bench.fixed(
        commit_until=at + 6 * HOUR, reveals_until=at + 7 * HOUR, public_at=at + 8 * HOUR
    )
    assert Draw.objects.count() == 2 and again.draw.state == "COMMITTING"


def test_a_panel_is_not_redrawn_while_its_order_lasts(world, at):
    bench = ready(world, at).fixed()
    with pytest.raises(rules.DrawRefused) as refused:
        bench.fixed()
    assert codes(refused) == ["reviews.draw_live"]
    bench.committed().revealed().drawn()
    with pytest.raises(rules.DrawRefused) as refused:
        bench.fixed()
    assert codes(refused) == ["reviews.draw_filled"]


@pytest.mark.parametrize("change", [
    lambda: Draw.objects.update(pool_hash="0" * 64),
    lambda: Draw.objects.update(public_value="别的数"),
    lambda: DrawMember.objects.filter(turn=1).update(turn=99),
    lambda: DrawNonce.objects.update(commitment="0" * 64),
    lambda: DrawMember.objects.filter(turn=None)[:1].get().delete(),
])  # fmt: skip
def test_what_decided_a_draw_is_not_changed(world, at, change):
    ready(world, at).fixed().committed().revealed().drawn()
    with pytest.raises(IntegrityError), transaction.atomic():
        change()


# who sees it


def test_a_draw_of_something_unpublished_is_seen_by_its_people_alone(world, at):
    bench = ready(world, at).fixed()
    seen = [queries.draws_visible_to(one.actor, at).count() for one in (
        bench.operator, world.officer2, world.supervisor, world.filler, world.officer_county,
    )]  # fmt: skip
    assert seen == [1, 1, 1, 1, 1]  # published: everybody
    Panel.objects.update(is_public=False)
    seen = [queries.draws_visible_to(one.actor, at).count() for one in (
        bench.operator, world.officer2, world.supervisor, world.filler, world.officer_county,
    )]  # fmt: skip
    assert seen == [1, 1, 1, 0, 0]


def test_a_larger_pool_takes_no_more_queries(world, at):
    bench = ready(world, at)
    with CaptureQueriesContext(connection) as few:
        queries.draw_pool(bench.bench.panel, [], [], at)
    for n in range(20):
        world.add(f"more{n}", "EXPERT")
    with CaptureQueriesContext(connection) as many:
        people, _out = queries.draw_pool(bench.bench.panel, [], [], at)
    assert (len(many), len(people)) == (len(few), 33)
