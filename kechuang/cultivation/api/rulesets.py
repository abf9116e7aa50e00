"""Rule sets through the API: a code that is new is looked at, entered, tested, approved."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, Literal
from zipfile import BadZipFile

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from kechuang.base.actor import Actor
from kechuang.base.refusals import N_
from kechuang.base.time import shanghai_date
from kechuang.cultivation import actions, queries, rules
from kechuang.cultivation.api.benefit_schemas import NothingIn, ReasonIn
from kechuang.cultivation.forms.rulesets import TEXT_MOST, texts_of
from kechuang.cultivation.models import RuleVersion
from kechuang.doors.api import ERRORS, ListQuery, PageOf, api_actor
from kechuang.doors.lists import keyset
from kechuang.doors.requests import found_or_404
from kechuang.doors.words import said_in_language
from kechuang.engines.eligibility import RuleRefused
from kechuang.engines.eligibility.states import NAMES
from kechuang.engines.eligibility.testing import outcomes
from kechuang.files.queries import open_blob, uploaded_blob

rulesets = Router(tags=["rule sets"])
routers = [("/policies/rules", rulesets)]


class RulesIn(Schema):
    """A rule set: its two texts, or a finished upload of a zip with `rules.yaml`, `tests.yaml`."""

    text: str = Field("", max_length=TEXT_MOST)
    tests_text: str = Field("", max_length=TEXT_MOST)
    upload: str = Field("", max_length=40)
    subject: Literal["ENTERPRISE", "CANDIDATE"] = "ENTERPRISE"


class EnteredIn(RulesIn):
    """What is kept: why, and the `content` whose effect was looked at."""

    reason: str = Field(min_length=1, max_length=500)
    seen: str = Field(max_length=16)


class PublishIn(Schema):
    """From which day an approved version holds."""

    in_force_date: date


class FailingOut(Schema):
    """A test that fails, and the first reason."""

    name: str
    problem: str


class GroupOut(Schema):
    """How many of a group met the rules before and after, and the money."""

    name: str
    before: int
    after: int
    gained: int
    lost: int
    before_fen: int
    after_fen: int


class MoveOut(Schema):
    """How many go from one answer to another."""

    old: str
    new: str
    count: int


class EffectOut(Schema):
    """What rules do to every enterprise of the region; groups only where something changes."""

    day: date
    enterprises: int
    moves: list[MoveOut]
    whole: GroupOut
    by_region: list[GroupOut]
    by_size: list[GroupOut]
    by_industry: list[GroupOut]


class LookedOut(Schema):
    """What came of looking: pass `content` as `seen` to keep exactly this."""

    code: str
    content: str
    tests: int
    failing: list[FailingOut]
    effect: EffectOut | None


class RuleVersionOut(Schema):
    """A version of a rule set: where it stands, who wrote and who approved it."""

    number: str
    code: str
    title: str
    title_en: str
    subject: str
    content: str
    origin: str
    state: str
    since: datetime
    until: datetime | None
    in_force_date: date | None
    tests_passed: int
    boundaries_passed: int
    author: str
    reviewer: str
    version: int


def _texts(actor: Actor, body: RulesIn) -> tuple[str, str]:
    """The two texts, as they were sent or as they stand in an upload of one's own."""
    if not body.upload:
        return body.text.replace("\r\n", "\n"), body.tests_text.replace("\r\n", "\n")
    found = uploaded_blob(actor, body.upload.replace("\x00", ""))
    try:
        if found is None:
            raise KeyError(body.upload)
        with open_blob(found[0]) as file:
            texts = texts_of(file)
    except (BadZipFile, UnicodeDecodeError, KeyError, RuntimeError) as error:
        raise rules.RuleVersionRefused(
            "cultivation.rules_zip",
            N_("读不出 rules.yaml 和 tests.yaml。请把这两个 UTF-8 文件放进一个 zip 再选。"),
            {},
            ("upload",),
        ) from error
    return texts["text"], texts["tests_text"]


@contextmanager
def _by_line(text: str, tests_text: str) -> Iterator[None]:
    """Say what the engine refuses with the field and the line at which it is mended."""
    try:
        yield
    except RuleRefused as refused:
        of_tests = rules.of_the_tests(refused)
        raise rules.by_line(
            tests_text if of_tests else text, refused, "tests_text" if of_tests else "text"
        ) from refused


def _group(line: Any) -> dict[str, Any]:
    names = ("name", "before", "after", "gained", "lost", "before_fen", "after_fen")
    return {name: getattr(line, name) for name in names}


