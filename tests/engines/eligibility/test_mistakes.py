"""What people get wrong in a rule set is refused with file, line and what to do; code 2."""

import shutil

import pytest
from typer.testing import CliRunner

from kechuang.engines.eligibility import SHIPPED
from kechuang.engines.eligibility.commands import rules

REWARD, SME = "sy-contract-reward", "sme-2017-115"
TURNOVER = "turnover: sum(contracts.amount_fen, year_of(signed_date) == y - 1年)"


def run(*arguments):
    done = CliRunner().invoke(rules, [str(one) for one in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


@pytest.fixture
def copied(tmp_path):
    def copy(code, old, new, file="rules.yaml"):
        folder = tmp_path / "changed"
        shutil.copytree(SHIPPED / code, folder)
        path = folder / file
        text = path.read_text("utf-8")
        assert old in text, old
        path.write_text(text.replace(old, new, 1), "utf-8")
        return folder

    return copy


def line_with(path, words):
    return next(at for at, one in enumerate(path.read_text("utf-8").splitlines(), 1)
                if words in one)  # fmt: skip


MISTAKES = [
    # code, what is written, what instead, words of the refusal, what to do, the line's words
    (
        REWARD,
        "contracts.amount_fen,",
        "contracts.amount_yuan,",
        "没有 amount_yuan 这一项",
        "是不是 amount_fen？",
        "turnover: sum",
    ),
    (
        REWARD,
        "year_of(signed_date)",
        "year_of(amount_fen)",
        "这里要一个日期",
        "例如",
        "turnover: sum",
    ),
    (REWARD, "is: 5000万元", "is: 5000万", "“5000万” 不是表达式", "运算符", "turnover_over:"),
    (
        REWARD,
        "is: 5000万元",
        "is: 5000",
        "单位不同：元与无单位",
        "每个数都要写单位",
        "contracts_over:",
    ),
    (
        REWARD,
        "is: 5000万元",
        "is: 5000人",
        "单位不同：元与人",
        "每个数都要写单位",
        "contracts_over:",
    ),
    (
        REWARD,
        "rule: turnover > turnover_over",
        "rule: turnover > 5000000000",
        "单位不同：元与无单位",
        "每个数都要写单位",
        "contracts_over:",
    ),
    (
        REWARD,
        "rule: turnover > turnover_over",
        "rule: count(contracts) > 10%",
        "单位不同：项与无单位",
        "每个数都要写单位",
        "contracts_over:",
    ),
    (
        REWARD,
        "rule: turnover > turnover_over",
        "rule: turnover / 0元 > 1%",
        "除数是零",
        "请核对",
        "contracts_over:",
    ),
    (
        REWARD,
        "rule: turnover > turnover_over",
        "rule: turnover >> turnover_over",
        "不认得的运算",
        "只有 + - * /",
        "contracts_over:",
    ),
    (
        REWARD,
        "rule: turnover > turnover_over",
        "rule: (turnover > turnover_over",
        "不是表达式",
        "成对",
        "contracts_over:",
    ),
    (
        REWARD,
        "rule: turnover > turnover_over",
        "rule: region > turnover_over",
        "两边不是同一类",
        "数与数比",
        "contracts_over:",
    ),
    (
        REWARD,
        "rule: turnover > turnover_over",
        "rule: revenue_fen > turnover_over",
        "要写年份",
        "revenue_fen[y-1]",
        "contracts_over:",
    ),
    (
        REWARD,
        "rule: turnover > turnover_over",
        "rule: turnovr > turnover_over",
        "没有 turnovr",
        "turnover",
        "contracts_over:",
    ),
    (
        REWARD,
        "rule: turnover > turnover_over",
        "rule: contracts_over",
        "contracts_over 用到了它自己",
        "请改写",
        "contracts_over:",
    ),
    (
        REWARD,
        TURNOVER,
        "turnover: rate2 * 1元\n  rate2: turnover / 1元",
        "用到了它自己",
        "turnover → rate2 → turnover",
        "turnover: rate2",
    ),
    (
        REWARD,
        "    clause: 报道\n    quote: 累计成交额超过5000万元\n",
        "    quote: 累计成交额超过5000万元\n",
        "缺少 clause",
        "请照正式文本填写",
        "contracts_over:",
    ),
    (
        REWARD,
        "  number: 沈政发",
        "  numbr: 沈政发",
        "不认得的键 numbr",
        "是不是 number？",
        "numbr:",
    ),
    (
        REWARD,
        "  issuer: 沈阳市人民政府\n",
        "",
        "document 缺少 issuer",
        "请照正式文本填写",
        "document:",
    ),
    (
        REWARD,
        "{since: 2021-01-01, is: 5000万元}",
        "{since: 2021-02-30, is: 5000万元}",
        "没有 2021-02-30 这一天",
        "请改正",
        "2021-02-30",
    ),
    (
        REWARD,
        "{since: 2021-01-01, is: 5000万元}",
        '{since: "2021", is: 5000万元}',
        "since 要是日期：2021",
        "例如 {since: 2016-01-01",
        "turnover_over:",
    ),
    (
        REWARD,
        "{since: 2021-01-01, is: 5000万元}",
        "{since: 2022-01-01, is: 5000万元}",
        "在 2021-01-01 没有取值",
        "请加一个不晚于这一天的 since",
        "turnover_over:",
    ),
    (
        REWARD,
        "valid: {since: 2021-01-01}",
        "valid: {since: 2021-01-01, until: 2020-01-01}",
        "不晚于 since",
        "不再施行的第一天",
        "valid:",
    ),
    (
        REWARD,
        "  contracts_over:",
        "  in_region:  # again",
        "in_region 写了两遍",
        "请改正或删去这一行",
        "# again",
    ),
    (
        REWARD,
        "decision: in_region",
        "decison: in_region",
        "不认得的键 decison",
        "是不是 decision？",
        "decison:",
    ),
    (
        REWARD,
        "decision: in_region and contracts_over",
        "decision: in_region",
        "没有用到：contracts_over",
        "informs: true",
        "  contracts_over:",
    ),
    (REWARD, "code: sy-contract-reward", "code: 沈阳奖补", "要是小写英文", "例如", "code:"),
    (
        REWARD,
        "instrument: grant",
        "instrument: gift",
        "不认得的方式 gift",
        "grant、equity",
        "instrument:",
    ),
    (
        REWARD,
        "amount: min(reward_most, rate * turnover)",
        "amount: rate * turnover / turnover",
        "要是一个金额",
        "例如",
        "amount:",
    ),
    (
        REWARD,
        "amount: min(reward_most, rate * turnover)",
        "amount: min(reward_most)",
        "参数的个数不对",
        "要 2 至 9 个，这里有 1 个",
        "amount:",
    ),
    (
        REWARD,
        "starts_with(region, regions)",
        "starts_with(region, regions, strict=1)",
        "没有这样的参数",
        "照位置写",
        "in_region:",
    ),
    (REWARD, "facts:\n", "facts:\n  - ", "要是一个映射", "键：值", "facts:"),
    (REWARD, "code: sy-contract", "code: sy: contract", "不是 YAML", "缩进、冒号", "code:"),
    (REWARD, "title: {zh", "title: {zh2", "不认得的键 zh2", "是不是 zh？", "title:"),
    (
        REWARD,
        "quote: 累计成交额超过5000万元",
        "quote: [累计成交额]",
        "要是一段文字",
        "加引号",
        "quote: [",
    ),
    (
        SME,
        "[[30%, 20分], [25%, 16分]",
        "[[25%, 20分], [30%, 16分]",
        "与上一档重叠",
        "由高到低",
        "staff_bands:",
    ),
    (
        SME,
        "[15%, 8分], [10%, 4分], 0分]",
        "[15%, 8分], [10人, 4分], 0分]",
        "单位与上一档不同",
        "同一种单位",
        "staff_bands:",
    ),
    (
        SME,
        "[15%, 8分], [10%, 4分], 0分]",
        "[15%, 8分], [10%, 4分]]",
        "分档表要给出分数",
        "末一个是其余情形",
        "staff_points:",
    ),
    (
        SME,
        "[[30%, 20分], [25%, 16分]",
        "[[30%, 20分, 18分], [25%, 16分]",
        "区间的两端反了",
        "先写低的一端",
        "staff_bands:",
    ),
    (
        SME,
        "[[30%, 20分], [25%, 16分]",
        "[30%, [25%, 16分]",
        "每档要写界限",
        "例如 bands:",
        "staff_bands:",
    ),
    (
        SME,
        "score: points",
        "score: point",
        "score 要是一个评分项的代码",
        "是不是 points？",
        "score:",
    ),
    (
        SME,
        "kind == 'prohibited'",
        "kind == 'prohibitd'",
        "没有 prohibitd 这一种",
        "是不是 prohibited？",
        "  product:",
    ),
]


@pytest.mark.parametrize(("code", "old", "new", "says", "way_on", "where"), MISTAKES)
def test_a_mistake_is_refused_with_its_line(copied, code, old, new, says, way_on, where):
    folder = copied(code, old, new)
    done = run("check", folder)
    assert done.exit_code == 2, done.output
    line = line_with(folder / "rules.yaml", where)
    assert f"{folder / 'rules.yaml'}:{line}: " in done.output.replace("\n", ""), done.output
    assert says in done.output and way_on in done.output


@pytest.mark.parametrize(
    "text", ["", "- a\n", "5\n", "a: b: c\n", "\x00", "{" * 400, "a: &x [*x]\n"]
)
def test_a_file_that_is_no_rule_set(tmp_path, text):
    (tmp_path / "rules.yaml").write_text(text, "utf-8")
    done = run("check", tmp_path)
    assert done.exit_code == 2
    assert "rules.yaml:1: " in done.output


def test_another_encoding_and_no_folder(tmp_path):
    (tmp_path / "rules.yaml").write_bytes("code: 沈阳".encode("gbk"))
    done = run("check", tmp_path)
    assert (done.exit_code, "请另存为 UTF-8" in done.output) == (2, True)
    assert run("check", tmp_path / "nowhere").exit_code == 2
    (tmp_path / "empty").mkdir()
    assert "rules.yaml" in run("check", tmp_path / "empty").output


def test_a_code_that_two_folders_have(tmp_path):
    for name in ("one", "two"):
        shutil.copytree(SHIPPED / REWARD, tmp_path / name)
    done = run("check", tmp_path)
    assert done.exit_code == 2
    assert f"{tmp_path / 'two' / 'rules.yaml'}:1: " in done.output.replace("\n", "")
    assert "出现了两次" in done.output and "请给其中一个换代码" in done.output


TESTS = [
    ("tests:\n  - {name: 2022", "tests:\n  - {nam: 2022", "不认得的键 nam", "是不是 name？"),
    ("as_of: 2023-08-29", "as_of: today", "要写 as_of", "例如 as_of"),
    ("as_of: 2023-08-29", "as_of: 2023-02-29", "没有 2023-02-29 这一天", "请改正"),
    ("enterprise: seller", "enterprise: buyer", "没有 buyer 这个企业", "seller"),
    ("state: met", "state: mett", "没有 mett 这种结论", "to_be_judged"),
    (
        "change: {contracts: [{signed_date: 2022-03-01, amount_fen: 5000万元}]}",
        "change: {contracts: [{signed_date: 2022-03-01, amount_yuan: 5000万元}]}",
        "amount_yuan：没有这一列",
        "是不是 amount_fen？",
    ),
    (
        "change: {contracts: [{signed_date: 2022-03-01, amount_fen: 5000万元}]}",
        "change: [contracts]",
        "要是一个映射",
        "正式文本",
    ),
    ("tests:\n", "test:\n", "缺少 tests", "请写 tests:"),
]


@pytest.mark.parametrize(("old", "new", "says", "way_on"), TESTS)
def test_a_mistake_in_the_tests(copied, old, new, says, way_on):
    folder = copied(REWARD, old, new, "tests.yaml")
    done = run("test", folder)
    assert done.exit_code == 2, done.output
    flat = done.output.replace("\n", "")
    line = line_with(folder / "tests.yaml", new.strip().splitlines()[-1])
    lines = [1] if "缺少" in says else range(line - 3, line + 1)  # a test begins with its name
    assert any(f"{folder / 'tests.yaml'}:{at}: " in flat for at in lines), done.output
    assert says in done.output and way_on in done.output


@pytest.mark.parametrize("command", ["test", "diff", "effect", "columns"])
def test_every_command_refuses_a_broken_rule_set(copied, tmp_path, command):
    folder = copied(REWARD, "is: 5000万元", "is: 5000人")
    (tmp_path / "e.jsonl").write_text('{"id": "a"}', "utf-8")
    more = {
        "diff": [SHIPPED / REWARD],
        "effect": ["--after", SHIPPED / REWARD, "--enterprises", tmp_path / "e.jsonl",
                   "--as-of", "2023-08-29"],
    }  # fmt: skip
    done = run(command, folder, *more.get(command, []))
    assert done.exit_code == 2
    assert "单位不同" in done.output
