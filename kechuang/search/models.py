"""One table of documents; the parts feed it through their actions."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from kechuang.search.rules import Visibility


class Document(models.Model):
    """What a search can find: words of an object, and who may find it.

    Derived from the parts' own tables and rebuilt from them; it has no history of its own.
    `readers` are organisation codes or person numbers to whom the object was opened.
    """

    number = models.CharField(_("编号"), max_length=40, unique=True)
    kind = models.CharField(_("种类"), max_length=20)
    title = models.CharField(_("名称"), max_length=300)
    keywords = models.TextField(_("关键词"), blank=True)
    body = models.TextField(_("正文"), blank=True)
    region_path = models.CharField(_("地区"), max_length=60, blank=True)
    owner_code = models.CharField(_("归属单位"), max_length=18, blank=True)
    visibility = models.CharField(
        _("谁能搜到"), max_length=10, choices=[(each, each) for each in Visibility]
    )
    readers = ArrayField(
        models.CharField(max_length=20), verbose_name=_("另可搜到者"), default=list, blank=True
    )
    facets = models.JSONField(_("分面"), default=dict, blank=True)
    updated_at = models.DateTimeField(_("更新时间"))

    class Meta:
        verbose_name = _("可搜文件")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(visibility__in=[each.value for each in Visibility]),
                name="document_visibility_is_known",
            ),
        ]
        indexes = [
            models.Index(fields=["kind", "-id"], name="document_by_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class Change(models.Model):
    """A document that was put, opened or dropped, and that the index has not taken in yet."""

    number = models.CharField(_("编号"), max_length=40)

    class Meta:
        verbose_name = _("待入索引")

    def __str__(self) -> str:
        return self.number


class Indexed(models.Model):
    """Which index the database heard of last; one row. Where another lies on disk, or none, it is
    made anew."""

    name = models.CharField(_("索引代"), max_length=64, blank=True)
    documents = models.IntegerField(_("文件数"), default=0)
    indexed_at = models.DateTimeField(_("入索引时间"), null=True)

    class Meta:
        verbose_name = _("索引")
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="one_index"),
        ]

    def __str__(self) -> str:
        return self.name
