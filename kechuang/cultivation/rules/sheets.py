"""Sheets of what is known of enterprises: their heads with units, and each row as it was read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from kechuang.base.codes import CodeRefused, check_credit_code
from kechuang.base.refusals import N_, Refused
from kechuang.cultivation.rules.figures import MONEY, UNIT_WORDS, Written, read_money, read_people
from kechuang.cultivation.rules.rights import CultivationRefused
from kechuang.engines.eligibility import Reader, RowRefused, units
from kechuang.engines.eligibility.schema import ColumnSpec, schema

CODE, KEY, YEAR, OVER = "code", "key", "year", "over"
ORIGIN = {"source_title": "来源", "department": "数据主管部门", "day": "数据日期"}
TABLES = ("profile", "returns", *schema().lists)
KINDS = {name: "enterprise-" + name for name in TABLES}
TITLES = {
    "profile": N_("导入企业概况"), "returns": N_("导入企业年度数据"), "ip": N_("导入知识产权"),
    "conversions": N_("导入成果转化"), "contracts": N_("导入技术合同登记"),
    "certificates": N_("导入证书与认定"), "incidents": N_("导入事故与违法"),
    "lists": N_("导入名录与名单"), "financing": N_("导入股权融资"),
}  # fmt: skip
NO_UNIT = "none"
# Other words that people head a column with.
OTHER_HEADS = {
    "revenue_fen": ("销售收入", "营业收入"), "staff_rd": ("科技人员", "研发人员"),
    "costs_fen": ("成本费用",), "assets_fen": ("资产总额合计",), "kind": ("类型",),
}  # fmt: skip
KEY_HEADS = {
    "ip": "登记号", "conversions": "转化编号", "contracts": "合同登记编号",
    "certificates": "证书编号", "incidents": "文书编号", "lists": "决定文号",
    "financing": "轮次编号",
}  # fmt: skip
SHOWN_UNIT = {units.FEN: (("wan", "万元"), ("yuan", "元")), units.CENTS: (("usd", "美元"),)}
EXAMPLES = {
    "registered_date": "2020-03-01", "resident": "是", "industry": "C3562", "region": "990104",
    "staff": "120", "staff_rd": "36", "staff_college": "30", "class": "II", "kind": "实用新型",
    "count": "3", "own": "是", "granted_date": "2024-05-01", "signed_date": "2025-06-30",
    "since": "2024-01-01", "until": "2027-01-01", "date": "2025-06-30",
}  # fmt: skip
EXAMPLE_KINDS = {"certificates": "高新技术企业", "incidents": "安全", "lists": "经营异常"}
EXAMPLE_WAN = {
    "revenue_fen": "5000", "revenue_hitech_fen": "3800", "income_total_fen": "5100",
    "rd_fen": "320", "rd_domestic_fen": "300", "costs_fen": "4400", "assets_fen": "6200",
    "net_assets_fen": "3500", "debts_fen": "2700", "main_revenue_fen": "4200",
    "amount_fen": "300", "technical_fen": "260",
}  # fmt: skip


@dataclass
class RowRead:
    """A row as it was understood; `written` are the figures with the unit of their head."""

    place: int
    table: str
    owner_code: str
    key: str
    values: dict[str, Any] = field(default_factory=dict)
    written: dict[str, Written] = field(default_factory=dict)
    is_over: bool = False
    origin: tuple[str, str, str] = ("", "", "")


def columns_of(table: str) -> Mapping[str, ColumnSpec]:
    if table == "profile":
        return schema().enterprise
    return schema().returns if table == "returns" else schema().lists[table]


def has_key(table: str) -> bool:
    return table in schema().lists


def heads_of(table: str) -> dict[str, str]:
    """The head of each column in the template; money in 万元."""
    heads = {CODE: "单位信用代码"}
    if table == "returns":
        heads[YEAR] = "年度"
    if has_key(table):
        heads[KEY] = KEY_HEADS[table]
    for name, spec in columns_of(table).items():
        shown = SHOWN_UNIT.get(spec.unit)
        heads[f"{name}.{shown[0][0]}" if shown else name] = (
            f"{spec.zh}（{shown[0][1]}）" if shown else spec.zh
        )
    if has_key(table):
        heads[OVER] = "作废"
    return heads | ORIGIN


def aliases_of(table: str) -> dict[str, str]:
    """Every head that is understood, and the column it means."""
    found = {head: column for column, head in heads_of(table).items()}
    for name, spec in columns_of(table).items():
        for word in (spec.zh, *OTHER_HEADS.get(name, ())):
            found |= _spelt(name, word, spec)
    return found


def _spelt(name: str, word: str, spec: ColumnSpec) -> dict[str, str]:
    shown = SHOWN_UNIT.get(spec.unit)
    if not shown:
        return {word: name}
    found = {word: f"{name}.{NO_UNIT}"}
    for unit, said in shown:
        found |= {f"{word}（{said}）": f"{name}.{unit}", f"{word}({said})": f"{name}.{unit}"}
    return found


def sheet_columns(table: str) -> tuple[str, ...]:
    """Every column that may occur: a figure of money in any of its units, and in fen."""
    found = list(heads_of(table))
    for name, spec in columns_of(table).items():
        for unit, _said in SHOWN_UNIT.get(spec.unit, ()):
            found.append(f"{name}.{unit}")
        if spec.unit in SHOWN_UNIT:
            found += [name, f"{name}.{NO_UNIT}"]
    return tuple(dict.fromkeys(found))


def template_of(table: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The heads and one row of example."""
    heads = heads_of(table)
    example = {
        CODE: "91990100MA0000001G", YEAR: "2025", KEY: "A-2025-001", OVER: "",
        "source_title": "企业年度统计", "department": "科技局", "day": "2026-03-31",
    }  # fmt: skip
    row = []
    for column in heads:
        name = column.partition(".")[0]
        said = example.get(column, EXAMPLES.get(name, EXAMPLE_WAN.get(name, "")))
        if name == "kind":
            said = EXAMPLE_KINDS.get(table, said)
        row.append(said)
    return tuple(heads.values()), tuple(row)


