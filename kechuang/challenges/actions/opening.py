"""From approval to deadline: money reserved, rules frozen, opened, amended, closed, or given up."""

from datetime import datetime
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, check_version, refuse_all, require
from kechuang.challenges import rules
from kechuang.challenges.actions.custody import check_keys
from kechuang.challenges.actions.drafting import Draft, put_lists
from kechuang.challenges.actions.steps import (
    begin,
    bidders,
    give_need_back,
    locked,
    move,
    move_bid,
    record_bid,
    record_step,
    tell,
)
from kechuang.challenges.models import (
    Amendment,
    Bid,
    BudgetLine,
    Challenge,
    Reservation,
    Ruleset,
)
from kechuang.challenges.queries import (
    awards_on_notice,
    bids_waiting,
    canonical_rules,
    draft_facts,
    form_of,
    mode,
    publication_of,
)
from kechuang.challenges.rules.freezing import sha256_of
from kechuang.notices import actions as notices
from kechuang.notices import queries as notice_queries
from kechuang.record import actions as record
from kechuang.reviews import actions as reviews
from kechuang.reviews import queries as panels


@transaction.atomic
def open_budget_line(
    *, code: str, name: str, year: int, amount_fen: int, by: Actor, at: datetime
) -> BudgetLine:
    """Enter a line of the year's budget of the finance office's region."""
    require(by.is_role(Role.FINANCE, Role.HEAD), rules.table.not_yours("open_budget_line"))
    require(amount_fen > 0, rules.ChallengeRefused(
        "challenges.no_money", N_("预算金额须大于零。"), {}, ("amount_fen",)))
    taken = BudgetLine.objects.filter(region_path=by.region, year=year, code=code).exists()
    require(not taken, rules.ChallengeRefused(
        "challenges.budget_line_twice", N_("{year} 年已有代码为 {code} 的预算。"),
        {"year": str(year), "code": code}, ("code",)))
    line = BudgetLine.objects.create(
        code=code, name=name, year=year, amount_fen=amount_fen, region_path=by.region
    )
    record.append(verb="challenges.open_budget_line", object_number=line.number, by=by, at=at,
                  payload={"code": code, "year": year, "amount_fen": amount_fen})
    return line


@transaction.atomic
def authorise(*, challenge: Challenge, line: BudgetLine, by: Actor, at: datetime) -> Challenge:
    """The head authorises a challenge and reserves its public money on a budget line.

    The line is locked: two challenges authorised at once never reserve more than it holds.
    """
    challenge, to = begin(challenge, "authorise", by=by)
    check_keys(challenge)
    line = BudgetLine.objects.select_for_update().get(pk=line.pk)
    require(by.covers(line.region_path), rules.table.not_yours("authorise"))
    refuse_all(rules.drafting.problems_with_dates(draft_facts(challenge), mode(challenge), at))
    rules.drafting.check_reservation(line.amount_fen, line.reserved_fen, challenge.public_fen)
    line.reserved_fen += challenge.public_fen
    line.save(update_fields=["reserved_fen"])
    Reservation.objects.create(
        challenge=challenge, line=line, amount_fen=challenge.public_fen, since=at
    )
    move(challenge, to, by=by, at=at)
    record_step(challenge, "authorise", by=by, at=at, line=line.number,
                reserved_fen=challenge.public_fen)
    tell([challenge.officer], "authorised", challenge.number, by=by, at=at)
    return challenge


def release(challenge: Challenge, *, at: datetime) -> None:
    """Give back what a challenge reserved."""
    held = challenge.reservations.filter(until__isnull=True).first()
    if held is None:
        return
    line = BudgetLine.objects.select_for_update().get(pk=held.line_id)
    line.reserved_fen -= held.amount_fen
    line.save(update_fields=["reserved_fen"])
    held.until = at
    held.save(update_fields=["until"])


def reserve_more(challenge: Challenge, public_fen: int) -> None:
    """Follow an amended public share in the reservation, within the line."""
    held = challenge.reservations.filter(until__isnull=True).first()
    if held is None or held.amount_fen == public_fen:
        return
    line = BudgetLine.objects.select_for_update().get(pk=held.line_id)
    others = line.reserved_fen - held.amount_fen
    rules.drafting.check_reservation(line.amount_fen, others, public_fen)
    line.reserved_fen = others + public_fen
    line.save(update_fields=["reserved_fen"])
    held.amount_fen = public_fen
    held.save(update_fields=["amount_fen"])


