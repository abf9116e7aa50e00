"""Bytes are kept once, survive a sweep while linked, and never appear half written."""

import os
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import NotPermitted
from kechuang.files import actions, queries, rules
from kechuang.files.models import Blob, Piece, Upload, blobs_directory, uploads_directory
from kechuang.record.models import Entry

PDF = b"%PDF-1.7\nreport"


@pytest.fixture(autouse=True)
def state(settings, tmp_path):
    settings.STATE = tmp_path


def keep(member, at, content=PDF):
    return actions.keep_blob(content=content, filename="报告.pdf", by=member.actor, at=at)


def begin(member, at, size=15, **more):
    return actions.begin_upload(filename="报告.pdf", size=size, by=member.actor, at=at, **more)


def test_a_blob_lies_under_its_hash_readable_by_its_owner_alone(world, at):
    blob = keep(world.filler, at)
    digest = rules.hash_of(PDF)
    assert blob.path == blobs_directory() / digest[:2] / digest[2:]
    assert blob.path.stat().st_mode & 0o777 == 0o600
    assert queries.open_blob(blob).read() == PDF
    assert (blob.size, blob.media_type) == (len(PDF), rules.PDF)
    entry = Entry.objects.get(verb="files.keep")
    assert entry.object_number == blob.number


def test_the_same_content_is_kept_once_and_mends_a_lost_file(world, at):
    first = keep(world.filler, at)
    first.path.unlink()
    second = keep(world.officer, at)
    assert second.pk == first.pk
    assert second.path.read_bytes() == PDF
    assert Entry.objects.filter(verb="files.keep").count() == 1


def test_a_refused_file_leaves_nothing(world, at):
    with pytest.raises(rules.FileRefused):
        keep(world.filler, at, content=b"MZ\0")
    assert Blob.objects.count() == 0
    assert not list(blobs_directory().glob("*/*"))


@pytest.mark.parametrize("change", [{"size": 0}, {"size": rules.FILE_BYTES_MAX + 1}, {"hash": "x"}])
def test_the_database_holds_the_limits_too(world, at, change):
    blob = keep(world.filler, at)
    with pytest.raises(IntegrityError), transaction.atomic():
        Blob.objects.filter(pk=blob.pk).update(**change)


def test_pieces_come_in_any_order_and_more_than_once(world, at):
    content = b"%PDF-" + os.urandom(rules.PIECE_BYTES)
    upload = begin(world.filler, at, size=len(content), hash=rules.hash_of(content))
    parts = content[: rules.PIECE_BYTES], content[rules.PIECE_BYTES :]
    for index in (1, 0, 1):
        actions.take_piece(
            upload=upload, index=index, content=parts[index], by=world.filler.actor, at=at
        )
    done = actions.finish_upload(upload=upload, by=world.filler.actor, at=at)
    assert done.blob.path.read_bytes() == content
    assert Piece.objects.count() == 2
    again = actions.finish_upload(upload=upload, by=world.filler.actor, at=at)
    assert again.blob == done.blob
    assert queries.uploaded_blob(world.filler.actor, upload.number) == (done.blob, "报告.pdf")
    assert queries.uploaded_blob(world.officer.actor, upload.number) is None


def test_an_upload_is_not_finished_without_all_pieces_or_with_other_content(world, at):
    upload = begin(world.filler, at, hash="0" * 64)
    with pytest.raises(rules.FileRefused) as caught:
        actions.finish_upload(upload=upload, by=world.filler.actor, at=at)
    assert caught.value.code == "files.pieces_missing"
    actions.take_piece(upload=upload, index=0, content=PDF, by=world.filler.actor, at=at)
    with pytest.raises(rules.FileRefused) as caught:
        actions.finish_upload(upload=upload, by=world.filler.actor, at=at)
    assert caught.value.code == "files.hash"
    assert Blob.objects.count() == 0


def test_nobody_goes_on_with_anothers_upload(world, at):
    upload = begin(world.filler, at)
    for act in (
        lambda: actions.take_piece(
            upload=upload, index=0, content=PDF, by=world.officer.actor, at=at
        ),
        lambda: actions.finish_upload(upload=upload, by=world.officer.actor, at=at),
        lambda: actions.drop_upload(upload=upload, by=world.officer.actor, at=at),
        lambda: actions.begin_upload(filename="a.pdf", size=1, by=Actor.PUBLIC, at=at),
    ):
        with pytest.raises(NotPermitted):
            act()
    assert list(queries.uploads_of(Actor.PUBLIC)) == []


def test_a_dropped_upload_is_gone_with_its_pieces(world, at, django_capture_on_commit_callbacks):
    upload = begin(world.filler, at)
    actions.take_piece(upload=upload, index=0, content=PDF, by=world.filler.actor, at=at)
    with django_capture_on_commit_callbacks(execute=True):
        actions.drop_upload(upload=upload, by=world.filler.actor, at=at)
    assert Upload.objects.count() == 0
    assert list(uploads_directory().iterdir()) == []


def test_the_twenty_first_open_upload_is_refused(world, at):
    for _ in range(rules.UPLOADS_OPEN_MAX):
        begin(world.filler, at)
    with pytest.raises(rules.FileRefused) as caught:
        begin(world.filler, at)
    assert caught.value.code == "files.uploads_open"


def test_the_sweep_removes_unlinked_blobs_after_a_day_and_spares_linked_ones(world, at):
    orphan = keep(world.filler, at)
    linked = keep(world.filler, at, content=b"%PDF-1.7\nlinked")
    upload = begin(world.filler, at + timedelta(days=2))
    Upload.objects.filter(pk=upload.pk).update(blob=linked)
    by = Actor.CLOCK
    assert actions.sweep_files(by=by, at=at + timedelta(hours=23)) == 0
    assert actions.sweep_files(by=by, at=at + timedelta(days=2)) == 1
    assert not orphan.path.exists()
    assert list(Blob.objects.all()) == [linked]
    assert linked.path.exists()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_content_handed_in_again_is_safe_for_another_day(world, at):
    keep(world.filler, at)
    keep(world.filler, at + timedelta(hours=30))
    assert actions.sweep_files(by=Actor.CLOCK, at=at + timedelta(hours=40)) == 0


def test_the_sweep_removes_bytes_without_a_row_and_idle_uploads(world, at):
    stray = blobs_directory() / "ab" / ("c" * 62)
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"x")
    before = (at - timedelta(days=2)).timestamp()
    os.utime(stray, (before, before))
    begin(world.filler, at - timedelta(days=8))
    assert actions.sweep_files(by=Actor.CLOCK, at=at) == 2
    assert not stray.exists()
    assert Upload.objects.count() == 0
