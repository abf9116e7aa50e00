"""The checks: the unit signs, the offices pass, return or merge."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import N_, check_version, require
from kechuang.needs import rules
from kechuang.needs.actions.drafting import content_of
from kechuang.needs.actions.opening import opened
from kechuang.needs.actions.steps import (
    locked,
    move,
    record_step,
    tell_holders,
    tell_owners,
)
from kechuang.needs.models import Mark, Need
from kechuang.needs.queries import snapshot_hash, snapshot_of
from kechuang.needs.rules import Extent, NeedRefused, State
from kechuang.parties.queries import person_by_number

WORDS_LONGEST = 500


@transaction.atomic
def sign_need(
    *,
    need: Need,
    consent: bool,
    publication: str = "",
    version: int | None = None,
    by: Actor,
    at: datetime,
) -> Need:
    """The unit's administrator signs, agrees to the publication level, and may narrow it.

    Refuses without consent. The need goes to the office that returned it, else to the lowest one.
    """
    need = locked(need)
    rules.check_may(rules.may_sign(by, need.facts), "sign", need.facts)
    check_version(need.number, version, need.version)
    require(
        consent,
        NeedRefused("need.consent_missing", N_("还没有同意公开范围，不能签发。"), {}, ("consent",),
                    N_("请核对公开范围并勾选同意，或退回填报人。")),
    )  # fmt: skip
    if publication:
        need.publication = rules.Publication(publication)
    need.consent_by = person_by_number(by.person)
    need.consent_at = at
    step = rules.after_sign(need.facts)
    need.returned_by = ""
    move(need, step, by=by, at=at)
    record_step(need, "sign", by=by, at=at,
                payload={"publication": need.publication, "said": snapshot_hash(snapshot_of(need))})
    tell_holders(need, by=by, at=at)
    return need


@transaction.atomic
def return_need(
    *,
    need: Need,
    marks: Mapping[str, str],
    note: str = "",
    version: int | None = None,
    by: Actor,
    at: datetime,
) -> Need:
    """Give a need back with fields marked and words beside each; the owner sees exactly those.

    `marks` maps a field of rules.FIELDS to words. Refuses a return that marks nothing.
    """
    need = locked(need)
    rules.check_may(rules.may_return(by, need.facts), "return", need.facts)
    check_version(need.number, version, need.version)
    words = {field: said for field, text in marks.items() if (said := rules.trimmed(text))}
    require(
        bool(words) and set(words) <= set(rules.FIELDS),
        NeedRefused("need.return_marks_nothing", N_("没有标出要改的栏目，不能退回。"), {},
                    ("marks",), N_("请至少标一栏，写明要怎么改。")),
    )  # fmt: skip
    need.returned_by = need.state
    need.typed = rules.typed_from(content_of(need)) | {
        "contact": need.contact.number if need.contact else "",
        "budget_is_right": rules.wan_text(need.budget_fen or 0).replace(",", ""),
    }
    move(need, State.DRAFT, by=by, at=at, note=note)
    need.until = rules.due("CORRECTION", need.region_path, at)
    need.save(update_fields=["until"])
    Mark.objects.bulk_create(
        Mark(need=need, field=field, words=said[:WORDS_LONGEST], marked_at=at,
             by_person=person_by_number(by.person), by_role=by.role)
        for field, said in words.items()
    )  # fmt: skip
    record_step(need, "return", by=by, at=at,
                payload={"from": need.returned_by, "fields": sorted(words)})
    tell_owners(need, "needs.returned", by=by, at=at)
    return need


@transaction.atomic
def pass_check(
    *,
    need: Need,
    upward: bool = False,
    note: str = "",
    version: int | None = None,
    by: Actor,
    at: datetime,
) -> Need:
    """An office passes a need: county to city, city into the register or upward, province in."""
    need = locked(need)
    rules.check_may(rules.may_pass(by, need.facts), "pass", need.facts)
    check_version(need.number, version, need.version)
    was = State(need.state)
    step = rules.after_pass(was, upward)
    if step == State.ACCEPTED:
        accept(need, at=at)
    move(need, step, by=by, at=at, note=note)
    record_step(need, "pass", by=by, at=at, payload={"from": was})
    if step == State.ACCEPTED:
        tell_owners(need, "needs.accepted", by=by, at=at)
    else:
        tell_holders(need, by=by, at=at)
    return need


def accept(need: Need, *, at: datetime) -> None:
    """Set the clocks of the register: valid for a year, to be confirmed again in half of it."""
    need.accepted_at = need.accepted_at or at
    need.confirmed_at = at
    need.reconfirm_at = rules.due("RECONFIRM", need.region_path, at)
    need.expires_at = rules.due("EXPIRY", need.region_path, at)


@transaction.atomic
def merge_need(
    *,
    need: Need,
    into: Need,
    note: str = "",
    version: int | None = None,
    by: Actor,
    at: datetime,
) -> Need:
    """An office merges a need into another that says the same; its owner goes on seeing progress.

    Both rows are locked in the order of their keys. The owner of the merged need is given a
    disclosure of the other's progress, nothing more.
    """
    first, second = sorted((need, into), key=lambda row: row.pk)
    rows = {row.pk: row for row in (locked(first), locked(second))}
    need, into = rows[need.pk], rows[into.pk]
    rules.check_may(rules.may_merge(by, need.facts), "merge", need.facts)
    check_version(need.number, version, need.version)
    rules.check_merge(need.facts, into.facts)
    require(
        by.covers(into.region_path),
        NeedRefused("need.merge_beyond_region", N_("“{number}”不在您的地区，不能并入。"),
                    {"number": into.number}, ("into",), N_("请上一级科技部门合并。")),
    )  # fmt: skip
    need.merged_into = into
    move(need, State.MERGED, by=by, at=at, note=note)
    record_step(need, "merge", by=by, at=at, payload={"into": into.number})
    if need.organisation_id != into.organisation_id:
        opened(into, need.organisation, Extent.PROGRESS, need.number, at=at)
    tell_owners(need, "needs.merged", by=by, at=at)
    return need