def freeze(challenge: Challenge, *, at: datetime) -> Ruleset:
    """Freeze the rules as they stand: canonical text, fingerprint, next version."""
    text = canonical_rules(challenge)
    return Ruleset.objects.create(
        challenge=challenge, version=challenge.rulesets.count() + 1, canonical=text,
        sha256=sha256_of(text), published_at=at,
    )


@transaction.atomic
def open_challenge(*, challenge: Challenge, by: Actor, at: datetime) -> Challenge:
    """Open a scheduled challenge to bids when its time has come: the clock's act.

    Freezes targets, criteria, weights and conflict rules, and shows their fingerprint.
    """
    challenge, to = begin(challenge, "open", by=by)
    require(challenge.opens_at <= at, rules.ChallengeRefused(
        "challenges.not_yet", N_("还没有到发榜时间。"), {}))
    ruleset = freeze(challenge, at=at)
    challenge.opened_at = at
    move(challenge, to, by=by, at=at)
    record_step(challenge, "open", by=by, at=at, rules_sha256=ruleset.sha256)
    tell([challenge.officer], "opened", challenge.number, by=by, at=at)
    return challenge


@transaction.atomic
def amend_challenge(
    *, challenge: Challenge, draft: Draft, reason: str, version: int | None = None, by: Actor,
    at: datetime,
) -> Challenge:
    """Amend an open challenge in public: the difference is shown, the rules frozen anew.

    What touches targets, criteria, money, time or recusal is substantial: the head's act, every
    sealed bid needs reconfirming, and the deadline leaves the days that the mode asks.
    """
    challenge = locked(challenge)
    changes = _changes(challenge, draft)
    refuse_all(rules.drafting.problems_with_changes(changes))
    challenge, to = begin(challenge, rules.drafting.amends_event(changes), by=by)
    check_version(challenge.number, version, challenge.version)
    require(bool(reason.strip()), rules.ChallengeRefused(
        "challenges.no_reason", N_("请写明改动的理由。"), {}, ("reason",)))
    refuse_all(rules.drafting.problems_with_amendment(
        changes, challenge.deadline_at, mode(challenge), at))
    before = publication_of(challenge)
    for name, value in draft.fields.items():
        setattr(challenge, name, value)
    put_lists(challenge, draft)
    _check_amended(challenge, draft)
    reserve_more(challenge, challenge.public_fen)
    challenge.save()
    after = publication_of(challenge)
    substantial = rules.drafting.is_substantial(changes)
    Amendment.objects.create(
        challenge=challenge, place=challenge.amendments.count() + 1, is_substantial=substantial,
        difference=[
            {"field": key, "before": before.get(key), "after": after.get(key)}
            for key in dict.fromkeys([*before, *after]) if before.get(key) != after.get(key)
        ],
        reason=reason, published_at=at,
    )
    ruleset = freeze(challenge, at=at)
    move(challenge, to, by=by, at=at)
    record_step(challenge, "amend", by=by, at=at, substantial=substantial,
                fields=sorted(changes), rules_sha256=ruleset.sha256)
    if substantial:
        _ask_reconfirming(challenge, by=by, at=at)
    return challenge


def _changes(challenge: Challenge, draft: Draft) -> dict[str, Any]:
    """What a draft really changes, by field."""
    now = draft_facts(challenge)
    changes = {
        name: value for name, value in draft.fields.items() if getattr(challenge, name) != value
    }
    if draft.targets is not None and list(draft.targets) != list(now.targets):
        changes["targets"] = draft.targets
    if draft.criteria is not None and list(draft.criteria) != list(now.criteria):
        changes["criteria"] = draft.criteria
    if draft.form is not None and list(draft.form) != list(now.form):
        changes["form"] = draft.form
    return changes


def _check_amended(challenge: Challenge, draft: Draft) -> None:
    problems = rules.drafting.problems_with_money(
        challenge.total_fen, challenge.public_fen, challenge.own_fen
    )
    if draft.targets is not None:
        problems += rules.drafting.problems_with_targets(draft.targets)
    if draft.criteria is not None:
        problems += rules.drafting.problems_with_criteria(draft.criteria)
    codes = list(challenge.criteria.values_list("code", flat=True))
    problems += rules.form.problems_with_fields(form_of(challenge), codes)
    refuse_all(problems)


