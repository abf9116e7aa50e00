"""Enterprises from files: absent is unknown, 0 is zero, [] is none; the rest is refused by name."""

import json
from datetime import date

import pytest

from kechuang.engines.eligibility import Reader, RowRefused

WHOLE = {
    "id": "a", "name": "甲", "registered_date": "2015-03-01", "resident": True, "industry": "3562",
    "region": "210102", "returns": [{"year": 2022, "staff": 100, "revenue_fen": 0}],
    "ip": [{"class": "Ⅱ", "kind": "发明专利", "count": 3, "own": True,
            "granted_date": "2020-05-01"}],
    "incidents": [{"date": "2022-01-01", "kind": "重大质量事故"}], "lists": [],
    "judged": {"org_system": 4, "ip_2008": 23.7},
}  # fmt: skip


def read(tmp_path, *rows, name="e.jsonl"):
    path = tmp_path / name
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    return list(Reader().read(path))


def test_a_whole_enterprise(tmp_path):
    (row,) = read(tmp_path, WHOLE)
    assert row == {
        "id": "a", "registered_date": date(2015, 3, 1), "resident": True, "industry": "C3562",
        "region": "210102", "returns.2022.staff": 100, "returns.2022.revenue_fen": 0,
        "ip": [{"class": "II", "kind": "发明专利", "count": 3, "own": True,
                "granted_date": date(2020, 5, 1)}],
        "incidents": [{"date": date(2022, 1, 1), "kind": "quality"}], "lists": [],
        "judged.org_system": 40, "judged.ip_2008": 237,
    }  # fmt: skip


def test_a_flat_table_says_the_same(tmp_path):
    path = tmp_path / "e.csv"
    path.write_text(
        "id,registered_date,resident,returns.2022.staff,returns.2022.rd_fen,lists,ip,"
        "conversions.2022.count,judged.org_system\n"
        'a,2015-03-01,是,100,,[],"[{""class"": ""I"", ""count"": 1}]",5,4\n',
        "utf-8-sig",
    )
    (row,) = Reader().read(path)
    assert row == {
        "id": "a", "registered_date": date(2015, 3, 1), "resident": True,
        "returns.2022.staff": 100, "lists": [], "ip": [{"class": "I", "count": 1}],
        "conversions": [{"year": 2022, "count": 5}], "judged.org_system": 40,
    }  # fmt: skip


@pytest.mark.parametrize("nested", [True, False])
def test_parquet_says_the_same(tmp_path, nested):
    import pyarrow
    import pyarrow.parquet

    flat = {"id": "a", "returns.2022.staff": 100, "registered_date": date(2015, 3, 1)}
    rows = [WHOLE | {"judged": {"org_system": 4.0}}] if nested else [flat]
    path = tmp_path / "e.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    (row,) = Reader().read(path)
    assert row["returns.2022.staff"] == 100
    assert row["registered_date"] == date(2015, 3, 1)
    if nested:
        assert row["ip"][0]["class"] == "II"


def test_a_word_that_nobody_knows_is_unknown_and_not_none(tmp_path):
    (row,) = read(tmp_path, {"id": "a", "incidents": [{"date": "2022-01-01", "kind": "别的事"}]})
    assert row["incidents"] == [{"date": date(2022, 1, 1), "kind": None}]
    (row,) = read(tmp_path, {"id": "a", "certificates": [{"kind": "ISO9001"}]})
    assert row["certificates"] == [{"kind": "ISO9001"}]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"id": None}, "id"),
        ({"id": ""}, "id"),
        ({"returns": [{"year": 2022, "revenue": 1}]}, "是不是 revenue_fen"),
        ({"returns": [{"year": 2022, "revenue_yuan": 1}]}, "是不是 revenue_fen"),
        ({"returns.2022.revenue_wan": 1}, "是不是 revenue_fen"),
        ({"returns": [{"year": 2022, "revenue_fen": 1.5}]}, "1万元写 1000000"),
        ({"returns": [{"year": 2022, "revenue_fen": "5000万"}]}, "不是数"),
        ({"returns": [{"year": 2022, "revenue_fen": 10**17}]}, "请核对单位"),
        ({"returns": [{"year": 2022, "revenue_fen": True}]}, "要是整数"),
        ({"returns": [{"year": 2022, "staff": -1}]}, "小于零"),
        ({"returns": [{"year": 2022}, {"staff": 1}]}, "要写 year"),
        ({"returns": [{"year": "now", "staff": 1}]}, "四位数字"),
        ({"returns": [{"year": 2022, "staff": 1}, {"year": 2022, "staff": 2}]}, "写了两遍"),
        ({"returns": 5}, "要是一个列表"),
        ({"retruns": []}, "是不是 returns"),
        ({"registered_date": "2015/3/1"}, "请写成 2022-01-31"),
        ({"registered_date": "2015-02-30"}, "不是日期"),
        ({"resident": "perhaps"}, "true 或 false"),
        ({"industry": "软件"}, "GB/T 4754"),
        ({"ip": {"class": "I"}}, "要是一个列表"),
        ({"ip": [3]}, "要是一个对象"),
        ({"ip": [{"clas": "I"}]}, "是不是 class"),
        ({"ip": [{"count": -1}]}, "小于零"),
        ({"conversions": [{"year": 22, "count": 1}]}, "不是年份"),
        ({"contracts": [{"amount_fen": 9 * 10**15}] * 2}, "太大"),
        ({"judged": {"a": "good"}}, "不是分数"),
        ({"judged": {"a": -1}}, "不是分数"),
        ({"judged": {"a": 1.25}}, "一位小数"),
        ({"judged": 3}, "要是一个对象"),
    ],
)
def test_what_cannot_be_read_is_refused_with_row_and_field(tmp_path, change, says):
    with pytest.raises(RowRefused) as refused:
        read(tmp_path, {"id": "first"}, {"id": "a"} | change)
    text = refused.value.text.format(**refused.value.facts) + refused.value.way_on
    assert says in text
    assert "e.jsonl 第2行" in text


