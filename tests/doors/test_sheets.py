"""Sheets: what cannot be read is refused, what is wrong is named by row and column."""

import io

import pytest
from openpyxl import Workbook

from kechuang.doors.sheets import SheetRefused, read_sheet

COLUMNS = ("code", "name")


def _xlsx(*rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.pdf", b"%PDF", "sheet.kind"),
        ("a.xlsx", b"not a zip", "sheet.not_xlsx"),
        ("a.csv", b"\xff\xfe\xff\xff\x81", "sheet.encoding"),
        ("a.csv", b"code,name\n1,\x002", "sheet.not_text"),
        ("a.csv", b"", "sheet.empty"),
        ("a.jsonl", "{}".encode("utf-16"), "sheet.encoding"),
    ],
)
def test_what_is_no_sheet_is_refused(name, content, code):
    with pytest.raises(SheetRefused) as caught:
        read_sheet(name, content, COLUMNS)
    assert caught.value.code == code


def test_xlsx_keeps_numeric_cells_as_numbers_and_names_formulas():
    content = _xlsx(["代码", "name"], [912101, "=1+1"])
    sheet = read_sheet("a.xlsx", content, COLUMNS, {"代码": "code"})
    assert sheet.rows == [{"code": 912101, "name": "=1+1"}]
    assert [(p.row, p.column, p.refused.code) for p in sheet.problems] == [
        (2, "name", "sheet.formula")
    ]


def test_csv_of_a_chinese_spreadsheet_program_is_read():
    sheet = read_sheet("a.csv", "code,name\n1,示例\n\n".encode("gb18030"), COLUMNS)
    assert sheet.rows == [{"code": "1", "name": "示例"}]


def test_unknown_duplicate_and_surplus_columns_are_named():
    sheet = read_sheet("a.csv", b"code,code,colour\n1,2,3,4\n", COLUMNS)
    assert sorted(p.refused.code for p in sheet.problems) == [
        "sheet.duplicate_column", "sheet.too_many_cells", "sheet.unknown_column",
    ]  # fmt: skip


def test_jsonl_lines_that_are_no_objects_are_named():
    sheet = read_sheet("a.jsonl", b'{"code": "1"}\n[1]\n{', COLUMNS)
    assert [(p.row, p.refused.code) for p in sheet.problems] == [
        (2, "sheet.not_json"), (3, "sheet.not_json"),
    ]  # fmt: skip
