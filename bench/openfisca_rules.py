"""Four rule sets as a modeller of OpenFisca would write them: vectorised, with dated parameters.

OpenFisca has no rows of lists for more than one kind, so what lists say is summed up in numpy while
the file is read, as its modellers do; numbers are its float32, a missing datum is its default, 0.
"""

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from openfisca_core import periods
from openfisca_core.entities import build_entity
from openfisca_core.model_api import DAY, YEAR, Variable, max_, min_, select, where
from openfisca_core.parameters import ParameterNode
from openfisca_core.simulation_builder import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem

DECISIONS = {
    "sme-2017-115": "technology_sme", "hnte-2016-32": "hnte",
    "sy-contract-reward": "contract_reward", "rd-super-deduction": "super_deduction",
}  # fmt: skip
YEARLY = (
    "staff", "staff_rd", "revenue_fen", "revenue_hitech_fen", "income_total_fen", "rd_fen",
    "rd_domestic_fen", "costs_fen", "assets_fen", "net_assets_fen",
)  # fmt: skip
JUDGED = (
    "key_field", "ip_advanced", "ip_core", "ip_quantity", "ip_source", "ip_standard", "conversion",
    "org_system", "org_institution", "org_incentive", "org_people", "net_assets_growth",
    "revenue_growth",
)  # fmt: skip
OF_LISTS = {
    "has_class_one": bool, "has_ip": bool, "class_two": float, "converted": float,
    "turnover": float, "prohibited": bool, "listed_badly": bool, "incident_of_two_years": bool,
    "incident_of_a_year": bool, "direct": bool, "tech_sme": bool, "chips_and_machines": bool,
    "in_region": bool, "excluded_industry": bool, "manufacturing": bool, "resident": bool,
}  # fmt: skip
OF_ROWS = {
    "ip": ("class", "count", "granted_date"), "lists": ("kind", "since", "until"),
    "incidents": ("kind", "date"), "certificates": ("kind", "since", "until"),
    "conversions": ("year", "count"), "contracts": ("signed_date", "amount_fen"),
}  # fmt: skip
RATES = {
    "any": {"2008-01-01": 0.5, "2018-01-01": 0.75, "2022-10-01": 1.0},
    "manufacturing": {"2008-01-01": 0.0, "2021-01-01": 1.0},
    "technology_sme": {"2008-01-01": 0.0, "2017-01-01": 0.75, "2020-01-01": 0.0, "2022-01-01": 1.0},
    "chips_and_machines": {"2008-01-01": 0.0, "2023-01-01": 1.2, "2028-01-01": 0.0},
}

person = build_entity("enterprise", "enterprises", "An enterprise", is_person=True)
group = build_entity(
    "city", "cities", "A city", roles=[{"key": "member", "plural": "members", "label": "in it"}]
)


def _input(name: str, kind: type, period: Any) -> type[Variable]:
    return type(name, (Variable,), {
        "value_type": kind, "entity": person, "definition_period": period, "label": name,
    })  # fmt: skip


def _formula(name: str, kind: type, formula: Any) -> type[Variable]:
    return type(name, (Variable,), {
        "value_type": kind, "entity": person, "definition_period": DAY, "label": name,
        "formula": formula,
    })  # fmt: skip


def _year(period: Any, back: int) -> Any:
    return periods.period(str(period.start.year - back))


def _ratio(top: Any, bottom: Any) -> Any:
    return where(bottom > 0, top / where(bottom > 0, bottom, 1), -1)


def _three(one: Any, name: str, period: Any) -> Any:
    return sum(one(name, _year(period, back)) for back in (1, 2, 3))


def _bands(figure: Any, limits: Any, gives: Any) -> Any:
    return select([figure >= limit for limit in limits], gives, 0)


# --- technology-based SMEs ----------------------------------------------------------------------


def staff_points(one: Any, period: Any) -> Any:
    last = _year(period, 1)
    share = _ratio(one("staff_rd", last), one("staff", last))
    return _bands(share, [0.3, 0.25, 0.2, 0.15, 0.1], [20, 16, 12, 8, 4])


