"""A bid from draft to seal, and everything its people may do with it before the deadline."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.base.numbers import new_random_number
from kechuang.base.refusals import N_, check_version, refuse_all, require
from kechuang.base.time import rfc3339
from kechuang.challenges import rules
from kechuang.challenges.actions.sealing import put_attachment, put_content, wrapped_key
from kechuang.challenges.actions.steps import (
    bidders,
    move_bid,
    person_of,
    record_bid,
    tell,
    tell_admins,
)
from kechuang.challenges.models import (
    Attachment,
    Bid,
    BidMember,
    BidPerson,
    BidStage,
    Challenge,
    LockedDraft,
    Receipt,
)
from kechuang.challenges.queries import (
    attachment_bytes,
    bid_facts,
    challenge_facts,
    current_ruleset,
    fingerprint_of,
    invited_code,
    problems_with_content,
    sealed_content_of,
)
from kechuang.parties.models import Organisation, Person
from kechuang.parties.queries import organisation_by_code

ATTACHMENT_BYTES_MAX = 20 * 1024 * 1024
ATTACHMENTS_MAX = 20


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the platform reads of a bid; None leaves a part as it is."""

    lead: Person | None = None
    members: Sequence[Organisation] | None = None
    people: Sequence[Person] | None = None
    other_public: bool | None = None
    other_public_note: str | None = None
    commitment: bool | None = None


def locked_bid(bid: Bid, by: Actor, at: datetime) -> tuple[Bid, rules.BidFacts]:
    """The bid as it is now with its challenge, both locked against the clock."""
    Challenge.objects.select_for_update(no_key=True).get(pk=bid.challenge_id)
    row = (
        Bid.objects.select_for_update(of=("self",))
        .select_related("challenge__issuer", "challenge__secretary", "challenge__chair",
                        "challenge__need", "organisation", "lead", "drafter")
        .get(pk=bid.pk)
    )
    return row, bid_facts(row, by, at)


def _check_free(bid: Bid) -> None:
    """Refuse a second live bid of the unit or the lead, this one's predecessor aside."""
    others = Bid.objects.filter(challenge=bid.challenge, state__in=rules.bids.LIVE).exclude(
        pk__in=[bid.pk, bid.replaces_id or 0]
    )
    rules.bids.check_one_live_bid(
        others.filter(organisation=bid.organisation).exists(),
        others.filter(lead=bid.lead).exists(),
    )


@transaction.atomic
def start_bid(*, challenge: Challenge, by: Actor, at: datetime) -> Bid:
    """Begin a draft for one's unit. Where the unit has a sealed bid, the draft may replace it."""
    challenge = Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)
    may = rules.bids.may_start_bid(by, challenge.issuer.code, invited_code(challenge))
    rules.bids.require_bid_right(may, "start_bid")
    rules.bids.check_open_for_bids(challenge_facts(challenge, by), at)
    organisation = organisation_by_code(by.organisation)
    mine = Bid.objects.filter(challenge=challenge, organisation=organisation)
    require(not mine.filter(state=Bid.State.DRAFT).exists(), rules.BidRefused(
        "bids.draft_exists", N_("您单位已有一份草稿，不用再起草。"), {}, (),
        N_("请在榜单页面打开已有的草稿。")))
    number = new_random_number()
    person = person_of(by)
    bid = Bid.objects.create(
        number=number, challenge=challenge, organisation=organisation, lead=person,
        drafter=person, since=at, form_version=rules.proposal.FORM,
        replaces=mine.filter(state__in=rules.bids.LIVE).first(),
        wrapped_key=wrapped_key(challenge.number, number),
    )
    BidStage.objects.create(
        bid=bid, stage=bid.state, since=at, by_person=by.person, by_role=by.role,
        by_organisation=by.organisation,
    )
    if bid.replaces is not None:
        _copy_from(bid.replaces, bid, at=at)
    return bid


def _copy_from(old: Bid, new: Bid, *, at: datetime) -> None:
    """A replacement begins as its predecessor; what the platform can read is encrypted again."""
    if new.challenge.custodians_needed:
        for draft in LockedDraft.objects.filter(bid=old):
            LockedDraft.objects.create(bid=new, file=draft.file, at=at)
    else:
        _copy_content(old, new, at=at)
    new.lead = old.lead
    new.other_public = old.other_public
    new.other_public_note = old.other_public_note
    new.save()
    BidMember.objects.bulk_create(
        BidMember(bid=new, organisation_id=pk)
        for pk in old.members.values_list("organisation_id", flat=True)
    )
    BidPerson.objects.bulk_create(
        BidPerson(bid=new, person_id=pk) for pk in old.people.values_list("person_id", flat=True)
    )


