"""What is known: sheets with units, corrections that keep history, an enterprise's own figures."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kechuang.base.refusals import NotPermitted, Refused, Stale
from kechuang.base.rows import ImportRefused
from kechuang.cultivation import actions, queries
from kechuang.cultivation.commands import importers
from kechuang.cultivation.models import (
    Certificate,
    Declaration,
    DeclarationStage,
    Source,
    YearlyReturn,
)
from kechuang.messages.models import Message
from tests.cultivation.builders import SME, known

pytestmark = pytest.mark.django_db
BY_KIND = {one.kind: one for one in importers}
WAN = {name: f"{SME[name] // 1_000_000}" for name in SME if name.endswith("_fen")}


def sheet(kind, heads, *rows):
    lines = [",".join(map(str, line)) for line in (heads, *rows)]
    return BY_KIND[kind].read("年度统计.csv", "\n".join(lines).encode())


def bring(world, kind, heads, *rows, by=None, at=None):
    return BY_KIND[kind].write(
        sheet=sheet(kind, heads, *rows), by=(by or world.officer).actor, at=at
    )


HEADS = ("单位信用代码", "年度", "职工总数", "销售收入（万元）", "研发费用（万元）")


def codes(refused):
    return [(row, column, one.code) for row, column, one in refused.value.problems]


def test_a_sheet_in_wan_is_kept_in_fen_with_its_source(world, at):
    code = world.enterprise.code
    done = bring(world, "enterprise-returns", (*HEADS, "来源", "数据主管部门", "数据日期"),
                 (code, 2025, 120, "5,000".replace(",", ""), 320.5, "税务年报", "税务局",
                  "2026-03-31"), at=at)  # fmt: skip
    row = YearlyReturn.objects.get()
    assert (done.created, done.updated, done.unchanged) == (1, 0, 0)
    assert (row.staff, row.revenue_fen, row.rd_fen) == (120, 5_000_000_000, 320_500_000)
    assert (row.source.title, row.source.department, row.source.day.isoformat()) == (
        "税务年报", "税务局", "2026-03-31")  # fmt: skip


def test_figures_in_the_other_unit_are_refused_by_row_and_column(world, at):
    rows = [
        (world.enterprise.code, 2025, 120, 50_000_000, 320),
        (world.rival.code, 2025, 80, 4000, 2_000_000),
    ]
    with pytest.raises(ImportRefused) as refused:
        bring(world, "enterprise-returns", HEADS, *rows, at=at)
    assert codes(refused) == [
        (2, "销售收入（万元）", "figures.unit"), (3, "研发费用（万元）", "figures.unit"),
    ]  # fmt: skip
    assert YearlyReturn.objects.count() == 0
    in_yuan = ("单位信用代码", "年度", "职工总数", "销售收入（元）", "研发费用（元）")
    with pytest.raises(ImportRefused) as refused:
        bring(world, "enterprise-returns", in_yuan,
              (world.enterprise.code, 2025, 120, 5000, 3_200_000), at=at)  # fmt: skip
    assert codes(refused) == [(2, "销售收入（元）", "figures.unit")]


def test_a_leap_from_the_year_before_is_refused(world, at):
    known(world.enterprise, {2024: {"revenue_fen": 5_000_000_000}})
    with pytest.raises(ImportRefused) as refused:
        bring(world, "enterprise-returns", ("单位信用代码", "年度", "销售收入（元）"),
              (world.enterprise.code, 2025, 5200), at=at)  # fmt: skip
    assert codes(refused) == [(2, "销售收入（元）", "figures.unit")]


@pytest.mark.parametrize(
    ("heads", "row", "problem"),
    [
        (("单位信用代码", "年度", "销售收入"), ("{code}", 2025, 5000),
         ("销售收入", "facts.no_unit")),
        (("单位信用代码", "年度", "职工总数"), ("{code}", 2027, 5), ("年度", "facts.year")),
        (("单位信用代码", "年度", "职工总数"), ("{code}", 2025, "5.5"),
         ("职工总数", "figures.not_people")),
        (("单位信用代码", "年度", "职工总数", "科技人员"), ("{code}", 2025, 5, 6),
         ("科技人员", "figures.part_over_whole")),
        (("单位信用代码", "年度", "研发费用（万元）"), ("{code}", 2025, -5),
         ("研发费用（万元）", "figures.negative")),
        (("单位信用代码", "年度", "研发费用（万元）", "研发费用（元）"), ("{code}", 2025, 5, 50000),
         ("研发费用（元）", "facts.twice")),
        (("单位信用代码", "年度", "职工总数"), ("91990100MA00000995", 2025, 5),
         ("单位信用代码", "code.check")),
    ],
)  # fmt: skip
def test_each_wrong_cell_is_named(world, at, heads, row, problem):
    cells = [str(one).format(code=world.enterprise.code) for one in row]
    with pytest.raises(ImportRefused) as refused:
        bring(world, "enterprise-returns", heads, cells, at=at)
    found = [(column, one.code) for _row, column, one in refused.value.problems]
    assert found == [problem]


def test_a_dry_run_writes_nothing_and_another_region_is_refused(world, at):
    importer = BY_KIND["enterprise-returns"]
    good = sheet("enterprise-returns", HEADS, (world.enterprise.code, 2025, 120, 5000, 320))
    assert importer.check(sheet=good, by=world.officer.actor, at=at) == []
    assert YearlyReturn.objects.count() == 0
    found = importer.check(sheet=good, by=world.officer_other_county.actor, at=at)
    assert [one.refused.code for one in found] == ["facts.other_region"]
    with pytest.raises(NotPermitted):
        importer.write(sheet=good, by=world.filler.actor, at=at)


def test_importing_again_corrects_and_keeps_what_was_known(world, at):
    code, later = world.enterprise.code, at + timedelta(days=3)
    bring(world, "enterprise-returns", HEADS, (code, 2025, 120, 5000, 320), at=at)
    same = bring(world, "enterprise-returns", HEADS, (code, 2025, 120, 5000, 320), at=later)
    assert (same.created, same.updated, same.unchanged) == (0, 0, 1)
    done = bring(world, "enterprise-returns", HEADS, (code, 2025, 130, 5000, ""), at=later)
    assert (done.created, done.updated, done.unchanged) == (0, 1, 0)
    then, now = (
        queries.enterprise_facts([world.enterprise], known_at)[code]["returns"]
        for known_at in (at + timedelta(days=1), None)
    )
    assert then == [{"year": 2025, "staff": 120, "revenue_fen": 5_000_000_000,
                     "rd_fen": 320_000_000}]  # fmt: skip
    assert now == [{**then[0], "staff": 130}]


def test_a_certificate_is_known_by_its_number_and_an_empty_list_is_none(world, at):
    heads = ("单位信用代码", "证书编号", "种类", "起", "止（不含当日）")
    bring(world, "enterprise-certificates", heads,
          (world.enterprise.code, "GR1", "高企", "2024-01-01", "2027-01-01"),
          (world.rival.code, "", "", "", ""), at=at)  # fmt: skip
    facts = queries.enterprise_facts([world.enterprise, world.rival])
    assert facts[world.enterprise.code]["certificates"] == [
        {"kind": "hnte", "since": "2024-01-01", "until": "2027-01-01"}
    ]
    assert facts[world.rival.code]["certificates"] == []
    later = at + timedelta(days=1)
    bring(world, "enterprise-certificates", ("单位信用代码", "证书编号", "作废"),
          (world.enterprise.code, "GR1", "是"), at=later)  # fmt: skip
    assert Certificate.objects.get().known_until == later
    assert queries.enterprise_facts([world.enterprise])[world.enterprise.code][
        "certificates"] == []  # fmt: skip


def test_a_department_outranks_the_enterprise_and_the_owner_a_department(world, at):
    unit = world.enterprise
    told = iter(range(1, 9))

    def say(kind, department, **values):
        when = at + timedelta(hours=next(told))
        origin = actions.source_of(kind=kind, title="来源", department=department,
                                   day=at.date(), by=world.officer.actor, at=when)  # fmt: skip
        said = [actions.Said(unit, "returns", "2025", values)]
        actions.learn(said=said, source=origin, by=world.officer.actor, at=when)
        return queries.enterprise_facts([unit])[unit.code]["returns"][0]

    assert say("ENTRY", "科技局", revenue_fen=100)["revenue_fen"] == 100
    assert say("DECLARATION", "", revenue_fen=300, staff=7) == {
        "year": 2025, "revenue_fen": 100, "staff": 7}  # fmt: skip
    assert say("SHEET", "税务局", revenue_fen=200)["revenue_fen"] == 200
    assert say("ENTRY", "科技局", revenue_fen=100, staff=8) == {
        "year": 2025, "revenue_fen": 200, "staff": 8}  # fmt: skip
    row = YearlyReturn.objects.get(known_until=None)
    assert {Source.objects.get(pk=pk).department for pk in row.told.values()} == {"税务局"}


def test_an_enterprise_declares_and_the_county_checks(world, at):
    figures = {"staff": 120, "revenue_fen": 5_000_000_000}
    declaration = actions.declare(
        organisation=world.enterprise, year=2025, figures=figures, by=world.filler.actor, at=at
    )
    assert (declaration.state, YearlyReturn.objects.count()) == ("COUNTY_CHECK", 0)
    assert Message.objects.get().person_number == world.officer_county.person.number
    later = at + timedelta(hours=1)
    with pytest.raises(Stale):
        actions.check_declaration(declaration=declaration, version=9,
                                  by=world.officer_county.actor, at=later)  # fmt: skip
    with pytest.raises(NotPermitted):
        actions.check_declaration(
            declaration=declaration, by=world.officer_other_county.actor, at=later
        )
    actions.check_declaration(declaration=declaration, by=world.officer_county.actor, at=later)
    row = YearlyReturn.objects.get()
    assert (row.staff, row.source.kind, row.known_since) == (120, "DECLARATION", later)
    with pytest.raises(Refused) as refused:
        actions.check_declaration(declaration=declaration, by=world.officer.actor, at=later)
    assert refused.value.code == "declaration.not_open"


def test_a_returned_declaration_is_mended_and_one_can_be_withdrawn(world, at):
    given_ = {"organisation": world.enterprise, "year": 2025, "by": world.filler.actor}
    first = actions.declare(figures={"staff": 12}, at=at, **given_)
    with pytest.raises(Refused) as refused:
        actions.return_declaration(declaration=first, reason=" ", by=world.officer.actor, at=at)
    assert refused.value.code == "declaration.no_reason"
    actions.return_declaration(declaration=first, reason="人数与社保不符",
                               by=world.officer.actor, at=at)  # fmt: skip
    again = actions.declare(figures={"staff": 13}, at=at, **given_)
    assert (again.pk, again.figures, again.state) == (first.pk, {"staff": 13}, "COUNTY_CHECK")
    with pytest.raises(NotPermitted):
        actions.withdraw_declaration(declaration=again, by=world.rival_filler.actor, at=at)
    actions.withdraw_declaration(declaration=again, by=world.filler.actor, at=at)
    stages = DeclarationStage.objects.order_by("pk").values_list("stage", flat=True)
    assert list(stages) == ["COUNTY_CHECK", "RETURNED", "COUNTY_CHECK", "WITHDRAWN"]
    assert Declaration.objects.get().until is None


def test_others_do_not_declare_and_impossible_figures_are_refused(world, at):
    with pytest.raises(NotPermitted):
        actions.declare(organisation=world.enterprise, year=2025, figures={"staff": 1},
                        by=world.rival_filler.actor, at=at)  # fmt: skip
    with pytest.raises(Refused) as refused:
        actions.declare(
            organisation=world.enterprise, year=2025, by=world.filler.actor, at=at,
            figures={"staff": 10, "staff_rd": 11},
        )  # fmt: skip
    assert refused.value.code == "figures.part_over_whole"
    with pytest.raises(Refused) as refused:
        actions.declare(organisation=world.enterprise, year=2025, figures={},
                        by=world.filler.actor, at=at)  # fmt: skip
    assert refused.value.code == "facts.nothing"


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["税务局", "科技局", ""]),
        st.dictionaries(st.sampled_from(["staff", "revenue_fen", "rd_fen"]),
                        st.integers(0, 5), min_size=1),
    ),
    min_size=1, max_size=6,
)  # fmt: skip
RANKS = {("税务局", "revenue_fen"): 3, ("税务局", "rd_fen"): 3, ("税务局", "staff"): 2,
         ("科技局", "revenue_fen"): 2, ("科技局", "rd_fen"): 2, ("科技局", "staff"): 2}  # fmt: skip


@settings(max_examples=25, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(steps=STEPS)
def test_as_known_on_any_day_is_what_had_been_said_by_then(world, at, steps):
    YearlyReturn.objects.all().delete()
    told: dict[str, tuple[int, int]] = {}
    expected = []
    for place, (department, values) in enumerate(steps):
        when = at + timedelta(days=place)
        kind = "SHEET" if department else "DECLARATION"
        origin = actions.source_of(kind=kind, title="来源", department=department,
                                   day=at.date(), by=world.officer.actor, at=when)  # fmt: skip
        actions.learn(said=[actions.Said(world.enterprise, "returns", "2025", values)],
                      source=origin, by=world.officer.actor, at=when)  # fmt: skip
        for name, value in values.items():
            rank = RANKS.get((department, name), 1)
            if name not in told or rank >= told[name][1]:
                told[name] = (value, rank)
        expected.append({name: value for name, (value, _rank) in told.items()})
    for place, wanted in enumerate(expected):
        known_at = at + timedelta(days=place, hours=1)
        facts = queries.enterprise_facts([world.enterprise], known_at)[world.enterprise.code]
        assert facts["returns"] == [{"year": 2025, **wanted}]
    assert "returns" not in queries.enterprise_facts(
        [world.enterprise], at - timedelta(days=1))[world.enterprise.code]  # fmt: skip
