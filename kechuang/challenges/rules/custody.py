"""Bids that only custodians together can open: who they are, what they must have done, and what
was inside.

Source: design/engines/fairness.md, "Sealing"
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, Refused, require
from kechuang.challenges.rules.form import read_answers
from kechuang.challenges.rules.proposal import TEXT_MAX, empty_proposal
from kechuang.challenges.rules.refusals import BidRefused, ChallengeRefused
from kechuang.challenges.rules.table import ChallengeFacts, State
from kechuang.engines import sealing as engine

LEAST, MOST = 2, 9
ENVELOPE_BYTES_MAX = 2**26 + 2**20  # what the browser seals: 64 MiB and its header
DRAFT_BYTES_MAX = 2**24
DRAFT_MAGIC = b"kechuang-draft-1\n"
FILES_MAX = 20
KEY_DIGITS = 64
TEXTS = ("title", "summary", "route", "basis")
ROWS = {
    "commitments": (("target", "value", "how"), ()),
    "team": (("name", "role", "organisation", "task"), ()),
    "milestones": (("title", "due", "evidence"), ("public_fen",)),
}
FEN_MOST = 10**15


def check_custodians(needed: int, names: Sequence[str]) -> None:
    """k of n custodians, each named once: fewer than two is one person who can open alone."""
    require(LEAST <= needed <= len(names) <= MOST, ChallengeRefused(
        "challenges.custodians_number",
        N_("保管人须有 {least} 至 {most} 位，开标须其中至少 {least} 位到场。"),
        {"least": LEAST, "most": MOST}, ("people", "needed")))


def check_profile(profile: str) -> None:
    """One of the two sets of algorithms that browser and command line know."""
    require(profile in engine.SUITES, ChallengeRefused(
        "challenges.seal_profile", N_("密封算法只有 intl 和 gm 两种。"), {}, ("seal_profile",)))


def check_public_key(public: str) -> str:
    """A public key as 64 hexadecimal digits; not the key of a group of small order (zeros)."""
    told = public.strip().lower()
    good = len(told) == KEY_DIGITS and all(one in "0123456789abcdef" for one in told)
    require(good and int(told, 16) > 1, ChallengeRefused(
        "challenges.public_key", N_("这不是公钥：公钥是 64 位十六进制字符。"), {}, ("public",),
        N_("请在本页生成，或用命令行 kechuang custodian new 生成。")))
    return told


def keys_missing(names: Sequence[str]) -> ChallengeRefused:
    """The refusal while custodians have not registered their keys."""
    return ChallengeRefused(
        "challenges.keys_missing", N_("还有保管人没有登记公钥：{names}。"),
        {"names": "、".join(names)}, (), N_("请他们先登记，再审定。"))


def in_clear() -> BidRefused:
    """The refusal of a proposal sent in clear to a call with custodians."""
    return BidRefused(
        "bids.in_clear", N_("本榜单的方案要在您自己的电脑上密封，平台不收明文。"), {}, (),
        N_("请在“密封方案”页面填写，或用命令行 kechuang seal。"))


def no_draft() -> BidRefused:
    return BidRefused(
        "bids.not_a_locked_draft", N_("这不是加锁的草稿，没有保存。"), {}, ("file",))


def may_attend(actor: Actor, facts: ChallengeFacts) -> bool:
    """After the close: the custodians, the officer and the supervisor take the envelopes."""
    opening = facts.state == State.CLOSED or facts.prices_due
    if not opening or facts.fenced or not actor.is_signed_in:
        return False
    office = actor.is_role(Role.OFFICER, Role.SUPERVISOR) and actor.covers(facts.region_path)
    return office or actor.person in facts.custodians


def fingerprint_of(public: str, profile: str) -> str:
    """A public key as people compare it on the telephone: eight groups of four."""
    return engine.fingerprint(bytes.fromhex(public), profile)


def nothing_sealed() -> BidRefused:
    return BidRefused(
        "bids.nothing_sealed", N_("还没有交密封件。"), {}, ("file",),
        N_("请在“密封方案”页面填写并密封，或用命令行 kechuang seal。"))


def not_an_envelope(why: str) -> BidRefused:
    return BidRefused(
        "bids.not_an_envelope", N_("这份密封件不能收：{why}。"), {"why": why}, ("file",),
        N_("请按本榜单现在的规则和保管人重新密封。"))


@dataclass(frozen=True, slots=True)
class Sealed:
    """What an envelope says of itself, beside what this bid and call are."""

    challenge: str
    unit: str
    part: str
    own_challenge: str
    own_unit: str
    unit_has_custodian: bool
    copied: bool
    own_part: str = "technical"


def problems_with_envelope(facts: Sealed) -> list[Refused]:
    """An envelope is of this call and this unit, of nobody's who keeps a key, and no copy."""
    problems: list[Refused] = []
    if facts.challenge != facts.own_challenge:
        problems.append(not_an_envelope(N_("它是为另一个榜单密封的")))
    if facts.unit != facts.own_unit:
        problems.append(not_an_envelope(N_("它是为另一个单位密封的")))
    if facts.part != facts.own_part:
        problems.append(not_an_envelope(
            N_("它不是技术方案") if facts.own_part == "technical" else N_("它不是报价")))
    if facts.copied:
        problems.append(not_an_envelope(N_("本榜单已收到相同的密文")))
    if facts.unit_has_custodian:
        problems.append(BidRefused(
            "bids.own_custodian", N_("本榜单的保管人中有您单位的人，您单位不能揭这个榜。")))
    return problems


