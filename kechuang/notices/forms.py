"""What the pages of notices and objections take in."""

from django import forms
from django.utils.translation import gettext_lazy as _

from kechuang.doors.forms import Form
from kechuang.notices import rules
from kechuang.notices.models import Notice, Objection


class NoticeForm(Form):
    """A list or any other matter that an office shows to everybody; awards come of challenges."""

    kind = forms.ChoiceField(
        label=_("种类"), widget=forms.RadioSelect, initial=Notice.Kind.GENERAL,
        choices=[(kind.value, kind.label) for kind in (Notice.Kind.GENERAL, Notice.Kind.LIST)],
    )  # fmt: skip
    title = forms.CharField(label=_("标题"), max_length=200)
    subject_number = forms.CharField(
        label=_("公示对象"), max_length=40,
        help_text=_("文号，或平台上需求、榜单、项目的编号。"),
    )  # fmt: skip
    body = forms.CharField(
        label=_("公示内容"), max_length=5000, widget=forms.Textarea({"rows": 8}),
        help_text=_("发布后不能再改；写错了，撤销并写明理由，另行发布。"),
    )  # fmt: skip
    working_days = forms.IntegerField(
        label=_("公示期"), min_value=1, max_value=rules.WORKING_DAYS_MAX, initial=5,
        help_text=_("单位是工作日，发布当天不算。"),
    )  # fmt: skip


class ObjectionForm(Form):
    """An objection by name: ground, facts, request, contact."""

    ground = forms.ChoiceField(
        label=_("异议的理由"), choices=Objection.Ground.choices, widget=forms.RadioSelect,
        required=False,
    )  # fmt: skip
    statement = forms.CharField(
        label=_("事实和依据"), max_length=5000, required=False,
        help_text=_("写明何时、何人、何事，依据在哪里能查到。至少 20 字。"),
        widget=forms.Textarea({"rows": 8}),
    )  # fmt: skip
    request = forms.CharField(
        label=_("您的请求"), max_length=1000, required=False,
        help_text=_("希望怎样处理，例如：核实后取消该单位的公示。"),
        widget=forms.Textarea({"rows": 3}),
    )  # fmt: skip
    phone = forms.CharField(
        label=_("联系电话"), max_length=40, required=False,
        help_text=_("电话或邮箱至少留一项。已登记过的不必再填。"),
    )  # fmt: skip
    email = forms.EmailField(label=_("邮箱"), required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class FileForm(Form):
    """A file for an objection."""

    file = forms.FileField(
        label=_("附件"), help_text=_("合同、照片、检测报告等，一份不超过 50 MB，最多十份。"),
    )  # fmt: skip


class RefuseForm(Form):
    """Why an objection is not taken up."""

    reason = forms.CharField(
        label=_("不予受理的理由"), max_length=2000, widget=forms.Textarea({"rows": 4}),
        help_text=_("异议人会看到。写明依据哪一条。"),
    )  # fmt: skip


class AnswerForm(Form):
    """What was found."""

    answer = forms.CharField(
        label=_("答复"), max_length=5000, widget=forms.Textarea({"rows": 8}),
        help_text=_("逐条回应，写明查了什么、结果如何。异议人会看到。"),
    )  # fmt: skip


class DecideForm(Form):
    """The verdict and its reason."""

    verdict = forms.ChoiceField(
        label=_("决定"), widget=forms.RadioSelect,
        choices=[
            ("DISMISSED", _("异议不成立　公示接着计时")),
            ("PARTLY", _("异议部分成立　改正完成前公示仍停")),
            ("UPHELD", _("异议成立　撤销公示，事项退回")),
        ],
    )  # fmt: skip
    decision = forms.CharField(
        label=_("决定的理由"), max_length=5000, widget=forms.Textarea({"rows": 6}),
        help_text=_("异议人会看到。"),
    )  # fmt: skip


class ExecuteForm(Form):
    """What was corrected."""

    execution = forms.CharField(
        label=_("执行情况"), max_length=5000, widget=forms.Textarea({"rows": 6}),
        help_text=_("写明改正了什么、何时、在哪里能看到。"),
    )  # fmt: skip
