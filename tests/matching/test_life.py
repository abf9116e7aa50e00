"""A case's life: whoever does whatever in whichever order, the ledger stays whole."""

from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from kechuang.base.actor import Role
from kechuang.base.refusals import Refused
from kechuang.matching import actions, rules
from kechuang.matching.models import ContactRow, Credit, HandOver, Introduction
from kechuang.matching.rules import LogEntry, State
from kechuang.needs.models import Disclosure, Need
from kechuang.offers.models import Offer
from kechuang.record.models import Entry
from tests.world import build_world

AT = datetime.fromisoformat("2026-11-21T17:00:00+08:00")
WHO = st.sampled_from(["liaison"] * 4 + ["officer", "liaison2", "filler", "head"])
SIDE = st.sampled_from(["filler", "member", "unit_admin", "research_admin", "rival_filler"])
ENDER = st.sampled_from(["liaison", "liaison2", "filler", "head", "rival_filler"])
TO = st.sampled_from([state.value for state in State])


class Case(RuleBasedStateMachine):
    """One introduction and everybody around it; an act that is refused changes nothing."""

    done = 0
    refused = 0

    @initialize()
    def open(self):
        self.outer = transaction.atomic()
        self.outer.__enter__()
        world = self.world = build_world(AT)
        world.add("liaison2", Role.LIAISON, region=world.city)
        common = {"filler": world.filler.person, "since": AT, "changed_at": AT,
                  "submitted_at": AT}  # fmt: skip
        need = Need.objects.create(
            number="XQ-2026-000001", title="氮化铝基板", body="要求", chain="NEW_MATERIALS",
            keywords=["氮化铝"], organisation=world.enterprise,
            region_path=world.county.path, state="ACCEPTED", publication="CLOSED",
            contact=world.filler.person, budget_fen=1, due_date=AT.date(), accepted_at=AT,
            consent_by=world.unit_admin.person, consent_at=AT, confirmed_at=AT,
            reconfirm_at=AT + timedelta(days=180), expires_at=AT + timedelta(days=365), **common,
        )  # fmt: skip
        offer = Offer.objects.create(
            number="CG-2026-000001", title="流延成型", body="工艺", organisation=world.university,
            region_path=world.city.path, state="PUBLISHED", kind="RESULT", published_at=AT,
            **common,
        )  # fmt: skip
        self.row = actions.introduce(need=need, offer=offer, reason_code="OTHER", note="试试",
                                     by=world.liaison.actor, at=AT)  # fmt: skip
        self.at, self.states = AT, [State.SUGGESTED]

    def act(self, name, who, **said):
        self.at += timedelta(hours=1)
        actor = getattr(self.world, who).actor
        before = (Entry.objects.count(), self.version())
        try:
            with transaction.atomic():
                getattr(actions, name)(introduction=self.row, by=actor, at=self.at, **said)
            type(self).done += 1
        except Refused:
            type(self).refused += 1
            assert (Entry.objects.count(), self.version()) == before
        else:
            assert Entry.objects.count() > before[0]
        state = State(Introduction.objects.get(pk=self.row.pk).state)
        if state != self.states[-1]:
            self.states.append(state)

    def version(self):
        return Introduction.objects.values_list("version", flat=True).get(pk=self.row.pk)

    @rule(who=WHO, to=TO)
    def advance(self, who, to):
        self.act("advance", who, to=to)

    @rule(who=WHO, kind=st.sampled_from(["PHONE", "MEETING"]))
    def contact(self, who, kind):
        self.act("record_contact", who, entry=LogEntry(self.at.date(), kind, "谈了"))

    @rule(who=SIDE, answer=st.sampled_from(["YES", "YES", "YES", "NO"]))
    def answer(self, who, answer):
        self.act("answer_introduction", who, answer=answer)

    @rule(who=WHO, taker=st.sampled_from(["liaison2", "liaison", "expert1"]))
    def hand_over(self, who, taker):
        self.act("hand_over", who, to_person=getattr(self.world, taker).person)

    @rule(who=st.sampled_from(["liaison2", "liaison"]), accept=st.booleans())
    def take(self, who, accept):
        said = {} if accept else {"answer": "不接"}
        self.act("accept_hand_over" if accept else "decline_hand_over", who, **said)

    @rule(who=WHO, mine=st.sampled_from([-1, 0, 1, 3333, 9999, 10_000]))
    def share(self, who, mine):
        people = (self.world.liaison.person.number, self.world.liaison2.person.number)
        self.act("share_credit", who, shares=dict(zip(people, (mine, 10_000 - mine), strict=True)))

    @rule(who=ENDER, reason=st.sampled_from(["TERMS", "UNPROVEN", "WHY"]))
    def end(self, who, reason):
        self.act("end_introduction", who, reason_code=reason, note="谈不拢")

    @invariant()
    def the_ledger_is_whole(self):
        if not hasattr(self, "row"):
            return
        row = Introduction.objects.get(pk=self.row.pk)
        road = [rules.ROAD.index(state) for state in self.states if state in rules.ROAD]
        assert road == sorted(road)
        assert State.ENDED not in self.states[:-1] and State.LANDED not in self.states[:-1]
        assert list(row.stages.values_list("stage", flat=True)) == self.states
        assert Credit.objects.aggregate(sum=Sum("share_bp"))["sum"] == rules.WHOLE
        asked = HandOver.objects.filter(introduction=row, state="OPEN").count()
        assert asked <= (row.state in rules.OPEN or row.state == State.LANDED)
        opened = Disclosure.objects.filter(cause_number=row.number, until=None).count()
        assert opened == (row.state != State.ENDED)
        assert (row.end_reason_code != "") == (row.state == State.ENDED)
        assert ContactRow.objects.filter(introduction=row).count() <= row.version

    def teardown(self):
        if hasattr(self, "outer"):
            transaction.set_rollback(True)
            self.outer.__exit__(None, None, None)


@pytest.mark.django_db(transaction=False)
def test_a_case_lives_whole_whoever_acts():
    run_state_machine_as_test(
        Case,
        settings=settings(max_examples=14, stateful_step_count=16, deadline=None,
                          suppress_health_check=list(HealthCheck)),
    )  # fmt: skip
    assert Case.done >= 20 and Case.refused >= 20
