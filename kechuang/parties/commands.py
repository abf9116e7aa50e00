"""Commands of the parties: organisations from a sheet, and the sheet's template."""

from datetime import datetime

from kechuang.base.actor import Actor
from kechuang.base.refusals import N_
from kechuang.base.rows import Imported, ImportRefused
from kechuang.doors.sheets import Importer, Problem, Sheet
from kechuang.parties import actions, rules
from kechuang.parties.actions.imports import ALIASES, COLUMNS


def check(*, sheet: Sheet, by: Actor, at: datetime) -> list[Problem]:
    """Everything that is wrong with a sheet of organisations."""
    _rows, problems = actions.read_organisations(sheet, by, at)
    return problems


def write(*, sheet: Sheet, by: Actor, at: datetime) -> Imported:
    """Enter and update a sheet that was checked; a problem that came since writes nothing."""
    done = actions.import_organisations(sheet=sheet, by=by, at=at)
    if done["problems"]:
        raise ImportRefused([(one.row, one.column, one.refused) for one in done["problems"]])
    return Imported(done["new"], done["updated"])


importers = [
    Importer(
        kind="organisations",
        columns=COLUMNS,
        aliases=ALIASES,
        template=(
            ("统一社会信用代码", "单位名称", "类别", "地区代码", "行业",
             "成立日期", "上级单位代码"),
            ("91990104MA00000019", "示例轴承股份有限公司", "企业", "990104", "轴承制造",
             "2012-05-18", ""),
        ),
        title=N_("导入单位名录"),
        lead=N_(
            "先查出所有问题，没有问题才写入：要么全部导入，要么一条也不写。"
            "以统一社会信用代码为准：已登记的单位会更新，不会重复。"
        ),
        list_page="organisations",
        may=rules.may_register,
        check=check,
        write=write,
    )
]  # fmt: skip
