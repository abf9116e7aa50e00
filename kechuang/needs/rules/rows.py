"""One row of a sheet of needs: read as if it had been typed, with every problem in its column."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from kechuang.base.actor import Actor, Role
from kechuang.base.codes import CodeRefused, check_credit_code
from kechuang.base.refusals import N_, Refused, RefusedTogether
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
# Where an imported need may stand: waiting at an office, or in the register.
LANDING = (State.ACCEPTED, *OFFICE_CHECKS)
KEY_LONGEST = 60


@dataclass(frozen=True, slots=True)
class RowRead:
    """A row as it was understood."""

    place: int
    key: str
    owner_code: str
    content: Content
    state: State
    since: datetime


class ImportRefused(RefusedTogether):
    """A sheet is not imported: every problem, with its row and column. Nothing was written."""

    def __init__(self, problems: list[tuple[int, str, Refused]]) -> None:
        super().__init__([located(*problem) for problem in problems])
        self.problems = problems


def located(row: int, column: str, refused: Refused) -> Refused:
    """A refusal that says where in the sheet it is, for answers that have no table."""
    said = refused.text.format(**refused.facts)
    facts = refused.facts | {"row": row, "column": column or N_("整行"), "said": said}
    text = N_("第 {row} 行“{column}”：{said}")
    return NeedRefused(refused.code, text, facts, (f"{row}.{column}",), refused.way_on)


def read_row(
    place: int, row: Mapping[str, Any], today: date, at: datetime
) -> tuple[RowRead, list[tuple[str, Refused]]]:
    """A row and its problems by column. The budget is taken as written: a sheet is not asked."""
    budget = row.get("budget")
    targets = row.get("targets")
    typed = dict(row) | {
        "budget": budget,
        "due": _day_text(row.get("due")),
        "targets": targets if isinstance(targets, list) else targets_from_text(trimmed(targets)),
    }
    content, refused = read_typed(typed, today)
    problems = [(_column(one), one) for one in refused]
    owner = ""
    try:
        owner = check_credit_code(row.get("owner", ""))
    except CodeRefused as wrong:
        problems.append(("owner", wrong))
    state = _state(row, problems)
    since = _since(row, at, problems)
    return RowRead(place, _key(row, problems), owner, content, state, since), problems


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
    said = trimmed(row.get("title"))
    return key[:KEY_LONGEST] or "#" + hashlib.sha256(said.encode()).hexdigest()[:24]


def problems_with_keys(rows: list[RowRead]) -> list[tuple[int, str, Refused]]:
    """Keys that occur twice for one unit: which row would win is nobody's guess."""
    seen: dict[tuple[str, str], int] = {}
    problems: list[tuple[int, str, Refused]] = []
    for row in rows:
        first = seen.setdefault((row.owner_code, row.key), row.place)
        if first != row.place:
            text = N_("与第 {row} 行的来源编号或名称相同")
            refused = NeedRefused("need.key_twice", text, {"row": first})
            problems.append((row.place, "id", refused))
    return problems


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
