"""Commands of the needs: a sheet checked and brought in, and its template."""

from kechuang.base.refusals import N_
from kechuang.doors.sheets import Importer
from kechuang.needs import actions, rules
from kechuang.needs.rules.rows import ALIASES, COLUMNS, EXAMPLE, HEADS

importers = [
    Importer(
        kind="needs",
        columns=COLUMNS,
        aliases=ALIASES,
        template=(tuple(HEADS[column] for column in COLUMNS), EXAMPLE),
        title=N_("导入需求表"),
        lead=N_(
            "先查出所有问题，没有问题才写入：要么全部导入，要么一条也不写。"
            "同一单位同一来源编号的需求会更新，不会重复。"
        ),
        list_page="needs",
        may=rules.may_import,
        check=actions.problems_with_sheet,
        write=actions.import_sheet,
    )
]