def _copy_content(old: Bid, new: Bid, *, at: datetime) -> None:
    content = sealed_content_of(old)
    kept = []
    for entry in content.get("attachments", []):
        file = put_attachment(new, attachment_bytes(old, entry["number"]), at=at)
        kept.append({**entry, "number": file.number})
    put_content(new, {**content, "attachments": kept}, at=at)


@transaction.atomic
def save_bid(
    *, bid: Bid, content: Mapping[str, Any] | None = None, envelope: Envelope | None = None,
    version: int | None = None, by: Actor, at: datetime,
) -> Bid:
    """Keep a draft as written so far, encrypted; a change voids the unit's signature.

    Not recorded, and no message: autosaves are nobody else's business.
    """
    bid, facts = locked_bid(bid, by, at)
    rules.bids.require_bid_right(rules.bids.may_edit_bid(by, facts), "save_bid")
    rules.bids.check_open_for_bids(facts.challenge, at)
    rules.bids.check_bid_event("save", bid.state)
    check_version(bid.number, version, bid.version)
    if content is not None:
        require(not bid.challenge.custodians_needed, rules.custody.in_clear())
        kept = sealed_content_of(bid)["attachments"]
        put_content(bid, {**content, "form": rules.proposal.FORM, "attachments": kept}, at=at)
    if envelope is not None:
        put_sign_offs(bid, envelope, at=at)
    unsign(bid)
    return bid


def put_sign_offs(bid: Bid, envelope: Envelope, *, at: datetime) -> None:
    if envelope.lead is not None:
        require(envelope.lead.organisation_id == bid.organisation_id, rules.BidRefused(
            "bids.lead_of_another_unit", N_("项目负责人须是揭榜单位的人。"), {}, ("lead",)))
        bid.lead = envelope.lead
    if envelope.other_public is not None:
        bid.other_public = envelope.other_public
        bid.other_public_note = (envelope.other_public_note or "")[:300]
    if envelope.commitment is not None:
        bid.commitment_at = at if envelope.commitment else None
    if envelope.members is not None:
        _put_members(bid, envelope.members, at=at)
    if envelope.people is not None:
        bid.people.exclude(person__in=envelope.people).delete()
        BidPerson.objects.bulk_create(
            [BidPerson(bid=bid, person=person) for person in envelope.people],
            ignore_conflicts=True,
        )


def _put_members(bid: Bid, members: Sequence[Organisation], *, at: datetime) -> None:
    """The consortium as named; a member that stays keeps its confirmation, a new one is asked."""
    for member in members:
        require(member.pk not in {bid.organisation_id, bid.challenge.issuer_id}, rules.BidRefused(
            "bids.member_not_possible", N_("{name} 是牵头单位或出题方，不能作为成员。"),
            {"name": member.name}, ("members",)))
    bid.members.exclude(organisation__in=members).delete()
    have = set(bid.members.values_list("organisation_id", flat=True))
    for member in {one.pk: one for one in members}.values():
        if member.pk not in have:
            BidMember.objects.create(bid=bid, organisation=member)
            tell_admins(member, "to_confirm_bid", bid.number, by=Actor.CLOCK, at=at)