# --- one row ----------------------------------------------------------------------------------


def read_row(
    table: str, place: int, cells: Mapping[str, Any], today: date
) -> tuple[RowRead, list[tuple[str, Refused]]]:
    """A row and its problems by column."""
    problems: list[tuple[str, Refused]] = []
    owner = ""
    try:
        owner = check_credit_code(cells.get(CODE, ""))
    except CodeRefused as wrong:
        problems.append((CODE, wrong))
    row = RowRead(place, table, owner, _key(table, cells, today, problems))
    row.is_over = _plain(cells.get(OVER)) in ("是", "作废", "true", "1", "True")
    row.origin = (
        _plain(cells.get("source_title")), _plain(cells.get("department")),
        _day(cells.get("day"), today, problems),
    )  # fmt: skip
    reader = Reader()
    for column, value in cells.items():
        name, _, unit = column.partition(".")
        spec = columns_of(table).get(name)
        if spec is not None and value not in (None, ""):
            _read_cell(row, reader, (spec, column, unit), value, problems)
    if not row.values and not problems and not has_key(table):
        problems.append((CODE, CultivationRefused(
            "facts.empty_row", N_("这一行没有数据。"), {}, (),
            N_("请填写，或删去这一行。"))))
    return row, problems


def _read_cell(
    row: RowRead, reader: Reader, head: tuple[ColumnSpec, str, str], value: Any,
    problems: list[tuple[str, Refused]],
) -> None:  # fmt: skip
    spec, column, unit = head
    if spec.name in row.values:
        problems.append((column, CultivationRefused(
            "facts.twice", N_("“{figure}”有两列。"), {"figure": spec.zh}, (),
            N_("请只留一列，写明单位。"))))  # fmt: skip
        return
    try:
        row.values[spec.name] = _cell(reader, spec, column, unit, value)
    except RowRefused as wrong:
        problems.append((column, CultivationRefused(
            "facts.cell", N_("{what}"), {"what": wrong.facts["what"]}, (), wrong.way_on)))
        return
    except Refused as wrong:
        problems.append((column, wrong))
        return
    if row.table == "returns":
        row.written[spec.name] = Written(row.values[spec.name], unit)


def _cell(reader: Reader, spec: ColumnSpec, column: str, unit: str, value: Any) -> Any:
    if unit == NO_UNIT:
        raise CultivationRefused(
            "facts.no_unit", N_("列名“{figure}”没有写单位。"), {"figure": spec.zh}, (),
            N_("请在列名里写明（万元）或（元）。"),
        )  # fmt: skip
    if unit in UNIT_WORDS:
        return read_money(value, unit, spec.name)
    if unit == "usd":
        return read_money(value, "yuan", spec.name)
    if spec.unit == units.PEOPLE:
        return read_people(value, spec.name)
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return reader.cell(spec, value, column)


def _key(
    table: str, cells: Mapping[str, Any], today: date, problems: list[tuple[str, Refused]]
) -> str:
    if table == "returns":
        said = _plain(cells.get(YEAR)).removesuffix(".0").removesuffix("年")
        if not said.isdigit() or not 1949 <= int(said) <= today.year:
            problems.append((YEAR, CultivationRefused(
                "facts.year", N_("“{value}”不是可填的年度。"), {"value": said[:20]}, (),
                N_("请写四位年份，例如 2025；不能晚于今年。"))))  # fmt: skip
            return ""
        return said
    if not has_key(table):
        return ""
    said = _plain(cells.get(KEY))[:60]
    if not said and any(cells.get(name.partition(".")[0]) or cells.get(name)
                        for name in sheet_columns(table)
                        if name.partition(".")[0] in columns_of(table)):  # fmt: skip
        problems.append((KEY, CultivationRefused(
            "facts.no_key", N_("没有编号，再导入时会重复。"), {}, (),
            N_("请填写编号；这家企业确实一项也没有的，整行只写信用代码。"))))  # fmt: skip
    return said


def _day(value: Any, today: date, problems: list[tuple[str, Refused]]) -> str:
    if isinstance(value, datetime | date):
        value = value.strftime("%Y-%m-%d")
    said = _plain(value)
    if not said:
        return ""
    try:
        if date.fromisoformat(said) <= today:
            return said
    except ValueError:
        pass
    problems.append(("day", CultivationRefused(
        "facts.day", N_("“{value}”不是今天以前的日期。"), {"value": said[:20]}, (),
        N_("请写成 2026-03-31。"))))  # fmt: skip
    return ""


def _plain(value: Any) -> str:
    return "" if value is None else str(value).strip()


__all__ = [
    "KINDS", "MONEY", "TABLES", "RowRead", "aliases_of", "columns_of", "has_key", "heads_of",
    "read_row", "sheet_columns", "template_of",
]  # fmt: skip
