"""Commands of the parties: organisations from a sheet, and the sheet's template."""

from kechuang.doors.sheets import Importer
from kechuang.parties import actions
from kechuang.parties.actions.imports import ALIASES, COLUMNS

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
        read=actions.read_organisations,
        write=actions.import_organisations,
    )
]  # fmt: skip
