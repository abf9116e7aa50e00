"""One row of a sheet of offers: read as if it had been typed, with every problem in its column."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from kechuang.base.actor import Actor, Role
from kechuang.base.codes import CodeRefused, check_credit_code
from kechuang.base.refusals import N_, Refused
from kechuang.base.rows import KEY_LONGEST, Placed, key_of, rows_twice
from kechuang.offers.rules.content import (
    Content,
    Kind,
    auto_title,
    figures_in,
    read_typed,
    trimmed,
)
from kechuang.offers.rules.states import OfferRefused

COLUMNS = ("id", "owner", "kind", "title", "summary", "body", "keywords", "chains", "trl",
           "figures", "patent_number", "patent_status", "patent_status_date", "people", "works",
           "modes", "price_low", "price_high")
HEADS = {
    "id": "来源编号",
    "owner": "单位信用代码",
    "kind": "类别",
    "title": "名称",
    "summary": "一句话简介",
    "body": "详细说明",
    "keywords": "关键词",
    "chains": "产业链",
    "trl": "成熟度",
    "figures": "写明的数值",
    "patent_number": "专利号",
    "patent_status": "法律状态",
    "patent_status_date": "法律状态日期",
    "people": "发明人或成员",
    "works": "代表性工作",
    "modes": "合作方式",
    "price_low": "意向价格下限（万元）",
    "price_high": "意向价格上限（万元）",
}
ALIASES = {head: column for column, head in HEADS.items()}
EXAMPLE = ("A-001", "91990100MA00000013", "科技成果", "高导热氮化铝陶瓷流延成型工艺",
           "面向功率模块的陶瓷基板",
           "采用复合助烧剂流延成型，热导率达226 W/(m·K)，抗弯强度为470 MPa。",
           "氮化铝；流延", "新材料", "6", "热导率 226 W/(m·K)；抗弯强度 470 MPa", "", "", "",
           "沈知远；何一鸣", "中试线一条", "许可；联合开发", "100", "300")


@dataclass(frozen=True, slots=True)
class RowRead:
    """A row as it was understood; `owner_code` is empty where the row names none."""

    place: int
    key: str
    owner_code: str
    content: Content


def figures_typed(text: Any) -> list[dict[str, str]]:
    """Figures as a sheet states them in one cell: name, value and unit between blanks.

    >>> figures_typed("热导率 226 W/(m·K)；抗弯强度 470 MPa")[1]
    {'name': '抗弯强度', 'value': '470', 'unit': 'MPa'}
    """
    if isinstance(text, list):
        return [row for row in text if isinstance(row, dict)]
    rows = []
    for part in trimmed(text).replace(";", "；").split("；"):
        words = part.split(maxsplit=2)
        if words:
            name, value, unit = [*words, "", ""][:3]
            rows.append({"name": name, "value": value, "unit": unit})
    return rows


def read_row(
    place: int, row: Mapping[str, Any], today: date, owner_code: str = ""
) -> tuple[RowRead, list[tuple[str, Refused]]]:
    """A row and its problems by column. A row with only a text becomes a result with that text."""
    body = trimmed(row.get("body"))
    title = trimmed(row.get("title"))
    typed = dict(row) | {
        "body": body,
        "title": title or auto_title(body),
        "kind": row.get("kind") or Kind.RESULT.value,
        "figures": figures_typed(row.get("figures")),
    }
    content, refused = read_typed(typed, today)
    if not row.get("figures"):
        content = replace(content, figures=figures_in(body))
    content = replace(content, title_is_auto=not title)
    problems = [(_column(one), one) for one in refused]
    owner = owner_code
    if row.get("owner") is not None:
        try:
            owner = check_credit_code(row["owner"])
        except CodeRefused as wrong:
            problems.append(("owner", wrong))
    return RowRead(place, _key(row, problems), owner, content), problems


def _column(refused: Refused) -> str:
    field = refused.fields[0] if refused.fields else ""
    return "figures" if field.startswith("figures") else field


def _key(row: Mapping[str, Any], problems: list[tuple[str, Refused]]) -> str:
    key = "" if row.get("id") is None else trimmed(row["id"])
    if len(key) > KEY_LONGEST:
        text = N_("来源编号最多 {most} 字")
        problems.append(("id", OfferRefused("offer.key_long", text, {"most": KEY_LONGEST})))
    return key_of(key, trimmed(row.get("title")), trimmed(row.get("body")))


def problems_with_keys(rows: list[RowRead]) -> list[Placed]:
    """Keys that occur twice for one owner."""
    text = N_("与第 {row} 行的来源编号或内容相同")
    way_on = N_("请给每行不同的来源编号，或删去重复的一行。")
    return [
        (place, "id", OfferRefused("offer.key_twice", text, {"row": first}, (), way_on))
        for place, first in rows_twice(rows)
    ]


def problem_with_owner(
    row: RowRead, actor: Actor, region_path: str | None
) -> Refused | None:
    """What is wrong with the owner a row names: unknown, or beyond what the actor may import."""
    if not row.owner_code and not actor.is_role(Role.UNIT_ADMIN):
        return None
    if region_path is None:
        text = N_("没有登记信用代码为 {code} 的单位")
        way_on = N_("请先导入单位。")
        return OfferRefused("offer.owner_unknown", text, {"code": row.owner_code}, (), way_on)
    if actor.is_role(Role.OFFICER) and not actor.covers(region_path):
        text = N_("单位 {code} 不在您的地区")
        return OfferRefused("offer.owner_elsewhere", text, {"code": row.owner_code})
    if actor.is_role(Role.UNIT_ADMIN) and row.owner_code != actor.organisation:
        text = N_("只能导入本单位的成果")
        return OfferRefused("offer.owner_other", text, {"code": row.owner_code})
    return None
