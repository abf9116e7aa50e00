"""Sheets that people bring: xlsx, csv and jsonl, read with every problem in its place."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from django.http import HttpResponse

from kechuang.base.actor import Actor
from kechuang.base.codes import INVISIBLE
from kechuang.base.refusals import N_, Refused
from kechuang.base.rows import Imported, Placed

LARGEST_BYTES = 50 * 1024 * 1024
MOST_ROWS = 200_000
RISKY = ("=", "+", "-", "@", "\t", "\r")
REPLACED = "\ufffd"  # what a program writes where it could not read a character


class SheetRefused(Refused):
    """A file cannot be read as a sheet at all."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a sheet: the row as the person's program numbers it, and the column."""

    row: int
    column: str
    refused: Refused


@dataclass(slots=True)
class Sheet:
    """Rows by column name; `first_row` is the number of the first data row in the person's file."""

    columns: list[str]
    rows: list[dict[str, Any]]
    first_row: int = 2
    problems: list[Problem] = field(default_factory=list)
    name: str = ""
    heads: dict[str, str] = field(default_factory=dict)

    def number_of(self, index: int) -> int:
        return self.first_row + index

    def head_of(self, column: str) -> str:
        """A column as the person's file heads it; as the template does where the file lacks it."""
        return self.heads.get(column, column)

    def numbered(self) -> list[tuple[int, Mapping[str, Any]]]:
        """The rows with their numbers in the person's file."""
        return [(self.number_of(index), row) for index, row in enumerate(self.rows)]

    def with_problems(self, found: Iterable[Placed]) -> list[Problem]:
        """All that is wrong, by row and column: the reading's own, and what was found in cells
        that it could read.

        A cell that is a formula or unreadable is named once, not once more for what it lacks.
        """
        named = {(problem.row, problem.column) for problem in self.problems}
        placed = [Problem(row, self.head_of(column), refused) for row, column, refused in found]
        fresh = [one for one in placed if (one.row, one.column) not in named]
        places = {self.head_of(column): place for place, column in enumerate(self.columns)}
        return sorted(
            [*self.problems, *fresh], key=lambda one: (one.row, places.get(one.column, -1))
        )


def read_sheet(
    name: str, content: bytes, columns: Sequence[str], aliases: Mapping[str, str] | None = None
) -> Sheet:
    """Read a sheet by the ending of its name.

    `columns` are the names that may occur, `aliases` their other names (Chinese heads). Unknown
    columns, formulas and duplicate heads are problems; a file that is no sheet is refused
    (SheetRefused).
    """
    if len(content) > LARGEST_BYTES:
        raise SheetRefused("sheet.too_large", N_("文件超过 50 MB。"), {}, ("file",),
                           N_("请分成几份导入。"))  # fmt: skip
    readers = {".xlsx": _read_xlsx, ".csv": _read_csv, ".jsonl": _read_jsonl}
    reader = readers.get(Path(name).suffix.lower())
    if reader is None:
        raise SheetRefused("sheet.kind", N_("“{name}”不是可导入的文件。"), {"name": name[:80]},
                           ("file",), N_("请用 .xlsx、.csv 或 .jsonl。"))  # fmt: skip
    sheet = reader(content)
    if len(sheet.rows) > MOST_ROWS:
        raise SheetRefused("sheet.too_many_rows", N_("超过 20 万行。"), {}, ("file",),
                           N_("请分成几份导入。"))  # fmt: skip
    sheet.name = Path(name).stem
    _name_columns(sheet, columns, aliases or {})
    return sheet


def _name_columns(sheet: Sheet, columns: Sequence[str], aliases: Mapping[str, str]) -> None:
    named = {head: aliases.get(head, head) for head in sheet.columns}
    known = set(columns)
    for head, name in named.items():
        if name not in known:
            sheet.problems.append(Problem(sheet.first_row - 1, head, Refused(
                "sheet.unknown_column", N_("不认识的列“{column}”。"), {"column": head[:40]}, (),
                N_("请用模板里的列名。"))))  # fmt: skip
    sheet.heads = {name: head for head, name in reversed(aliases.items())}
    sheet.heads |= {name: head for head, name in named.items()}
    sheet.columns = [named[head] for head in sheet.columns if named[head] in known]
    for index, row in enumerate(sheet.rows):
        _note_unreadable(sheet, index, row)
    sheet.rows = [
        {named[head]: _visible(value) for head, value in row.items() if named.get(head) in known}
        for row in sheet.rows
    ]


def _visible(value: Any) -> Any:
    """A cell without the marks that nobody sees and no search finds."""
    return value.translate(INVISIBLE) if isinstance(value, str) else value


def _note_unreadable(sheet: Sheet, index: int, row: Mapping[str, Any]) -> None:
    for head, value in row.items():
        if isinstance(value, str) and any(
            one == REPLACED or (not one.isprintable() and one < " " and one not in "\t\n\r")
            for one in value
        ):
            sheet.problems.append(Problem(sheet.number_of(index), head, Refused(
                "sheet.unreadable", N_("这一格有认不出的字符，多半是编码不对。"), {}, (),
                N_("请从原文重新粘贴这一格，或另存为 UTF-8 再导入。"))))  # fmt: skip