def rd_points(one: Any, period: Any) -> Any:
    last = _year(period, 1)
    rd = one("rd_fen", last)
    by_revenue = _bands(
        _ratio(rd, one("revenue_fen", last)), [0.06, 0.05, 0.04, 0.03, 0.02], [50, 40, 30, 20, 10]
    )
    by_costs = _bands(
        _ratio(rd, one("costs_fen", last)), [0.3, 0.25, 0.2, 0.15, 0.1], [50, 40, 30, 20, 10]
    )
    return max_(by_revenue, by_costs)


def ip_points(one: Any, period: Any) -> Any:
    by_count = _bands(one("class_two", period), [4, 3, 2, 1], [24, 18, 12, 6])
    return where(one("has_class_one", period), 30, by_count)


def technology_sme(one: Any, period: Any) -> Any:
    last = _year(period, 1)
    staff = one("staff_points", period)
    points = staff + one("rd_points", period) + one("ip_points", period)
    return (
        one("resident", period)
        & (one("staff", last) <= 500)
        & (one("revenue_fen", last) <= 2e10)
        & (one("assets_fen", last) <= 2e10)
        & ~one("prohibited", period)
        & ~one("incident_of_two_years", period)
        & ~one("listed_badly", period)
        & (((points >= 60) & (staff > 0)) | one("direct", period))
    )


# --- high- and new-technology enterprises ---------------------------------------------------------


def _growth(one: Any, name: str, period: Any) -> Any:
    third, second, first = (one(name, _year(period, back)) for back in (1, 2, 3))
    later = third / where(second == 0, 1, second)
    mean = (second / where(first == 0, 1, first) + later) / 2
    growth = where(first == 0, later, mean) - 1
    low = _bands(growth, [0.35, 0.25, 0.15, 0.05], [9, 7, 5, 3])
    low = where((growth > 0) & (low == 0), 1, low)
    given = one(f"judged_{'net_assets' if name.startswith('net') else 'revenue'}_growth", period)
    return where(second == 0, 0, max_(low, given))


def growth_points(one: Any, period: Any) -> Any:
    return _growth(one, "net_assets_fen", period) + _growth(one, "revenue_fen", period)


def rights_points(one: Any, period: Any) -> Any:
    class_one, has = one("has_class_one", period), one("has_ip", period)
    by_count = _bands(one("class_two", period), [5, 3, 1], [5, 3, 1])
    quantity = max_(where(class_one, 7, by_count), one("judged_ip_quantity", period))
    source = max_(where(has, 1, 0), one("judged_ip_source", period))
    judged = one("judged_ip_advanced", period) + one("judged_ip_core", period)
    return min_(where(has, judged, 0) + quantity + source + one("judged_ip_standard", period), 30)


def conversion_points(one: Any, period: Any) -> Any:
    low = _bands(one("converted", period) / 3, [5, 4, 3, 2, 1], [25, 19, 13, 7, 1])
    return max_(low, one("judged_conversion", period))


def hnte_points(one: Any, period: Any) -> Any:
    organisation = sum(one(f"judged_org_{name}", period)
                       for name in ("system", "institution", "incentive", "people"))  # fmt: skip
    return (
        one("rights_points", period) + one("conversion_points", period) + organisation
        + one("growth_points", period)
    )  # fmt: skip


def hnte(one: Any, period: Any) -> Any:
    last = _year(period, 1)
    revenue, rd = one("revenue_fen", last), _three(one, "rd_fen", period)
    floor = select([revenue <= 5e9, revenue <= 2e10], [0.05, 0.04], 0.03)
    day = np.datetime64(str(period.start))
    age = (day - one("registered_date", period)).astype(int)
    return (
        (age >= 365)
        & one("resident", period)
        & one("has_ip", period)
        & (one("judged_key_field", period) > 0)
        & (_ratio(one("staff_rd", last), one("staff", last)) >= 0.1)
        & (_ratio(rd, _three(one, "revenue_fen", period)) >= floor)
        & (_ratio(_three(one, "rd_domestic_fen", period), rd) >= 0.6)
        & (_ratio(one("revenue_hitech_fen", last), one("income_total_fen", last)) >= 0.6)
        & (one("hnte_points", period) > 70)
        & ~one("incident_of_a_year", period)
    )


# --- money --------------------------------------------------------------------------------------


def contract_reward(one: Any, period: Any) -> Any:
    return one("in_region", period) & (one("turnover", period) > 5e9)


