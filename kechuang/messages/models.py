"""The outbox: word that something waits, and where."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Message(models.Model):
    """Word to one person: a template's name and the number of what waits; never its content."""

    person_number = models.CharField(_("收件人"), max_length=20, db_index=True)
    template = models.CharField(_("模板"), max_length=60)
    object_number = models.CharField(_("对象"), max_length=40)
    at = models.DateTimeField(_("时间"))
    read_at = models.DateTimeField(_("已读时间"), null=True, blank=True)
    sent_at = models.DateTimeField(_("外发时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("消息")
        indexes = [
            models.Index(fields=["person_number", "-id"], name="message_by_person"),
        ]

    def __str__(self) -> str:
        return f"{self.template} {self.object_number}"
