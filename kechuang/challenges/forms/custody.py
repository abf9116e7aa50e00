"""The shape of what custodians, bidders and openers of a call with custodians type."""

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kechuang.challenges.forms import BidForm, PeopleField, PersonField
from kechuang.challenges.models.challenge import SEAL_PROFILES
from kechuang.doors.forms import Form
from kechuang.parties.models import Person


class ManyFiles(forms.FileInput):
    """Several files at once."""

    allow_multiple_selected = True


class OwnProposalForm(BidForm):
    """A proposal that stays on the bidder's machine until it is sealed; never posted."""

    NEEDED = ("title", "summary", "route", "total_fen", "public_fen", "signing_fen",
              "other_public")

    files = forms.FileField(
        label=_("附件"), required=False, widget=ManyFiles({"multiple": True}),
        help_text=_("可选多个，连同方案在本机密封，合计 64 MB 以内。"),
    )
    words = forms.CharField(
        label=_("口令"), required=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=_("至少 8 个字，只有您知道；草稿在本机用它加锁后才存到平台。忘了就打不开。"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.NEEDED:
            self.fields[name].required = True


class HandInForm(Form):
    """The envelope, and what stands on it."""

    lead = PersonField(label=_("项目负责人"))
    members = forms.CharField(
        label=_("联合体成员"), required=False, widget=forms.Textarea({"rows": 3}),
        help_text=_("每行一个统一社会信用代码。提交前须由各成员的单位管理员确认。"),
    )
    file = forms.FileField(
        label=_("密封件"), help_text=_("上面密封后自动放在这里；用命令行密封的，在这里选文件。"),
    )
    price = forms.FileField(
        label=_("报价密封件"), help_text=_("评分锁定以后才开。也由上面的密封自动放好。"),
    )

    def __init__(
        self, *args: Any, people: Sequence[Person] = (), two_envelopes: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lead"].put(people)
        if not two_envelopes:
            del self.fields["price"]

    def envelopes(self) -> dict[str, bytes]:
        """The files that were handed in, by the name of their part in the act."""
        found = {name: self.cleaned_data.get(name) for name in ("file", "price")}
        return {name: file.read() for name, file in found.items() if file is not None}


class CustodiansForm(Form):
    """Who keeps the keys of a call, and how many must come."""

    people = PeopleField(label=_("保管人"), required=False,
                         help_text=_("2 至 9 位；一个不选，就不用保管人。"))
    needed = forms.IntegerField(label=_("开标至少须到几位"), min_value=2, max_value=9)
    two_envelopes = forms.BooleanField(
        label=_("技术和报价分开密封，评分锁定以后才开报价"), required=False,
    )
    seal_profile = forms.ChoiceField(
        label=_("密封算法"), choices=SEAL_PROFILES, widget=forms.RadioSelect, initial="intl",
        help_text=_("两种都用 X25519 把份额封给保管人；没有 SM2 密码令牌，国密一项不能称为合规。"),
    )

    def __init__(self, *args: Any, people: Sequence[Person] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["people"].put(people)


class KeyForm(Form):
    """A public key, made in the page or on the command line."""

    public = forms.CharField(label=_("公钥"), max_length=100,
                             help_text=_("64 位十六进制字符，生成后自动填好。"))


class SharesForm(Form):
    """Shares as JSON: computed by the page, or by the command line and pasted."""

    shares = forms.CharField(
        label=_("份额"), widget=forms.Textarea({"rows": 4}), max_length=4_000_000,
        help_text=_("留空：由这台电脑用私钥文件计算。命令行算好的，把 JSON 贴在这里。"),
    )

    def clean_shares(self) -> Any:
        try:
            return json.loads(self.cleaned_data["shares"])
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(_("这不是 JSON，没有收下。")) from error

    def told(self, kind: type[Any]) -> Any:
        """What was told, where it is of this kind; else nothing of it."""
        found = self.cleaned_data["shares"]
        return found if isinstance(found, kind) else kind()
