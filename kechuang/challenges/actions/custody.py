"""Writes of bids that only custodians open: keys, envelopes, locked drafts, shares, the opening."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q

from kechuang.base.actor import Actor
from kechuang.base.refusals import N_, refuse_all, require
from kechuang.challenges import rules
from kechuang.challenges.actions.bidding import Envelope, locked_bid, put_sign_offs, unsign
from kechuang.challenges.actions.sealing import put_attachment, put_content
from kechuang.challenges.actions.steps import begin, move, person_of, record_step, tell
from kechuang.challenges.models import (
    Bid,
    Challenge,
    Custodian,
    LockedDraft,
    OpeningSession,
    PostedShare,
    Ruleset,
    SealedEnvelope,
)
from kechuang.challenges.queries import (
    call_facts,
    current_ruleset,
    live_session,
    mode,
    prices_due,
)
from kechuang.challenges.queries import standing_envelopes as standing
from kechuang.challenges.rules.freezing import canonical, sha256_of
from kechuang.engines import sealing as engine
from kechuang.parties.models import Person


@transaction.atomic
def name_custodians(
    *, challenge: Challenge, needed: int, people: Sequence[Person], two_envelopes: bool = False,
    seal_profile: str = "intl", by: Actor, at: datetime,
) -> Challenge:
    """Name who keeps the keys of a call, and how many must come together; none ends custody.

    With `two_envelopes` the price is sealed apart and opened after the scores are locked;
    `seal_profile` is `intl` or `gm` (SM3, SM4-GCM).

    Keys that were registered before are dropped: each custodian registers for this list.
    """
    challenge, to = begin(challenge, "name_custodians", by=by)
    require(mode(challenge).sealed or not people, rules.ChallengeRefused(
        "challenges.nothing_sealed", N_("这种组织方式只有一份方案，不设保管人。"), {}, ("people",)))
    people = list({person.pk: person for person in people}.values())
    if people:
        rules.custody.check_custodians(needed, [person.name for person in people])
    rules.custody.check_profile(seal_profile)
    challenge.custodians.all().delete()
    names = [person.name for person in people]
    for place, person in enumerate(people, start=1):
        twice = names.count(person.name) > 1
        Custodian.objects.create(
            challenge=challenge, place=place, person=person,
            name=f"{person.name}（{person.number}）" if twice else person.name,
        )
    challenge.custodians_needed = needed if people else 0
    challenge.two_envelopes = two_envelopes and bool(people)
    challenge.seal_profile = seal_profile if people else "intl"
    challenge.consent_by = None
    challenge.consent_at = None
    move(challenge, to, by=by, at=at)
    record_step(challenge, "name_custodians", by=by, at=at, needed=challenge.custodians_needed,
                people=[person.number for person in people], profile=challenge.seal_profile)
    tell(people, "to_register_key", challenge.number, by=by, at=at)
    return challenge


@transaction.atomic
def register_key(*, challenge: Challenge, public: str, by: Actor, at: datetime) -> Custodian:
    """A custodian's public key goes into the record before the call is published.

    The private key stays where it was made; the platform never sees it.
    """
    challenge, _same = begin(challenge, "register_key", by=by)
    key = rules.custody.check_public_key(public)
    taken = challenge.custodians.filter(public=key).exclude(person__number=by.person).exists()
    require(not taken, rules.ChallengeRefused(
        "challenges.key_taken", N_("另一位保管人已登记同一把公钥。"), {}, ("public",),
        N_("每位保管人须在自己的电脑上生成自己的密钥。")))
    row = challenge.custodians.select_for_update().get(person__number=by.person)
    fingerprint = rules.custody.fingerprint_of(key, challenge.seal_profile)
    entry = record_step(challenge, "register_key", by=by, at=at, place=row.place, public=key,
                        fingerprint=fingerprint)
    row.public, row.registered_at, row.entry_number = key, at, entry.number
    row.save()
    if not challenge.custodians.filter(public="").exists():
        tell([challenge.officer], "keys_registered", challenge.number, by=by, at=at)
    return row


def check_keys(challenge: Challenge) -> None:
    """Refuse to go on to publication while a custodian's key is missing."""
    if challenge.custodians_needed:
        missing = list(challenge.custodians.filter(public="").values_list("name", flat=True))
        require(not missing, rules.custody.keys_missing(missing))


