"""The life of a need as one table: every move of a need is a row here.

Source: design/procedures.md, "Need"
"""

from kechuang.base.states import StateTable, row
from kechuang.needs.rules.states import STATE_NAMES

OFFICES = "COUNTY_CHECK CITY_CHECK PROVINCE_CHECK"
TABLE = StateTable("need", "需求", STATE_NAMES, (
    #    from             event           to                who, guard
    row("-",             "save_draft",    "DRAFT",          "filler or unit administrator"),
    row("DRAFT",         "save_draft",    "same",           "filler or unit administrator"),
    row("DRAFT",         "submit",        "UNIT_CHECK",     "filler or unit administrator",
        "every field says what it must"),
    row("UNIT_CHECK",    "sign",          "COUNTY_CHECK",   "unit administrator",
        "the unit is in a county; after a return the office that returned it comes first"),
    row("UNIT_CHECK",    "sign",          "CITY_CHECK",     "unit administrator",
        "the unit is directly under a city, or the city returned it"),
    row("UNIT_CHECK",    "sign",          "PROVINCE_CHECK", "unit administrator",
        "the unit is directly under the province, or the province returned it"),
    row("UNIT_CHECK",    "return",        "DRAFT",          "unit administrator", "with a reason"),
    row(OFFICES,         "return",        "DRAFT",          "officer of that level",
        "with a reason, fields marked"),
    row("COUNTY_CHECK",  "pass",          "CITY_CHECK",     "officer of the county"),
    row("CITY_CHECK",    "pass_upward",   "PROVINCE_CHECK", "officer of the city",
        "the city asks the province to look"),
    row("CITY_CHECK",    "pass",          "ACCEPTED",       "officer of the city"),
    row("PROVINCE_CHECK", "pass",         "ACCEPTED",       "officer of the province"),
    row(OFFICES,         "merge",         "MERGED",         "officer of that level",
        "into another need that still runs"),
    row("ACCEPTED",      "reconfirm",     "same",           "its unit", "every six months"),
    row("ACCEPTED",      "convert",       "CONVERTED",      "officer over its region",
        "a challenge begins; its snapshot is frozen"),
    row("CONVERTED",     "reopen",        "ACCEPTED",       "clock",
        "its challenge was rejected or cancelled"),
    row("ACCEPTED CONVERTED", "solve",    "SOLVED",         "its unit or an officer"),
    row("ACCEPTED",      "expire",        "EXPIRED",        "clock", "not confirmed in time"),
    row(f"DRAFT UNIT_CHECK {OFFICES} ACCEPTED", "withdraw", "WITHDRAWN",
        "unit administrator, or the filler before the unit signed"),
), "design/procedures.md, Need (需求)")
