"""Searching by the index: the traps of Chinese search, and nothing hidden found."""

import sys
from datetime import UTC, datetime

import pytest

from kechuang.base.actor import Actor, Role
from kechuang.engines.ranking import Kind, Query
from kechuang.search.actions import (
    Text,
    drop_document,
    index_documents,
    open_document,
    put_document,
    put_documents,
)
from kechuang.search.models import Document
from kechuang.search.queries import (
    ranked_all,
    search_documents,
    similar_documents,
    suggestions,
    visible_to,
)

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
COUNTY, OTHER = "990000/990100/990104", "990000/990100/990105"
OWNER, STRANGER = "91990104MA00000001", "91990104MA00000002"

TEXTS = [
    ("1", "中国农业发展银行授信模型", "农业", "面向种粮大户的授信。"),
    ("2", "待处理工业废盐资源化", "", "废盐待处理，回收氯化钠。"),
    ("3", "安装简单的振动传感器", "", "现场安装简单，测轴承振动。"),
    ("4", "经典控制方法改进", "", "经典方法。"),
    ("5", "CBN单晶刀具", "CBN；刀具", "车削淬硬钢，刀具寿命 300 h，用于5G基站腔体。"),
    ("6", "氮化铝陶瓷基板", "陶瓷", "热导率 226 W/(m⋅K)，良率 67%。"),
    ("7", "铟靶材回收", "铟", "从废靶回收铟。"),
    ("8", "景点客流预测", "", "节假日景点客流。"),
]


@pytest.fixture(autouse=True)
def texts():
    put_documents(
        texts=[
            Text(number, "offer", title, "PUBLIC", keywords, body, COUNTY, OWNER)
            for number, title, keywords, body in TEXTS
        ],
        at=AT,
    )


def numbers(text, actor=Actor.PUBLIC, **more):
    index_documents(at=AT)
    found = search_documents(actor=actor, at=AT, text=text, **more)
    return [row.document.number for row in found.rows]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("农业", ["1"]),
        ("处理", ["2"]),
        ("简单", ["3"]),
        ("景点", ["8"]),
        ("经典", ["4"]),
        ("铟", ["7"]),
        ("5G基站", ["5"]),
        ("cbn单晶", ["5"]),
        ("ＣＢＮ", ["5"]),
        ("氮化鋁", ["6"]),
        ("氮\u200b化铝", ["6"]),
        ("67%", ["6"]),
        ('"刀具寿命"', ["5"]),
        ('"寿命刀具"', []),
        ("回收 -废盐", ["7"]),
        ("，。！", []),
        ("😀", []),
        ("", []),
        ("-回收", []),
        ("量子纠缠", []),
    ],
)
def test_the_traps_of_chinese_search(text, expected):
    assert numbers(text) == expected


def test_words_in_the_title_come_first_and_then_the_newest():
    put_document(
        number="9", kind="offer", title="其他", body="铟靶材", visibility="PUBLIC", at=AT
    )
    assert numbers("铟靶") == ["7", "9"]


def test_where_nothing_holds_all_words_some_are_enough():
    index_documents(at=AT)
    found = search_documents(
        actor=Actor.PUBLIC, at=AT, text="高导热氮化铝陶瓷流延基板与共烧工艺"
    )
    assert found.is_loose
    assert [row.document.number for row in found.rows][0] == "6"


def test_ten_thousand_characters_are_cut_not_refused():
    assert numbers("氮化铝陶瓷" * 3000)[0] == "6"


def test_pages_follow_one_another():
    index_documents(at=AT)
    first = search_documents(actor=Actor.PUBLIC, at=AT, text="回收", limit=1)
    second = search_documents(
        actor=Actor.PUBLIC, at=AT, text="回收", limit=1, after=first.next_after
    )
    assert [row.document.number for row in first.rows + second.rows] == ["7", "2"]
    assert (first.count, second.next_after) == (2, "")


def test_kinds_and_regions_narrow():
    put_document(
        number="N", kind="need", title="铟回收", visibility="PUBLIC", at=AT, region_path=OTHER
    )
    assert numbers("铟", kinds=["need"]) == ["N"]
    assert numbers("铟", region_path=COUNTY) == ["7"]
    assert set(numbers("铟", region_path="990000/990100")) == {"7", "N"}
    assert numbers("铟", region_path="990000/9901") == []


