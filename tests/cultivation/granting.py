"""Policies, years and batches as the tests of benefits know them."""

from datetime import date, datetime, timedelta

from kechuang.base.actor import Actor
from kechuang.cultivation.actions import benefits
from kechuang.cultivation.models import Batch, Contract, Funding, Line, Policy, Profile
from kechuang.cultivation.rules.benefits import FundingTyped, PolicyTyped
from kechuang.notices import actions as notices
from kechuang.notices.models import Notice
from kechuang.parties.models import Organisation
from tests.cultivation.builders import known, source
from tests.world import World
from tests.world import organisation as enterprise

WAN = 1_000_000
SIGNED = date(2022, 6, 1)
REWARD = PolicyTyped(
    title="技术合同成交额奖补", document_title="提升科技创新能力若干政策措施",
    document_number="示例发〔2021〕11号", issuer="示例市人民政府",
    clauses=(("第六条", "年度技术合同成交额超过5000万元的，每家最高奖励20万元。"),),
    rule_set="sy-contract-reward", instrument="GRANT", shortfall="PRO_RATA",
    department="示例市科技局", payer="示例市财政局 2060499",
)  # fmt: skip
EQUITY = PolicyTyped(
    title="中试基地股权投资", document_title="提升科技创新能力若干政策措施",
    clauses=(("第八条", "以股权投资方式给予最高500万元支持。"),), rule_set="sy-pilot-equity",
    document_number="", issuer="", instrument="EQUITY", shortfall="PRO_RATA",
    department="示例市科技局", payer="示例市财政局 2060499",
)  # fmt: skip
YEAR = FundingTyped("2022", date(2023, 8, 29), date(2026, 1, 1), date(2100, 1, 1), 100 * WAN)


def in_force(world: World, at: datetime, typed: PolicyTyped = REWARD) -> Policy:
    """A policy drafted, checked by a second person, put in force."""
    policy = benefits.draft_policy(typed=typed, by=world.officer.actor, at=at)
    policy = benefits.check_policy(policy=policy, by=world.officer2.actor, at=at)
    return benefits.enact_policy(policy=policy, by=world.head.actor, at=at)


def year(
    world: World, at: datetime, budget_fen: int = 100 * WAN, typed: PolicyTyped = REWARD,
    period: str = "2022",
) -> Funding:  # fmt: skip
    """A policy in force with a period and a budget."""
    said = FundingTyped(period, YEAR.as_of_date, YEAR.since, YEAR.until, budget_fen)
    policy = in_force(world, at, typed)
    return benefits.open_funding(policy=policy, typed=said, by=world.head.actor, at=at)


def sells(organisation: Organisation, wan: int, signed: date = SIGNED) -> None:
    """An enterprise that is known to have sold technology for so much in 2022."""
    rows = [{"signed_date": signed, "amount_fen": wan * WAN}]
    known(organisation, contracts=rows)


def crowd(world: World, at: datetime, count: int, wan: int = 6000) -> list[Organisation]:
    """So many further enterprises of the county, each of which meets the reward."""
    made = []
    for serial in range(count):
        row = enterprise(100 + serial, f"示例企业{serial:03d}", "ENTERPRISE", world.county, at)
        sells(row, wan)
        made.append(row)
    return made


def correct(organisation: Organisation, wan: int | None, at: datetime, by: str = "") -> None:
    """The register of contracts is corrected: the row that was known ends, another begins."""
    origin = source(at, title="技术合同登记更正", by_person=by)
    old = Contract.objects.filter(organisation=organisation, known_until=None)
    old.update(known_until=at)
    if wan is None:
        Profile.objects.filter(organisation=organisation, known_until=None).update(
            contracts_known=False
        )
        return
    Contract.objects.create(
        organisation=organisation, source=origin, known_since=at, key="0", signed_date=SIGNED,
        amount_fen=wan * WAN,
    )  # fmt: skip


def drafted(world: World, at: datetime, funding: Funding) -> Batch:
    batch = benefits.compute_batch(funding=funding, by=Actor.CLOCK, at=at)
    assert batch is not None
    return batch


def approved(world: World, at: datetime, funding: Funding) -> Batch:
    return benefits.approve_batch(
        batch=drafted(world, at, funding), by=world.head.actor, at=at
    )


def payable(world: World, at: datetime, funding: Funding) -> tuple[Batch, datetime]:
    """A batch whose notice is over, and the instant after that."""
    batch = approved(world, at, funding)
    notice = Notice.objects.get(number=batch.notice_number)
    after = notice.ends_at + timedelta(minutes=5)
    notices.close_notice(notice=notice, by=Actor.CLOCK, at=after)
    return benefits.follow_notice(batch=batch, by=Actor.CLOCK, at=after), after


def paid(world: World, at: datetime, funding: Funding) -> tuple[Batch, datetime]:
    """A batch requested, reviewed and paid by three people."""
    batch, after = payable(world, at, funding)
    batch = benefits.request_payments(batch=batch, by=world.officer.actor, at=after)
    batch = benefits.review_payments(batch=batch, by=world.finance.actor, at=after)
    return benefits.pay_batch(batch=batch, by=world.payer.actor, at=after), after


def line_of(organisation: Organisation, **more: object) -> Line:
    return Line.objects.get(organisation=organisation, **more)
