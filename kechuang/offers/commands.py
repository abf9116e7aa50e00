"""Commands of the offers: a sheet checked and brought in, and its template."""

from kechuang.base.refusals import N_
from kechuang.doors.sheets import Importer
from kechuang.offers import actions, rules
from kechuang.offers.rules.rows import ALIASES, COLUMNS, EXAMPLE, HEADS

importers = [
    Importer(
        kind="offers",
        columns=COLUMNS,
        aliases=ALIASES,
        template=(tuple(HEADS[column] for column in COLUMNS), EXAMPLE),
        title=N_("导入成果表"),
        lead=N_(
            "先查出所有问题，没有问题才写入：要么全部导入，要么一条也不写。"
            "同一单位、同名的表里同一来源编号的成果会更新，不会重复；没有名称的行取正文第一句为自动题名。"
        ),
        list_page="offers",
        may=lambda actor: rules.may_import(actor, actor.organisation),
        check=actions.problems_with_sheet,
        write=actions.import_sheet,
    )
]
