"""Own words and other names: who may add them, that they are in the index at once, and recorded."""

from datetime import UTC, datetime

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import NotPermitted
from kechuang.engines.ranking import Kind, Query
from kechuang.record.models import Entry
from kechuang.search.actions import add_term, end_term, index_documents, put_document
from kechuang.search.models import Term
from kechuang.search.queries import is_taken_in, ranked, ranker, search_documents, spoken
from kechuang.search.rules import TermRefused, term_names

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
OFFICE = Actor("RY-1", "A", Role.OFFICER, "", "990000/990100")


def put(number, title):
    put_document(
        number=number, kind="offer", title=title, visibility="PUBLIC", body="一段正文。", at=AT
    )


def add(sort, text, by=OFFICE):
    return add_term(sort=sort, text=text, reason="行业叫法", by=by, at=AT)


def found(text):
    return [
        row.document.number for row in search_documents(actor=Actor.PUBLIC, at=AT, text=text).rows
    ]


@pytest.mark.django_db
def test_a_word_counts_as_a_whole_from_the_next_step_of_the_index_and_until_it_is_taken_out():
    put("1", "立方氮化硼刀具")
    put("2", "立方、氮化、化硼")
    index_documents(at=AT)
    before, name = ranker(), ranker().name
    term = add("WORD", "立方氮化硼")
    assert not is_taken_in()
    assert index_documents(at=AT) == 2  # all texts are read anew
    assert is_taken_in()
    held = ranker()
    assert (held.lexicon.words, held.name != name) == (frozenset({"立方氮化硼"}), True)
    asked = ranked(Query("立方氮化硼"), actor=Actor.PUBLIC).ranked
    assert "立方氮化硼" in asked.question.grams.texts
    assert index_documents(at=AT) == 0
    end_term(number=term.number, reason="不用了", by=OFFICE, at=AT)
    index_documents(at=AT)
    asked = ranked(Query("立方氮化硼"), actor=Actor.PUBLIC).ranked
    assert "立方氮化硼" not in asked.question.grams.texts
    assert before.lexicon.words == frozenset()


@pytest.mark.django_db
def test_other_names_find_at_once_and_without_reading_the_texts_anew():
    put("1", "立方氮化硼刀具")
    index_documents(at=AT)
    born = ranker().state.born
    assert ranked(Query("CBN", kind=Kind.RELATED), actor=Actor.PUBLIC).ranked.hits == []
    term = add("ALIAS", "CBN、立方氮化硼")
    index_documents(at=AT)
    by_name = ranked(Query("CBN", kind=Kind.RELATED), actor=Actor.PUBLIC)
    assert by_name.numbers == ["1"]
    assert by_name.ranked.question.aliases == ("立方氮化硼",)
    assert (ranker().state.born, "+" in by_name.index) == (born, True)
    end_term(number=term.number, reason="不用了", by=OFFICE, at=AT)
    index_documents(at=AT)
    assert ranked(Query("CBN", kind=Kind.RELATED), actor=Actor.PUBLIC).ranked.hits == []
    assert "+" not in ranker().name


@pytest.mark.django_db
def test_adding_and_taking_out_is_recorded_and_calls_the_index():
    called = ProcrastinateJob.objects.filter(task_name="search.index")
    before = called.count()
    term = add("WORD", "立方氮化硼")
    end_term(number=term.number, reason="不用了", by=OFFICE, at=AT)
    entries = Entry.objects.filter(object_number=term.number).order_by("pk")
    assert [entry.verb for entry in entries] == ["search.add_term", "search.end_term"]
    assert called.count() == before + 2
    term.refresh_from_db()
    assert (term.is_in_force, term.ended_by, term.until) == (False, "RY-1", AT)
    assert spoken().lexicon.words == frozenset()


@pytest.mark.django_db
def test_who_may_not_and_what_is_there_already_is_refused():
    county = Actor("RY-2", "B", Role.OFFICER, "", "990000/990100/990104")
    for by in (county, Actor("RY-3", "C", Role.LIAISON, "", "990000/990100"), Actor.PUBLIC):
        with pytest.raises(NotPermitted):
            add("WORD", "立方氮化硼", by=by)
    term = add("WORD", "立方氮化硼")
    with pytest.raises(NotPermitted):
        end_term(number=term.number, reason="不用了", by=county, at=AT)
    refused = []
    for act in (
        lambda: add("WORD", "立方氮化硼"),
        lambda: add_term(sort="WORD", text="碳化硅板", reason=" ", by=OFFICE, at=AT),
        lambda: end_term(number=term.number, reason="", by=OFFICE, at=AT),
        lambda: [end_term(number=term.number, reason="x", by=OFFICE, at=AT) for _ in "12"],
    ):
        with pytest.raises(TermRefused) as one:
            act()
        refused.append(one.value.code)
    assert refused == ["search.term_is_there", "search.term_reason_missing",
                       "search.term_reason_missing", "search.term_is_ended"]  # fmt: skip
    assert Term.objects.count() == 1


@pytest.mark.parametrize(("sort", "text", "code"), [
    ("WORD", "氮化", "search.word_is_whole"),
    ("WORD", "abc", "search.word_is_whole"),
    ("WORD", "立方 氮化硼", "search.word_is_whole"),
    ("WORD", "立方氮化硼、碳化硅", "search.word_is_one"),
    ("WORD", "！？", "search.word_is_one"),
    ("WORD", "硼" * 31, "search.term_too_long"),
    ("ALIAS", "CBN", "search.alias_is_a_group"),
    ("ALIAS", "CBN,ＣＢＮ", "search.alias_is_a_group"),
    ("OTHER", "CBN、立方氮化硼", "search.term_sort_unknown"),
])  # fmt: skip
def test_what_says_nothing_is_refused(sort, text, code):
    with pytest.raises(TermRefused) as one:
        term_names(sort, text)
    assert one.value.code == code


def test_names_are_evened_out():
    assert term_names("ALIAS", "ＣＢＮ；立方氮化硼= cbn") == ["cbn", "立方氮化硼"]
    assert term_names("WORD", "鋁基複合材料") == ["铝基复合材料"]