def contract_reward_fen(one: Any, period: Any) -> Any:
    reward = min_(2e7, one("turnover", period) * 0.004)
    return where(one("contract_reward", period), reward, 0)


def _expense(one: Any, period: Any) -> Any:
    now = one("rd_fen", _year(period, 0))
    return where(now == 0, one("rd_fen", _year(period, 1)), now)


def super_deduction(one: Any, period: Any) -> Any:
    allowed = one("resident", period) & ~one("excluded_industry", period)
    return allowed & (_expense(one, period) > 0)


def super_deduction_fen(one: Any, period: Any, parameters: Any) -> Any:
    rates = parameters(period).rates
    rate = max_(
        max_(rates.any, rates.manufacturing * one("manufacturing", period)),
        max_(rates.technology_sme * one("tech_sme", period),
             rates.chips_and_machines * one("chips_and_machines", period)),
    )  # fmt: skip
    return where(one("super_deduction", period), rate * _expense(one, period), 0)


def system() -> TaxBenefitSystem:
    """The tax and benefit system of these four."""
    made = TaxBenefitSystem([person, group])
    for name in YEARLY:
        made.add_variable(_input(name, float, YEAR))
    for name in JUDGED:
        made.add_variable(_input(f"judged_{name}", float, DAY))
    for name, kind in OF_LISTS.items():
        made.add_variable(_input(name, kind, DAY))
    made.add_variable(_input("registered_date", date, DAY))
    points = (staff_points, rd_points, ip_points, growth_points, rights_points, conversion_points,
              hnte_points, contract_reward_fen, super_deduction_fen)  # fmt: skip
    for act in points:
        made.add_variable(_formula(act.__name__, float, act))
    for act in (technology_sme, hnte, contract_reward, super_deduction):
        made.add_variable(_formula(act.__name__, bool, act))
    rates = {name: {"values": {since: {"value": value} for since, value in values.items()}}
             for name, values in RATES.items()}  # fmt: skip
    made.parameters = ParameterNode("", data={"rates": rates})
    return made


# --- reading ------------------------------------------------------------------------------------


class _Rows:
    """The rows of a list column, as flat arrays."""

    def __init__(self, table: Any, name: str) -> None:
        array = table.column(name).combine_chunks()
        self.count = len(array)
        offsets = np.asarray(array.offsets)
        self.owner = np.repeat(np.arange(self.count), np.diff(offsets))
        self.fields = dict(
            zip([one.name for one in array.type.value_type], array.flatten().flatten(), strict=True)
        )

    def text(self, name: str, *words: str) -> Any:
        return pc.fill_null(pc.is_in(self.fields[name], pa.array(words)), False).to_numpy(
            zero_copy_only=False
        )

    def day(self, name: str, none: date = date(9999, 1, 1)) -> Any:
        return pc.fill_null(self.fields[name], none).to_numpy(zero_copy_only=False)

    def number(self, name: str) -> Any:
        return pc.fill_null(self.fields[name], 0).to_numpy(zero_copy_only=False)

    def any(self, which: Any) -> Any:
        found = np.zeros(self.count, bool)
        found[self.owner[which]] = True
        return found

    def sum(self, which: Any, amount: Any) -> Any:
        return np.bincount(self.owner[which], amount[which], self.count)


