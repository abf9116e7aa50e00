"""Twenty traps of Chinese search that users of other engines report, each by its name."""

import pytest

from kechuang.engines.ranking import Document, Facets, Kind, Query, Ranker, Reader, Writer
from kechuang.engines.ranking.lexicon import aliases_from
from kechuang.engines.ranking.spans import taken_apart

TEXTS = {
    "bank": "中国农业发展银行支持粮食收购。",
    "pending": "待处理的工业废水经两级膜浓缩后回用。",
    "simple": "本装置结构紧凑，安装简单，维护方便。",
    "phrase": "刀具寿命达到三百小时，适合连续切削。",
    "apart": "刀具的使用寿命与切削速度有关。",
    "coated": "涂层刀具寿命较长，用于不锈钢加工。",
    "sight": "热门景点客流预测与疏导系统。",
    "classic": "经典力学中的若干问题。",
    "target": "铟靶回收率高，纯度稳定。",
    "5g": "面向5G基站的散热材料与CBN单晶磨料。",
    "cbn": "立方氮化硼单晶的高温高压合成。",
    "wide": "ＣＢＮ單晶與氮化鋁陶瓷的製備。",
    "units": "稻田退水中总氮去除率67%，材料密度1.8 g/cm³。",
    "rare": "主持人龚𬭚与㛃教授团队。",
    "emoji": "智能\u200b工厂👍数字孪生\ufeff平台。",
    "law": "古籍修复与纸张脱酸，装帧工艺。",
    "need": "高导热氮化铝陶瓷基板，热导率高，用于功率模块散热。",
    "other": "氮化铝单晶生长，用于紫外探测。",
}
HIDDEN = Document(
    "secret", "氮化铝秘密工艺", "", "氮化铝陶瓷热等静压秘方", readers=frozenset({"ORG-1"})
)


def made(folder, documents):
    with Writer(folder) as writer:
        writer.put(documents)
        writer.commit()
    return folder


@pytest.fixture(scope="module")
def ranker(tmp_path_factory):
    documents = [Document(name, body=text) for name, text in TEXTS.items()]
    return Ranker(made(tmp_path_factory.mktemp("traps") / "index", documents))


def found(ranker, text, kind=Kind.KNOWN, **more):
    return [hit.id for hit in ranker.rank(Query(text, kind=kind, **more), 10).hits]


def test_01_a_word_is_found_inside_a_longer_name(ranker):
    assert found(ranker, "农业")[0] == "bank"


def test_02_a_word_is_found_behind_another_character(ranker):
    assert found(ranker, "处理")[0] == "pending"


def test_03_a_word_is_found_at_the_end_of_another(ranker):
    assert found(ranker, "简单")[0] == "simple"


@pytest.mark.parametrize("text", ['"刀具寿命"', "“刀具寿命”", "「刀具寿命」"])
def test_04_a_phrase_in_quotes_finds_only_the_phrase(ranker, text):
    assert set(found(ranker, text)) == {"phrase", "coated"}


@pytest.mark.parametrize("text", ["刀具寿命 -涂层", "刀具寿命 －涂层刀具"])
def test_05_a_word_after_a_minus_is_left_out(ranker, text):
    hits = found(ranker, text)
    assert hits[0] == "phrase" and "coated" not in hits and "apart" in hits


def test_06_words_that_only_sound_alike_are_not_found(ranker):
    assert found(ranker, "景点") == ["sight"]
    assert found(ranker, "经典") == ["classic"]
    assert "sight" not in found(ranker, "经典")


def test_07_one_character_finds(ranker):
    assert found(ranker, "铟") == ["target"]


@pytest.mark.parametrize("text", ["5G基站", "5g 基站", "CBN单晶", "散热材料CBN"])
def test_08_text_mixed_with_latin_without_spaces_finds(ranker, text):
    assert found(ranker, text)[0] in {"5g", "wide"}
    assert "5g" in found(ranker, text)[:2]


def test_09_full_width_and_half_width_give_the_same_ten(ranker):
    assert found(ranker, "ＣＢＮ单晶　５Ｇ") == found(ranker, "CBN单晶 5G")


def test_10_upper_and_lower_case_give_the_same_ten(ranker):
    assert found(ranker, "CBN 5G") == found(ranker, "cbn 5g") != []


def test_11_traditional_and_simplified_give_the_same_ten(ranker):
    assert found(ranker, "氮化鋁陶瓷製備") == found(ranker, "氮化铝陶瓷制备")
    assert "wide" in found(ranker, "氮化铝陶瓷制备")[:2]


