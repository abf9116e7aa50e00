"""How a need is kept fresh and how it ends: confirmed, solved, converted, withdrawn, expired."""

from datetime import datetime

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, check_version, require
from kechuang.needs import rules
from kechuang.needs.actions.checking import accept
from kechuang.needs.actions.steps import locked, move, record_step, tell_owners
from kechuang.needs.models import Need
from kechuang.needs.queries import snapshot_hash, snapshot_of
from kechuang.needs.rules import NeedRefused, State


@transaction.atomic
def withdraw_need(
    *, need: Need, reason: str, version: int | None = None, by: Actor, at: datetime
) -> Need:
    """Its owner takes a need back, with a reason; a draft without a number is discarded instead."""
    need = locked(need)
    rules.check_may(rules.may_withdraw(by, need.facts), "withdraw", need.facts)
    check_version(need.number, version, need.version)
    require(
        need.submitted_at is not None,
        NeedRefused("need.never_handed_in", N_("这份草稿没有提交过，不用撤回。"), {}, (),
                    N_("可以直接删除草稿。")),
    )  # fmt: skip
    check_reason(reason)
    was = State(need.state)
    if was == State.DRAFT:
        need.typed = {}
    move(need, State.WITHDRAWN, by=by, at=at, note=reason)
    record_step(need, "withdraw", by=by, at=at, payload={"from": was})
    return need


def check_reason(reason: str) -> None:
    require(
        bool(rules.trimmed(reason)),
        NeedRefused("need.reason_missing", N_("须写明理由。"), {}, ("reason",),
                    N_("一两句话即可。")),
    )  # fmt: skip


@transaction.atomic
def reconfirm_need(
    *, need: Need, version: int | None = None, by: Actor, at: datetime
) -> Need:
    """Its owner says that an accepted need still stands; its year begins anew."""
    need = locked(need)
    rules.check_may(rules.may_reconfirm(by, need.facts), "reconfirm", need.facts)
    check_version(need.number, version, need.version)
    accept(need, at=at)
    need.changed_at = at
    need.version += 1
    need.save()
    record_step(need, "reconfirm", by=by, at=at)
    return need


@transaction.atomic
def solve_need(
    *,
    need: Need,
    reason: str,
    cause_number: str = "",
    version: int | None = None,
    by: Actor,
    at: datetime,
) -> Need:
    """An accepted need is solved: how, in the owner's words, and by what, if it has a number."""
    need = locked(need)
    rules.check_may(rules.may_solve(by, need.facts), "solve", need.facts)
    check_version(need.number, version, need.version)
    check_reason(reason)
    move(need, State.SOLVED, by=by, at=at, note=reason)
    record_step(need, "solve", by=by, at=at, payload={"cause": cause_number})
    tell_owners(need, "needs.solved", by=by, at=at)
    return need


@transaction.atomic
def convert_need(*, need: Need, challenge_number: str, by: Actor, at: datetime) -> dict:
    """An accepted need becomes a challenge: returns the frozen snapshot, and keeps the link."""
    need = locked(need)
    rules.check_may(rules.may_convert(by, need.facts), "convert", need.facts)
    snapshot = snapshot_of(need)
    need.challenge_number = challenge_number
    move(need, State.CONVERTED, by=by, at=at)
    record_step(need, "convert", by=by, at=at,
                payload={"challenge": challenge_number, "said": snapshot_hash(snapshot)})
    tell_owners(need, "needs.converted", by=by, at=at)
    return snapshot


@transaction.atomic
def renumber_challenge(
    *, need: Need, earlier_number: str, challenge_number: str, by: Actor, at: datetime
) -> None:
    """Follow a challenge into its next round, which has a number of its own."""
    need = locked(need)
    require(
        need.challenge_number == earlier_number,
        NeedRefused("need.other_challenge", N_("需求“{number}”连着另一个榜单。"),
                    {"number": need.number}),
    )  # fmt: skip
    need.challenge_number = challenge_number
    need.version += 1
    need.save()
    record_step(need, "link", by=by, at=at, payload={"challenge": challenge_number})


@transaction.atomic
def reopen_need(*, need: Need, challenge_number: str, by: Actor, at: datetime) -> Need:
    """Take a need back into the register when its challenge was given up or failed."""
    need = locked(need)
    officer = by.is_role(Role.OFFICER, Role.HEAD) and by.covers(need.region_path)
    require(
        need.state == State.CONVERTED and need.challenge_number == challenge_number
        and (officer or by.is_role(Role.CLOCK)),
        NeedRefused("need.not_converted", N_("需求“{number}”没有转成这个榜单，不能退回需求库。"),
                    {"number": need.number}),
    )  # fmt: skip
    need.challenge_number = ""
    accept(need, at=at)
    move(need, State.ACCEPTED, by=by, at=at)
    record_step(need, "reopen", by=by, at=at, payload={"challenge": challenge_number})
    tell_owners(need, "needs.reopened", by=by, at=at)
    return need


@transaction.atomic
def expire_need(*, need: Need, by: Actor, at: datetime) -> bool:
    """End an accepted need whose year is over; False where it was confirmed in between."""
    need = locked(need)
    if not by.is_role(Role.CLOCK) or need.state != State.ACCEPTED or need.expires_at > at:
        return False
    move(need, State.EXPIRED, by=by, at=at)
    record_step(need, "expire", by=by, at=at)
    tell_owners(need, "needs.expired", by=by, at=at)
    return True


@transaction.atomic
def remind_of_reconfirming(*, need: Need, by: Actor, at: datetime) -> bool:
    """Tell the owner that an accepted need is to be confirmed; once for each half-year."""
    need = locked(need)
    told = need.idle_told_at is not None and need.idle_told_at > need.confirmed_at
    if not by.is_role(Role.CLOCK) or need.state != State.ACCEPTED or told:
        return False
    need.idle_told_at = at
    need.save(update_fields=["idle_told_at"])
    tell_owners(need, "needs.reconfirm", by=by, at=at)
    return True


@transaction.atomic
def sweep_draft(*, need: Need, by: Actor, at: datetime) -> str:
    """Tell the owner of an idle draft, and delete it when nobody came: TOLD, DELETED or KEPT."""
    need = locked(need)
    is_draft = need.state == State.DRAFT and need.submitted_at is None
    if not by.is_role(Role.CLOCK) or not is_draft:
        return "KEPT"
    fate = rules.fate_of_draft(need.region_path, need.changed_at, need.idle_told_at, at)
    if fate == "TELL":
        need.idle_told_at = at
        need.save(update_fields=["idle_told_at"])
        tell_owners(need, "needs.draft_idle", by=by, at=at)
        return "TOLD"
    if fate == "DELETE":
        need.delete()
        return "DELETED"
    return "KEPT"


