"""Blobs by their hash, and uploads that may be resumed."""

from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kechuang.base.numbers import new_random_number
from kechuang.files import rules


class Blob(models.Model):
    """Bytes that were handed in, once per content; a link row of a part says whose and for what.

    A blob has no visibility of its own: it is served behind the `visible_to` of its link row.
    """

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    hash = models.CharField(_("指纹"), max_length=64, unique=True)
    size = models.BigIntegerField(_("字节数"))
    media_type = models.CharField(_("类型"), max_length=100)
    kept_at = models.DateTimeField(_("收存时间"))
    recorded_at = models.DateTimeField(_("入库时间"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("附件")
        constraints = [
            models.CheckConstraint(
                condition=Q(size__gt=0, size__lte=rules.FILE_BYTES_MAX),
                name="blob_within_size",
            ),
            models.CheckConstraint(
                condition=Q(hash__regex="^[0-9a-f]{64}$"), name="blob_hash_is_sha256"
            ),
        ]
        indexes = [models.Index(fields=["kept_at"], name="blob_by_kept_at")]

    def __str__(self) -> str:
        return self.hash

    @property
    def path(self) -> Path:
        return blobs_directory() / rules.place_of(self.hash)


class Upload(models.Model):
    """A file that arrives in pieces; its sender may stop and go on later."""

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    filename = models.CharField(_("文件名"), max_length=rules.FILENAME_LENGTH_MAX)
    size = models.BigIntegerField(_("字节数"))
    hash = models.CharField(_("声明的指纹"), max_length=64, blank=True)
    person = models.CharField(_("上传人"), max_length=40, db_index=True)
    begun_at = models.DateTimeField(_("开始时间"))
    blob = models.ForeignKey(
        Blob, verbose_name=_("附件"), null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("上传")
        constraints = [
            models.CheckConstraint(
                condition=Q(size__gt=0, size__lte=rules.FILE_BYTES_MAX),
                name="upload_within_size",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def folder(self) -> Path:
        return uploads_directory() / self.number


class Piece(models.Model):
    """One piece of an upload that has arrived and lies on the disk."""

    upload = models.ForeignKey(
        Upload, verbose_name=_("上传"), on_delete=models.CASCADE, related_name="pieces"
    )
    index = models.IntegerField(_("序号"))
    hash = models.CharField(_("指纹"), max_length=64)

    class Meta:
        verbose_name = _("分块")
        constraints = [
            models.UniqueConstraint(fields=["upload", "index"], name="piece_arrives_once"),
        ]

    def __str__(self) -> str:
        return f"{self.upload_id}/{self.index}"


def blobs_directory() -> Path:
    return Path(settings.STATE) / "blobs"


def uploads_directory() -> Path:
    return Path(settings.STATE) / "uploads"