def _effect(found: queries.Effect) -> dict[str, Any]:
    return {
        "day": found.day, "enterprises": found.count, "whole": _group(found.whole),
        "moves": [{"old": NAMES[old], "new": NAMES[new], "count": count}
                  for (old, new), count in sorted(found.moves.items(), reverse=True)],
        **{f"by_{kind}": [_group(one) for one in found.lines(kind)]
           for kind in ("region", "size", "industry")},
    }  # fmt: skip


@rulesets.get("", response={200: PageOf[RuleVersionOut], **ERRORS}, operation_id="list_rules")
def list_rules(request: HttpRequest, query: Query[ListQuery]) -> Any:
    """The versions of rule sets: public ones for everybody, drafts for the department."""
    rows = queries.rule_versions_visible_to(request.actor, request.at)  # type: ignore[attr-defined]
    page = keyset(rows, after=query.after, limit=query.limit)
    return {"items": [_out(one, request.actor) for one in page.rows],  # type: ignore[attr-defined]
            "next_after": page.next_after}  # fmt: skip


@rulesets.post("/look", response={200: LookedOut, **ERRORS}, operation_id="look_at_rules")
def look_at_rules(request: HttpRequest, body: RulesIn) -> Any:
    """Check a rule set with a new code, run its tests, hold every enterprise against it; nothing
    is kept."""
    actor = api_actor(request)
    rules.check_may(rules.may_edit_rules(actor), "edit_rules")
    text, tests_text = _texts(actor, body)
    with _by_line(text, tests_text):
        found = rules.checked_rules(text, rules.code_of(text))
        rules.check_code_free(found.code, queries.rule_codes())
        tests = list(outcomes(found, tests_text))
    effect = None
    if body.subject == RuleVersion.Subject.ENTERPRISE:
        today = shanghai_date(request.at)  # type: ignore[attr-defined]
        effect = _effect(queries.effect_of_new(found, actor.region, today))
    return {
        "code": found.code, "content": found.version, "tests": len(tests), "effect": effect,
        "failing": [{"name": one.name, "problem": said_in_language(one.problems[0])}
                    for one in tests if one.problems],
    }  # fmt: skip


@rulesets.post("", response={200: RuleVersionOut, **ERRORS}, operation_id="enter_rules")
def enter_rules(request: HttpRequest, body: EnteredIn) -> Any:
    """Keep a rule set with a new code as a draft, once its effect was looked at."""
    actor = api_actor(request)
    rules.check_may(rules.may_edit_rules(actor), "edit_rules")
    text, tests_text = _texts(actor, body)
    with _by_line(text, tests_text):
        kept = actions.enter_rules(
            text=text, tests_text=tests_text, subject=body.subject, reason=body.reason,
            seen=body.seen, by=actor, at=request.at,  # type: ignore[attr-defined]
        )  # fmt: skip
    return _out(kept, actor)


def _out(row: RuleVersion, actor: Actor) -> dict[str, Any]:
    """A version; who wrote and who approved it is the department's."""
    said = {name: getattr(row, name) for name in RuleVersionOut.model_fields}
    return said if rules.may_read_drafts(actor) else said | {"author": "", "reviewer": ""}


def _one(request: HttpRequest, code: str, number: str) -> RuleVersion:
    rows = queries.rule_versions_visible_to(request.actor, request.at)  # type: ignore[attr-defined]
    return found_or_404(rows, code=code, number=number)


@rulesets.get("/{code}/{number}", response={200: RuleVersionOut, **ERRORS},
              operation_id="get_rules")  # fmt: skip
def get_rules(request: HttpRequest, code: str, number: str) -> Any:
    """One version of a rule set."""
    return _out(_one(request, code, number), request.actor)  # type: ignore[attr-defined]


STEPS: dict[str, tuple[type[Schema], Callable[..., RuleVersion], str]] = {
    "test": (NothingIn, actions.test_rules,
             "Run a draft's tests and boundaries; where all pass it waits for a second person."),
    "publish": (PublishIn, actions.publish_rules,
                "Approve a tested version, as another person than its author."),
    "return": (ReasonIn, actions.return_rules,
               "Give a tested version back to its author, with the reason."),
    "withdraw": (NothingIn, actions.withdraw_rules, "Give up a version that is not public."),
}  # fmt: skip


def _step(verb: str) -> None:
    shape, act, says = STEPS[verb]

    def endpoint(request: HttpRequest, code: str, number: str, body: shape) -> Any:  # type: ignore[valid-type]
        actor, row = api_actor(request), _one(request, code, number)
        return _out(act(row=row, by=actor, at=request.at, **body.model_dump()), actor)  # type: ignore[attr-defined]

    endpoint.__doc__ = says
    rulesets.post(f"/{{code}}/{{number}}/{verb}", response={200: RuleVersionOut, **ERRORS},
                  operation_id=f"{verb}_rules")(endpoint)  # fmt: skip


for _verb in STEPS:
    _step(_verb)
