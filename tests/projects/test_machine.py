"""The nine invariants hold over drawn runs of the machine; KC_STEPS sets how many steps."""

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.projects.machine import MoneyMachine

STEPS = int(os.environ.get("KC_STEPS", "300"))
STEPS_A_RUN = 50
ACTS_A_RUN = 20  # of fifty drawn steps some find nothing to do, more are refused


@pytest.mark.django_db
def test_the_nine_invariants_hold(capsys: pytest.CaptureFixture[str]) -> None:
    MoneyMachine.steps = MoneyMachine.done = MoneyMachine.refused = MoneyMachine.crashed = 0
    run_state_machine_as_test(
        MoneyMachine,
        settings=settings(
            max_examples=max(4, STEPS // ACTS_A_RUN),
            stateful_step_count=STEPS_A_RUN,
            deadline=None,
            derandomize="KC_STEPS" not in os.environ,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
    with capsys.disabled():
        print(
            f"\nmoney machine: {MoneyMachine.steps} acts, {MoneyMachine.done} done, "
            f"{MoneyMachine.refused} refused, {MoneyMachine.crashed} crashed, "
            f"nine invariants held after each; refusals {dict(MoneyMachine.codes)}"
        )
    assert MoneyMachine.done > STEPS // 4
    assert MoneyMachine.crashed > 0
