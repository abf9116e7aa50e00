"""A machine over agreement, amendment, milestone, payment, refund and freeze, with crashes.

Each rule draws an act, often one that is not allowed, sometimes one that crashes after all its
writes and before its commit. After each, the nine invariants of money are computed anew from the
rows, in Python, against what the triggers keep.

Source: design/procedures.md#money
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import connection, transaction
from django.db.models import Sum
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from kechuang.base.refusals import Refused
from kechuang.ledger.models import Account, Entry, EntrySet, Grant, PaymentOrder, Release
from kechuang.projects import actions, rules
from kechuang.projects.models import Acceptance, Agreement, Instalment, Milestone, Project
from tests.projects import line
from tests.projects.line import WAN
from tests.world import World, build_world

AT = datetime.fromisoformat("2026-11-21T17:00:00+08:00")
PAID = ["PAID", "CONFIRMED", "RECLAIM_DUE", "RECLAIMED"]
REVIEWERS = ["finance", "finance", "finance2", "payer", "member", "officer", "head"]
DRAWN = st.integers(0, 99)
FITTING = {
    "request_payment": ["ELIGIBLE"],
    "review_payment": ["REQUESTED"],
    "pay_instalment": ["REVIEWED"],
    "confirm_payment": ["PAID"],
    "resume_payment": ["HELD"],
    "settle_reclaim": ["RECLAIM_DUE"],
    "hold_payment": ["REQUESTED", "REVIEWED"],
    "return_payment": ["REQUESTED", "REVIEWED", "HELD"],
    "reclaim_payment": ["PAID", "CONFIRMED"],
}
UNSIGNED = ("AWARDED", "CONTRACTING", "AMENDING")
CODES = st.sampled_from(["M1", "M2", "M3"])
# One in six acts crashes when everything is written and nothing is committed.
CRASHES = st.integers(0, 5).map(lambda drawn: drawn == 0)


class Crashed(Exception):
    """The process died between the last write and the commit."""


class MoneyMachine(RuleBasedStateMachine):
    """One project at a time, and everything that people and accidents do to it."""

    steps = 0
    done = 0
    refused = 0
    crashed = 0
    codes: ClassVar[Counter[str]] = Counter()

    world: World
    project: Project

    @initialize(signed=st.sampled_from([True, True, True, False]))
    def open(self, signed: bool) -> None:
        self.outer = transaction.atomic()
        self.outer.__enter__()
        self.world = build_world(AT)
        self.at = AT
        self.keys = 0
        self.entries_before: dict[int, int] = {}
        self.begin()
        if signed:
            line.sign(self.world, self.at, self.project)

    def begin(self) -> None:
        """The next award: an earlier project may have ended."""
        self.keys += 1
        origin = f"JB-2026-{self.keys:06d}"
        self.project = line.award(self.world, self.at, origin_number=origin)
        self.paid_before = 0
        self.frozen_before = False

    def is_signed(self) -> bool:
        return Grant.objects.filter(subject_number=self.project.number).exists()

    def state(self) -> str:
        return str(Project.objects.values_list("state", flat=True).get(pk=self.project.pk))

    @precondition(lambda self: self.state() in rules.ENDED | {"ARCHIVED"})
    @rule(keep=st.integers(0, 3))
    def end(self, keep: int) -> None:
        """An ended project may be archived; mostly another begins."""
        self.act(
            lambda: actions.archive(project=self.project, by=self.by("officer"), at=self.at), False
        )
        if keep:
            self.begin()

    def teardown(self) -> None:
        if hasattr(self, "outer"):
            transaction.set_rollback(True)
            self.outer.__exit__(None, None, None)

    def act(self, call: Callable[[], object], crash: bool) -> bool:
        """One act as a request does it: whole, refused, or crashed and undone."""
        type(self).steps += 1
        self.at += timedelta(minutes=1)
        try:
            with transaction.atomic():
                call()
                connection.check_constraints()
                if crash:
                    raise Crashed
        except Refused as refused:
            type(self).refused += 1
            type(self).codes[refused.code] += 1
            return False
        except Crashed:
            type(self).crashed += 1
            return False
        type(self).done += 1
        return True

    def by(self, name: str) -> Any:
        return getattr(self.world, name).actor

    def fresh(self) -> Project:
        return Project.objects.get(pk=self.project.pk)

    # -- agreement and amendment

    @precondition(lambda self: self.state() in UNSIGNED)
    @rule(crash=CRASHES, share=st.integers(1, 9), short=st.booleans())
    def draft(self, crash: bool, share: int, short: bool) -> None:
        """A draft of the award's or of other terms; some do not add up."""
        first = 300 * WAN * share
        terms = replace(
            line.TERMS,
            instalments=(
                replace(line.TERMS.instalments[0], amount_fen=first),
                replace(line.TERMS.instalments[1], amount_fen=3000 * WAN - first + short),
            ),
        )
        use = terms if share > 4 else line.TERMS
        self.act(
            lambda: actions.draft_agreement(
                project=self.project, terms=use, by=self.by("member"), at=self.at
            ),
            crash,
        )

    @precondition(lambda self: self.state() in UNSIGNED)
    @rule(crash=CRASHES, whole=st.booleans())
    def sign(self, crash: bool, whole: bool) -> None:
        def both() -> None:
            actions.sign_for_unit(project=self.project, by=self.by("research_admin"), at=self.at)
            if whole:
                actions.sign_for_department(project=self.project, by=self.by("head"), at=self.at)

        self.act(both, crash)

    @precondition(lambda self: self.state() in UNSIGNED)
    @rule(crash=CRASHES)
    def sign_for_department(self, crash: bool) -> None:
        self.act(
            lambda: actions.sign_for_department(
                project=self.project, by=self.by("head"), at=self.at
            ),
            crash,
        )

    @precondition(lambda self: self.state() in UNSIGNED)
    @rule(crash=CRASHES)
    def return_agreement(self, crash: bool) -> None:
        self.act(
            lambda: actions.return_agreement(
                project=self.project, reason="改", by=self.by("head"), at=self.at
            ),
            crash,
        )

    @precondition(lambda self: self.state() == "ACTIVE")
    @rule(crash=CRASHES, change=st.integers(-12, 12), more=st.booleans(), go=st.booleans())
    def amend(self, crash: bool, change: int, more: bool, go: bool) -> None:
        """An amendment that moves the last instalment, or adds a milestone with one of its own."""

        def change_terms() -> None:
            actions.begin_amendment(
                project=self.project, reason="变更", by=self.by("member"), at=self.at
            )
            if not go:
                actions.withdraw_amendment(project=self.project, by=self.by("member"), at=self.at)
                return
            terms = self.changed_terms(change * 50 * WAN, more)
            actions.draft_agreement(
                project=self.project, terms=terms, by=self.by("member"), at=self.at
            )
            actions.sign_for_unit(project=self.project, by=self.by("research_admin"), at=self.at)
            actions.sign_for_department(project=self.project, by=self.by("head"), at=self.at)

        self.act(change_terms, crash)

    def changed_terms(self, change_fen: int, more: bool) -> rules.Terms:
        current = Agreement.objects.get(project=self.project, state="IN_FORCE")
        terms = rules.terms_from_json(current.terms)
        parts, milestones = list(terms.instalments), list(terms.milestones)
        parts[-1] = replace(parts[-1], amount_fen=parts[-1].amount_fen + change_fen)
        if more and len(parts) < 5:
            milestones.append(rules.MilestoneTerm("M3", "加做", "加做一轮", "2028-06-01"))
            own = parts[-1].own_due_fen
            parts.append(rules.InstalmentTerm(len(parts) + 1, "MILESTONE", "M3", 100 * WAN, own))
            milestones = list({one.code: one for one in milestones}.values())
        public = sum(one.amount_fen for one in parts)
        return replace(
            terms, public_fen=public, total_fen=public + terms.own_fen + terms.other_fen,
            instalments=tuple(parts), milestones=tuple(milestones),
        )  # fmt: skip

    # -- milestones and acceptance

    @precondition(lambda self: self.state() == "ACTIVE")
    @rule(crash=CRASHES, code=CODES, verdict=st.sampled_from(["PASSED", "PASSED", "FAILED"]))
    def judge_milestone(self, crash: bool, code: str, verdict: str) -> None:
        """From report to verdict; a failed one is mended and handed in again another time."""

        def judge() -> None:
            found = Milestone.objects.filter(project=self.project, code=code).first()
            if found is None:
                raise Refused("no such milestone", "")
            if found.state in rules.MILESTONE_RECTIFIABLE:
                actions.rectify_milestone(
                    milestone=found, plan="整改", by=self.by("member"), at=self.at
                )
            acceptance = self.reported(code)
            self.opinions(acceptance, verdict)
            actions.check_milestone(
                milestone=line.stage(self.project, code), verdict=verdict, opinion="结论",
                rectify_date=None if verdict == "PASSED" else self.at.date(),
                by=self.by("officer"), at=self.at,
            )  # fmt: skip

        self.act(judge, crash)

    def reported(self, code: str) -> Acceptance:
        line.report(self.world, self.at, self.project, code)
        return actions.open_check(
            milestone=line.stage(self.project, code), acceptors=line.experts(self.world),
            by=self.by("officer"), at=self.at,
        )  # fmt: skip

    def opinions(self, acceptance: Acceptance, verdict: str) -> None:
        line.judge(self.world, self.at, acceptance, verdict)

    @precondition(lambda self: self.state() in ("ACTIVE", "FAILED", "RECTIFYING"))
    @rule(crash=CRASHES, verdict=st.sampled_from(["PASSED", "PASSED", "FAILED", "CONCLUDED"]))
    def accept(self, crash: bool, verdict: str) -> None:
        def run() -> None:
            project = self.fresh()
            if project.state == "FAILED":
                actions.rectify_project(
                    project=project, plan="整改", by=self.by("member"), at=self.at
                )
            item = actions.EvidenceItem(text="报告")
            acceptance = actions.apply_for_acceptance(
                project=project, report="完成", evidence=[item], by=self.by("member"), at=self.at
            )
            if self.fresh().state == "ACCEPTANCE_APPLIED":
                acceptance = actions.open_acceptance(
                    project=project, acceptors=line.experts(self.world), by=self.by("officer"),
                    at=self.at,
                )  # fmt: skip
            self.opinions(acceptance, verdict)
            actions.decide_acceptance(
                project=project, verdict=verdict, opinion="结论", by=self.by("head"), at=self.at
            )

        self.act(run, crash)

    # -- money

    @precondition(lambda self: self.is_signed())
    @rule(crash=CRASHES, wan=st.sampled_from([-1, 0, 100, 600, 1200, 3000, 6001]))
    def bring_own_funds(self, crash: bool, wan: int) -> None:
        self.act(lambda: line.fund(self.world, self.at, self.project, wan * WAN), crash)

    @precondition(lambda self: self.is_signed())
    @rule(crash=CRASHES, wan=st.sampled_from([0, 1, 100, 1200, 9000]))
    def correct_own_funds(self, crash: bool, wan: int) -> None:
        voucher = (
            EntrySet.objects.filter(memo_code="OWN_FUNDS").values_list("number", flat=True).last()
        )
        self.keys += 1
        self.act(
            lambda: actions.correct_receipt(
                project=self.project, voucher=voucher or "PZ-0", amount_fen=wan * WAN,
                idempotency_key=f"c{self.keys}", by=self.by("member"), at=self.at,
            ),
            crash,
        )  # fmt: skip

    def payment(self, verb: str, sequence: int, name: str, crash: bool, **facts: Any) -> bool:
        found = (
            Instalment.objects.select_related("project")
            .filter(project=self.project, sequence=sequence)
            .first()
        )
        if found is None:
            return False
        action = getattr(actions, verb)
        return self.act(
            lambda: action(instalment=found, by=self.by(name), at=self.at, **facts), crash
        )

    def fitting(self, verb: str, drawn: int) -> int:
        """Mostly an instalment that can take the step, so that runs reach deep; else any."""
        states = FITTING[verb]
        rows = Instalment.objects.filter(project=self.project, state__in=states)
        found = list(rows.values_list("sequence", flat=True))
        if drawn % 10 == 0:
            return drawn // 10 % 5 + 1
        return found[drawn % len(found)] if found else 0

    @precondition(lambda self: self.is_signed())
    @rule(crash=CRASHES, drawn=DRAWN, fresh_key=st.booleans())
    def request(self, crash: bool, drawn: int, fresh_key: bool) -> None:
        self.keys += fresh_key
        part = self.fitting("request_payment", drawn)
        key = f"k{self.keys}-{self.project.number}-{part}"
        self.payment("request_payment", part, "member", crash, idempotency_key=key)

    @precondition(lambda self: self.is_signed())
    @rule(crash=CRASHES, drawn=DRAWN, name=st.sampled_from(REVIEWERS))
    def review(self, crash: bool, drawn: int, name: str) -> None:
        self.payment("review_payment", self.fitting("review_payment", drawn), name, crash)

    @precondition(lambda self: self.is_signed())
    @rule(crash=CRASHES, drawn=DRAWN, name=st.sampled_from(["payer", "payer", "finance", "head"]))
    def pay(self, crash: bool, drawn: int, name: str) -> None:
        self.payment("pay_instalment", self.fitting("pay_instalment", drawn), name, crash)

    @precondition(lambda self: self.is_signed())
    @rule(crash=CRASHES, drawn=DRAWN)
    def pay_through(self, crash: bool, drawn: int) -> None:
        """Request, review and pay in one go."""
        self.keys += 1
        part = self.fitting("request_payment", drawn)
        self.payment("request_payment", part, "member", False, idempotency_key=f"t{self.keys}")
        self.payment("review_payment", part, "finance", False)
        self.payment("pay_instalment", part, "payer", crash)

    @precondition(lambda self: self.is_signed())
    @rule(
        crash=CRASHES,
        drawn=DRAWN,
        verb=st.sampled_from(["confirm_payment", "resume_payment", "settle_reclaim"]),
    )
    def step(self, crash: bool, drawn: int, verb: str) -> None:
        name = "finance" if verb == "resume_payment" else "payer"
        self.payment(verb, self.fitting(verb, drawn), name, crash)

    @precondition(lambda self: self.is_signed())
    @rule(crash=CRASHES, drawn=DRAWN, verb=st.sampled_from(["hold_payment", "return_payment"]))
    def stop(self, crash: bool, drawn: int, verb: str) -> None:
        self.payment(verb, self.fitting(verb, drawn), "finance", crash, reason="补件")

    @precondition(lambda self: self.is_signed())
    @rule(crash=CRASHES, drawn=DRAWN, wan=st.sampled_from([0, 1, 300, 600, 901, 3000]))
    def reclaim(self, crash: bool, drawn: int, wan: int) -> None:
        part = self.fitting("reclaim_payment", drawn)
        amount = wan * WAN
        self.payment("reclaim_payment", part, "finance", crash, amount_fen=amount, reason="结余")

    # -- freeze and ending

    @precondition(lambda self: self.is_signed())
    @rule(crash=CRASHES, verb=st.sampled_from(["freeze", "unfreeze", "unfreeze"]))
    def freeze(self, crash: bool, verb: str) -> None:
        action = getattr(actions, verb)
        self.act(
            lambda: action(project=self.project, reason="核查", by=self.by("head"), at=self.at),
            crash,
        )

    @precondition(lambda self: self.is_signed())
    @rule(crash=CRASHES, end=st.integers(0, 7))
    def terminate(self, crash: bool, end: int) -> None:
        """Mostly asked for and refused again; sometimes it ends."""

        def run() -> None:
            facts = {"project": self.project, "reason": "终止", "at": self.at}
            if end == 7:
                actions.revoke(by=self.by("head"), **facts)
                return
            actions.begin_termination(by=self.by("member"), **facts)
            verb = actions.terminate if end == 6 else actions.withdraw_termination
            verb(by=self.by("head"), **facts)

        self.act(run, crash)

    # -- the nine invariants, computed anew

    @invariant()
    def nine_invariants_hold(self) -> None:
        if not hasattr(self, "project"):
            return
        self.check_entries()
        grant = Grant.objects.filter(subject_number=self.project.number).first()
        agreement = Agreement.objects.filter(project=self.project, state="IN_FORCE").first()
        assert (grant is None) == (agreement is None)
        if grant is not None and agreement is not None:
            self.check_grant(grant, agreement)
            self.check_orders(grant)

    def check_entries(self) -> None:
        """1, 8 and 9: sums of zero, balances from entries, nothing changed or gone."""
        sums = EntrySet.objects.annotate(sum=Sum("entries__amount_fen"))
        assert all(row.sum == 0 for row in sums)
        for account in Account.objects.annotate(sum=Sum("entries__amount_fen")):
            assert account.balance_fen == (account.sum or 0)
        entries = dict(Entry.objects.values_list("pk", "amount_fen"))
        assert self.entries_before.items() <= entries.items()
        self.entries_before = entries

    def check_grant(self, grant: Grant, agreement: Agreement) -> None:
        """2, 3, 6 and 7: within approved and released, total in parts, frozen, reclaimed."""
        orders = PaymentOrder.objects.filter(grant=grant)
        paid = sum(one.amount_fen for one in orders if one.state in PAID)
        released = sum(Release.objects.filter(grant=grant).values_list("amount_fen", flat=True))
        reclaimed = sum(one.reclaimed_fen for one in orders)
        assert paid == grant.paid_fen <= grant.approved_fen == agreement.public_fen
        assert paid <= released == grant.released_fen
        assert reclaimed == grant.reclaimed_fen <= paid
        project = self.fresh()
        parts = (agreement.public_fen, agreement.own_fen, agreement.other_fen)
        assert agreement.total_fen == sum(parts) == project.total_fen
        planned = Instalment.objects.filter(project=project).exclude(state="DROPPED")
        assert sum(planned.values_list("amount_fen", flat=True)) == agreement.public_fen
        assert rules.fingerprint_of(agreement.terms) == agreement.terms_hash
        assert grant.is_frozen == project.is_frozen
        if self.was_frozen(grant):
            assert paid == self.paid_before
        self.paid_before, self.frozen_before = paid, grant.is_frozen

    def was_frozen(self, grant: Grant) -> bool:
        return self.frozen_before and grant.is_frozen

    def check_orders(self, grant: Grant) -> None:
        """4 and 5: one payment an instalment, three people, the reviewer no acceptor."""
        live = PaymentOrder.objects.filter(grant=grant).exclude(state="RETURNED")
        releases = list(live.values_list("release", flat=True))
        assert len(releases) == len(set(releases))
        for order in live.prefetch_related("release__acceptors"):
            people = [order.requested_by_id, order.reviewed_by_id, order.paid_by_id]
            known = [one for one in people if one is not None]
            assert len(known) == len(set(known))
            acceptors = {one.person_id for one in order.release.acceptors.all()}
            assert order.reviewed_by_id not in acceptors
            if order.state in PAID:
                assert len(known) == 3
