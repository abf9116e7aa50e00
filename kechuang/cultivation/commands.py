"""Commands of cultivation: the sheets that it takes in."""

from functools import partial

from kechuang.base.refusals import N_
from kechuang.cultivation import actions, rules
from kechuang.cultivation.rules import sheets
from kechuang.doors.sheets import Importer

LEAD = N_(
    "先查出所有问题，没有问题才写入：要么全部导入，要么一条也不写。"
    "金额的列名要写明（万元）或（元），单位对不上的会按行按列指出。"
    "再导入同一条就是更正，原来的数留作历史。"
)
importers = [
    Importer(
        kind=sheets.KINDS[table],
        columns=sheets.sheet_columns(table),
        aliases=sheets.aliases_of(table),
        template=sheets.template_of(table),
        title=sheets.TITLES[table],
        lead=LEAD,
        list_page="evaluations",
        may=rules.may_import,
        check=partial(actions.problems_with_sheet, table=table),
        write=partial(actions.import_sheet, table=table),
    )
    for table in sheets.TABLES
]
