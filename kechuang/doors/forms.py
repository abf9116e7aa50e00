"""Forms that carry refusals: what the action refuses stands at the field it is about."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kechuang.base.refusals import Refused
from kechuang.base.time import SHANGHAI
from kechuang.doors.words import message_of, way_on_of


class Form(forms.Form):
    """A form of a page. `refusals()` catches what the action refuses and shows it in place.

    >>> # with form.refusals():
    >>> #     actions.sign_need(...)
    >>> #     return redirect(...)
    >>> # return render(request, template, {"form": form}, status=form.status)
    """

    required_css_class = "required"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.refused: tuple[Refused, ...] = ()

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """Run an action; where it refuses, undo it and keep the reasons for the page."""
        try:
            with transaction.atomic():
                yield
        except Refused as refused:
            self.accept(refused)

    def accept(self, refused: Refused) -> None:
        """Put each reason on the fields it names, or on the form."""
        if not hasattr(self, "cleaned_data"):  # a POST without any field
            self.is_bound = True
            self.full_clean()
        self.refused += refused.refusals
        for one in refused.refusals:
            words = " ".join(filter(None, (message_of(one), way_on_of(one))))
            known = [name for name in one.fields if name in self.fields]
            for name in known or [None]:
                self.add_error(name, forms.ValidationError(words, code=one.code))

    @property
    def status(self) -> int:
        """200 for a form to fill, 422 for one that was refused, 409 for a stale one."""
        if any(one.status == 409 for one in self.refused):
            return 409
        return 422 if self.is_bound and self.errors else 200


def moment_text(at: datetime) -> str:
    """An instant as the field takes it, and as files write it: 2027-03-01 17:00."""
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


class MomentField(forms.DateTimeField):
    """A day and a clock time in the city; `day_alone` takes a day by itself, from its beginning."""

    def __init__(self, *, day_alone: bool = True, **options: Any) -> None:
        self._day_alone = day_alone
        formats = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", *(["%Y-%m-%d"] if day_alone else [])]
        options.setdefault("input_formats", formats)
        options.setdefault("help_text", _("年-月-日 时:分，北京时间，例如 2027-03-01 17:00"))
        super().__init__(**options)

    def to_python(self, value: Any) -> datetime | None:
        # Django reads ISO 8601 before the formats, and a day alone is ISO 8601
        if isinstance(value, str) and value.strip() and ":" not in value and not self._day_alone:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        return moment_text(value) if isinstance(value, datetime) else value


class ConfirmForm(Form):
    """A form without fields of its own: one button that does one thing."""


class ReasonForm(Form):
    """A form that asks for a reason."""

    reason = forms.CharField(label=_("理由"), max_length=2000, widget=forms.Textarea({"rows": 4}))
