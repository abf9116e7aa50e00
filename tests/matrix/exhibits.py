"""What the matrix looks at: objects of every kind, each with whose it is and who may read it."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kechuang.base.actor import Actor
from kechuang.base.periods import Period
from kechuang.challenges import actions as challenges
from kechuang.challenges.models import BudgetLine, Gate, Receipt
from kechuang.compute import actions as compute
from kechuang.cultivation import actions as cultivation
from kechuang.cultivation.actions import benefits
from kechuang.cultivation.models import RuleVersion
from kechuang.cultivation.queries import in_force
from kechuang.files.actions import begin_upload
from kechuang.indicators import actions as indicators
from kechuang.indicators.queries import indicator_by_code
from kechuang.matching import actions as matching
from kechuang.matching.models import Event, Outcome, SignUp, Sitting
from kechuang.needs.models import Need
from kechuang.notices import actions as notices
from kechuang.offers import actions as offers
from kechuang.offers.models import Offer
from kechuang.parties import actions as parties
from kechuang.parties.actions import create_token
from kechuang.record import actions as record
from kechuang.reviews.models import Assignment, Review, Seat
from kechuang.search import actions as search
from tests.challenges import custody_stages, mode_stages, stages
from tests.compute import desk
from tests.cultivation import granting, screened
from tests.needs import builders
from tests.offers.test_actions import TYPED as OFFER
from tests.projects import line as projects
from tests.reviews.bench import planned
from tests.reviews.drawing import DrawBench, crowd
from tests.world import World

SECRET = "密语白鹭四二"
SEALED = "暗号-白鲟-9024"
VIEWERS = (
    "public", "filler", "unit_admin", "rival_filler", "rival_admin", "member", "research_admin",
    "institute_member", "officer_county", "officer_other_county", "officer", "officer_province",
    "head", "finance", "payer", "supervisor", "liaison", "expert1", "expert4", "expert5",
    "operator",
)  # fmt: skip
EVERYBODY = None
SIGNED_IN = frozenset(VIEWERS) - {"public"}
POSER = frozenset({"filler", "unit_admin"})
OFFICES = frozenset({"officer", "officer_province", "head"})
# From the unit's check on, the offices above it and liaisons may match a need.
MATCHERS = POSER | OFFICES | {"officer_county", "supervisor", "liaison"}


@dataclass(frozen=True)
class Exhibit:
    """One object: its number, who may read it (None: everybody), and its further parameters."""

    name: str
    number: str
    readers: frozenset[str] | None = EVERYBODY
    further: dict[str, str] = field(default_factory=dict)
    doers: frozenset[str] | None = (
        None  # who may act on it; None: its readers, of a public one nobody
    )

    def may_act(self, viewer: str) -> bool:
        doers = self.readers if self.doers is None else self.doers
        return doers is not None and viewer in doers


def build(world: World, now: datetime) -> list[Exhibit]:
    """Every kind once or more, in the states whose secrecy differs."""
    decided = _decided(world, now - timedelta(days=60))
    return [
        *_needs(world, now), *_offers(world, now), *_sealed(world, now),
        *_sealed_outside(world, now), *decided, *_raced(world, now - timedelta(days=60)),
        *_matched(world, now), *_funded(world, now), *_parties(world, now),
        *_granted(world, now - timedelta(days=40)), *_draws(world, now),
        *_cultivated(world, now), *_rules(now), *_screened(world, now), *_computed(world, now),
        _erasure(world, now),
    ]  # fmt: skip


def _needs(world: World, now: datetime) -> list[Exhibit]:
    hidden = {"title": f"未公开的需求 {SECRET}", "publication": "CLOSED"}
    further = {"attachment": "0000000000", "offer_number": "CG-2026-000001"}
    return [
        Exhibit("need-draft", builders.drafted(world, now, **hidden).number, POSER, further),
        Exhibit("need-unit-check", builders.submitted_need(world, now, **hidden).number, MATCHERS,
                further),
        Exhibit("need-county-check", builders.waiting_need(world, now, **hidden).number, MATCHERS,
                further),
        Exhibit("need-closed", builders.accepted_need(world, now, **hidden).number,
                MATCHERS, further),
        Exhibit("need-public", builders.accepted_need(world, now).number, EVERYBODY, further,
                POSER | OFFICES | {"officer_county"}),
    ]  # fmt: skip


def _offers(world: World, now: datetime) -> list[Exhibit]:
    draft = offers.save_draft(typed=OFFER, by=world.member.actor, at=now)
    asks = {"need_number": "XQ-2026-000001"}
    hidden = Exhibit("offer-draft", draft.number, frozenset({"member", "research_admin"}), asks)
    offer = offers.save_draft(typed=OFFER, by=world.member.actor, at=now)
    offer = offers.submit_offer(offer=offer, by=world.member.actor, at=now)
    offer = offers.sign_offer(offer=offer, by=world.research_admin.actor, at=now)
    return [hidden, Exhibit("offer-public", offer.number, EVERYBODY, asks)]


def _sealed(world: World, now: datetime) -> list[Exhibit]:
    """An open challenge with a sealed bid and a draft of another; and a challenge in draft."""
    line = stages.opened(world, now - timedelta(days=15), serial=901)
    bid = stages.sealed_bid(line, world.member, world.research_admin, SEALED)
    receipt = Receipt.objects.get(bid=bid).number
    question = challenges.ask_question(
        challenge=line.challenge, text="径向游隙在何温度下测量？", by=world.member.actor, at=line.at
    )
    draft = stages.written_bid(line, world.institute_member, SEALED)
    own = {"file": "0000000000", "receipt": receipt}
    asked = {"version": "1", "question": question.number, "place": "1"}
    preparing = stages.written(world, now, serial=903).challenge.number
    record.sequence_entries()
    record.take_checkpoint(at=now)
    return [
        Exhibit("challenge-open", line.challenge.number, EVERYBODY, asked,
                OFFICES | {"rival_filler", "rival_admin", "member", "research_admin",
                           "institute_member"}),
        Exhibit("challenge-draft", preparing,
                POSER | OFFICES | {"liaison", "expert4", "finance", "supervisor"}, asked),
        Exhibit("bid-sealed", bid.number, frozenset({"member", "research_admin"}), own),
        Exhibit("bid-draft", draft.number, frozenset({"institute_member"}), own),
        Exhibit("receipt", receipt),
    ]  # fmt: skip


def _sealed_outside(world: World, now: datetime) -> list[Exhibit]:
    """An open challenge whose bids only custodians open, and a bid sealed for them."""
    line = custody_stages.opened(world, now - timedelta(days=15), serial=904)
    plain = json.dumps(custody_stages.inside(line, SEALED)).encode()
    bid = custody_stages.handed_in(line, world.member, world.research_admin, plain)
    own = {"file": "0000000000", "receipt": Receipt.objects.get(bid=bid).number}
    return [
        Exhibit("challenge-custody", line.challenge.number, EVERYBODY,
                {"version": "1", "question": "0000000000", "place": "1"},
                OFFICES | {"rival_filler", "rival_admin", "member", "research_admin",
                           "institute_member"}),
        Exhibit("bid-outside", bid.number, frozenset({"member", "research_admin"}), own),
    ]  # fmt: skip


def _erasure(world: World, now: datetime) -> Exhibit:
    """An erasure of the record that an officer asked for and nobody decided."""
    entry = record.append(verb="needs.sign", object_number="XQ-2026-000001", at=now,
                          by=world.unit_admin.actor, payload={"state": "ACCEPTED"})
    asked = record.ask_erasure(
        entry=entry, ground="CONSENT", reason=f"当事人来函撤回同意 {SECRET}",
        by=world.officer.actor, at=now,
    )
    return Exhibit("erasure", asked.number, OFFICES | {"supervisor"})


def _decided(world: World, at: datetime) -> list[Exhibit]:
    """A challenge opened, reviewed and chosen, its panel, and its notice with an objection."""
    line = stages.on_notice(world, at, serial=902)
    seat = Seat.objects.filter(panel__subject_number=line.challenge.number).order_by("id").first()
    review = Review.objects.filter(seat=seat).order_by("id").first()
    notice = stages.notice_queries.notice_for(line.challenge.number)
    objection = notices.object_to(
        notice=notice, ground="FACTS", request="请核实。", by=world.rival_admin.actor,
        statement=f"公示的单位已就同一内容获得财政资助，见公告 {SECRET}。", at=line.after(hours=1),
    )  # fmt: skip
    paper = notices.add_objection_file(
        objection=objection, name="公告.pdf", content=b"%PDF-1.4 " + SECRET.encode(),
        by=world.rival_admin.actor, at=line.at,
    )  # fmt: skip
    panel = frozenset({"liaison", "expert4", "supervisor"}) | OFFICES
    return [
        Exhibit("bid-opened", line.bids[0].number,
                panel | {"member", "research_admin", "expert1"} | POSER | {"finance"},
                {"file": "0000000000", "receipt": "0000000000"}),
        Exhibit("panel", seat.panel.number, panel),
        Exhibit("seat", seat.number, panel | {"expert1"}),
        Exhibit("review", review.number, panel | {"expert1"}),
        Exhibit("conflict", "0000000000", frozenset()),
        Exhibit("notice", notice.number, EVERYBODY, {}, SIGNED_IN),
        Exhibit("objection", objection.number, frozenset({"rival_admin", "supervisor"}) | OFFICES,
                {"file": paper.number}),
    ]  # fmt: skip


def _draws(world: World, now: datetime) -> list[Exhibit]:
    """A draw of a published challenge that waits for its witnesses, and one of a closed subject."""
    found = []
    for serial, is_public in ((905, True), (906, False)):
        bench = DrawBench(planned(
            world, now - timedelta(hours=3), subject=f"JB-2026-000{serial}",
            title="评审对象" if is_public else f"未公开的评审对象 {SECRET}", is_public=is_public,
        ))  # fmt: skip
        bench.bench.officers().at = now - timedelta(hours=1.5)
        bench.bench.cases()
        if serial == 905:
            crowd(world, 8, now)
        found.append(bench.named().fixed().draw)
    near = OFFICES | {"supervisor", "expert1"}
    dealt = Assignment.objects.create(
        panel=found[1].panel, objective="total", seats=[], cases=[], problem=f'{{"x": "{SECRET}"}}',
        result=f'{{"x": "{SECRET}"}}', problem_hash="0" * 64, made_at=now,
        made_by=world.officer2.person,
    )  # fmt: skip
    return [
        Exhibit("assignment", dealt.number, near),
        Exhibit("draw-public", found[0].number, EVERYBODY, {}, near),
        Exhibit("draw-closed", found[1].number, near),
    ]


def _raced(world: World, at: datetime) -> list[Exhibit]:
    """A race at its first gate: three teams with signed agreements, compared by the chair."""
    BudgetLine.objects.update(amount_fen=20_000 * stages.WAN)  # one call more than it was made for
    stages.MODE = "RACE"
    try:
        line = stages.awarded(world, at, serial=907)
        mode_stages.sign_all(line)
        Gate.objects.filter(challenge=line.challenge).update(due_date=line.at.date())
        challenges.open_gate(challenge=line.challenge, by=Actor.CLOCK, at=line.after(days=1))
    finally:
        stages.MODE = "OPEN"
    return [
        Exhibit("challenge-race", line.challenge.number, EVERYBODY,
                {"version": "1", "question": "0000000000", "place": "1"},
                OFFICES | {"expert4"}),
    ]  # fmt: skip


def _matched(world: World, now: datetime) -> list[Exhibit]:
    need = Need.objects.filter(state="ACCEPTED", publication="PUBLIC").order_by("-id").first()
    offer = offers.save_draft(typed=OFFER, by=world.member.actor, at=now)
    offer = offers.submit_offer(offer=offer, by=world.member.actor, at=now)
    offer = offers.sign_offer(offer=offer, by=world.research_admin.actor, at=now)
    introduction = matching.introduce(
        need=need, offer=offer, reason_code="TARGETS_MET", note=f"可先试片 {SECRET}",
        by=world.liaison.actor, at=now,
    )  # fmt: skip
    sides = MATCHERS | {"member", "research_admin"}
    asked = offers.save_draft(typed=OFFER, by=world.member.actor, at=now)
    asked = offers.submit_offer(offer=asked, by=world.member.actor, at=now)
    asked = offers.sign_offer(offer=asked, by=world.research_admin.actor, at=now)
    request = matching.ask_introduction(
        need=need, offer=asked, note=f"已做过同类 {SECRET}", by=world.member.actor, at=now
    )
    desk = OFFICES | {"officer_county", "supervisor", "liaison"}
    return [
        Exhibit("introduction", introduction.number, sides),
        Exhibit("request", request.number, desk | {"member", "research_admin"}),
        Exhibit("funnel", "served", desk | {"officer_other_county"}),  # each of the own region
        *_met(world, now, need, offer), _consortium(world, now),
    ]


def _met(world: World, now: datetime, need: Need, offer: Offer) -> list[Exhibit]:
    """An event in preparation, one that is announced and planned, and one that was held."""
    by, inner = world.liaison.actor, OFFICES | {"supervisor", "liaison"}
    runners = frozenset({"officer", "officer_province", "liaison"})

    def made(days: int) -> Event:
        then = now - timedelta(days=30)
        since = now + timedelta(days=days)
        row = matching.save_event(event=None, by=by, at=then, typed={
            "kind": "MATCHMAKING", "title": f"对接会 {SECRET if days == 9 else ''}",
            "summary": "一对一面谈", "place": "会议中心", "since_at": since,
            "until_at": since + timedelta(hours=2), "sign_up_until": since, "capacity": 30,
            "tables": 2, "sitting_minutes": 20,
        })  # fmt: skip
        if days == 9:
            return row
        matching.open_event(event=row, by=by, at=then)
        ask = matching.sign_up(event=row, need=need, by=world.filler.actor, at=then)
        give = matching.sign_up(event=row, offer=offer, by=world.member.actor, at=then)
        matching.seat_pair(event=row, need_sign_up=ask, offer_sign_up=give, table=1, slot=0,
                           by=by, at=then)  # fmt: skip
        return row

    draft, announced, held = made(9), made(8), made(-8)
    signs = SignUp.objects.filter(event=held).values_list("number", flat=True)
    matching.hold_event(event=held, arrived=list(signs), by=by, at=now)
    none = {"sign_number": "0" * 10, "sitting_number": "0" * 10, "invitation_number": "0" * 10}
    inside = {
        "sign_number": SignUp.objects.get(event=announced, offer=offer).number,
        "sitting_number": Sitting.objects.get(event=announced).number,
        "invitation_number": "0" * 10,
    }
    outcome = Outcome.objects.get(sitting__event=held, side="OFFER", months=3)
    return [
        Exhibit("event-draft", draft.number, inner, none),
        Exhibit("event-open", announced.number, EVERYBODY, inside,
                runners | {"member", "research_admin"}),
        Exhibit("outcome", outcome.number, inner | {"member", "research_admin"}),
    ]  # fmt: skip


def _consortium(world: World, now: datetime) -> Exhibit:
    """The enterprise leads, the university is asked to join."""
    row = parties.found_consortium(
        name=f"轴承联合体 {SECRET}", purpose="一起解决主轴轴承", by=world.unit_admin.actor, at=now
    )
    member = parties.invite_member(
        consortium=row, organisation=world.university, by=world.unit_admin.actor, at=now
    )
    inner = OFFICES | POSER | {"officer_county", "supervisor", "liaison", "member",
                               "research_admin"}  # fmt: skip
    return Exhibit("consortium", row.number, inner, {"member_number": member.number},
                   frozenset({"unit_admin", "research_admin"}))  # fmt: skip


def _funded(world: World, now: datetime) -> list[Exhibit]:
    """A project whose agreement is in force, and a figure that waits to be published."""
    project = projects.running(world, now)
    parts = {"sequence": "1", "code": "M1", "edition": "1", "evidence": "0", "receipt": "0"}
    staff = frozenset({"member", "research_admin", "finance", "payer", "supervisor"}) | OFFICES
    waiting = indicators.measure(
        indicator=indicator_by_code("organisations_enterprises"), region=world.city,
        period=Period.parse("@2026-11-20"), by=world.officer.actor, at=now,
        known_at=now,
    )  # fmt: skip
    figure = {"subject": "990100", "period": waiting.period}
    return [
        Exhibit("project", project.number, EVERYBODY, parts, staff | POSER),
        Exhibit("indicator", "organisations_enterprises", EVERYBODY, figure),
        Exhibit("observation", waiting.number, OFFICES | {"supervisor"}),
    ]


def _granted(world: World, at: datetime) -> list[Exhibit]:
    """A policy in draft and one in force; its batch, paid; one line of it, and a case about it."""
    draft = benefits.draft_policy(typed=granting.EQUITY, by=world.officer.actor, at=at)
    funding = granting.year(world, at)
    granting.sells(world.enterprise, 6000)
    batch, after = granting.paid(world, at, funding)
    granting.correct(world.enterprise, 4000, after)
    later = after + timedelta(days=1)
    case = benefits.compare_paid(funding=funding, by=Actor.CLOCK, at=later)[0]
    line = granting.line_of(world.enterprise)
    offices = OFFICES | {"finance", "payer", "supervisor"}
    own = offices | POSER
    year = {"period": "2022"}
    return [
        Exhibit("policy-draft", draft.number, offices, year),
        Exhibit("policy-public", funding.policy.number, EVERYBODY, year, offices),
        Exhibit("batch", batch.number, offices),
        Exhibit("benefit", line.number, own),
        Exhibit("reclaim", case.number, own),
    ]


def _rules(now: datetime) -> list[Exhibit]:
    """A rule set in force, and one of which there is only a draft."""
    cultivation.load_shipped(by=Actor.CLOCK, at=now - timedelta(days=1))
    shipped = in_force("sme-2017-115", now.date())
    draft = RuleVersion.objects.create(
        code="draft-2026", title=f"起草中的规则 {SECRET}", subject="ENTERPRISE", origin="EDITED",
        text=shipped.text.replace("code: sme-2017-115", "code: draft-2026"), state="DRAFT",
        tests_text=shipped.tests_text, content="0" * 16, since=now,
    )  # fmt: skip
    department = frozenset({"officer", "officer_province", "head", "supervisor"})
    return [
        Exhibit("rules-public", shipped.code, EVERYBODY,
                {"number": shipped.number, "parameter": "staff_most"}, department),
        Exhibit("rules-draft", draft.code, department,
                {"number": draft.number, "parameter": "staff_most"}),
    ]  # fmt: skip


def _screened(world: World, now: datetime) -> list[Exhibit]:
    """A round with its candidate, which two of three judges have scored; one on public notice."""
    row = screened.round_of(world, now, title=f"筛选 {SECRET}")
    candidate = screened.entered(world, now, row)
    for judge in screened.judges_of(world)[:2]:
        screened.score(candidate, judge, now)
    readers = OFFICES | {"finance", "payer", "supervisor", "expert1"}
    noticed = screened.noticed(world, now, screened.round_of(world, now))
    return [
        Exhibit("screening", row.number, readers),
        Exhibit("candidate", candidate.number, readers | POSER),
        Exhibit("decision", noticed.number, EVERYBODY),
    ]


def _parties(world: World, now: datetime) -> list[Exhibit]:
    token, _ = create_token(
        appointment=world.filler.appointment, label="对接", days=30, by=world.filler.actor, at=now
    )
    upload = begin_upload(filename="a.pdf", size=9, by=world.filler.actor, at=now)
    own = frozenset({"filler"})
    person = world.liaison.person.number
    word = search.add_term(
        sort="WORD", text="立方氮化硼", reason="行业叫法", by=world.officer.actor, at=now
    )
    return [
        Exhibit("organisation", world.enterprise.number),
        Exhibit("appointment", world.filler.appointment.number, own | {"unit_admin", "operator"}),
        Exhibit("token", str(token.number), own),
        Exhibit("upload", str(upload.number), own, {"index": "0"}),
        Exhibit("liaison", person, EVERYBODY, {"person": person}, OFFICES | {"liaison"}),
        Exhibit("ranking-model", "fixed", frozenset({"operator"})),
        Exhibit("word", word.number, OFFICES),
        Exhibit("help", "posting"),
    ]


def _cultivated(world: World, now: datetime) -> list[Exhibit]:
    """An enterprise of which something is known, and a declaration that waits for the county."""
    cultivation.recompute(by=Actor.CLOCK, at=now)
    declared = cultivation.declare(
        organisation=world.enterprise, year=2025, figures={"staff": 77}, by=world.filler.actor,
        at=now,
    )
    readers = POSER | OFFICES | {"officer_county", "finance", "supervisor"}
    return [
        Exhibit("evaluation", world.enterprise.number, readers, {"year": "2025"}),
        Exhibit("declaration", declared.number, readers),
    ]


def _computed(world: World, now: datetime) -> list[Exhibit]:
    """A centre, an allocation, a job that was quoted, one that was billed, and its statement."""
    before = now.replace(day=1) - timedelta(days=3)
    centre = desk.centre(world, before - timedelta(days=1))
    allocation = desk.granted(world, before)
    script = {"template": "script", "parameters": {"script": f"#!/bin/sh\necho {SECRET}\n"}}
    quoted = desk.quoted(world, now, allocation, **script)
    job = desk.submitted(world, before, allocation, centre, **script)
    desk.run_through(job, before, 30)
    run = job.runs.get()
    statement = compute.lock_statement(
        allocation=allocation, centre=centre, month=job.bill.month, by=world.head.actor, at=now
    )
    one = compute.ask_adjustment(
        statement=statement, amount_fen=5, reason="补收", by=world.head.actor, at=now
    )
    unit = frozenset({"member", "research_admin"})
    readers = unit | OFFICES | {"finance", "supervisor"}
    parts = {"run": run.key, "file": "0000000000"}
    at_centre = {"centre": centre.number, "month": job.bill.month, "adjustment": one.number}
    asked = compute.ask_prices(
        centre=centre, milli_fen=[9] * 24, minimum_fen=0, by=world.officer_province.actor, at=now
    )
    phase = compute.add_phase(centre=centre, facts=desk.PHASE, by=world.officer.actor, at=now)
    shared, own = (
        compute.register_data(
            centre=centre, facts=desk.DATA | {"audience": audience}, named=[],
            by=world.member.actor, at=now,
        )
        for audience in ("EVERYBODY", "UNIT")
    )  # fmt: skip
    registered = {"asked": asked.number, "place": str(phase.place)}
    return [
        Exhibit("centre", centre.number, EVERYBODY, registered, OFFICES | {"finance"}),
        Exhibit("data-shared", shared.number, EVERYBODY, {}, unit),
        Exhibit("data-own", own.number, unit | OFFICES | {"finance", "supervisor"}, {}, unit),
        Exhibit("allocation", allocation.number, readers, at_centre),
        Exhibit("job-quoted", quoted.number, unit, parts),
        Exhibit("job-billed", job.number, readers, parts),
        Exhibit("statement", statement.number, readers, at_centre),
    ]