OFFICE = Actor("RY-1", "A", Role.OFFICER, "", "990000/990100")
COUNTY_OFFICE = Actor("RY-2", "B", Role.OFFICER, "", OTHER)
UNIT = Actor("RY-3", "C", Role.FILLER, OWNER, COUNTY)
RIVAL = Actor("RY-4", "D", Role.FILLER, STRANGER, COUNTY)
OPERATOR = Actor("RY-5", "E", Role.OPERATOR, "", "990000")


@pytest.mark.parametrize(
    ("visibility", "seeing"),
    [
        ("PUBLIC", {"public", "office", "county", "unit", "rival", "operator"}),
        ("OFFICERS", {"office", "unit"}),
        ("OWNER", {"unit"}),
    ],
)
def test_only_who_may_see_finds(visibility, seeing):
    put_document(
        number="S", kind="need", title="绝密字样", body="绝密字样", visibility=visibility,
        region_path=COUNTY, owner_code=OWNER, at=AT,
    )  # fmt: skip
    actors = {
        "public": Actor.PUBLIC, "office": OFFICE, "county": COUNTY_OFFICE, "unit": UNIT,
        "rival": RIVAL, "operator": OPERATOR,
    }  # fmt: skip
    found = {name for name, actor in actors.items() if numbers("绝密", actor) == ["S"]}
    assert found == seeing
    for name, actor in actors.items():
        result = search_documents(actor=actor, at=AT, text="绝密字样是什么")
        told = suggestions(actor=actor, at=AT, text="绝密")
        alike = similar_documents(actor=actor, at=AT, title="绝密字样")
        assert (bool(result.rows), result.count > 0) == (name in seeing, name in seeing)
        assert told == (["绝密字样"] if name in seeing else [])
        assert [row.number for row, _ in alike] == (["S"] if name in seeing else [])


def test_an_opened_document_is_found_by_its_readers_until_it_is_closed():
    put_document(
        number="S", kind="need", title="绝密", visibility="OWNER", owner_code=OWNER, at=AT
    )
    open_document(number="S", readers=[STRANGER], at=AT)
    assert numbers("绝密", RIVAL) == ["S"]
    open_document(number="S", readers=[], at=AT)
    assert numbers("绝密", RIVAL) == []


def test_a_document_without_a_known_visibility_cannot_be_put():
    with pytest.raises(ValueError, match="SECRET"):
        put_document(number="S", kind="need", title="x", visibility="SECRET", at=AT)


def test_putting_again_changes_and_dropping_takes_out():
    put_document(number="7", kind="offer", title="镓回收", visibility="PUBLIC", at=AT)
    assert numbers("铟") == []
    assert numbers("镓") == ["7"]
    drop_document(number="7")
    assert numbers("镓") == []
    assert Document.objects.count() == len(TEXTS) - 1


def test_suggestions_are_titles():
    index_documents(at=AT)
    assert suggestions(actor=Actor.PUBLIC, at=AT, text="铟靶") == ["铟靶材回收"]
    assert suggestions(actor=Actor.PUBLIC, at=AT, text="，") == []


def test_marks_stand_in_title_and_sentence():
    index_documents(at=AT)
    (row,) = search_documents(actor=Actor.PUBLIC, at=AT, text="刀具").rows
    assert [piece.text for piece in row.marked_title if piece.marked] == ["刀具"]
    assert [piece.text for piece in row.quotation if piece.marked] == ["刀具"]


def test_a_search_takes_one_statement_however_much_it_finds(django_assert_num_queries):
    put_documents(
        texts=[Text(f"M{n}", "offer", f"钛合金 {n}", "PUBLIC") for n in range(30)], at=AT
    )
    index_documents(at=AT)
    for text, found in (("铟", 1), ("钛合金", 30)):
        with django_assert_num_queries(1):
            rows = search_documents(actor=Actor.PUBLIC, at=AT, text=text, limit=50).rows
            assert len(rows) == found


def test_what_is_visible_is_decided_before_words():
    assert visible_to(Actor.PUBLIC, AT).count() == len(TEXTS)


def test_a_ray_that_is_not_there_leaves_the_ranking_to_this_machine(settings, monkeypatch, caplog):
    index_documents(at=AT)
    needs = [Query("氮化铝基板", kind=Kind.RELATED), Query("铟靶材", kind=Kind.RELATED)]
    alone = [one.numbers for one in ranked_all(needs, workers=1)]
    settings.RANKING_RAY = "auto"
    monkeypatch.setitem(sys.modules, "ray", None)
    assert [one.numbers for one in ranked_all(needs, workers=1)] == alone
    assert "ranking goes on without Ray" in caplog.text
    assert alone[0][0] == "6"
