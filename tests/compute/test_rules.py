"""The pure rules of the desk: quotes term by term, what changes a choice, templates, states."""

import doctest
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kechuang.base.actor import Actor, Role
from kechuang.compute.rules import allocations, billing, centres, jobs, quotes, rights, templates

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # ten in the morning in Shanghai
PLACE = quotes.Place(
    number="A", processors=10, milli_fen=tuple(centres.by_hour(10_000, 5_000, 22, 8)),
    minimum_fen=0, carbon_g_per_kwh=(500.0,) * 24, watts=1000.0, bandwidth_mb_s=100.0,
    data_classes=frozenset({"PUBLIC"}), templates=frozenset({"frame"}), is_open=True,
)  # fmt: skip
ASK = quotes.Ask(
    processors=2, tasks=1, seconds=3600, data_mb=0, data_class="PUBLIC", template="frame",
    value_fen_per_hour=12_000, home="A", voucher_left_fen=0, at=AT,
)  # fmt: skip


@pytest.mark.parametrize("module", [allocations, billing, centres, jobs, quotes])
def test_examples_in_the_rules_are_true(module):
    assert doctest.testmod(module).failed == 0


def test_every_term_of_a_quote_by_hand():
    said = quotes.quote(ASK, PLACE, 100.0)
    # 2 cores x 1 h x 0.10 yuan; 2 kWh x 500 g at 100 yuan a tonne; an hour at 120 yuan.
    assert (said.price_fen, said.run_fen) == (20, 12_000)
    assert (said.emissions_g, said.carbon_fen) == (1000, 10)
    assert (said.wait_seconds, said.transfer_seconds, said.total_fen) == (0, 0, 12_030)


def test_data_that_lie_elsewhere_travel_at_the_slower_end():
    ask = replace(ASK, home="B", data_mb=36_000)
    said = quotes.quote(ask, PLACE, 10.0)
    assert (said.transfer_seconds, said.transfer_fen) == (3600, 12_000)


def test_the_wait_is_foretold_from_what_runs_and_queues():
    to_the_limit = ((1800.0, 1800.0),) * 3
    busy = replace(
        PLACE, running=((10, 0.0, 1800.0),), queued=((10, 1800.0),), ended=to_the_limit
    )
    said = quotes.quote(ASK, busy, 100.0)
    assert (said.wait_low_seconds, said.wait_seconds, said.wait_high_seconds) == (3600,) * 3
    half = replace(PLACE, running=((8, 0.0, 1800.0),))
    assert quotes.quote(ASK, half, 100.0).wait_high_seconds == 0


def test_the_quote_says_how_sure_its_wait_is():
    ended = tuple((60.0 * minutes, 1800.0) for minutes in range(1, 31))
    said = quotes.quote(ASK, replace(PLACE, running=((10, 0.0, 1800.0),), ended=ended), 100.0)
    assert 60 <= said.wait_low_seconds < said.wait_seconds < said.wait_high_seconds <= 1800


def test_an_array_runs_in_waves_and_is_charged_for_what_its_tasks_hold():
    said = quotes.quote(replace(ASK, tasks=7), PLACE, 100.0)
    assert said.run_seconds == 7200
    assert said.price_fen == 7 * 20


def test_the_voucher_pays_as_far_as_it_goes_and_lateness_costs():
    said = quotes.quote(replace(ASK, voucher_left_fen=15), PLACE, 100.0)
    assert (said.voucher_fen, said.total_fen) == (15, 12_015)
    late = replace(ASK, deadline=AT + timedelta(minutes=30))
    assert quotes.quote(late, PLACE, 100.0).deadline_fen == 6_000


def test_the_minimum_is_in_the_quote():
    assert quotes.quote(ASK, replace(PLACE, minimum_fen=50), 100.0).price_fen == 50


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"is_open": False}, "centre_closed"), ({"processors": 1}, "too_few_processors"),
        ({"data_classes": frozenset()}, "data_may_not_come"),
        ({"templates": frozenset()}, "template_not_installed"),
    ],
)  # fmt: skip
def test_each_hard_rule_refuses(change, code):
    assert quotes.quote(ASK, replace(PLACE, **change), 100.0).refused_code == code


def test_what_would_change_the_choice_is_the_wait_at_which_both_cost_the_same():
    best = quotes.quote(ASK, PLACE, 100.0)
    second = quotes.quote(ASK, replace(PLACE, milli_fen=(610_000,) * 24), 100.0)
    reason = quotes.reason_for(best, second, 12_000)
    assert (reason.saves_fen, reason.largest) == (1200, "price_fen")
    assert reason.turning_wait_seconds == 360
    assert quotes.reason_for(best, second, 0).turning_wait_seconds is None


def test_templates_say_what_they_need_and_how_much_work_a_task_is():
    frame = templates.template_coded("frame")
    assert frame.core_seconds({"width": 1920, "height": 1080}) == 25
    assert templates.template_coded("script").core_seconds({}) == 0
    assert templates.template_coded("render").extra == "render"


def test_every_extra_a_template_names_exists_and_names_what_it_brings(tmp_path):
    from kechuang.compute.backends import extras

    named = {one.extra for one in templates.templates().values() if one.extra}
    assert named == set(extras.extras()) - {"ray"}  # an extra of the systems' tests
    lacks = {one.lacks for one in extras.extras().values()}
    assert lacks == {"bpy", "ross", "ray", "blockMesh simpleFoam", "scanpy", "torch"}
    assert extras.is_there("render", tmp_path) is False
    (tmp_path / "extras" / "render").mkdir(parents=True)
    (tmp_path / "extras" / "render" / "installed").write_text("bpy==5.0.1")
    assert extras.is_there("render", tmp_path) is True
    (tmp_path / "extras" / "render" / "installed").write_text("bpy==4.0.0")
    assert extras.is_there("render", tmp_path) is False


def test_a_price_that_is_no_price_is_refused():
    for text in ("", "-1", "0.000001", "1e99", "x"):
        with pytest.raises(centres.CentreRefused):
            centres.milli_fen(text)
    assert [one.code for one in centres.problems_with_prices([1] * 23, -1)] == [
        "compute.prices_by_hour", "compute.minimum_negative",
    ]  # fmt: skip


def test_who_may_see_use_and_review():
    facts = rights.Facts("91990100MA0000003X", "990000/990100", "RY-1", "91990100MA0000004X")
    unit = Actor("RY-1", "a", Role.MEMBER, facts.organisation)
    office = Actor("RY-2", "a", Role.OFFICER, "", "990000/990100")
    centre = Actor("RY-3", "a", Role.CENTRE, facts.centre_organisation)
    other = Actor("RY-4", "a", Role.MEMBER, "91990100MA0000009X")
    everybody = (unit, office, centre, other, Actor.PUBLIC)
    assert [rights.may_see(one, facts) for one in everybody] == [True, True, True, False, False]
    assert [rights.may_use(one, facts) for one in everybody] == [True] + [False] * 4
    assert [rights.may_review(one, facts) for one in everybody] == [False, True] + [False] * 3
    assert [rights.may_read_content(one, facts) for one in everybody] == [True] + [False] * 4


def test_rules_load_neither_numpy_nor_the_engine():
    code = ("import sys, kechuang.compute.rules.quotes, kechuang.compute.rules.billing;"
            "print([n for n in sys.modules if n == 'numpy' or 'engines' in n])")  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
