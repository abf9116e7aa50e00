"""Benefits without application: two policies of the city, last year's reward paid, this year's
waiting, a share of a pilot base on notice; who gets what, the rules say from the data.
"""

from datetime import date, datetime, time, timedelta

from kechuang.base.actor import Actor
from kechuang.base.time import SHANGHAI, shanghai_date
from kechuang.cultivation import actions as cultivation
from kechuang.cultivation.actions import benefits
from kechuang.cultivation.models import Batch, Funding, Policy
from kechuang.cultivation.rules.benefits import FundingTyped, PolicyTyped, StakeTyped
from kechuang.notices import actions as notices
from kechuang.notices.models import Notice
from kechuang.parties.models import Organisation
from kechuang.site.demo.cast import Cast

WAN = 1_000_000  # fen
DOCUMENT = "沈阳市新发展阶段提升科技创新能力若干政策措施"
NUMBER = "沈政发〔2021〕11号"
REWARD = PolicyTyped(
    title="技术合同成交额奖补", title_en="Reward for technology contracts",
    document_title=DOCUMENT, document_number=NUMBER, issuer="沈阳市人民政府",
    clauses=(
        ("报道 2023-08-29",
         "2022年度技术合同累计成交额超过5000万元的企业，每家最高奖励20万元，免申即享。"),
    ),
    rule_set="sy-contract-reward", instrument="GRANT", shortfall="PRO_RATA",
    department="示例市科学技术局", payer="示例市财政局 科技成果转化与扩散（演示科目）",
)  # fmt: skip
EQUITY = PolicyTyped(
    title="中试基地股权投资", title_en="Equity for pilot-scale bases",
    document_title=DOCUMENT, document_number=NUMBER, issuer="沈阳市人民政府",
    clauses=(("报道 2023-08-29", "对中试基地以股权投资代替补助，每家最高500万元。"),),
    rule_set="sy-pilot-equity", instrument="EQUITY", shortfall="PRO_RATA",
    department="示例市科学技术局", payer="示例市科创投资有限公司（演示）",
)  # fmt: skip
PILOT_BASE = "示例轴承股份有限公司"
OF_2022 = date(2023, 8, 29)  # the day that the report of 58 enterprises is about
COMPUTED, APPROVED = -34, -33


def grant(cast: Cast) -> None:
    """Put the policies in force, pay the reward of 2022, and compute last year's for approval."""
    reward, equity = (_in_force(cast, typed) for typed in (REWARD, EQUITY))
    today = cast.clock.day
    paid = _year(cast, reward, str(OF_2022.year - 1), OF_2022, 1200 * WAN)
    _pay(cast, paid)
    waiting = _year(cast, reward, str(today.year - 1), today, 1200 * WAN)
    _share(cast, _year(cast, equity, str(today.year), today, 3000 * WAN))
    benefits.compute_batch(funding=waiting, by=Actor.CLOCK, at=cast.clock.at(-1, 2))


def _share(cast: Cast, funding: Funding) -> None:
    """A pilot base of which experts set the sum: its share has its terms and is on notice."""
    base = Organisation.objects.get(name=PILOT_BASE)
    at = cast.clock.at(-12)
    source = cultivation.source_of(
        kind="SHEET", title="示例市中试基地认定名单（演示数据）", department="科技局",
        day=at.date(), is_demo=True, by=cast.actor("linjing"), at=at,
    )  # fmt: skip
    certificate = {"kind": "pilot_base", "since": at.date() - timedelta(days=200)}
    said = [
        cultivation.Said(base, "certificates", "ZS-2026-001", certificate),
        cultivation.Said(base, "profile", "", {"judged": {"equity_wan": 400}}),
    ]
    cultivation.learn(said=said, source=source, by=cast.actor("linjing"), at=at)
    batch = benefits.compute_batch(funding=funding, by=Actor.CLOCK, at=cast.clock.at(-5, 2))
    assert batch is not None, funding
    typed = StakeTyped(
        8000 * WAN, "示例市科创投资有限公司（演示）", "满五年按评估价回购，或并购、上市时退出。",
        date(cast.clock.day.year + 5, 12, 31),
    )  # fmt: skip
    for line in batch.lines.all():
        benefits.agree_stake(
            line=line, typed=typed, by=cast.actor("linjing"), at=cast.clock.at(-4)
        )
    benefits.approve_batch(batch=batch, by=cast.actor("guoxun"), at=cast.clock.at(-3))


def _in_force(cast: Cast, typed: PolicyTyped) -> Policy:
    at = cast.clock.at(-60)
    policy = benefits.draft_policy(typed=typed, by=cast.actor("linjing"), at=at)
    policy = benefits.check_policy(
        policy=policy, by=cast.actor("wutong"), at=at + timedelta(days=2)
    )
    return benefits.enact_policy(
        policy=policy, by=cast.actor("guoxun"), at=at + timedelta(days=5)
    )


def _year(cast: Cast, policy: Policy, period: str, day: date, budget_fen: int) -> Funding:
    since = shanghai_date(cast.clock.at(-50))
    typed = FundingTyped(period, day, since, date(since.year + 2, 1, 1), budget_fen)
    return benefits.open_funding(
        policy=policy, typed=typed, by=cast.actor("guoxun"), at=cast.clock.at(-52)
    )


def _pay(cast: Cast, funding: Funding) -> None:
    """The whole way of one batch: night, head, public, three people."""
    batch = benefits.compute_batch(
        funding=funding, by=Actor.CLOCK, at=cast.clock.at(COMPUTED, 2)
    )
    assert batch is not None, funding
    batch = benefits.approve_batch(
        batch=batch, by=cast.actor("guoxun"), at=cast.clock.at(APPROVED)
    )
    notice = Notice.objects.get(number=batch.notice_number)
    assert notice.ends_at is not None
    over = notice.ends_at + timedelta(minutes=5)
    notices.close_notice(notice=notice, by=Actor.CLOCK, at=over)
    batch = benefits.follow_notice(batch=batch, by=Actor.CLOCK, at=over)
    _by_three(cast, batch, over)


def _by_three(cast: Cast, batch: Batch, over: datetime) -> None:
    day = shanghai_date(over)
    at = datetime.combine(day, time(10), tzinfo=SHANGHAI)
    batch = benefits.request_payments(batch=batch, by=cast.actor("linjing"), at=at)
    batch = benefits.review_payments(
        batch=batch, by=cast.actor("chenli"), at=at + timedelta(hours=4)
    )
    batch = benefits.pay_batch(batch=batch, by=cast.actor("heyun"), at=at + timedelta(hours=6))
    benefits.confirm_payments(batch=batch, by=cast.actor("heyun"), at=at + timedelta(days=1))