@transaction.atomic
def lock_draft(*, bid: Bid, file: bytes, by: Actor, at: datetime) -> Bid:
    """Keep a draft that was locked on the bidder's machine. Not recorded, like every autosave."""
    bid, facts = locked_bid(bid, by, at)
    rules.bids.require_bid_right(rules.bids.may_edit_bid(by, facts), "lock_draft")
    rules.bids.check_open_for_bids(facts.challenge, at)
    rules.bids.check_bid_event("save", bid.state)
    rules.custody.check_draft(file)
    LockedDraft.objects.update_or_create(bid=bid, defaults={"file": file, "at": at})
    return bid


@transaction.atomic
def put_envelope(
    *, bid: Bid, file: bytes, price: bytes | None = None, sign_offs: Envelope | None = None,
    by: Actor, at: datetime,
) -> Bid:
    """Take what the bidder's machine sealed for the custodians; it is unsigned until signed anew.

    Refuses an envelope of another call, unit or rules, a copy of a rival's, and one of a unit
    whose own people keep a key.
    """
    bid, facts = locked_bid(bid, by, at)
    rules.bids.require_bid_right(rules.bids.may_edit_bid(by, facts), "put_envelope")
    rules.bids.check_open_for_bids(facts.challenge, at)
    rules.bids.check_bid_event("save", bid.state)
    ruleset = current_ruleset(bid.challenge)
    require(bool(bid.challenge.custodians_needed) and ruleset is not None, rules.BidRefused(
        "bids.no_custodians", N_("本榜单没有保管人，方案在平台上填写。"), {}, ("file",)))
    assert ruleset is not None
    rules.custody.check_parts(bid.challenge.two_envelopes, price is not None)
    if sign_offs is not None:
        put_sign_offs(bid, sign_offs, at=at)
    for owner, part, content in (("bid", "technical", file), ("price_of", "price", price)):
        if content is None:
            continue
        told = _taken(bid, ruleset, content, part)
        SealedEnvelope.objects.update_or_create(**{owner: bid}, defaults={
            "ruleset": ruleset, "file": content, "sha256": told["envelope"],
            "ciphertext_sha256": told["ciphertext"], "at": at,
        })
    bid.content_version += 1
    unsign(bid)
    return bid


def _taken(bid: Bid, ruleset: Ruleset, file: bytes, part: str) -> dict[str, Any]:
    """The receipt of an envelope that is what it must be, by the engine."""
    require(len(file) <= rules.custody.ENVELOPE_BYTES_MAX, rules.custody.not_an_envelope(
        N_("它超过 64 MB")))
    try:
        engine.taken_apart(file)
    except engine.SealRefused as refused:
        raise rules.custody.not_an_envelope(N_("它不是密封件，或已被改动")) from refused
    call = engine.call_from(call_facts(bid.challenge, ruleset))
    try:
        told = engine.receipt_of(file, call)
    except engine.SealRefused as refused:
        raise rules.custody.not_an_envelope(
            N_("它不是按本榜单现在的规则和公钥密封的")) from refused
    rivals = Bid.objects.filter(challenge=bid.challenge).exclude(organisation=bid.organisation)
    others = SealedEnvelope.objects.filter(
        Q(bid__in=rivals) | Q(price_of__in=rivals), ciphertext_sha256=told["ciphertext"]
    )
    own = bid.challenge.custodians.filter(person__organisation=bid.organisation)
    refuse_all(rules.custody.problems_with_envelope(rules.custody.Sealed(
        challenge=told["challenge"], unit=told["unit"], part=told["part"],
        own_challenge=bid.challenge.number, own_unit=bid.organisation.code,
        unit_has_custodian=own.exists(), copied=others.exists(), own_part=part,
    )))
    return told


def require_opening(challenge: Challenge) -> None:
    """After the review only prices are opened, and only once the scores are locked."""
    if challenge.state == rules.State.REVIEWING:
        require(prices_due(challenge), rules.custody.prices_not_due())


@transaction.atomic
def start_session(
    *, challenge: Challenge, public: str, by: Actor, at: datetime
) -> OpeningSession:
    """Begin the opening: custodians give their shares to this key, whose private half stays with
    whoever opens. A session begun anew ends the one before, with its shares."""
    challenge, to = begin(challenge, "start_session", by=by)
    require(bool(challenge.custodians_needed), rules.ChallengeRefused(
        "challenges.no_custodians", N_("本榜单没有保管人，直接开标。"), {}))
    require_opening(challenge)
    key = rules.custody.check_public_key(public)
    challenge.sessions.filter(ended_at__isnull=True).update(ended_at=at)
    session = OpeningSession.objects.create(
        challenge=challenge, public=key, by=person_of(by), at=at
    )
    move(challenge, to, by=by, at=at)
    record_step(challenge, "start_session", by=by, at=at, session=session.number, public=key)
    keepers = [one.person for one in challenge.custodians.select_related("person")]
    tell(keepers, "to_give_shares", challenge.number, by=by, at=at)
    return session


