"""Both sides of every rule of money."""

import pytest

from kechuang.ledger import rules
from kechuang.ledger.rules import GrantFacts, OrderFacts

ORDER = OrderFacts("ZF-2026-000001", "REQUESTED", 600, "RY-1", acceptors=("RY-9",))
REVIEWED = OrderFacts("ZF-2026-000001", "REVIEWED", 600, "RY-1", "RY-2")


def grant(**changes: object) -> GrantFacts:
    facts = {
        "subject_number": "XM-2026-000001", "approved_fen": 3000, "released_fen": 600,
        "paid_fen": 0, "reclaimed_fen": 0, "is_frozen": False,
    }  # fmt: skip
    return GrantFacts(**(facts | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("amounts", "code"),
    [
        ([5], "ledger.entries_too_few"),
        ([], "ledger.entries_too_few"),
        ([5, 0, -5], "ledger.entries_too_few"),
        ([5, -4], "ledger.entries_not_balanced"),
    ],
)
def test_entries_that_do_not_balance_are_refused(amounts: list[int], code: str) -> None:
    with pytest.raises(rules.EntriesRefused) as caught:
        rules.check_entries(amounts)
    assert caught.value.code == code


def test_entries_that_balance_pass() -> None:
    rules.check_entries([5, -2, -3])


@pytest.mark.parametrize("verb", sorted(rules.STEPS))
def test_each_step_leaves_only_its_own_states(verb: str) -> None:
    sources, _target = rules.STEPS[verb]
    for state in rules.STATE_NAMES:
        order = OrderFacts("ZF-2026-000001", state, 600)
        if state in sources:
            rules.check_step(verb, order)
        else:
            with pytest.raises(rules.PaymentRefused):
                rules.check_step(verb, order)


def test_the_reviewer_is_neither_requester_nor_acceptor() -> None:
    rules.check_reviewer(ORDER, "RY-2")
    for person, code in (
        ("RY-1", "ledger.reviewer_requested"),
        ("RY-9", "ledger.reviewer_accepted"),
    ):
        with pytest.raises(rules.PaymentRefused) as caught:
            rules.check_reviewer(ORDER, person)
        assert caught.value.code == code


def test_the_payer_is_neither_requester_nor_reviewer() -> None:
    rules.check_payer(REVIEWED, "RY-3")
    for person, code in (("RY-1", "ledger.payer_requested"), ("RY-2", "ledger.payer_reviewed")):
        with pytest.raises(rules.PaymentRefused) as caught:
            rules.check_payer(REVIEWED, person)
        assert caught.value.code == code


def test_what_may_be_paid() -> None:
    rules.check_payable(REVIEWED, grant())
    for changes, code in (
        ({"is_frozen": True}, "ledger.frozen"),
        ({"approved_fen": 599}, "ledger.over_approved"),
        ({"released_fen": 599}, "ledger.over_released"),
        ({"paid_fen": 1}, "ledger.over_released"),
    ):
        with pytest.raises(rules.PaymentRefused) as caught:
            rules.check_payable(REVIEWED, grant(**changes))
        assert caught.value.code == code


@pytest.mark.parametrize(("amount", "good"), [(0, False), (1, True), (600, True), (601, False)])
def test_a_reclaim_is_within_what_was_paid(amount: int, good: bool) -> None:
    if good:
        rules.check_reclaim(ORDER, amount)
    else:
        with pytest.raises(rules.ReclaimRefused):
            rules.check_reclaim(ORDER, amount)


@pytest.mark.parametrize(("amount", "good"), [(0, False), (2400, True), (2401, False)])
def test_releases_stay_within_what_was_approved(amount: int, good: bool) -> None:
    if good:
        rules.check_release(grant(), amount)
    else:
        with pytest.raises(rules.GrantRefused):
            rules.check_release(grant(), amount)


def test_the_approved_sum_never_falls_below_what_is_released() -> None:
    rules.check_approved(grant(), 600)
    with pytest.raises(rules.GrantRefused):
        rules.check_approved(grant(), 599)


@pytest.mark.parametrize(("amount", "good"), [(0, False), (5, True), (6, False)])
def test_a_correction_takes_no_more_than_is_left(amount: int, good: bool) -> None:
    if good:
        rules.check_correction(5, amount)
    else:
        with pytest.raises(rules.EntriesRefused):
            rules.check_correction(5, amount)
