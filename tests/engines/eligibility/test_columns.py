"""The columnar back end says what the evaluator of one row says; files of Parquet go through it."""

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from bench.columns import write
from bench.enterprises import Draw
from kechuang.engines.eligibility import SHIPPED, answer, bind_all, load_all
from kechuang.engines.eligibility.boundaries import boundaries
from kechuang.engines.eligibility.columnar import Program
from kechuang.engines.eligibility.commands import app
from kechuang.engines.eligibility.frames import of_rows
from kechuang.engines.eligibility.functions import FUNCTIONS
from kechuang.engines.eligibility.scores import unpacked
from kechuang.engines.eligibility.states import NAMES
from kechuang.engines.eligibility.stepping import NotColumnar, Stepping
from tests.engines.eligibility.worked import DAY, bound

DAYS = (DAY, date(2012, 3, 1), date(2022, 11, 1))


def by_columns(policies, rows):
    """What the columns say, as the evaluator of one row would."""
    program = Program(policies)
    said = []
    for one in program.run(of_rows(rows, program.columns)):
        for at in range(len(rows)):
            given = {
                code: tuple(int(part[at]) for part in found)
                if isinstance(found, tuple) else int(found[at])
                for code, found in one.criteria.items()
            }  # fmt: skip
            amount = None
            if one.amount_fen is not None and one.amount_fen[1][at]:
                amount = int(one.amount_fen[0][at])
            said.append((one.policy.code, rows[at]["id"], int(one.state[at]), amount, given))
    return said


def by_rows(policies, rows):
    said = []
    for policy in policies:
        for row in rows:
            one = answer(policy, row)
            given = {
                code: each.state if each.points is None else tuple(map(int, each.points))
                for code, each in one.criteria.items()
            }
            said.append((policy.code, row["id"], one.state, one.amount_fen, given))
    return said


@pytest.mark.parametrize("day", DAYS)
def test_columns_agree_with_the_evaluator_on_drawn_rows(day):
    policies = [one for one in bind_all(load_all(SHIPPED), day) if one.in_force]
    rows = list(Draw(11, day).enterprises(250))
    assert by_columns(policies, rows) == by_rows(policies, rows)


def test_columns_agree_on_either_side_of_every_threshold():
    policies = [one for one in bind_all(load_all(SHIPPED), DAY) if one.in_force]
    for policy in policies:
        rows = [one.row | {"id": str(at)} for at, one in enumerate(boundaries(policy))]
        assert by_columns([policy], rows) == by_rows([policy], rows)


GROWTH = "(revenue_fen[y-2] / revenue_fen[y-3] + revenue_fen[y-1] / revenue_fen[y-2]) / 2 - 1"


@pytest.mark.parametrize("scale", [1, 10**8, 10**13])
def test_the_mean_of_two_growths_to_the_fen_beyond_64_bits(scale):
    """1 → 1.15 → 1.3225 is 15 % to the fen; a fen less is another band."""
    table = [["35%", "9分"], ["15%", "5分"], ["> 0%", "1分"], "0分"]
    steps = bound(f"steps({GROWTH}, table)", {"table": table})
    rows = [
        {"id": str(less), "returns.2020.revenue_fen": 400 * scale,
         "returns.2021.revenue_fen": 460 * scale, "returns.2022.revenue_fen": 529 * scale - less}
        for less in (0, 1, -1)
    ]  # fmt: skip
    program = Program(())
    place = program.of(steps)
    found = program.values(of_rows(rows, program.columns))[place]
    assert [unpacked(int(one)) for one in found] == [steps.value(row) for row in rows]
    assert [unpacked(int(one))[0] for one in found] == [50, 10, 50]


def test_a_figure_that_no_column_can_hold_is_refused():
    huge = bound("max(revenue_fen[y-1] * revenue_fen[y-2], revenue_fen[y-1] * revenue_fen[y-3])")
    with pytest.raises(NotColumnar):
        Stepping().of(huge.top)


def test_every_function_of_the_language_has_columns():
    said = {
        "total": "total(rd_fen, 3年) > 1元", "known": "known(rd_fen[y], rd_fen[y-1]) > 1元",
        "days_since": "days_since(registered_date) > 5天", "min": "min(staff[y], staff[y-1]) > 1人",
        "year_of": "any(incidents, year_of(date) == y)", "max": "max(staff[y], staff[y-1]) > 1人",
        "years_ago": "registered_date > years_ago(1年)",
        "days_ago": "registered_date > days_ago(9天)", "is_one_of": "industry in ['C3562']",
        "starts_with": "starts_with(industry, ['C'])", "sum": "sum(ip.count, own) > 1项",
        "count": "count(ip, class == 'I') > 1项", "any": "any(ip, not own)",
        "latest": "latest(financing.valuation_usd_cents, date) > 1美元",
        "open_ended": "any(lists, open_ended(until))", "steps": "steps(staff[y-1], table) > 1分",
        "lookup": "staff[y-1] > lookup(staff[y-2], other)", "judged": "judged('a', 6分) > 3分",
        "passed": "passed('a')", "amount_judged": "amount_judged('a') > 5万元",
    }  # fmt: skip
    assert set(said) == set(FUNCTIONS)
    bands = {"table": [["10人", "5分"], "0分"], "other": [["10人", "5人"], "2人"]}
    rows = list(Draw(5, DAY).enterprises(120))
    for text in said.values():
        meaning = bound(text, bands)
        node = getattr(meaning, "node", meaning)
        program = Program(())
        place = program.of(node)
        found = program.values(of_rows(rows, program.columns))[place]
        if isinstance(found, tuple):
            found = np.where(found[0], 3, np.where(found[1], 0, 1))
        found = np.broadcast_to(found, (len(rows),))
        truths = {True: 3, False: 0, None: 1}
        wanted = [node.value(row) for row in rows]
        assert [int(one) for one in found] == [
            truths[one] if one is None or isinstance(one, bool) else one for one in wanted
        ], text