@pytest.mark.parametrize("text", ["67%", "６７％", "去除率67%", "1.8 g/cm3", "1.8g/cm³"])
def test_12_digits_with_units_find(ranker, text):
    assert found(ranker, text)[0] == "units"


@pytest.mark.parametrize("text", ["，。！？", "——", "...", "()（）", "-", '""', "   ", ""])
def test_13_a_query_of_punctuation_finds_nothing_and_is_no_error(ranker, text):
    ranked = ranker.rank(Query(text))
    assert (ranked.hits, ranked.total) == ([], 0)


def test_14_ten_thousand_characters_are_cut_and_not_refused(ranker):
    long = "氮化铝陶瓷基板功率模块散热，" * 2_000
    assert found(ranker, long, Kind.RELATED)[0] == "need"
    cut = found(ranker, "氮化铝陶瓷", Kind.RELATED, body=long[:10_000])
    assert found(ranker, "氮化铝陶瓷", Kind.RELATED, body=long + "铟靶") == cut != []
    assert "target" in found(ranker, "氮化铝陶瓷", Kind.RELATED, body="铟靶")


def test_15_a_repeated_paragraph_does_not_move_the_first_hit(ranker):
    paragraph = "要求热导率高，用于功率模块散热。刀具寿命长。"
    once = ranker.rank(Query("氮化铝陶瓷基板", paragraph, kind=Kind.RELATED))
    for times in (2, 5, 40):
        query = Query("氮化铝陶瓷基板", paragraph * times, kind=Kind.RELATED)
        assert ranker.rank(query).hits == once.hits


@pytest.mark.parametrize("kind", list(Kind))
def test_16_an_unrelated_new_document_keeps_the_order(ranker, tmp_path, kind):
    documents = [Document(name, body=text) for name, text in TEXTS.items()]
    more = Ranker(made(tmp_path / "index", [*documents, Document("new", body="螞蟻森林")]))
    for text in ("氮化铝陶瓷基板", "刀具寿命", "CBN单晶"):
        assert found(more, text, kind) == found(ranker, text, kind)


@pytest.mark.parametrize("text", ["龚𬭚", "𬭚", "㛃教授", "㛃"])
def test_17_names_of_rare_characters_are_found(ranker, text):
    assert found(ranker, text)[0] == "rare"


def test_18_other_names_of_a_thing_are_found_when_a_file_says_so(ranker):
    assert "cbn" not in found(ranker, "CBN")
    aliases = aliases_from(["# 别名", "CBN，立方氮化硼"])
    knowing = Ranker(ranker.folder, aliases=aliases)
    ranked = knowing.rank(Query("CBN"))
    assert {"5g", "wide", "cbn"} == {
        hit.id for hit in ranked.hits if hit.id in {"5g", "wide", "cbn"}
    }
    assert ranked.question.aliases == ("立方氮化硼",)


@pytest.mark.parametrize("text", ["的", "的 与 和 了", "我们需要一个", "求助求助"])
@pytest.mark.parametrize("kind", list(Kind))
def test_19_a_need_of_stop_words_only_is_no_error(ranker, text, kind):
    ranked = ranker.rank(Query(text, kind=kind), 10)
    assert len(ranked.hits) <= 10 and ranked.total >= len(ranked.hits)


@pytest.mark.parametrize(
    "text", ["智能工厂", "智\u200b能\ufeff工厂", "👍智能工厂", "智能工厂\u200d"]
)
def test_20a_emoji_and_zero_width_marks_change_nothing(ranker, text):
    assert found(ranker, text) == found(ranker, "智能工厂")
    assert found(ranker, text)[0] == "emoji"
    assert found(ranker, "👍") == []


def test_20b_hidden_documents_leave_no_trace(ranker, tmp_path):
    documents = [Document(name, body=text) for name, text in TEXTS.items()]
    both = Ranker(made(tmp_path / "index", [HIDDEN, *documents]))
    for kind in Kind:
        for text in ("氮化铝", "热等静压秘方", "氮化铝陶瓷基板"):
            query = Query(text, kind=kind)
            seen, alone = both.rank(query, 10), ranker.rank(query, 10)
            assert seen.hits == alone.hits and seen.total == alone.total
            for place in range(len(seen.hits)):
                body = {"body": TEXTS[str(seen.hits[place].id)]}
                assert taken_apart(seen, place, body) == taken_apart(alone, place, body)
    assert both.rank(Query("秘方"), reader=Reader()).hits == []
    inside = Reader(frozenset({"ORG-1"}))
    assert [hit.id for hit in both.rank(Query("秘方"), reader=inside).hits] == ["secret"]
    closed = Reader(frozenset({"ORG-1"}), Facets(kind="result"))
    assert both.rank(Query("秘方"), reader=closed).hits == []
