"""Shapes of HTML input of the parties."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kechuang.base.actor import ORGANISATION_ROLES, ROLE_NAMES, Role
from kechuang.doors.forms import Form
from kechuang.parties.models import Organisation, Region


class OrganisationForm(Form):
    """Register an organisation."""

    code = forms.CharField(
        label=_("统一社会信用代码"), max_length=40,
        help_text=_("营业执照上的 18 位。粘贴时带空格或全角也能认。"),
    )  # fmt: skip
    name = forms.CharField(label=_("单位全称"), max_length=120)
    kind = forms.ChoiceField(label=_("类别"), choices=Organisation.Kind.choices)
    region = forms.ModelChoiceField(label=_("所在地区"), queryset=Region.objects.none())

    def __init__(self, *args: Any, regions: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["region"].queryset = regions


class AppointForm(Form):
    """Name a person of the unit and give them a role."""

    name = forms.CharField(label=_("姓名"), max_length=60)
    username = forms.CharField(
        label=_("登录名"), max_length=60,
        help_text=_("已有账户的人填原登录名；新登录名会开通账户。"),
    )  # fmt: skip
    phone = forms.CharField(label=_("电话"), max_length=40, required=False)
    role = forms.ChoiceField(
        label=_("角色"),
        choices=[(r.value, _(ROLE_NAMES[r])) for r in Role if r in ORGANISATION_ROLES],
    )
    until = forms.DateField(
        label=_("任职到"), required=False, help_text=_("年-月-日；不填即长期。")
    )
