"""Two spreadsheets as officers bring them: with twelve planted errors each, and mended."""

import io
from typing import Any

from openpyxl import Workbook

from kechuang.base.codes import credit_code_with_check

BODY = "现用银膏，占模块材料成本一成半。试过两家国产铜膏，250 ℃ 以下致密不足，脱层。"
NEED_HEADS = (
    "来源编号", "单位信用代码", "需求名称", "现在卡在哪里，试过什么", "产业链", "关键词",
    "可检验的指标", "愿出经费（万元）", "希望完成日期", "公开到什么程度", "状态",
)  # fmt: skip
UNIT_HEADS = (
    "统一社会信用代码", "单位名称", "类别", "地区代码", "行业", "成立日期", "上级单位代码",
)  # fmt: skip


def xlsx(*rows: tuple[Any, ...]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def need_row(code: str, place: int, **cells: Any) -> tuple[Any, ...]:
    """A need that is right, but for the cells that are given."""
    right = {
        "来源编号": f"2026-{place:02d}", "单位信用代码": code,
        "需求名称": f"功率模块用低温烧结铜膏 {place} 号", "现在卡在哪里，试过什么": BODY,
        "产业链": "新材料", "关键词": "烧结；铜膏",
        "可检验的指标": "剪切强度 ≥ 60 MPa（冷热循环后）",
        "愿出经费（万元）": 300, "希望完成日期": "2038-02-28", "公开到什么程度": "公开摘要",
        "状态": "已入库",
    }  # fmt: skip
    return tuple((right | cells).get(head) for head in NEED_HEADS)


def needs_with_errors(code: str) -> tuple[bytes, list[tuple[int, str, str]]]:
    """A sheet of needs with twelve planted errors, and where each is."""
    wrong = code[:17] + next(one for one in "0123" if one != code[17])
    heads = (*NEED_HEADS, "联系电话")
    content = xlsx(
        heads,
        need_row(code, 2),
        need_row(code, 3, 单位信用代码=wrong),
        need_row(code, 4, 单位信用代码=9.19901e17),
        need_row(code, 5, 需求名称='=CONCATENATE("铜","膏")'),
        need_row(code, 6, 需求名称=None),
        need_row(code, 7, 产业链="养殖"),
        need_row(code, 8, 希望完成日期="明年底"),
        need_row(code, 9, **{"愿出经费（万元）": "300万元"}),
        need_row(code, 10, **{"愿出经费（万元）": -300}),
        need_row(code, 11, 来源编号="2026-02"),
        need_row(code, 12, 需求名称="长" * 41),
        need_row(code, 13, 关键词="烧结；铜\ufffd\ufffd"),
    )
    return content, [
        (1, "联系电话", "sheet.unknown_column"),
        (3, "单位信用代码", "code.check"),
        (4, "单位信用代码", "code.numeric_cell"),
        (5, "需求名称", "sheet.formula"),
        (6, "需求名称", "need.title_missing"),
        (7, "产业链", "need.chain_unknown"),
        (8, "希望完成日期", "need.due_form"),
        (9, "愿出经费（万元）", "need.budget_form"),
        (10, "愿出经费（万元）", "need.budget_not_positive"),
        (11, "来源编号", "need.key_twice"),
        (12, "需求名称", "need.title_long"),
        (13, "关键词", "sheet.unreadable"),
    ]


def needs_mended(code: str, budget: int = 300) -> bytes:
    """The same sheet after its owner has mended it; a mark that nobody sees may stay."""
    rows = [need_row(code, place, **{"愿出经费（万元）": budget}) for place in range(3, 14)]
    first = need_row(code, 2, 需求名称="功率模块用\u200b低温烧结铜膏 2 号")
    return xlsx(NEED_HEADS, first, *rows)


def unit_code(place: int) -> str:
    return credit_code_with_check(f"91990104MA{9000 + place:07d}")


def unit_row(place: int, **cells: Any) -> tuple[Any, ...]:
    right = {
        "统一社会信用代码": unit_code(place), "单位名称": f"示例铸造{place}号有限公司",
        "类别": "企业", "地区代码": "990104", "行业": "铸造", "成立日期": "2012-05-18",
    }  # fmt: skip
    return tuple((right | cells).get(head) for head in UNIT_HEADS)


def units_with_errors() -> tuple[bytes, list[tuple[int, str, str]]]:
    """A sheet of organisations with twelve planted errors, and where each is."""
    code = "统一社会信用代码"
    content = xlsx(
        (*UNIT_HEADS, "法人"),
        unit_row(2),
        unit_row(3, **{code: unit_code(3)[:17] + "I"}),
        unit_row(4, **{code: unit_code(4)[:15]}),
        unit_row(5, **{code: 919901040000000005}),
        unit_row(6, 单位名称="=A2"),
        unit_row(7, 单位名称=None),
        unit_row(8, 类别="星球"),
        unit_row(9, 地区代码="110105"),
        unit_row(10, 成立日期="二〇一二年"),
        unit_row(11, **{code: unit_code(2)}),
        unit_row(12, 单位名称="长" * 121),
        unit_row(13, 单位名称="示例\ufffd造有限公司"),
    )
    return content, [
        (1, "法人", "sheet.unknown_column"),
        (3, code, "code.character"),
        (4, code, "code.length"),
        (5, code, "code.numeric_cell"),
        (6, "单位名称", "sheet.formula"),
        (7, "单位名称", "parties.name"),
        (8, "类别", "parties.kind"),
        (9, "地区代码", "parties.region"),
        (10, "成立日期", "parties.day"),
        (11, code, "parties.code_twice"),
        (12, "单位名称", "parties.name"),
        (13, "单位名称", "sheet.unreadable"),
    ]


def units_mended(industry: str = "铸造") -> bytes:
    return xlsx(UNIT_HEADS, *(unit_row(place, 行业=industry) for place in range(2, 14)))
