"""Commands of cultivation: the sheets that it takes in."""

from functools import partial

from kechuang.base.refusals import N_
from kechuang.cultivation import actions, rules
from kechuang.cultivation.rules import sheets
from kechuang.doors.sheets import Importer

TITLES = {
    "profile": N_("导入企业概况"), "returns": N_("导入企业年度数据"), "ip": N_("导入知识产权"),
    "conversions": N_("导入成果转化"), "contracts": N_("导入技术合同登记"),
    "certificates": N_("导入证书与认定"), "incidents": N_("导入事故与违法"),
    "lists": N_("导入名录与名单"), "financing": N_("导入股权融资"),
}  # fmt: skip
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
        title=TITLES[table],
        lead=LEAD,
        list_page="evaluations",
        may=rules.may_import,
        check=partial(actions.problems_with_sheet, table=table),
        write=partial(actions.import_sheet, table=table),
    )
    for table in sheets.TABLES
]