# --- files --------------------------------------------------------------------------------------


def entitle(folder, enterprises, *options):
    out = folder / "out.parquet"
    done = CliRunner().invoke(
        app,
        ["--enterprises", str(enterprises), "--as-of", str(DAY), "--out", str(out), *options],
    )
    return done, out


def told(policies, rows):
    return {
        (policy.code, row["id"]): (NAMES[one.state], one.amount_fen)
        for policy in policies for row in rows for one in [answer(policy, row)]
    }  # fmt: skip


def read(out, policies):
    found = {}
    for row in pq.read_table(out).to_pylist():
        for one in policies:
            amount = row.get(f"{one.code}.amount_fen")
            found[one.code, row["id"]] = (row[f"{one.code}.state"], amount)
    return found


def test_a_file_of_plain_columns_is_answered_by_columns(tmp_path):
    policies = bind_all(load_all(SHIPPED), DAY)
    rows = list(Draw(3, DAY).enterprises(300))
    write(tmp_path / "e.parquet", rows, 1)
    done, out = entitle(tmp_path, tmp_path / "e.parquet")
    assert (done.exit_code, done.output) == (0, "")
    rows = [row | {"id": f"0-{row['id']}"} for row in rows]
    assert read(out, policies) == told(policies, rows)


def test_a_table_of_texts_is_read_as_rows_and_answered_by_columns(tmp_path):
    table = pa.table({
        "id": ["a", "b"], "region": ["210102", None], "returns.2022.staff": ["1,234", "5"],
        "contracts": ['[{"signed_date": "2022-01-01", "amount_fen": 6000000000}]', "[]"],
    })  # fmt: skip
    pq.write_table(table, tmp_path / "e.parquet")
    done, out = entitle(tmp_path, tmp_path / "e.parquet", "--rules", "sy-contract-reward")
    assert done.exit_code == 0
    assert pq.read_table(out).column("sy-contract-reward.state").to_pylist() == ["met", "not_met"]
    assert pq.read_table(out).column("sy-contract-reward.amount_fen").to_pylist() == [
        20_000_000, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"id": ["a", "a"]}, "第2行，id：a 在"),
        ({"id": ["a", None]}, "第2行，id：要是"),
        ({"name": ["a", "b"]}, "第1行，id：要是"),
        ({"id": ["a", "b"], "returns.2022.staff": [1, -1]}, "第2行，returns.2022.staff：-1 小于零"),
        ({"id": ["a", "b"], "returns.2022.revenue_yuan": [1, 2]}, "是不是 revenue_fen"),
        ({"id": ["a", "b"], "returns.2022.rd_fen": [1, 10**17]}, "第2行，returns.2022.rd_fen"),
        ({"id": ["a", "b"], "industry": ["C35", "Mining"]}, "不是行业代码"),
        ({"id": ["a", "b"], "registered_date": ["2020-01-01", "1/2/2020"]}, "不是日期"),
        ({"id": ["a", "b"], "judged.conversion": [1.0, 1.25]}, "一位小数"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_row(tmp_path, columns, says):
    pq.write_table(pa.table(columns), tmp_path / "e.parquet")
    done, out = entitle(tmp_path, tmp_path / "e.parquet")
    assert done.exit_code == 2
    assert says in done.output
    assert not out.exists()


def test_reasons_are_not_written_as_columns(tmp_path):
    (tmp_path / "e.jsonl").write_text('{"id": "a"}', "utf-8")
    done, _out = entitle(tmp_path, tmp_path / "e.jsonl", "--explain")
    assert done.exit_code == 2
    done, out = entitle(tmp_path, tmp_path / "e.jsonl", "--rules", "sme-2017-115")
    assert done.exit_code == 0
    assert pq.read_table(out).column("sme-2017-115.state").to_pylist() == ["unknown"]
    (tmp_path / "none.csv").write_text("id,region\n", "utf-8")
    done, out = entitle(tmp_path, tmp_path / "none.csv")
    assert (done.exit_code, pq.read_table(out).num_rows) == (0, 0)
