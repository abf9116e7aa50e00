"""Writes of the files: keep bytes, take pieces, sweep what nobody links.

The bytes are on the disk before the row that names them is committed, never after.
"""

import os
import shutil
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from django.db import IntegrityError, connection, transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import N_, NotPermitted, require
from kechuang.files import queries, rules
from kechuang.files.models import Blob, Piece, Upload, blobs_directory, uploads_directory
from kechuang.record.actions import append


@transaction.atomic
def keep_blob(*, content: bytes, filename: str, by: Actor, at: datetime) -> Blob:
    """Keep the bytes once; the same content again gives the same blob.

    Refuses (rules.FileRefused) what is empty, too large, of an unknown type or belies its name.
    """
    rules.check_size(len(content))
    media_type = rules.media_type_of(content, rules.clean_filename(filename))
    digest = rules.hash_of(content)
    _lock(digest)
    blob = Blob.objects.select_for_update(no_key=True).filter(hash=digest).first()
    path = blobs_directory() / rules.place_of(digest)
    if not path.exists() or path.stat().st_size != len(content):
        _write(path, content)
    if blob is not None:
        blob.kept_at = max(blob.kept_at, at)  # the sweep leaves it alone for another day
        blob.save(update_fields=["kept_at"])
        return blob
    blob = Blob.objects.create(
        hash=digest, size=len(content), media_type=media_type, kept_at=at
    )
    append(
        verb="files.keep", object_number=blob.number, by=by, at=at,
        payload={"hash": digest, "size": blob.size},
    )  # fmt: skip
    return blob


@transaction.atomic
def begin_upload(
    *, filename: str, size: int, by: Actor, at: datetime, hash: str = ""
) -> Upload:
    """Announce a file; its pieces may then come in any order. Not recorded until it is whole."""
    require(rules.may_upload(by), _not_signed_in())
    rules.check_size(size)
    rules.check_open_uploads(queries.uploads_of(by).filter(blob__isnull=True).count())
    return Upload.objects.create(
        filename=rules.clean_filename(filename), size=size, hash=hash.lower(),
        person=by.person, begun_at=at,
    )  # fmt: skip


@transaction.atomic
def keep_upload(*, filename: str, content: bytes, by: Actor, at: datetime) -> Upload:
    """Keep a file that came whole until its sender says what to do with it; swept when idle."""
    require(rules.may_upload(by), _not_signed_in())
    blob = keep_blob(content=content, filename=filename, by=by, at=at)
    return Upload.objects.create(
        filename=rules.clean_filename(filename), size=blob.size, hash=blob.hash,
        person=by.person, begun_at=at, blob=blob,
    )  # fmt: skip


@transaction.atomic
def take_piece(*, upload: Upload, index: int, content: bytes, by: Actor, at: datetime) -> Piece:
    """Take one piece; the same piece again changes nothing, another in its place replaces it."""
    row = _locked(upload, by)
    rules.check_piece(row.size, index, len(content))
    _write(row.folder / str(index), content)
    piece, _ = Piece.objects.update_or_create(
        upload=row, index=index, defaults={"hash": rules.hash_of(content)}
    )
    return piece


@transaction.atomic
def finish_upload(*, upload: Upload, by: Actor, at: datetime) -> Upload:
    """Put the pieces together and keep them as a blob; a second call gives the same."""
    row = _locked(upload, by)
    if row.blob is not None:
        return row
    present = set(Piece.objects.filter(upload=row).values_list("index", flat=True))
    rules.check_complete(row.size, present)
    count = rules.pieces_of(row.size)
    content = b"".join((row.folder / str(index)).read_bytes() for index in range(count))
    rules.check_hash(row.hash, rules.hash_of(content))
    row.blob = keep_blob(content=content, filename=row.filename, by=by, at=at)
    row.save(update_fields=["blob"])
    folder = row.folder
    transaction.on_commit(lambda: shutil.rmtree(folder, ignore_errors=True))
    return row


@transaction.atomic
def drop_upload(*, upload: Upload, by: Actor, at: datetime) -> None:
    """Give an upload up; a blob that came of it stays."""
    row = _locked(upload, by)
    folder = row.folder
    row.delete()
    transaction.on_commit(lambda: shutil.rmtree(folder, ignore_errors=True))


def sweep_files(*, by: Actor, at: datetime) -> int:
    """Remove idle uploads, blobs that nothing links for a day, and bytes without a row.

    Returns how many of the three were removed.
    """
    removed = 0
    for upload in Upload.objects.filter(begun_at__lt=at - timedelta(days=rules.UPLOAD_DAYS)):
        shutil.rmtree(upload.folder, ignore_errors=True)
        upload.delete()
        removed += 1
    before = at - timedelta(hours=rules.ORPHAN_HOURS)
    for digest in list(
        queries.orphaned_blobs().filter(kept_at__lt=before).values_list("hash", flat=True)
    ):
        removed += _sweep_blob(digest, before)
    return removed + _sweep_bytes(before)


def _sweep_blob(digest: str, before: datetime) -> int:
    """Remove a blob that is still old and unlinked; the foreign keys have the last word."""
    try:
        with transaction.atomic():
            _lock(digest)
            blob = Blob.objects.filter(hash=digest, kept_at__lt=before).first()
            if blob is None:
                return 0
            Blob.objects.filter(pk=blob.pk)._raw_delete("default")
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            blob.path.unlink(missing_ok=True)
    except IntegrityError:
        return 0
    return 1


def _sweep_bytes(before: datetime) -> int:
    """Remove bytes whose row was never committed."""
    removed = 0
    for path in blobs_directory().glob("*/*"):
        digest = path.parent.name + path.name
        if path.stat().st_mtime >= before.timestamp():
            continue
        with transaction.atomic():
            _lock(digest)
            if not Blob.objects.filter(hash=digest).exists():
                path.unlink(missing_ok=True)
                removed += 1
    known = set(Upload.objects.values_list("number", flat=True))
    for folder in uploads_directory().glob("*"):
        if folder.name not in known and folder.stat().st_mtime < before.timestamp():
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    return removed


def _locked(upload: Upload, by: Actor) -> Upload:
    require(rules.may_upload(by) and upload.person == by.person, _not_signed_in())
    return Upload.objects.select_for_update(no_key=True).get(pk=upload.pk)


def _not_signed_in() -> NotPermitted:
    return NotPermitted("files.not_yours", N_("只有上传人可以续传。"))


def _lock(digest: str) -> None:
    """One writer or sweeper per content until commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(digest[:15], 16)])


def _write(path: Path, content: bytes) -> None:
    """Write whole or not at all, and on the disk when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
