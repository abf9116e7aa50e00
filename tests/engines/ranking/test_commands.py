"""The commands on files, as an engineer runs them."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from kechuang.engines.ranking.commands import app

RUNNER = CliRunner()


@pytest.fixture
def files(tmp_path):
    docs = tmp_path / "docs.jsonl"
    queries = tmp_path / "queries.jsonl"
    rows = [
        {"id": 1, "title": "氮化铝陶瓷基板", "keywords": ["陶瓷", "基板"], "body": "热导率高"},
        {"id": "b", "body": "氮化铝单晶"},
        {"id": 3, "body": "古籍修复"},
    ]
    docs.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows))
    asked = [
        {"qid": 7, "kind": "related", "text": "氮化铝陶瓷", "body": "基板", "exclude": None},
        {"qid": "k", "text": "氮化铝", "exclude": [1]},
    ]
    queries.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in asked))
    return tmp_path


def run(files, *more):
    out = files / "run.txt"
    arguments = ["rank", "--docs", files / "docs.jsonl", "--queries", files / "queries.jsonl"]
    arguments += ["--top", "100", "--run", out, *more]
    return RUNNER.invoke(app, [str(each) for each in arguments]), out


def test_rank_writes_a_trec_run(files):
    answer, out = run(files)
    assert answer.exit_code == 0, answer.output
    rows = [line.split() for line in out.read_text().splitlines()]
    assert [row[:4] for row in rows] == [
        ["7", "Q0", "1", "1"],
        ["7", "Q0", "b", "2"],
        ["k", "Q0", "b", "1"],
    ]
    assert {row[5] for row in rows} == {"kechuang-bm25"}


def test_rank_explains_each_hit(files):
    answer, _ = run(files, "--explain", files / "why.jsonl")
    assert answer.exit_code == 0, answer.output
    rows = [json.loads(line) for line in (files / "why.jsonl").read_text().splitlines()]
    assert [row["docid"] for row in rows] == ["1", "b", "b"]
    assert all(abs(sum(row["terms"].values()) - row["score"]) < 1e-9 for row in rows)


@pytest.mark.parametrize("line", ["{", "[1]", '{"body":"x"}', '{"id":true}', '{"id":""}'])
def test_a_bad_line_is_named(files, line):
    (files / "docs.jsonl").write_text('{"id":1,"body":"x"}\n' + line)
    answer, _ = run(files)
    assert answer.exit_code == 2
    assert "docs.jsonl, line 2" in answer.output


def test_rank_eval_counts_a_query_without_hits_as_nothing(files):
    run_file, qrels = files / "r.txt", files / "q.tsv"
    run_file.write_text("1 Q0 a 1 2.0 t\n1 Q0 b 2 1.0 t\n")
    qrels.write_text("1\tb\t1\n2\tc\t2\n3\td\t0\n")
    answer = RUNNER.invoke(app, ["rank-eval", "--run", str(run_file), "--qrels", str(qrels)])
    assert answer.exit_code == 0, answer.output
    assert answer.output.split() == [
        *("queries", "2"),
        *("nDCG@10", "0.3155"),
        *("MRR", "0.2500"),
        *("recall@100", "0.5000"),
    ]


def test_rank_eval_reads_four_columns_and_refuses_others(files):
    run_file, qrels = files / "r.txt", files / "q.tsv"
    run_file.write_text("1 Q0 a 1 2.0 t\n")
    qrels.write_text("1 0 a 1\n")
    good = RUNNER.invoke(app, ["rank-eval", "--run", str(run_file), "--qrels", str(qrels)])
    assert "nDCG@10\t1.0000" in good.output
    qrels.write_text("1 a\n")
    bad = RUNNER.invoke(app, ["rank-eval", "--run", str(run_file), "--qrels", str(qrels)])
    assert bad.exit_code == 2
    qrels.write_text("1 a x\n")
    assert RUNNER.invoke(
        app, ["rank-eval", "--run", str(run_file), "--qrels", str(qrels)]
    ).exit_code == 2


def test_the_engine_loads_no_django():
    code = "import sys, kechuang.engines.ranking.commands; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
