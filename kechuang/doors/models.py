"""Answers that were given, kept so that a repeated request does nothing twice."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Answer(models.Model):
    """The answer to one POST with an idempotency key; kept for thirty days.

    The row is inserted in the transaction of the act: a second request with the same key waits for
    the first, then gets the same answer.
    """

    asker = models.CharField(_("请求者"), max_length=80)
    key = models.CharField(_("幂等键"), max_length=80)
    request_hash = models.CharField(_("请求指纹"), max_length=64)
    status = models.IntegerField(_("状态码"), default=0)
    location = models.TextField(_("去向"), blank=True)
    content_type = models.CharField(_("类型"), max_length=100, blank=True)
    body = models.BinaryField(_("内容"), default=b"")
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("应答")
        constraints = [
            models.UniqueConstraint(fields=["asker", "key"], name="one_answer_per_asker_and_key"),
        ]

    def __str__(self) -> str:
        return self.key
