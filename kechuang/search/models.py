"""One table of documents, which the parts feed through their actions; and the own words that texts
are read with."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kechuang.base.numbers import new_random_number
from kechuang.search.rules import TERM_LONGEST, TERM_SORT_NAMES, TermSort, Visibility


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
                condition=Q(visibility__in=[each.value for each in Visibility]),
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
            models.CheckConstraint(condition=Q(pk=1), name="one_index"),
        ]

    def __str__(self) -> str:
        return self.name


class Term(models.Model):
    """A word that counts as a whole, or names for one thing; from when until when, who, and why.

    `names` are evened out as texts are: one for a word, two or more for other names.
    """

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    sort = models.CharField(
        _("种类"),
        max_length=8,
        choices=[(each.value, _(TERM_SORT_NAMES[each])) for each in TermSort],
    )
    names = ArrayField(models.CharField(max_length=TERM_LONGEST), verbose_name=_("词"))
    since = models.DateTimeField(_("自"))
    by_person = models.CharField(_("谁加的"), max_length=40)
    reason = models.TextField(_("理由"), max_length=500)
    is_in_force = models.BooleanField(_("现在用的"), default=True)
    until = models.DateTimeField(_("至"), null=True)
    ended_by = models.CharField(_("谁去掉的"), max_length=40, blank=True)
    end_reason = models.TextField(_("去掉的理由"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("整词与别名")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(sort__in=[each.value for each in TermSort]), name="term_sort_is_known"
            ),
            models.CheckConstraint(
                condition=Q(sort=TermSort.WORD, names__len=1)
                | Q(sort=TermSort.ALIAS, names__len__gte=2),
                name="word_is_one_and_aliases_are_more",
            ),
            models.CheckConstraint(
                condition=Q(is_in_force=True, until__isnull=True, ended_by="")
                | Q(is_in_force=False, until__gte=F("since")) & ~Q(ended_by=""),
                name="term_in_force_has_no_end",
            ),
            models.CheckConstraint(
                condition=~Q(reason="") & (Q(is_in_force=True) | ~Q(end_reason="")),
                name="term_has_its_reasons",
            ),
            models.UniqueConstraint(
                fields=["sort", "names"], condition=Q(is_in_force=True), name="one_term_in_force"
            ),
        ]

    def __str__(self) -> str:
        return "、".join(self.names)
