"""What a call asks beside the proposal: its own fields, written without code."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kechuang.challenges.models.challenge import Challenge
from kechuang.challenges.rules.form import KIND_NAMES, SHORT_MAX, FieldFacts, Kind

_KINDS = [(kind.value, _(name)) for kind, name in KIND_NAMES.items()]


class FormField(models.Model):
    """One field of a call's form. Frozen with the rules; a sealed envelope is bound to them."""

    challenge = models.ForeignKey(
        Challenge, on_delete=models.CASCADE, related_name="form_fields", verbose_name=_("榜单")
    )
    place = models.PositiveSmallIntegerField(_("次序"))
    code = models.CharField(_("编号"), max_length=20)
    label = models.CharField(_("问什么"), max_length=SHORT_MAX)
    kind = models.CharField(_("怎么答"), max_length=10, choices=_KINDS, default=Kind.TEXT)
    help = models.CharField(_("填写说明"), max_length=300, blank=True)
    options = models.JSONField(_("选项"), default=list, blank=True)
    is_required = models.BooleanField(_("必填"), default=False)
    when_code = models.CharField(_("仅当这一项"), max_length=20, blank=True)
    when_value = models.CharField(_("答的是"), max_length=SHORT_MAX, blank=True)
    criterion = models.CharField(_("对应的评审标准"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("填报项")
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["challenge", "code"], name="one_field_per_code"),
            models.CheckConstraint(
                name="field_condition_names_field_and_value",
                condition=Q(when_code="", when_value="") | (~Q(when_code="") & ~Q(when_value="")),
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def facts(self) -> FieldFacts:
        """The field as the rules see it."""
        return FieldFacts(
            self.code, self.label, self.kind, self.help, tuple(self.options), self.is_required,
            self.when_code, self.when_value, self.criterion,
        )
