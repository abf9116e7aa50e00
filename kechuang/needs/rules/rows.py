"""One row of a sheet of needs: read as if it had been typed, with every problem in its column."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from kechuang.base.actor import Actor, Role
from kechuang.base.codes import CodeRefused, check_credit_code
from kechuang.base.refusals import N_, Refused
from kechuang.base.rows import KEY_LONGEST, Placed, key_of, rows_twice
from kechuang.base.time import at_shanghai
from kechuang.needs.rules.content import Content, plain, read_typed, targets_from_text, trimmed
from kechuang.needs.rules.states import (
    OFFICE_CHECKS,
    STATE_NAMES,
    NeedRefused,
    State,
)

COLUMNS = ("id", "owner", "title", "body", "chain", "keywords", "targets", "budget", "due",
           "publication", "state", "since")
HEADS = {
    "id": "来源编号",
    "owner": "单位信用代码",
    "title": "需求名称",
    "body": "现在卡在哪里，试过什么",
    "chain": "产业链",
    "keywords": "关键词",
    "targets": "可检验的指标",
    "budget": "愿出经费（万元）",
    "due": "希望完成日期",
    "publication": "公开到什么程度",
    "state": "状态",
    "since": "自",
}
ALIASES = {head: column for column, head in HEADS.items()}
EXAMPLE = ("2026-01", "91990100MA00000013", "功率模块用低温烧结铜膏",
           "现用银膏，占模块材料成本一成半。试过两家国产铜膏，250 ℃ 以下致密不足。", "新材料",
           "烧结；铜膏", "剪切强度 ≥ 60 MPa（冷热循环后）；烧结温度 ≤ 250 ℃", "300", "2028-02-28",
           "公开摘要", "已入库", "")
# What to write in a cell that was found wrong, by column.
WAYS = {
    "title": N_("请写一句话说清要什么，最多 40 字。"),
    "body": N_("请写 20 到 3,000 字。"),
    "chain": N_("请写八条产业链之一，例如 新材料。"),
    "keywords": N_("请用分号隔开，最多 10 个，每个最多 20 字。"),
    "targets": N_("请写成“剪切强度 ≥ 60 MPa（检验方法）”，多项用分号隔开。"),
    "budget": N_("本列单位是万元，请只写数字，例如 300。"),
    "due": N_("请写成 2028-02-28 这样的日期。"),
    "publication": N_("请照模板写一种公开程度，例如 公开摘要。"),
}
# Where an imported need may stand: waiting at an office, or in the register.
LANDING = (State.ACCEPTED, *OFFICE_CHECKS)


@dataclass(frozen=True, slots=True)
class RowRead:
    """A row as it was understood."""

    place: int
    key: str
    owner_code: str
    content: Content
    state: State
    since: datetime


def read_row(
    place: int, row: Mapping[str, Any], today: date, at: datetime
) -> tuple[RowRead, list[tuple[str, Refused]]]:
    """A row and its problems by column."""
    targets = row.get("targets")
    typed = dict(row) | {
        "due": _day_text(row.get("due")),
        "targets": targets if isinstance(targets, list) else targets_from_text(trimmed(targets)),
    }
    content, refused = read_typed(typed, today)
    problems = [(_column(one), _for_a_sheet(one)) for one in refused]
    owner = ""
    try:
        owner = check_credit_code(row.get("owner", ""))
    except CodeRefused as wrong:
        problems.append(("owner", wrong))
    state = _state(row, problems)
    since = _since(row, at, problems)
    return RowRead(place, _key(row, problems), owner, content, state, since), problems


def _for_a_sheet(refused: Refused) -> Refused:
    """What to write in the cell; a page asks whether an unusual amount is right, a sheet cannot."""
    if refused.code == "need.budget_unusual":
        refused.way_on = N_("本列单位是万元，请改数；确实是这么多的，请在平台上填报这一条。")
    refused.way_on = refused.way_on or WAYS.get(_column(refused), "")
    return refused


def _day_text(value: Any) -> str:
    return value.strftime("%Y-%m-%d") if isinstance(value, date) else plain(value)[:10]


def _column(refused: Refused) -> str:
    field = refused.fields[0] if refused.fields else ""
    return "targets" if field.startswith("targets") else field


def _state(row: Mapping[str, Any], problems: list[tuple[str, Refused]]) -> State:
    text = plain(row.get("state"))
    for state in LANDING:
        if not text or text.upper() == state.value or text == STATE_NAMES[state]:
            return state
    said = N_("状态“{text}”不能导入，可写：已入库、县级核实中、市级筛选中、省级筛选中")
    problems.append(("state", NeedRefused("need.state_not_imported", said, {"text": text[:20]})))
    return State.ACCEPTED


def _since(row: Mapping[str, Any], at: datetime, problems: list[tuple[str, Refused]]) -> datetime:
    text = _day_text(row.get("since"))
    if not text:
        return at
    try:
        since = at_shanghai(date.fromisoformat(text))
    except ValueError:
        said = N_("写成年-月-日，例如 2026-08-29")
        problems.append(("since", NeedRefused("need.since_form", said)))
        return at
    if since.date() > at.date():
        said = N_("不晚于今天")
        problems.append(("since", NeedRefused("need.since_ahead", said)))
    return min(since, at)


def _key(row: Mapping[str, Any], problems: list[tuple[str, Refused]]) -> str:
    key = "" if row.get("id") is None else trimmed(row["id"])
    if len(key) > KEY_LONGEST:
        text = N_("来源编号最多 {most} 字")
        problems.append(("id", NeedRefused("need.key_long", text, {"most": KEY_LONGEST})))
    return key_of(key, trimmed(row.get("title")))


def problems_with_keys(rows: list[RowRead]) -> list[Placed]:
    """Keys that occur twice for one unit."""
    text = N_("与第 {row} 行的来源编号或名称相同")
    way_on = N_("请给每行不同的来源编号，或删去重复的一行。")
    return [
        (place, "id", NeedRefused("need.key_twice", text, {"row": first}, (), way_on))
        for place, first in rows_twice(rows)
    ]


def problem_with_owner(row: RowRead, actor: Actor, region_path: str | None) -> Refused | None:
    """What is wrong with the unit a row names: unknown, or outside the officer's region."""
    if not row.owner_code:
        return None
    if region_path is None:
        text = N_("没有登记信用代码为 {code} 的单位")
        way_on = N_("请先导入单位。")
        return NeedRefused("need.owner_unknown", text, {"code": row.owner_code}, (), way_on)
    if actor.is_role(Role.OFFICER) and not actor.covers(region_path):
        text = N_("单位 {code} 不在您的地区")
        return NeedRefused("need.owner_elsewhere", text, {"code": row.owner_code})
    return None