@transaction.atomic
def give_shares(
    *, challenge: Challenge, shares: Sequence[Any], by: Actor, at: datetime
) -> list[PostedShare]:
    """A custodian's shares of the envelopes that stand, each sealed to the session's key.

    A share that was given stays: whoever gave a false one is named at the opening.
    """
    challenge, _same = begin(challenge, "give_shares", by=by)
    require_opening(challenge)
    session = live_session(challenge)
    require(session is not None, rules.ChallengeRefused(
        "challenges.no_session", N_("开标会还没有开始，现在不收份额。"), {}, (),
        N_("请等经办开始开标会。")))
    assert session is not None
    custodian = challenge.custodians.get(person__number=by.person)
    stand = {one.sha256: one for one in standing(challenge)}
    rows = []
    for told in shares[:len(stand)]:
        posted = rules.custody.check_posted(told, custodian.place)
        require(posted["envelope"] in stand, rules.ChallengeRefused(
            "challenges.not_standing", N_("这一份密封件不在开标之列，没有收下份额。"), {},
            ("shares",)))
        rows.append(PostedShare(
            session=session, envelope=stand[posted["envelope"]], custodian=custodian,
            posted=dict(posted), at=at,
        ))
    PostedShare.objects.bulk_create(rows, ignore_conflicts=True)
    record_step(challenge, "give_shares", by=by, at=at, session=session.number,
                shares=sorted(sha256_of(canonical(dict(row.posted))) for row in rows))
    tell([challenge.officer], "shares_came", challenge.number, by=by, at=at)
    return rows


def open_outside(
    challenge: Challenge, bids: Sequence[Bid], shares: Mapping[str, Mapping[str, str]], at: datetime
) -> dict[str, dict[str, Any]]:
    """Open the envelopes of these bids with the custodians' shares, by the envelope's fingerprint
    and the custodian's place; what was inside is kept at rest from now on.

    Gives for each bid whose shares came, who gave a false one, and why it is void, if it is.
    With too few shares nothing is opened.
    """
    names = {one.place: one.name for one in challenge.custodians.all()}
    return {
        bid.number: open_one(bid, bid.envelope, names, shares, partial(_keep_inside, bid, at=at))
        for bid in bids
    }


def open_one(
    bid: Bid, envelope: SealedEnvelope, names: Mapping[int, str],
    shares: Mapping[str, Mapping[str, str]], keep: Callable[[bytes], str],
) -> dict[str, Any]:
    """Open one envelope with the shares of its custodians; `keep` takes what was inside and says
    why it cannot be read, or nothing. Refuses where too few shares fit."""
    given = _read(shares.get(envelope.sha256, {}))
    call = engine.call_from(call_facts(bid.challenge, envelope.ruleset))
    try:
        opened = engine.open_envelope(bytes(envelope.file), call, given)
    except engine.SealRefused as refused:
        raise rules.custody.too_few_shares(len(given), call.k) from refused
    void = opened.void
    if opened.content is not None:
        void = keep(opened.content)
    return {
        "shares_of": [names[x] for x in sorted(given) if x in names],
        "false_shares_of": list(opened.liars), "void": void,
    }


def _read(told: Mapping[str, str]) -> dict[int, bytes]:
    """Shares by place; what is no share is left out, and then perhaps too few are there."""
    found = {}
    for place, share in told.items():
        try:
            found[int(place)] = bytes.fromhex(share)
        except (TypeError, ValueError):
            continue
    return found


def _keep_inside(bid: Bid, plain: bytes, *, at: datetime) -> str:
    """Keep what was inside as content and files at rest; why it cannot be read, or nothing."""
    try:
        apart = bid.challenge.two_envelopes
        read = rules.custody.read_technical if apart else rules.custody.read_inside
        inside = read(plain)
    except rules.custody.Unreadable as unreadable:
        return f"unreadable: {unreadable}"
    entries = []
    for name, content in inside.files:
        file = put_attachment(bid, content, at=at)
        entries.append({"number": file.number, "name": name, "bytes": len(content),
                        "sha256": file.sha256})
    put_content(bid, {**inside.content, "attachments": entries}, at=at)
    bid.other_public = inside.other_public
    bid.other_public_note = inside.other_public_note
    return ""
