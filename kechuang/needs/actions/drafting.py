"""Drafts: saved as one types, with their files, and handed in to the unit's administrator."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import N_, check_version, refuse_all, require
from kechuang.base.time import shanghai_date
from kechuang.files.actions import keep_blob
from kechuang.files.models import Blob
from kechuang.needs import rules
from kechuang.needs.actions.steps import locked, move, record_step, tell_holders
from kechuang.needs.models import Attachment, Mark, Need, Target
from kechuang.needs.rules import Content, NeedRefused, State
from kechuang.parties.queries import colleague, organisation_by_code, person_by_number
from kechuang.record import actions as record

DRAFT_LONGEST = 100_000
ATTACHMENTS_MOST = 10
TYPED_TEXTS = ("title", "body", "chain", "keywords", "budget", "budget_is_right", "due",
               "publication", "contact")


@transaction.atomic
def save_draft(
    *,
    need: Need | None = None,
    typed: Mapping[str, Any],
    version: int | None = None,
    by: Actor,
    at: datetime,
) -> Need:
    """Keep what was typed, as typed, in a new draft or in one that is there.

    Refuses an older version (Stale: it was changed elsewhere) and what is too long to keep; says
    nothing yet about content. Not recorded: autosaves are nobody's acts.
    """
    if need is None:
        need = _begun(by, at)
    else:
        need = locked(need)
        rules.check_may(rules.may_edit(by, need.facts), "edit", need.facts)
        check_version(need.number, version, need.version)
    need.typed = _kept(typed)
    content, _ = rules.read_typed(need.typed, shanghai_date(at))
    need.title = content.title[:200]
    asked = colleague(need.typed.get("contact", ""), need.organisation)
    need.contact = asked or need.contact or need.filler
    need.changed_at = at
    need.idle_told_at = None
    need.version += 1
    need.save()
    return need


def _begun(by: Actor, at: datetime) -> Need:
    rules.check_may(rules.may_post(by), "post")
    organisation = organisation_by_code(by.organisation)
    filler = person_by_number(by.person)
    require(
        organisation is not None and filler is not None,
        NeedRefused("need.no_unit", N_("您的单位还没有登记，不能发布需求。"), {}, (),
                    N_("请单位管理员先登记单位。")),
    )  # fmt: skip
    assert organisation is not None
    return Need(
        organisation=organisation,
        region_path=organisation.region_path,
        filler=filler,
        contact=filler,
        since=at,
    )


def _kept(typed: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {key: rules.trimmed(typed.get(key)) for key in TYPED_TEXTS}
    rows = typed.get("targets") or []
    kept["targets"] = [
        {key: rules.trimmed(row.get(key)) for key in rules.TARGET_FIELDS}
        for row in rows[: rules.TARGETS_MOST * 2]
    ]
    require(
        len(json.dumps(kept, ensure_ascii=False)) <= DRAFT_LONGEST,
        NeedRefused("need.draft_long", N_("草稿超过 {most} 字，存不下。"),
                    {"most": DRAFT_LONGEST}, ("body",), N_("请把长文放进附件。")),
    )  # fmt: skip
    return kept


@transaction.atomic
def discard_draft(*, need: Need, by: Actor, at: datetime) -> None:
    """Delete a draft that was never handed in."""
    need = locked(need)
    rules.check_may(rules.may_edit(by, need.facts), "edit", need.facts)
    require(
        need.submitted_at is None,
        NeedRefused("need.has_a_number", N_("需求“{number}”提交过，不能删除。"),
                    {"number": need.number}, (), N_("可以撤回，撤回的需求留有记录。")),
    )  # fmt: skip
    need.delete()


@transaction.atomic
def add_attachment(
    *, need: Need, name: str, content: bytes, by: Actor, at: datetime
) -> Attachment:
    """Keep a file with a draft; at most ten."""
    blob = keep_blob(content=content, filename=name, by=by, at=at)
    return attach_blob(need=need, blob=blob, name=name, by=by, at=at)


@transaction.atomic
def attach_blob(*, need: Need, blob: Blob, name: str, by: Actor, at: datetime) -> Attachment:
    """Link a file that is kept to a draft; at most ten."""
    need = locked(need)
    rules.check_may(rules.may_edit(by, need.facts), "edit", need.facts)
    require(
        need.attachments.count() < ATTACHMENTS_MOST,
        NeedRefused("need.attachments_many", N_("附件最多 {most} 份。"),
                    {"most": ATTACHMENTS_MOST}, ("attachments",), N_("请合并或删去一份。")),
    )  # fmt: skip
    need.changed_at, need.idle_told_at = at, None
    need.save(update_fields=["changed_at", "idle_told_at"])
    return Attachment.objects.create(need=need, blob=blob, name=name[:200], added_at=at)


@transaction.atomic
def remove_attachment(*, attachment: Attachment, by: Actor, at: datetime) -> None:
    """Take a file from a draft; the blob is swept when nothing links it."""
    need = locked(attachment.need)
    rules.check_may(rules.may_edit(by, need.facts), "edit", need.facts)
    attachment.delete()
    need.changed_at, need.idle_told_at = at, None
    need.save(update_fields=["changed_at", "idle_told_at"])


@transaction.atomic
def submit_need(
    *,
    need: Need | None,
    typed: Mapping[str, Any] | None = None,
    version: int | None = None,
    by: Actor,
    at: datetime,
) -> Need:
    """Hand a draft in to the unit's administrator, with what was typed last where it is given.

    Refuses with every problem at its field. The first time the need takes its number of the
    register; after a return the open marks are cleared.
    """
    if typed is not None or need is None:
        need = save_draft(need=need, typed=typed or {}, version=version, by=by, at=at)
        version = None
    need = locked(need)
    rules.check_may(rules.may_submit(by, need.facts), "submit", need.facts)
    check_version(need.number, version, need.version)
    content, problems = rules.read_typed(need.typed, shanghai_date(at))
    refuse_all(problems)
    was = need.number
    if need.submitted_at is None:
        need.number = record.take_number("XQ", at=at)
        need.submitted_at = at
    write_content(need, content)
    Mark.objects.filter(need=need, cleared_at__isnull=True).update(cleared_at=at)
    move(need, State.UNIT_CHECK, by=by, at=at)
    record_step(need, "submit", by=by, at=at, payload={"draft": was})
    tell_holders(need, by=by, at=at)
    return need


def write_content(need: Need, content: Content) -> None:
    """Write what was read into the columns and the targets of a need that is locked."""
    need.title = content.title
    need.body = content.body
    need.chain = content.chain
    need.keywords = list(content.keywords)
    need.budget_fen = content.budget_fen
    need.due_date = content.due_date
    need.publication = content.publication
    need.region_path = need.organisation.region_path
    need.typed = {}
    need.save()
    need.targets.all().delete()
    Target.objects.bulk_create(targets_for(need, content))


def targets_for(need: Need, content: Content) -> list[Target]:
    """The rows of a need's targets, not yet saved."""
    return [
        Target(need=need, place=place, name=one.name, comparison=one.comparison, value=one.value,
               value_high=one.value_high, unit=one.unit, test_method=one.test_method)
        for place, one in enumerate(content.targets, start=1)
    ]  # fmt: skip


def content_of(need: Need) -> Content:
    """What a need that was handed in says, as rules read it."""
    targets = tuple(
        rules.TargetFacts(row.name, rules.Comparison(row.comparison), row.value, row.value_high,
                          row.unit, row.test_method)
        for row in need.targets.all()
    )  # fmt: skip
    return Content(need.title, need.body, need.chain, tuple(need.keywords), need.budget_fen,
                   need.due_date, need.publication, targets)  # fmt: skip