@transaction.atomic
def attach_file(*, bid: Bid, name: str, content: bytes, by: Actor, at: datetime) -> Attachment:
    """Add a file to a draft, encrypted under the bid's key; its name is encrypted too."""
    bid, facts = locked_bid(bid, by, at)
    rules.bids.require_bid_right(rules.bids.may_edit_bid(by, facts), "attach_file")
    require(not bid.challenge.custodians_needed, rules.custody.in_clear())
    rules.bids.check_open_for_bids(facts.challenge, at)
    rules.bids.check_bid_event("save", bid.state)
    proposal = sealed_content_of(bid)
    require(0 < len(content) <= ATTACHMENT_BYTES_MAX, rules.BidRefused(
        "bids.file_size", N_("一个附件须在 20 MB 以内，且不能为空。"), {}, ("file",)))
    require(len(proposal["attachments"]) < ATTACHMENTS_MAX, rules.BidRefused(
        "bids.too_many_files", N_("最多 {n} 个附件。"), {"n": ATTACHMENTS_MAX}, ("file",)))
    file = put_attachment(bid, content, at=at)
    entry = {
        "number": file.number, "name": name[:200], "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    _rewrite(bid, {**proposal, "attachments": [*proposal["attachments"], entry]}, at=at)
    return file


@transaction.atomic
def drop_file(*, bid: Bid, number: str, by: Actor, at: datetime) -> Bid:
    """Take a file out of a draft."""
    bid, facts = locked_bid(bid, by, at)
    rules.bids.require_bid_right(rules.bids.may_edit_bid(by, facts), "drop_file")
    rules.bids.check_bid_event("save", bid.state)
    proposal = sealed_content_of(bid)
    rest = [entry for entry in proposal["attachments"] if entry["number"] != number]
    Attachment.objects.filter(bid=bid, number=number).delete()
    _rewrite(bid, {**proposal, "attachments": rest}, at=at)
    return bid


def unsign(bid: Bid) -> None:
    """What was written anew is unsigned, and is the next version."""
    bid.signed_by = None
    bid.signed_at = None
    bid.signed_version = 0
    bid.signed_sha256 = ""
    bid.version += 1
    bid.save()


def _rewrite(bid: Bid, proposal: Mapping[str, Any], *, at: datetime) -> None:
    put_content(bid, proposal, at=at)
    unsign(bid)


@transaction.atomic
def ask_signature(*, bid: Bid, by: Actor, at: datetime) -> Bid:
    """Hand a whole draft to the unit administrator; everything still missing is refused at once."""
    bid, facts = locked_bid(bid, by, at)
    rules.bids.require_bid_right(rules.bids.may_edit_bid(by, facts), "ask_signature")
    rules.bids.check_open_for_bids(facts.challenge, at)
    rules.bids.check_bid_event("sign", bid.state)
    refuse_all(problems_with_content(bid))
    tell_admins(bid.organisation, "to_sign_bid", bid.number, by=by, at=at)
    return bid


@transaction.atomic
def sign_bid(*, bid: Bid, by: Actor, at: datetime) -> Bid:
    """The unit administrator signs the ciphertext's fingerprint and the commitment letter."""
    bid, facts = locked_bid(bid, by, at)
    rules.bids.require_bid_right(rules.bids.may_sign_bid(by, facts), "sign_bid")
    rules.bids.check_open_for_bids(facts.challenge, at)
    rules.bids.check_bid_event("sign", bid.state)
    require(bid.content_version > 0, rules.BidRefused(
        "bids.empty", N_("方案还没有内容。"), {}, (), N_("请先填写方案。")))
    refuse_all(problems_with_content(bid))
    bid.signed_by = person_of(by)
    bid.signed_at = at
    bid.signed_version = bid.content_version
    bid.signed_sha256 = fingerprint_of(bid)
    bid.commitment_at = bid.commitment_at or at
    move_bid(bid, "sign", by=by, at=at)
    record_bid(bid, "sign", by=by, at=at, sha256=bid.signed_sha256)
    tell([bid.drafter, bid.lead], "bid_signed", bid.number, by=by, at=at)
    return bid


@transaction.atomic
def return_bid(*, bid: Bid, reason: str, by: Actor, at: datetime) -> Bid:
    """The unit administrator gives a draft back to its writer, with a reason."""
    bid, facts = locked_bid(bid, by, at)
    rules.bids.require_bid_right(rules.bids.may_sign_bid(by, facts), "return_bid")
    rules.bids.check_bid_event("sign", bid.state)
    require(bool(reason.strip()), rules.BidRefused(
        "bids.no_reason", N_("请写明退回的理由。"), {}, ("reason",)))
    BidStage.objects.create(
        bid=bid, stage=bid.state, since=at, by_person=by.person, by_role=by.role,
        by_organisation=by.organisation, note_public=reason,
    )
    tell([bid.drafter, bid.lead], "bid_returned_by_unit", bid.number, by=by, at=at)
    return bid


@transaction.atomic
def confirm_membership(*, bid: Bid, by: Actor, at: datetime) -> Bid:
    """The administrator of a consortium member confirms that the member takes part."""
    bid, facts = locked_bid(bid, by, at)
    rules.bids.require_bid_right(rules.bids.may_confirm_bid(by, facts), "confirm_membership")
    rules.bids.check_open_for_bids(facts.challenge, at)
    rules.bids.check_bid_event("confirm", bid.state)
    seat = bid.members.select_for_update().get(organisation__code=by.organisation)
    if seat.confirmed_at is None:
        seat.confirmed_by = person_of(by)
        seat.confirmed_at = at
        seat.save()
        record_bid(bid, "confirm", by=by, at=at, member=by.organisation)
        tell([bid.drafter, bid.lead], "bid_confirmed", bid.number, by=by, at=at)
    return bid


@transaction.atomic
def submit_bid(*, bid: Bid, by: Actor, at: datetime) -> Receipt:
    """Seal a signed bid before the deadline and give its receipt; a sealed one of the unit that
    it replaces ends in the same transaction.

    Refuses lateness to the microsecond, everything that is missing at once, and a second live bid
    of the unit or its lead.
    """
    bid, facts = locked_bid(bid, by, at)
    rules.bids.require_bid_right(rules.bids.may_edit_bid(by, facts), "submit_bid")
    rules.bids.check_open_for_bids(facts.challenge, at)
    rules.bids.check_bid_event("submit", bid.state)
    refuse_all([
        *rules.bids.problems_with_sign_offs(sign_offs(bid)),
        *problems_with_content(bid),
    ])
    predecessor = _live_predecessor(bid)
    bid.replaces = predecessor
    _check_free(bid)
    if predecessor is not None:
        move_bid(predecessor, "replace", by=by, at=at)
        record_bid(predecessor, "replace", by=by, at=at)
    bid.sealed_at = at
    move_bid(bid, "submit", by=by, at=at)
    receipt = _give_receipt(bid, Receipt.Kind.SUBMITTED, "submit", by=by, at=at)
    tell(bidders(bid, at), "bid_sealed", bid.number, by=by, at=at)
    return receipt


def _live_predecessor(bid: Bid) -> Bid | None:
    return Bid.objects.select_for_update(of=("self",)).filter(
        challenge=bid.challenge, organisation=bid.organisation,
        state__in=[Bid.State.SEALED, Bid.State.NEEDS_RECONFIRM],
    ).exclude(pk=bid.pk).first()


def sign_offs(bid: Bid) -> rules.bids.SignOffs:
    """The envelope's sign-offs as the rules see them."""
    unconfirmed = bid.members.filter(confirmed_at__isnull=True)
    return rules.bids.SignOffs(
        content_version=bid.content_version,
        signed_version=bid.signed_version,
        unconfirmed=tuple(unconfirmed.values_list("organisation__name", flat=True)),
        commitment_accepted=bid.commitment_at is not None,
        # in a sealed envelope the declaration is inside, and read at the opening
        declared=bid.other_public is not None or bid.challenge.custodians_needed > 0,
    )


def _give_receipt(bid: Bid, kind: str, verb: str, *, by: Actor, at: datetime) -> Receipt:
    ruleset = current_ruleset(bid.challenge)
    number = new_random_number()
    entry = record_bid(bid, verb, by=by, at=at, receipt=number, sha256=fingerprint_of(bid),
                       received_at=rfc3339(at))
    return Receipt.objects.create(
        number=number, bid=bid, kind=kind, at=at, content_version=bid.content_version,
        sha256=fingerprint_of(bid), ruleset_sha256=ruleset.sha256 if ruleset else "",
        entry_number=entry.number,
    )


@transaction.atomic
def withdraw_bid(*, bid: Bid, by: Actor, at: datetime) -> Bid:
    """Take a bid back before the deadline: a draft is discarded, a sealed one gets a receipt.

    The unit administrator withdraws what the unit administrator signed.
    """
    bid, facts = locked_bid(bid, by, at)
    sealed = bid.state != Bid.State.DRAFT
    right = rules.bids.may_sign_bid if sealed else rules.bids.may_edit_bid
    rules.bids.require_bid_right(right(by, facts), "withdraw_bid")
    rules.bids.check_open_for_bids(facts.challenge, at)
    move_bid(bid, "withdraw" if sealed else "discard", by=by, at=at)
    if sealed:
        _give_receipt(bid, Receipt.Kind.WITHDRAWN, "withdraw", by=by, at=at)
        tell(bidders(bid, at), "bid_withdrawn", bid.number, by=by, at=at)
    return bid


@transaction.atomic
def reconfirm_bid(*, bid: Bid, by: Actor, at: datetime) -> Receipt:
    """The unit administrator confirms the same ciphertext under the amended rules."""
    bid, facts = locked_bid(bid, by, at)
    rules.bids.require_bid_right(rules.bids.may_sign_bid(by, facts), "reconfirm_bid")
    rules.bids.check_open_for_bids(facts.challenge, at)
    rules.bids.check_bid_event("reconfirm", bid.state)
    refuse_all(problems_with_content(bid))
    move_bid(bid, "reconfirm", by=by, at=at)
    receipt = _give_receipt(bid, Receipt.Kind.RECONFIRMED, "reconfirm", by=by, at=at)
    tell(bidders(bid, at), "bid_reconfirmed", bid.number, by=by, at=at)
    return receipt