def _read_xlsx(content: bytes) -> Sheet:
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False)
    except (BadZipFile, KeyError, ValueError, OSError) as error:
        raise SheetRefused("sheet.not_xlsx", N_("文件打不开，不是完整的 .xlsx。"), {}, ("file",),
                           N_("请在表格软件里另存为 .xlsx 再导入。")) from error  # fmt: skip
    lines = book.worksheets[0].iter_rows(values_only=True)
    heads = [str(cell).strip() if cell is not None else "" for cell in next(lines, ())]
    sheet = Sheet([head for head in heads if head], [])
    for line in lines:
        row = {h: v for h, v in zip(heads, line, strict=False) if h and v is not None}
        if row or sheet.rows:
            sheet.rows.append(row)
        _note_formulas(sheet, row)
    while sheet.rows and not sheet.rows[-1]:
        sheet.rows.pop()
    return _checked(sheet)


def _note_formulas(sheet: Sheet, row: Mapping[str, Any]) -> None:
    for head, value in row.items():
        if isinstance(value, str) and value.startswith("="):
            sheet.problems.append(Problem(sheet.number_of(len(sheet.rows) - 1), head, Refused(
                "sheet.formula", N_("这一格是公式，不导入。"), {}, (),
                N_("请把公式粘贴为数值。"))))  # fmt: skip


def _read_csv(content: bytes) -> Sheet:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError as error:
            raise SheetRefused("sheet.encoding", N_("文字编码认不出。"), {}, ("file",),
                               N_("请另存为 UTF-8 编码的 .csv。")) from error  # fmt: skip
    if "\x00" in text:
        raise SheetRefused("sheet.not_text", N_("文件不是文本。"), {}, ("file",),
                           N_("请另存为 UTF-8 编码的 .csv。"))  # fmt: skip
    reader = csv.reader(io.StringIO(text, newline=""))
    heads = [head.strip() for head in next(reader, [])]
    sheet = Sheet([head for head in heads if head], [])
    for line in reader:
        row = {h: v for h, v in zip(heads, line, strict=False) if h and v.strip()}
        sheet.rows.append(row)
        if len(line) > len(heads):
            sheet.problems.append(Problem(sheet.number_of(len(sheet.rows) - 1), "", Refused(
                "sheet.too_many_cells", N_("这一行的格数比表头多。"), {}, (),
                N_("文字里有逗号时请加引号。"))))  # fmt: skip
        _note_formulas(sheet, row)
    while sheet.rows and not sheet.rows[-1]:
        sheet.rows.pop()
    return _checked(sheet)


def _read_jsonl(content: bytes) -> Sheet:
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise SheetRefused("sheet.encoding", N_("文字编码认不出。"), {}, ("file",),
                           N_("请存为 UTF-8。")) from error  # fmt: skip
    sheet = Sheet([], [], first_row=1)
    for line in lines:
        row: dict[str, Any] = {}
        if line.strip():
            try:
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise ValueError
            except (ValueError, RecursionError):
                row = {}
                sheet.problems.append(Problem(len(sheet.rows) + 1, "", Refused(
                    "sheet.not_json", N_("这一行不是 JSON 对象。"))))  # fmt: skip
        sheet.rows.append(row)
        sheet.columns.extend(key for key in row if key not in sheet.columns)
    return sheet


def _checked(sheet: Sheet) -> Sheet:
    seen: set[str] = set()
    for head in sheet.columns:
        if head in seen:
            sheet.problems.append(Problem(1, head, Refused(
                "sheet.duplicate_column", N_("列“{column}”出现两次。"), {"column": head[:40]})))
        seen.add(head)  # fmt: skip
    if not sheet.columns:
        raise SheetRefused("sheet.empty", N_("表里没有列名。"), {}, ("file",),
                           N_("第一行须是列名，可用模板。"))  # fmt: skip
    return sheet


def escaped(value: Any) -> Any:
    """A cell that a spreadsheet program will not run as a formula.

    >>> escaped("=1+1")
    "'=1+1"
    """
    if isinstance(value, str) and value.startswith(RISKY):
        return "'" + value
    return "" if value is None else value


def csv_response(name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """A list as a csv file that opens well in Chinese spreadsheet programs (UTF-8 with mark)."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response.write("\ufeff")
    writer = csv.writer(response)
    writer.writerow(heads)
    for row in rows:
        writer.writerow([escaped(value) for value in row])
    return response


@dataclass(frozen=True, slots=True)
class Importer:
    """How a part takes a kind of sheet: its columns, a template, who may, the check, the writing.

    `check(sheet=, by=, at=)` gives every problem and writes nothing; `write(sheet=, by=, at=)`
    writes all or nothing (base.rows.ImportRefused). `title`, `lead` and `list_page` are for the
    page: marked texts, and the name of the list that the rows will stand in.
    """

    kind: str
    columns: Sequence[str]
    aliases: Mapping[str, str]
    template: Sequence[Sequence[str]]
    title: str
    lead: str
    list_page: str
    may: Callable[[Actor], bool]
    check: Callable[..., list[Problem]]
    write: Callable[..., Imported]

    def read(self, name: str, content: bytes) -> Sheet:
        """The rows of a file; refuses what is no sheet, or has none (SheetRefused)."""
        sheet = read_sheet(name, content, self.columns, self.aliases)
        if not any(sheet.rows):
            raise SheetRefused("sheet.no_rows", N_("表里没有数据行。"), {}, ("file",),
                               N_("请从第二行起，每行写一条。"))  # fmt: skip
        return sheet