def _ask_reconfirming(challenge: Challenge, *, by: Actor, at: datetime) -> None:
    """Every sealed bid waits for its bidder's word; nobody else learns that there is one."""
    clock = Actor.CLOCK
    for bid in bids_waiting(challenge).select_for_update(of=("self",)).select_related(
        "drafter", "lead", "organisation", "challenge"
    ):
        move_bid(bid, "need_reconfirming", by=clock, at=at)
        record_bid(bid, "need_reconfirming", by=clock, at=at)
        tell(bidders(bid, at), "to_reconfirm", bid.number, by=clock, at=at)


@transaction.atomic
def close_challenge(*, challenge: Challenge, by: Actor, at: datetime) -> Challenge:
    """Close at the deadline: the clock's act, and nobody reopens.

    Too few sealed bids, and the challenge fails (流榜): bids go back unopened, money is released.
    """
    challenge, to = begin(challenge, "close", by=by)
    require(rules.table.is_late(at, challenge.deadline_at), rules.ChallengeRefused(
        "challenges.not_yet", N_("还没有到截止时间。"), {}))
    challenge.closed_at = at
    move(challenge, to, by=by, at=at)
    record_step(challenge, "close", by=by, at=at)
    if bids_waiting(challenge).count() < mode(challenge).bids_min:
        return fail_challenge(challenge=challenge, by=by, at=at)
    tell([challenge.officer], "to_unseal", challenge.number, by=by, at=at)
    return challenge


@transaction.atomic
def fail_challenge(*, challenge: Challenge, by: Actor, at: datetime) -> Challenge:
    """The challenge fails for want of bids; a new round may follow (relist_challenge)."""
    challenge, to = begin(challenge, "fail", by=by)
    release(challenge, at=at)
    move(challenge, to, by=by, at=at)
    record_step(challenge, "fail", by=by, at=at)
    return_unopened(challenge, at=at)
    tell([challenge.officer], "failed", challenge.number, by=by, at=at)
    return challenge


def return_unopened(challenge: Challenge, *, at: datetime) -> None:
    """Bids that were never opened go back unopened; their bidders are told."""
    clock = Actor.CLOCK
    waiting = Bid.objects.filter(
        challenge=challenge, state__in=[Bid.State.SEALED, Bid.State.NEEDS_RECONFIRM]
    )
    for bid in waiting.select_for_update(of=("self",)).select_related(
        "drafter", "lead", "organisation", "challenge"
    ):
        move_bid(bid, "return_unopened", by=clock, at=at)
        record_bid(bid, "return_unopened", by=clock, at=at)
        tell(bidders(bid, at), "bid_returned", bid.number, by=clock, at=at)


@transaction.atomic
def cancel_challenge(*, challenge: Challenge, reason: str, by: Actor, at: datetime) -> Challenge:
    """The head gives a challenge up before award, with a public reason; the bidders are told."""
    challenge, to = begin(challenge, "cancel", by=by)
    require(bool(reason.strip()), rules.ChallengeRefused(
        "challenges.no_reason", N_("请写明取消的理由，理由会公开。"), {}, ("reason",)))
    require(not challenge.project_number, rules.ChallengeRefused(
        "challenges.some_awarded", N_("已有立项确定，不能取消整个榜单。"), {}, (),
        N_("公示中的几项可按异议办理；已立项的按项目终止办理。")))
    release(challenge, at=at)
    move(challenge, to, by=by, at=at, note=reason)
    record_step(challenge, "cancel", by=by, at=at)
    _cancel_below(challenge, reason, by=by, at=at)
    give_need_back(challenge, at=at)
    return_unopened(challenge, at=at)
    opened = Bid.objects.filter(challenge=challenge, state__in=rules.bids.OPENED)
    for bid in opened.select_related("drafter", "lead", "organisation"):
        tell(bidders(bid, at), "cancelled", challenge.number, by=by, at=at)
    tell([challenge.officer], "cancelled", challenge.number, by=by, at=at)
    return challenge


def _cancel_below(challenge: Challenge, reason: str, *, by: Actor, at: datetime) -> None:
    """A panel that judges and a notice that runs end with their challenge."""
    panel = panels.panel_for(challenge.number)
    if panel is not None and panel.state != "FINISHED":
        reviews.cancel_panel(panel=panel, reason=reason, by=by, at=at)
    numbers = [one.notice_number for one in awards_on_notice(challenge)]
    running = notice_queries.visible_to(by, at).filter(
        number__in=numbers, state__in=("OPEN", "PAUSED")
    )
    for notice in running:
        notices.cancel_notice(notice=notice, reason=reason, by=by, at=at)
