"""The worked cases of every rule set through the command, as JSON lines, CSV and Parquet.

What people wrote in tests.yaml is written to files as an enterprise hands it in (yearly returns
nested, words as people say them), answered on the case's day, and held against what was worked
out by hand; the shape of the answers word by word.
"""

import csv
import json
from collections import defaultdict
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from typer.testing import CliRunner

from kechuang.engines.eligibility import SHIPPED
from kechuang.engines.eligibility.commands import app
from kechuang.engines.eligibility.testing import _counted, _problems

CODES = sorted(path.name for path in SHIPPED.iterdir() if (path / "rules.yaml").is_file())
STATES = {"met", "not_met", "unknown", "to_be_judged"}
KEYS = {"state", "criteria", "missing", "version", "explain"}


def worked(code):
    """The enterprises of the tests by day, changed as each test says; with what is expected."""
    said = yaml.safe_load((SHIPPED / code / "tests.yaml").read_text("utf-8"))
    by_day = defaultdict(list)
    for number, test in enumerate(said["tests"]):
        whole = _counted(said["enterprises"][test["enterprise"]])
        row = {"id": f"{code}-{number}", **changed(whole, _counted(test.get("change") or {}))}
        by_day[test["as_of"]].append((row, test["expect"]))
    return by_day


def changed(whole, change):
    row = {key: value for key, value in whole.items() if key not in ("returns", "judged")}
    years = {one["year"]: dict(one) for one in whole.get("returns", [])}
    points = dict(whole.get("judged") or {})
    for key, value in change.items():
        head, _, rest = key.partition(".")
        if head == "returns":
            year, _, column = rest.partition(".")
            years.setdefault(int(year), {"year": int(year)})[column] = value
        elif head == "judged":
            points[rest] = value
        else:
            row[key] = value
    kept = {key: value for key, value in row.items() if value is not None}
    returns = [{key: value for key, value in one.items() if value is not None}
               for one in years.values()]  # fmt: skip
    points = {key: value for key, value in points.items() if value is not None}
    return kept | ({"returns": returns} if returns else {}) | ({"judged": points} if points else {})


def plain(value):
    return value.isoformat() if isinstance(value, date) else str(value)


def as_jsonl(path, rows):
    lines = [json.dumps(row, ensure_ascii=False, default=plain) for row in rows]
    path.write_text("\n".join(lines), "utf-8")


def flat(row):
    found = {}
    for key, value in row.items():
        if key == "returns":
            for one in value:
                found |= {f"returns.{one['year']}.{name}": cell for name, cell in one.items()
                          if name != "year"}  # fmt: skip
        elif key == "judged":
            found |= {f"judged.{name}": cell for name, cell in value.items()}
        else:
            found[key] = value
    return found


def as_csv(path, rows):
    cells = [flat(row) for row in rows]
    heads = sorted({key for row in cells for key in row}, key=lambda key: (key != "id", key))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(heads)
        for row in cells:
            writer.writerow([said(row.get(head)) for head in heads])


def said(value):
    if value is None:
        return ""
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False, default=plain)
    return str(value).lower() if isinstance(value, bool) else str(value)


def as_parquet(path, rows):
    pq.write_table(pa.Table.from_pylist([{"id": "", **row} for row in rows], SCHEMA(rows)), path)


def SCHEMA(rows):
    """All keys of all rows: Arrow takes the first row's otherwise."""
    first = {}
    for row in rows:
        for key, value in row.items():
            if key == "judged":
                names = {name for one in rows for name in one.get("judged", {})}
                first[key] = pa.struct([(name, pa.float64()) for name in sorted(names)])
            elif isinstance(value, list):
                cells = [each for one in rows for each in one.get(key) or ()]
                names = sorted({name for each in cells for name in each}) or ["kind"]
                first[key] = pa.list_(pa.struct([(name, kind_of(cells, name)) for name in names]))
            else:
                first[key] = kind_of(rows, key)
    return pa.schema(list(first.items()))


def kind_of(rows, name):
    value = next((row[name] for row in rows if row.get(name) is not None), "")
    kinds = {bool: pa.bool_(), int: pa.int64(), date: pa.date32()}
    return kinds.get(type(value), pa.string())


WRITE = {"jsonl": as_jsonl, "csv": as_csv, "parquet": as_parquet}


@pytest.mark.parametrize("kind", WRITE)
@pytest.mark.parametrize("code", CODES)
def test_the_worked_cases_through_the_command(tmp_path, code, kind):
    count = 0
    for day, cases in worked(code).items():
        path, out = tmp_path / f"e.{kind}", tmp_path / "out.jsonl"
        WRITE[kind](path, [row for row, _expect in cases])
        done = CliRunner().invoke(app, [
            "--enterprises", str(path), "--as-of", str(day), "--out", str(out), "--rules", code,
            "--explain",
        ])  # fmt: skip
        assert (done.exit_code, done.output) == (0, ""), done.output
        lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
        assert [line["id"] for line in lines] == [row["id"] for row, _expect in cases]
        for line, (_row, expect) in zip(lines, cases, strict=True):
            assert set(line) == {"id", "policies"} and set(line["policies"]) == {code}
            given = line["policies"][code]
            check_shape(given)
            assert list(_problems(expect, given)) == [], (line["id"], day)
            count += 1
    assert count >= 20


def check_shape(given):
    """{state, criteria: {CODE: {state, value, threshold}}, score?, missing, amount_fen?}."""
    assert given["state"] in STATES
    assert KEYS <= set(given) <= KEYS | {"score", "to_judge", "amount_fen"}
    for one in given["criteria"].values():
        assert set(one) == {"state", "value", "threshold"} and one["state"] in STATES
    assert given["missing"] == sorted(given["missing"])
    assert (given["state"] == "unknown") <= bool(given["missing"])
    if "score" in given:
        low, high = given["score"]
        assert 0 <= low <= high
    if "amount_fen" in given:
        assert given["state"] == "met" and isinstance(given["amount_fen"], int)