def test_an_id_comes_once(tmp_path):
    with pytest.raises(RowRefused, match="在e.jsonl 第1行已经有了"):
        read(tmp_path, {"id": "a"}, {"id": "a"})


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("e.jsonl", "{", "不是 JSON"),
        ("e.jsonl", "[1]", "不是一个对象"),
        ("e.jsonl", "", "是空的"),
        ("e.jsonl", "\n\n", "例如"),
        ("e.jsonl", '{\n"id": "a"\n}', "每行写一家企业"),
        ("e.jsonl", '{"id": "a", "ip": ' + "[" * 5000 + "]" * 5000 + "}", "不是 JSON"),
        ("e.jsonl", '{"id": "\\ud800"}', "id：要是一个文字"),
        ("e.jsonl", '{"id": "a", "returns": [{"year": "²²²²", "staff": 1}]}', "年份要是四位数字"),
        ("e.jsonl", '{"id": "a", "returns": [{"year": 2022, "rd_fen": NaN}]}', "“nan”不是数"),
        ("e.jsonl", '{"id": "a", "returns": [{"year": 2022, "rd_fen": 1e999}]}', "“inf”不是数"),
        (
            "e.jsonl",
            '{"id": "a", "returns": [{"year": 2022, "rd_fen": ' + "9" * 5000 + "}]}",
            "不是 JSON",
        ),
        ("e.csv", "id,id\na,b\n", "出现了两次"),
        ("e.csv", "id\na,b\n", "有 2 格，表头有 1 列"),
        ("e.csv", "id,region\na\n", "有 1 格，表头有 2 列"),
        ("e.csv", "", "表头里没有 id"),
        ("e.csv", "id;region\na;210102\n", "用英文逗号分开"),
        ("e.csv", 'id\n"a', "不是 CSV"),
        ("e.csv", 'id,returns.2022.revenue_fen\na,"1,234,00"\n', "“1,234,00”不是数"),
        ("e.jsonl", '{"id": "a", "region": "210102", "region": "330106"}', "region：写了两遍"),
        ("e.csv", "id,ip\na,{\n", "要写 JSON"),
        ("e.parquet", "no", "不是 Parquet"),
        ("e.xlsx", "no", "请用 .jsonl"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path, name, text, says):
    path = tmp_path / name
    path.write_text(text, "utf-8")
    with pytest.raises(RowRefused) as refused:
        list(Reader().read(path))
    assert says in refused.value.text.format(**refused.value.facts) + refused.value.way_on


@pytest.mark.parametrize(
    ("name", "text"), [("e.csv", "id,region\na,210102\nb,沈阳\n"), ("e.jsonl", '{"id": "沈阳"}')]
)
@pytest.mark.parametrize("encoding", ["gbk", "utf-16"])
def test_another_encoding_is_refused_with_its_line_and_remedy(tmp_path, name, text, encoding):
    (tmp_path / name).write_bytes(text.encode(encoding))
    with pytest.raises(RowRefused) as refused:
        list(Reader().read(tmp_path / name))
    line = 3 if (name, encoding) == ("e.csv", "gbk") else 1
    assert refused.value.facts["place"] == f"{name} 第{line}行"
    assert "CSV UTF-8" in refused.value.way_on


def test_lines_of_commas_at_the_end_are_no_enterprises(tmp_path):
    path = tmp_path / "e.csv"
    path.write_bytes("\ufeffid,region,resident\r\na,210102, \r\n,,\r\n".encode())
    assert list(Reader().read(path)) == [{"id": "a", "region": "210102"}]


def test_parquet_without_its_reader_names_the_command(tmp_path, monkeypatch):
    from kechuang.engines.eligibility import reading

    monkeypatch.setattr(reading, "find_spec", lambda name: None)
    with pytest.raises(RowRefused) as refused:
        list(Reader().read(tmp_path / "e.parquet"))
    assert "make install" in refused.value.way_on


def test_a_field_that_no_rule_reads_is_counted(tmp_path):
    reader = Reader()
    path = tmp_path / "e.jsonl"
    path.write_text('{"id": "a", "phone": "1"}\n{"id": "b", "phone": "2"}\n', "utf-8")
    assert len(list(reader.read(path))) == 2
    assert dict(reader.unread) == {"phone": 2}