def check_draft(file: bytes) -> None:
    """A draft comes locked, and not larger than words need."""
    require(file.startswith(DRAFT_MAGIC) and len(file) <= DRAFT_BYTES_MAX, no_draft())


def check_posted(posted: Any, place: int) -> Mapping[str, Any]:
    """A posted share has the shape of one, and is its custodian's own."""
    shape = {"format", "envelope", "custodian", "x", "encapsulated", "sealed"}
    good = (
        isinstance(posted, Mapping) and set(posted) == shape
        and posted["format"] == "kechuang-share-1" and posted["x"] == place
        and all(isinstance(posted[one], str) and len(posted[one]) <= 200 for one in shape - {"x"})
    )
    require(good, ChallengeRefused(
        "challenges.not_a_share", N_("这不是您的份额，没有收下。"), {}, ("shares",)))
    found: Mapping[str, Any] = posted
    return found


def too_few_shares(came: int, needed: int) -> ChallengeRefused:
    return ChallengeRefused(
        "challenges.too_few_shares",
        N_("份额不够：有一份方案只有 {came} 份可用，须 {needed} 份。没有打开任何方案。"),
        {"came": came, "needed": needed}, ("shares",),
        N_("请等其他保管人交来份额，或核对开标会的密钥。"))


def check_parts(two_envelopes: bool, has_price: bool) -> None:
    """Where the price is sealed apart both envelopes come together; elsewhere there is none."""
    require(two_envelopes or not has_price, BidRefused(
        "bids.no_price_apart", N_("本榜单的报价不分开密封，只交一份密封件。"), {}, ("price",)))
    require(has_price or not two_envelopes, BidRefused(
        "bids.price_missing", N_("本榜单的报价要另外密封，请把两份密封件一起交来。"), {},
        ("price",)))


def prices_sealed() -> ChallengeRefused:
    """The refusal while the prices that were sealed apart are not opened."""
    return ChallengeRefused(
        "challenges.prices_sealed", N_("报价还没有开封，不能取评审结果。"), {}, (),
        N_("请保管人交来报价的份额，先开报价。"))


def prices_not_due() -> ChallengeRefused:
    return ChallengeRefused(
        "challenges.prices_not_due", N_("现在不能开报价：评分还没有锁定，或报价已经开过。"), {}, (),
        N_("组长签署评审纪要后，才能开报价。"))


class Unreadable(ValueError):
    """What was inside is no proposal; the bid is void."""


@dataclass(frozen=True, slots=True)
class Inside:
    """What an opened envelope held: the proposal, its files, and what was declared in it."""

    content: dict[str, Any]
    files: Sequence[tuple[str, bytes]]
    other_public: bool
    other_public_note: str


def read_inside(plain: bytes) -> Inside:
    """Read what a bidder sealed: the proposal as the form writes it, and files in base64.

    Raises Unreadable. Texts that are too long are cut at nothing: the whole is refused.
    """
    try:
        told = json.loads(plain)
        content = _content(told)
        files = [_file(row) for row in told.get("files", [])]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable("not a proposal") from error
    if len(files) > FILES_MAX:
        raise Unreadable("too many files")
    declared = told.get("other_public")
    note = str(told.get("other_public_note", ""))[:300]
    return Inside(content, files, bool(declared), note)


def read_technical(plain: bytes) -> Inside:
    """Read the technical part of a bid whose price is sealed apart. Raises Unreadable where it
    cannot be read, or tells a price: nobody is to know it before the scores are locked."""
    inside = read_inside(plain)
    money = [*inside.content["budget"].values(),
             *(row["public_fen"] for row in inside.content["milestones"])]
    if any(money):
        raise Unreadable("the technical part tells a price")
    return inside


def read_price(plain: bytes, content: Mapping[str, Any]) -> dict[str, Any]:
    """The proposal with its price: {budget, milestones: [fen, ...]} as the bidder sealed it, the
    milestones in the order of the technical part. Raises Unreadable."""
    try:
        told = json.loads(plain)
        shares = [_fen(value) for value in told["milestones"]]
        budget = {name: _fen(told["budget"].get(name, 0)) for name in content["budget"]}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable("not a price") from error
    if len(shares) != len(content["milestones"]):
        raise Unreadable("a price of other milestones")
    rows = [{**row, "public_fen": fen}
            for row, fen in zip(content["milestones"], shares, strict=True)]
    return {**content, "budget": budget, "milestones": rows}


def _content(told: Mapping[str, Any]) -> dict[str, Any]:
    content = empty_proposal()
    for name in TEXTS:
        content[name] = _text(told[name])
    for name, (texts, amounts) in ROWS.items():
        content[name] = [
            {**{one: _text(row.get(one, "")) for one in texts},
             **{one: _fen(row.get(one, 0)) for one in amounts}}
            for row in told.get(name, [])[:100]
        ]
    for row in content["milestones"]:
        row["due"] = date.fromisoformat(row["due"]).isoformat()
    content["answers"] = read_answers(told.get("answers", {}))
    content["budget"] = {name: _fen(told.get("budget", {}).get(name, 0))
                         for name in content["budget"]}
    return content


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > TEXT_MAX or "\x00" in value:
        raise Unreadable("a text that is none")
    value.encode()
    return value


def _fen(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= FEN_MOST:
        raise Unreadable("an amount that is none")
    return value


def _file(row: Mapping[str, Any]) -> tuple[str, bytes]:
    content = base64.b64decode(row["content"], validate=True)
    if not content or hashlib.sha256(content).hexdigest() != row["sha256"]:
        raise Unreadable("a file that is not what it says")
    return _text(row["name"])[:200], content
