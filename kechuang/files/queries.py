"""Reads of the files: the bytes of a blob, and one's own uploads."""

from typing import BinaryIO

from django.db import models
from django.db.models import Exists, OuterRef, QuerySet

from kechuang.base.actor import Actor
from kechuang.files.models import Blob, Upload


def open_blob(blob: Blob) -> BinaryIO:
    """The bytes, open for reading. The caller has asked its own `visible_to` before."""
    return open(blob.path, "rb")


def uploads_of(actor: Actor) -> QuerySet[Upload]:
    """One's own uploads; nobody sees another's."""
    if not actor.is_signed_in:
        return Upload.objects.none()
    return Upload.objects.filter(person=actor.person)


def uploaded_blob(actor: Actor, number: str) -> tuple[Blob, str] | None:
    """The blob and the file name of one's own finished upload, for the part that links it."""
    upload = uploads_of(actor).filter(number=number, blob__isnull=False).first()
    if upload is None or upload.blob is None:
        return None
    return upload.blob, upload.filename


def orphaned_blobs() -> QuerySet[Blob]:
    """Blobs that no row of any part points to."""
    blobs = Blob.objects.all()
    for relation in Blob._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ManyToOneRel):
            links = relation.related_model._base_manager.filter(
                **{relation.field.name: OuterRef("pk")}
            )
            blobs = blobs.exclude(Exists(links))
    return blobs
