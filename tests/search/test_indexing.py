"""The index follows the documents: a step at a time, and made anew when it is lost or not ours."""

import json
import shutil
from datetime import UTC, datetime

import pytest
from django.conf import settings
from procrastinate.contrib.django.models import ProcrastinateJob

from kechuang.base.actor import Actor, Role
from kechuang.engines.ranking import Kind, Query, Writer
from kechuang.search import jobs
from kechuang.search.actions import (
    Text,
    drop_document,
    index_documents,
    open_document,
    put_document,
    put_documents,
)
from kechuang.search.models import Change, Indexed
from kechuang.search.queries import (
    index_folder,
    ranked,
    ranker,
    search_documents,
    similar_documents,
    suggestions,
)

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
COUNTY, OWNER = "990000/990100/990104", "91990104MA00000001"
OFFICE = Actor("RY-1", "A", Role.OFFICER, "", "990000/990100")


def put(number, title="铟靶材回收", **more):
    put_document(
        **{"number": number, "kind": "offer", "title": title, "visibility": "PUBLIC", "at": AT}
        | more
    )  # fmt: skip


def found(text="铟靶", actor=Actor.PUBLIC):
    rows = search_documents(actor=actor, at=AT, text=text).rows
    return [row.document.number for row in rows]


def test_what_was_put_changed_opened_and_dropped_is_taken_in_a_step_at_a_time():
    put("1")
    put("2")
    assert index_documents(at=AT) == 2
    assert (found(), Change.objects.count()) == (["1", "2"], 0)
    born = ranker().state.born
    put("1", title="镓回收")
    drop_document(number="2")
    put("3", visibility="OWNER", owner_code=OWNER)
    assert index_documents(at=AT) == 3
    assert found() == []
    assert found("镓回收") == ["1"]
    unit = Actor("RY-9", "B", Role.FILLER, OWNER, COUNTY)
    assert found(actor=unit) == ["3"]
    open_document(number="3", readers=["RY-2"], at=AT)
    assert index_documents(at=AT) == 1
    assert found(actor=Actor("RY-2", "C", Role.EXPERT)) == ["3"]
    assert index_documents(at=AT) == 0
    assert ranker().state.born == born
    assert Indexed.objects.get().name == ranker().state.name == f"{born}.3"


def test_one_job_is_called_for_a_burst_of_changes():
    called = ProcrastinateJob.objects.filter(task_name="search.index")
    before = called.count()  # jobs that tests with real commits have left
    for number in "123":
        put(number)
    assert called.count() == before + 1
    jobs.index()
    put("4")
    assert called.count() == before + 2
    jobs.keep_index(timestamp=0)
    assert found() == ["1", "2", "3", "4"]


def test_a_lost_index_is_made_anew():
    put("1")
    index_documents(at=AT)
    shutil.rmtree(index_folder())
    assert search_documents(actor=Actor.PUBLIC, at=AT, text="铟靶").is_ready is False
    assert similar_documents(actor=Actor.PUBLIC, at=AT, title="铟靶") == []
    assert suggestions(actor=Actor.PUBLIC, at=AT, text="铟靶") == []
    assert index_documents(at=AT) == 1
    assert found() == ["1"]


@pytest.mark.parametrize("name", ["state.json", "texts.bin", "words/meta.json"])
def test_a_damaged_index_is_made_anew(name):
    put("1")
    index_documents(at=AT)
    (index_folder() / name).write_text("")
    put("2")
    index_documents(at=AT)
    assert found() == ["1", "2"]


def test_damage_that_a_reader_meets_is_mended_by_the_job():
    put("1")
    index_documents(at=AT)
    assert found() == ["1"]
    size = (index_folder() / "texts.bin").stat().st_size
    (index_folder() / "texts.bin").write_bytes(b"x" * size)
    assert search_documents(actor=Actor.PUBLIC, at=AT, text="铟靶").is_ready is False
    index_documents(at=AT)
    assert found() == ["1"]


def test_an_index_of_another_database_is_not_believed():
    put("1")
    index_documents(at=AT)
    shutil.rmtree(index_folder())
    with Writer(index_folder()) as writer:
        writer.commit()
    index_documents(at=AT)
    assert found() == ["1"]


def test_a_commit_that_the_database_did_not_hear_of_is_not_believed():
    put("1")
    index_documents(at=AT)
    Indexed.objects.update(name="elsewhere.1")
    assert index_documents(at=AT) == 1
    assert found() == ["1"]


def test_another_process_sees_the_new_generation(tmp_path):
    """Two that read: one opened the index before the commit, one after; both see what is new."""
    from kechuang.engines.ranking import Ranker

    put("1")
    index_documents(at=AT)
    other = Ranker(index_folder())
    put("2")
    index_documents(at=AT)
    assert other.refresh()
    assert [hit.id for hit in other.rank(Query("铟靶")).hits] == ["1", "2"] == found()


def told(actor):
    result = ranked(Query("铟靶材回收提纯", kind=Kind.RELATED), actor=actor)
    scores = [(hit.id, hit.score) for hit in result.ranked.hits]
    return scores, result.ranked.total, result.documents


def test_what_is_hidden_moves_no_count_no_score_and_no_order():
    """The same answer to the last digit with thirty hidden documents and without."""
    put_documents(
        texts=[Text(f"P{n}", "offer", f"铟靶材回收 {n}", "PUBLIC", body="提纯" * n)
               for n in range(8)], at=AT
    )  # fmt: skip
    index_documents(at=AT)
    before = told(Actor.PUBLIC)
    put_documents(
        texts=[Text(f"H{n}", "offer", "铟靶材回收提纯", "OFFICERS", body="提纯", region_path=COUNTY)
               for n in range(30)], at=AT
    )  # fmt: skip
    index_documents(at=AT)
    assert told(Actor.PUBLIC) == before
    assert told(Actor("RY-5", "E", Role.OPERATOR, "", "990000")) == before
    assert told(OFFICE)[1:] == (38, 38)


def test_the_table_has_the_last_word_until_the_index_follows():
    put("1")
    put("2")
    index_documents(at=AT)
    put("1", visibility="OWNER", owner_code=OWNER)
    drop_document(number="2")
    result = search_documents(actor=Actor.PUBLIC, at=AT, text="铟靶")
    assert (result.rows, result.count) == ([], 0)
    assert suggestions(actor=Actor.PUBLIC, at=AT, text="铟靶") == []


def test_each_core_has_an_index_of_its_own():
    assert index_folder() == settings.SEARCH_INDEX
    put("1")
    index_documents(at=AT)
    assert json.loads((index_folder() / "state.json").read_text())["documents"] == 1
