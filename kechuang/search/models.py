"""One table of documents; the parts feed it through their actions."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from kechuang.search.rules import Visibility


class TokensField(ArrayField):
    """An array of tokens, handed to the database as one literal: many times quicker than a list.

    Tokens hold letters, digits and -./+%‰ only, so nothing in the literal needs escaping.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["base_field"] = models.TextField()
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["base_field"]
        return name, path, args, kwargs

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if isinstance(value, list):
            return '{"' + '","'.join(value) + '"}' if value else "{}"
        return super().get_db_prep_value(value, connection, prepared)


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
    folded = models.TextField(_("折叠文字"), blank=True)
    title_tokens = TokensField(verbose_name=_("名称词元"), default=list)
    tokens = TokensField(verbose_name=_("词元"), default=list)
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
            GinIndex(fields=["tokens"], name="document_by_tokens"),
            GinIndex(fields=["title_tokens"], name="document_by_title_tokens"),
            models.Index(fields=["kind", "-id"], name="document_by_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"