def _of_lists(table: Any, day: date) -> dict[str, Any]:
    now = np.datetime64(day)
    ip, lists, incidents, certificates, conversions, contracts = (
        _Rows(table, name)
        for name in ("ip", "lists", "incidents", "certificates", "conversions", "contracts")
    )
    granted = (ip.day("granted_date") <= now) & (ip.number("count") >= 1)
    one = ip.text("class", "I")
    listed = (lists.day("since") <= now) & (lists.day("until") > now)
    happened = incidents.day("date")
    last_year = np.datetime64(f"{day.year - 1}-01-01")
    serious = incidents.text("kind", "safety", "quality", "environment")
    since = certificates.day("since") <= now
    valid = since & (certificates.day("until", date(1900, 1, 1)) > now)
    running = since & (certificates.day("until") > now)
    late = certificates.day("since", date(1900, 1, 1)) > np.datetime64(
        day.replace(year=day.year - 5)
    )
    year = conversions.number("year")
    signed = contracts.day("signed_date")
    of_last_year = (signed >= last_year) & (signed < np.datetime64(f"{day.year}-01-01"))
    return {
        "has_class_one": ip.any(granted & one), "has_ip": ip.any(granted),
        
        "class_two": ip.sum((ip.day("granted_date") <= now) & ip.text("class", "II"),
                            ip.number("count")),
        "converted": conversions.sum((year >= day.year - 3) & (year <= day.year - 1),
                                     conversions.number("count")),
        "turnover": contracts.sum(of_last_year, contracts.number("amount_fen")),
        "prohibited": lists.any(listed & lists.text("kind", "prohibited")),
        "listed_badly": lists.any(listed & lists.text("kind", "abnormal", "dishonest")),
        "incident_of_two_years": incidents.any(
            (serious | incidents.text("kind", "integrity")) & (happened >= last_year)
            & (happened <= now)),
        "incident_of_a_year": incidents.any(
            serious & (happened >= now - np.timedelta64(365, "D")) & (happened <= now)),
        "direct": certificates.any(
            (valid & certificates.text("kind", "hnte"))
            | (late & since & certificates.text("kind", "national_award", "standard"))
            | (running & certificates.text("kind", "rd_institution"))),
        "tech_sme": certificates.any(valid & certificates.text("kind", "tech_sme")),
        "chips_and_machines": certificates.any(
            valid & certificates.text("kind", "ic_enterprise", "machine_tool")),
    }  # fmt: skip


def _begins(table: Any, name: str, *heads: str) -> Any:
    array = table.column(name).combine_chunks().dictionary_encode()
    words = np.array(
        [str(word).startswith(heads) for word in array.dictionary.to_pylist()] + [False]
    )
    return words[np.asarray(array.indices.fill_null(len(words) - 1))]


def columns_wanted(day: date) -> list[str]:
    """The columns of the file that are read."""
    yearly = [f"returns.{day.year - back}.{name}" for back in (1, 2, 3) for name in YEARLY]
    return [
        "registered_date", "resident", "region", "industry", f"returns.{day.year}.rd_fen", *yearly,
        *(f"judged.{name}" for name in JUDGED), "ip", "lists", "incidents", "certificates",
        "conversions", "contracts",
    ]  # fmt: skip


def _is_wanted(path: str, wanted: set[str]) -> bool:
    name, _, last = path.partition(".list.element.")
    return name in wanted and (not last or last in OF_ROWS[name])


def decided(made: TaxBenefitSystem, path: Any, day: date) -> dict[str, Any]:
    """Read a file and answer for everybody: decisions, and the two amounts."""
    file = pq.ParquetFile(path)
    wanted = set(columns_wanted(day))
    leaves = [file.schema.column(at).path for at in range(len(file.schema))]
    table = file.read(columns=[one for one in leaves if _is_wanted(one, wanted)])
    simulation = SimulationBuilder().build_default_simulation(made, count=table.num_rows)
    today = str(day)

    def give(name: str, column: str, period: str, none: Any = 0) -> None:
        if column in table.column_names:
            array = pc.fill_null(table.column(column), none).to_numpy()
            simulation.set_input(name, period, array)

    for name in YEARLY:
        for back in (1, 2, 3):
            give(name, f"returns.{day.year - back}.{name}", str(day.year - back))
    give("rd_fen", f"returns.{day.year}.rd_fen", str(day.year))
    for name in JUDGED:
        give(f"judged_{name}", f"judged.{name}", today)
    give("resident", "resident", today, False)
    give("registered_date", "registered_date", today, date(1970, 1, 1))
    for name, values in _of_lists(table, day).items():
        simulation.set_input(name, today, values)
    simulation.set_input("in_region", today, _begins(
        table, "region", "2101", "99", "沈阳", "辽宁省沈阳", "Shenyang"))  # fmt: skip
    simulation.set_input("manufacturing", today, _begins(table, "industry", "C"))
    simulation.set_input("excluded_industry", today, _begins(
        table, "industry", "C16", "H", "F", "K", "L", "R90"))  # fmt: skip
    wanted = (*DECISIONS.values(), "contract_reward_fen", "super_deduction_fen")
    return {name: simulation.calculate(name, today) for name in wanted}
