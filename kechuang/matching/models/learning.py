"""What the engine was asked, kept so that a ranking can be told by again."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Lookup(models.Model):
    """One question as the engine was asked it: text, filters, words it was told to leave out.

    With the index and the model that stand beside it in a ranking or an impression it gives the
    same ranking again. Each question is kept once, by its digest.
    """

    digest = models.CharField(_("指纹"), max_length=64, unique=True)
    asked = models.JSONField(_("查询"))

    class Meta:
        verbose_name = _("查询")

    def __str__(self) -> str:
        return self.digest
