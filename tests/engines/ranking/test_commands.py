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
    assert {row[5] for row in rows} == {"kechuang"}
    assert float(rows[0][4]) > float(rows[1][4])


def test_more_processes_write_the_same(files):
    need = {"kind": "related", "text": "氮化铝", "body": "基板"}
    asked = [{"qid": at, **need} for at in range(20)]
    said = "\n".join(json.dumps(row, ensure_ascii=False) for row in asked)
    (files / "queries.jsonl").write_text(said)
    written = []
    for name, more in (("one", []), ("two", ["--workers", "2"])):
        why = files / f"{name}.jsonl"
        answer, out = run(files, "--explain", why, *more)
        assert answer.exit_code == 0, answer.output
        written.append((out.read_bytes(), why.read_bytes()))
    assert written[0] == written[1]
    assert written[0][0].count(b"\n") == 40


def test_without_ray_it_is_said_what_to_install(files, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    answer, out = run(files, "--workers", "ray:auto")
    assert answer.exit_code == 2
    assert "pip install 'kechuang[ray]'" in answer.output
    assert not out.exists()


@pytest.mark.parametrize("said", ["-1", "two", "ray:", "xray:auto", "9999", ""])
def test_who_ranks_is_said_in_one_of_three_ways(files, said):
    answer, out = run(files, f"--workers={said}")
    assert answer.exit_code == 2
    assert "ray:ADDRESS" in answer.output
    assert not out.exists()


def test_rank_explains_each_hit(files):
    answer, _ = run(files, "--explain", files / "why.jsonl")
    assert answer.exit_code == 0, answer.output
    rows = [json.loads(line) for line in (files / "why.jsonl").read_text().splitlines()]
    assert [row["docid"] for row in rows] == ["1", "b", "b"]
    for row in rows:
        assert abs(sum(row["terms"].values()) - row["score"]) < 1e-9
        spans = sum(span["points"] for span in row["spans"])
        assert abs(spans + sum(row["rest"].values()) - row["score"]) < 1e-9
    texts = {span["text"] for span in rows[0]["spans"] if span["field"] == "title"}
    assert texts == {"氮化铝陶瓷", "基板"}


DOC, ASKED = '{"id": 1, "body": "氮化铝"}', '{"qid": 1, "text": "氮化铝"}'
JUDGED = '{"qid": 1, "text": "氮化铝", "docid": 1, "label": 1}'
BAD_DOCS = [
    "{", "[1]", '{"body": "x"}', '{"id": true, "body": "x"}', '{"id": "", "body": "x"}',
    '{"id": 1.5, "body": "x"}', '{"id": "a b", "body": "x"}', '{"id": "\\ud800", "body": "x"}',
    '{"id": 2}', '{"id": 2, "body": 3}', '{"id": 2, "body": "x", "title": []}',
    '{"id": 2, "body": "x", "keywords": [1]}', '{"id": 2, "body": "x", "keywords": {"a": 1}}', DOC,
    "[" * 100_000,
]  # fmt: skip
BAD_QUERIES = [
    "null", '{"text": "x"}', '{"qid": 2}', '{"qid": 2, "text": null}', '{"qid": 2, "text": 5}',
    '{"qid": 2, "text": "x", "kind": "exact"}', '{"qid": 2, "text": "x", "kind": []}',
    '{"qid": 2, "text": "x", "exclude": {"a": 1}}', '{"qid": 2, "text": "x", "exclude": [1.5]}',
    '{"qid": 2, "text": "x", "body": 1}', ASKED,
]  # fmt: skip
BAD_FEEDBACK = [
    '{"qid": 2, "text": "x", "docid": 1}', '{"qid": 2, "text": "x", "docid": 1, "label": 3}',
    '{"qid": 2, "text": "x", "docid": 1, "label": true}', '{"qid": 2, "text": "x", "label": 1}',
    '{"qid": 2, "text": "x", "docid": 1, "label": "1"}',
    '{"qid": 1, "text": "something else", "docid": 1, "label": 1}',
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        *(("docs", DOC, bad) for bad in BAD_DOCS),
        *(("queries", ASKED, bad) for bad in BAD_QUERIES),
        *(("feedback", JUDGED, bad) for bad in BAD_FEEDBACK),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_written(files, name, good, bad):
    (files / "feedback.jsonl").write_text(JUDGED)
    (files / f"{name}.jsonl").write_text(f"{good}\n\n{bad}\n")
    answer, out = run(files, "--feedback", files / "feedback.jsonl", "--explain", files / "why")
    assert answer.exit_code == 2, answer.output
    assert f"{name}.jsonl, line 3: " in answer.output
    assert "Traceback" not in answer.output
    assert not out.exists() and not (files / "why").exists()
    assert [path.name for path in files.iterdir() if path.name.startswith(".")] == []


def test_a_file_that_is_no_utf_8_is_named(files):
    (files / "docs.jsonl").write_bytes(b'{"id": 1, "body": "x"}\n\xff\xfe')
    answer, out = run(files)
    assert answer.exit_code == 2 and "docs.jsonl, line 2: not UTF-8" in answer.output
    assert not out.exists()


def test_a_byte_order_mark_and_windows_lines_are_read(files):
    (files / "docs.jsonl").write_bytes(f"\ufeff{DOC}\r\n".encode())
    answer, out = run(files, "--explain", files / "why.jsonl")
    assert answer.exit_code == 0, answer.output
    assert {line.split()[2] for line in out.read_text().splitlines()} == {"1"}


@pytest.mark.parametrize("name", ["docs", "queries"])
def test_an_empty_file_is_refused(files, name):
    (files / f"{name}.jsonl").write_text("\n")
    answer, out = run(files)
    assert answer.exit_code == 2 and f"{name}.jsonl: there is no" in answer.output
    assert not out.exists()


def test_outputs_that_would_destroy_or_cannot_be_written_are_refused_first(files):
    before = (files / "docs.jsonl").read_text()
    for more in (["--run", files / "docs.jsonl"], ["--run", files / "no" / "run.txt"],
                 ["--explain", files / "run.txt"], ["--run", files]):  # fmt: skip
        answer, _ = run(files, *more)
        assert answer.exit_code == 2, answer.output
    assert (files / "docs.jsonl").read_text() == before


def test_what_was_written_before_stays_when_a_run_is_refused(files):
    run(files)
    before = (files / "run.txt").read_text()
    (files / "docs.jsonl").write_text("{")
    assert run(files)[0].exit_code == 2
    assert (files / "run.txt").read_text() == before


@pytest.mark.parametrize("more", [["--top", "0"], ["--top", "x"], ["--docs", "missing.jsonl"]])
def test_a_bad_option_ends_with_two(files, more):
    assert run(files, *more)[0].exit_code == 2


def test_names_of_one_thing_and_words_of_ones_own(files):
    (files / "aliases.txt").write_text("# 别名\nAlN, 氮化铝\n")
    (files / "lexicon.txt").write_text("氮化铝 5 n\n")
    (files / "queries.jsonl").write_text('{"qid": 1, "text": "AlN"}')
    answer, out = run(files, "--aliases", files / "aliases.txt", "--lexicon", files / "lexicon.txt")
    assert answer.exit_code == 0, answer.output
    assert {line.split()[2] for line in out.read_text().splitlines()} == {"1", "b"}
    (files / "aliases.txt").write_text("AlN\n")
    answer, _ = run(files, "--aliases", files / "aliases.txt")
    assert answer.exit_code == 2 and "aliases.txt, line 1: " in answer.output


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
    assert (
        RUNNER.invoke(app, ["rank-eval", "--run", str(run_file), "--qrels", str(qrels)]).exit_code
        == 2
    )


@pytest.mark.parametrize(
    ("run_text", "qrels_text", "place"),
    [
        ("1 Q0 a 1 2.0", "1 a 1", "r.txt, line 1"),
        ("1 Q0 a x 2.0 t", "1 a 1", "r.txt, line 1"),
        ("1 Q0 a 1 nan t", "1 a 1", "r.txt, line 1"),
        ("1 Q0 a 1 2 t\n1 Q0 a 2 1 t", "1 a 1", "r.txt, line 2"),
        ("", "1 a 1\n1 a 2", "q.tsv, line 2"),
        ("", "1 a 99", "q.tsv, line 1"),
        ("", "", "q.tsv: there is no judgement"),
    ],
)
def test_rank_eval_names_a_bad_line(files, run_text, qrels_text, place):
    run_file, qrels = files / "r.txt", files / "q.tsv"
    run_file.write_text(run_text)
    qrels.write_text(qrels_text)
    answer = RUNNER.invoke(app, ["rank-eval", "--run", str(run_file), "--qrels", str(qrels)])
    assert answer.exit_code == 2 and place in answer.output


def test_rank_eval_of_a_run_without_hits_is_nothing(files):
    run_file, qrels = files / "r.txt", files / "q.tsv"
    run_file.write_text("")
    qrels.write_text("1 a 2\n")
    answer = RUNNER.invoke(app, ["rank-eval", "--run", str(run_file), "--qrels", str(qrels)])
    assert answer.exit_code == 0 and "nDCG@10\t0.0000" in answer.output


def test_the_command_line_loads_no_django_and_no_numbers_before_it_ranks():
    code = (
        "import sys, kechuang.engines.ranking.commands, kechuang.engines.ranking;"
        "sys.exit(any(name in sys.modules for name in ('django', 'numpy', 'tantivy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
