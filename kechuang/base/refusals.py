"""Refusals: what cannot be done, why, and what to do now; in the reader's language at the door."""

from collections.abc import Iterable, Mapping
from typing import Any


def N_(text: str) -> str:  # noqa: N802 - the name that translators' tools look for
    """Mark a text for translation; the door translates and formats it."""
    return text


class Said(str):
    """A sentence with its parts: it is the Chinese one, and keeps what the door needs to say it in
    another language. Lists among the parts are joined.

    >>> worded("没有 {called}，可用：{names}", called="a", names=["b", "c"])
    '没有 a，可用：b、c'
    """

    template: str
    parts: dict[str, Any]

    def __new__(cls, template: str, parts: Mapping[str, Any]) -> "Said":
        joined = {
            name: "、".join(map(str, part)) if isinstance(part, list | tuple) else part
            for name, part in parts.items()
        }
        said = super().__new__(cls, template.format(**joined))
        said.template, said.parts = template, dict(parts)
        return said

    def __getnewargs__(self) -> tuple[str, dict[str, Any]]:  # type: ignore[override]
        return self.template, self.parts


def worded(template: str, /, **parts: Any) -> Said:
    """A marked text with its parts filled in; one that is worded already stays as it is."""
    return template if isinstance(template, Said) else Said(template, parts)


class Refused(Exception):
    """Something asked for is not done, for a reason that the person can act on.

    `text` is a marked format string, `facts` fill it, `fields` name the input that is at fault,
    `way_on` says what to do instead. Subclassed in each part's rules, beside the check.
    """

    status = 422

    def __init__(
        self,
        code: str,
        text: str,
        facts: Mapping[str, Any] | None = None,
        fields: Iterable[str] = (),
        way_on: str = "",
    ) -> None:
        super().__init__(code)
        self.code = code
        self.text = text
        self.facts = dict(facts or {})
        self.fields = tuple(fields)
        self.way_on = way_on

    @property
    def refusals(self) -> tuple["Refused", ...]:
        return (self,)

    def __str__(self) -> str:
        try:
            return f"{self.code}: {self.text.format(**self.facts)}"
        except (KeyError, IndexError):
            return f"{self.code}: {self.text} {self.facts}"


class NotPermitted(Refused):
    """This actor may not do this; says who may."""


class Stale(Refused):
    """Somebody changed it in between; nothing is overwritten."""

    status = 409

    def __init__(self, number: str, version: int) -> None:
        super().__init__(
            "stale_version",
            N_("不能保存。“{number}”在您打开之后已被改过，现在是第 {version} 版。"),
            {"number": number, "version": version},
            ("version",),
            N_("请重新打开，对照后再改；您填的内容仍在本页。"),
        )


class RefusedTogether(Refused):
    """Several reasons at once, so that a person mends them in one go."""

    def __init__(self, refusals: Iterable[Refused]) -> None:
        self._refusals = tuple(one for refused in refusals for one in refused.refusals)
        first = self._refusals[0]
        super().__init__(first.code, first.text, first.facts, first.fields, first.way_on)
        self.status = first.status

    @property
    def refusals(self) -> tuple[Refused, ...]:
        return self._refusals

    def __str__(self) -> str:
        return "; ".join(str(one) for one in self._refusals)


def refuse_all(problems: Iterable[Refused]) -> None:
    """Raise the problems together; nothing where there is none."""
    found = list(problems)
    if len(found) == 1:
        raise found[0]
    if found:
        raise RefusedTogether(found)


def require(condition: bool, refused: Refused) -> None:
    """Raise the refusal unless the condition holds."""
    if not condition:
        raise refused


def check_version(number: str, expected: int | None, version: int) -> None:
    """Refuse an edit that was begun on an older version; None means that the caller did not ask."""
    if expected is not None and expected != version:
        raise Stale(number, version)
