"""Editing rules: a dated value, the whole text, a day from which it holds."""

import json
import re
from collections.abc import Mapping
from typing import Any
from zipfile import BadZipFile, ZipFile

from django import forms
from django.utils.translation import gettext_lazy as _

from kechuang.cultivation.models import RuleVersion
from kechuang.doors.forms import Form
from kechuang.engines.eligibility import units

TEXT_MOST = 200_000
ARROW = re.compile(r"\s*(?:→|->|：)\s*")


def _day() -> forms.DateInput:
    return forms.DateInput({"type": "date"}, "%Y-%m-%d")


class ValueForm(Form):
    """A value of a parameter from a day on, with its ground in the official text."""

    since = forms.DateField(label=_("自哪天起"), widget=_day())
    value = forms.CharField(label=_("取值"), max_length=2000)
    unit = forms.ChoiceField(label=_("单位"), required=False)
    clause = forms.CharField(label=_("条款"), max_length=200)
    quote = forms.CharField(
        label=_("原文"), max_length=1000, widget=forms.Textarea({"rows": 3}),
        help_text=_("照抄正式文本，不要转述。"),
    )  # fmt: skip
    reason = forms.CharField(
        label=_("修订理由"), max_length=500, widget=forms.Textarea({"rows": 2})
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput())
    version = forms.IntegerField(required=False, widget=forms.HiddenInput())

    def __init__(self, *args: Any, value: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = next(key for key in ("is", "bands", "words") if key in value)
        found = units.LITERAL.fullmatch(str(value.get("is", ""))) if self.kind == "is" else None
        if found and found[2]:
            unit = units.WRITTEN[found[2]][0]
            same = [name for name, (one, _scale) in units.WRITTEN.items() if one == unit]
            self.fields["unit"].choices = [(name, name) for name in same]  # type: ignore[attr-defined]
            self.fields["value"].initial, self.fields["unit"].initial = found[1], found[2]
        else:
            del self.fields["unit"]
            self.fields["value"].initial = lines_of(value)
        if self.kind != "is":
            self.fields["value"].widget = forms.Textarea({"rows": 8})
            self.fields["value"].help_text = (
                _("一行一档，如“<= 5000万元 → 5%”；最后一行是其余情形。")
                if self.kind == "bands" else _("一行一个。")
            )  # fmt: skip

    def said(self) -> str:
        """The value as one line of the rules' text."""
        value = self.cleaned_data["value"].strip()
        if self.kind == "is":
            figure = value + self.cleaned_data.get("unit", "")
            return f"is: {json.dumps(figure, ensure_ascii=False)}"
        lines = [line.strip() for line in value.splitlines() if line.strip()]
        if self.kind == "words":
            return f"words: {json.dumps(lines, ensure_ascii=False)}"
        rows = [one[0] if len(one := ARROW.split(line)) == 1 else one for line in lines]
        return f"bands: {json.dumps(rows, ensure_ascii=False)}"


def lines_of(value: Mapping[str, Any]) -> str:
    """A value as a person edits it: a figure, or one line a band or word."""
    if "is" in value:
        return str(value["is"])
    if "words" in value:
        return "\n".join(map(str, value["words"]))
    return "\n".join(
        " → ".join(map(str, one)) if isinstance(one, list) else str(one) for one in value["bands"]
    )


class TextForm(Form):
    """The whole text of a rule set and of its tests."""

    text = forms.CharField(
        label=_("规则全文"), widget=forms.Textarea({"rows": 32, "spellcheck": "false"}),
        max_length=TEXT_MOST, strip=False,
    )  # fmt: skip
    tests_text = forms.CharField(
        label=_("规则的测试"), widget=forms.Textarea({"rows": 16, "spellcheck": "false"}),
        max_length=TEXT_MOST, strip=False,
    )  # fmt: skip
    reason = forms.CharField(
        label=_("修订理由"), max_length=500, widget=forms.Textarea({"rows": 2})
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput())
    version = forms.IntegerField(required=False, widget=forms.HiddenInput())

    def clean_text(self) -> str:
        return str(self.cleaned_data["text"]).replace("\r\n", "\n")

    def clean_tests_text(self) -> str:
        return str(self.cleaned_data["tests_text"]).replace("\r\n", "\n")


class NewRulesForm(TextForm):
    """A rule set with a new code: a folder as a zip, or the two texts."""

    folder = forms.FileField(
        label=_("规则集（zip）"), required=False,
        help_text=_("里面有 rules.yaml 和 tests.yaml；选了文件，就用文件里的，不用下面写的。"),
        widget=forms.ClearableFileInput({"accept": ".zip"}),
    )  # fmt: skip
    subject = forms.ChoiceField(label=_("评价对象"), choices=RuleVersion.Subject.choices)
    field_order = ("folder", "subject", "text", "tests_text", "reason")

    def __init__(self, data: Any = None, files: Any = None, **kwargs: Any) -> None:
        self.unread = ""
        if data is not None and files and files.get("folder"):
            data = data.copy()
            try:
                for name, text in texts_of(files["folder"]).items():
                    data[name] = text
            except (BadZipFile, UnicodeDecodeError, KeyError, RuntimeError) as error:
                self.unread = type(error).__name__
        super().__init__(data, files, **kwargs)

    def clean_folder(self) -> None:
        if self.unread:
            raise forms.ValidationError(
                _("读不出 rules.yaml 和 tests.yaml。请把这两个 UTF-8 文件放进一个 zip 再选。")
            )


def texts_of(file: Any) -> dict[str, str]:
    """The two texts of a zip, wherever in it they stand; KeyError where one is wanting."""
    found: dict[str, str] = {}
    with ZipFile(file) as folder:
        for field, name in (("text", "rules.yaml"), ("tests_text", "tests.yaml")):
            inside = [one for one in folder.infolist() if one.filename.split("/")[-1] == name]
            if len(inside) != 1 or inside[0].file_size > TEXT_MOST:
                raise KeyError(name)
            found[field] = folder.read(inside[0]).decode("utf-8-sig").replace("\r\n", "\n")
    return found


class PublishForm(Form):
    """From which day an approved version holds."""

    in_force_date = forms.DateField(label=_("施行日期"), widget=_day())


class SimulateForm(Form):
    """Two versions and a day."""

    a = forms.ChoiceField(label=_("版本甲"))
    b = forms.ChoiceField(label=_("版本乙"))
    day = forms.DateField(label=_("评价日"), widget=_day())
