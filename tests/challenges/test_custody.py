"""Bids that only custodians open: keys before publication, envelopes as they came, who lied."""

import json

import pytest
from django.db import IntegrityError, transaction

from kechuang.base.refusals import NotPermitted
from kechuang.challenges import actions, queries
from kechuang.challenges.actions import Draft
from kechuang.challenges.models import Bid, LockedDraft, SealedContent
from kechuang.challenges.rules import BidRefused, ChallengeRefused
from kechuang.engines import sealing
from kechuang.engines.sealing import hpke
from kechuang.record.models import Entry, Payload
from tests.challenges import custody_stages as custody
from tests.challenges import stages

pytestmark = pytest.mark.django_db


def test_custodians_are_named_and_register_their_keys_in_the_record(world, at):
    line = custody.with_custodians(world, at)
    assert line.challenge.custodians_needed == 2
    custody.register(line, [0])
    row = line.challenge.custodians.get(place=1)
    assert (row.person, row.public) == (
        world.supervisor.person, hpke.public_of(custody.private_of(0)).hex()
    )  # fmt: skip
    entry = Entry.objects.get(number=row.entry_number)
    assert (entry.verb, entry.object_number) == (
        "challenges.register_key", line.challenge.number
    )  # fmt: skip


@pytest.mark.parametrize("needed", [0, 1, 4])
def test_one_alone_never_opens_and_more_than_there_are_cannot_come(world, at, needed):
    line = stages.drafted(world, at)
    people = [one.person for one in custody.keepers(world)]
    with pytest.raises(ChallengeRefused, match="custodians_number"):
        actions.name_custodians(challenge=line.challenge, needed=needed, people=people,
                                by=world.officer.actor, at=at)
    assert line.fresh().custodians.count() == 0


def test_naming_anew_drops_the_keys_and_none_ends_custody(world, at):
    line = custody.with_custodians(world, at)
    custody.register(line)
    custody.name(line)
    assert line.challenge.custodians.filter(public="").count() == 3
    actions.name_custodians(challenge=line.challenge, needed=0, people=[],
                            by=world.officer.actor, at=at)
    assert (line.fresh().custodians_needed, line.challenge.custodians.count()) == (0, 0)


def test_only_the_officer_names_and_only_a_custodian_registers(world, at):
    line = custody.with_custodians(world, at)
    with pytest.raises(NotPermitted):
        actions.name_custodians(challenge=line.challenge, needed=2, people=[],
                                by=world.head.actor, at=at)
    with pytest.raises(NotPermitted):
        actions.register_key(challenge=line.challenge, public="11" * 32,
                             by=world.officer.actor, at=at)


@pytest.mark.parametrize("public", ["", "11" * 31, "xy" * 32, "00" * 32])
def test_what_is_no_key_is_not_registered(world, at, public):
    line = custody.with_custodians(world, at)
    with pytest.raises(ChallengeRefused, match="public_key"):
        actions.register_key(challenge=line.challenge, public=public,
                             by=world.supervisor.actor, at=at)


def test_two_custodians_never_share_a_key(world, at):
    line = custody.with_custodians(world, at)
    custody.register(line, [0])
    same = hpke.public_of(custody.private_of(0)).hex()
    with pytest.raises(ChallengeRefused, match="key_taken"):
        actions.register_key(challenge=line.challenge, public=same, by=world.finance.actor, at=at)
    rows = line.challenge.custodians
    entry = rows.get(place=1).entry_number
    with pytest.raises(IntegrityError, match="one_custodian_per_key"), transaction.atomic():
        rows.filter(place=2).update(public=same, registered_at=at, entry_number=entry)


def test_a_challenge_is_not_authorised_while_a_key_is_missing(world, at):
    line = custody.approved(world, at, (0, 2))
    funds = stages.budget_line(world, at)
    with pytest.raises(ChallengeRefused, match="keys_missing") as refused:
        actions.authorise(challenge=line.challenge, line=funds, by=world.head.actor, at=line.at)
    assert refused.value.facts == {"names": world.finance.person.name}


def test_the_frozen_rules_name_the_keys(world, at):
    line = custody.opened(world, at)
    frozen = json.loads(queries.current_ruleset(line.challenge).canonical)
    assert frozen["custodians_needed"] == 2
    assert [one["public"] for one in frozen["custodians"]] == [
        hpke.public_of(custody.private_of(place)).hex() for place in range(3)
    ]
    plain = stages.opened(world, at, 2)
    assert "custodians" not in queries.current_ruleset(plain.challenge).canonical


def test_nothing_is_taken_in_clear(world, at):
    line = custody.opened(world, at)
    bid = actions.start_bid(challenge=line.challenge, by=world.member.actor, at=line.at)
    with pytest.raises(BidRefused, match="in_clear"):
        actions.save_bid(bid=bid, content=stages.proposal(line), by=world.member.actor, at=line.at)
    with pytest.raises(BidRefused, match="in_clear"):
        actions.attach_file(bid=bid, name="a", content=b"a", by=world.member.actor, at=line.at)
    assert not SealedContent.objects.filter(bid=bid).exists()
    with pytest.raises(BidRefused, match="nothing_sealed"):
        actions.ask_signature(bid=bid, by=world.member.actor, at=line.at)


def test_an_envelope_is_taken_signed_and_receipted_by_its_fingerprint(world, at):
    line = custody.opened(world, at)
    bid = custody.handed_in(line, world.member, world.research_admin)
    receipt = bid.receipts.get()
    assert (bid.state, receipt.sha256, bid.signed_sha256) == (
        "SEALED", bid.envelope.sha256, bid.envelope.sha256
    )  # fmt: skip
    assert queries.sealed_content_of(bid)["title"] == ""


@pytest.mark.parametrize(
    ("change", "why"),
    [("unit", "另一个单位"), ("call", "规则和公钥"), ("bytes", "不是密封件")],
)
def test_an_envelope_that_is_not_this_bids_is_refused(world, at, change, why):
    line = custody.opened(world, at)
    bid = actions.start_bid(challenge=line.challenge, by=world.member.actor, at=line.at)
    unit = world.institute.code if change == "unit" else bid.organisation.code
    file = custody.sealed_for(line, unit, b"{}")
    if change == "call":
        file = file.replace(line.challenge.number.encode(), b"JB-2026-999999")
    with pytest.raises(BidRefused) as refused:
        actions.put_envelope(bid=bid, file=file[1:] if change == "bytes" else file,
                             by=world.member.actor, at=line.at)
    assert why in refused.value.facts["why"]
    assert not hasattr(Bid.objects.get(pk=bid.pk), "envelope")


def test_a_rivals_ciphertext_is_refused(world, at):
    line = custody.opened(world, at)
    first, file = custody.drafted_bid(line, world.member)
    bid = actions.start_bid(challenge=line.challenge, by=world.institute_member.actor, at=line.at)
    copied = file.replace(first.organisation.code.encode(), bid.organisation.code.encode())
    with pytest.raises(BidRefused) as refused:
        actions.put_envelope(bid=bid, file=copied, by=world.institute_member.actor, at=line.at)
    assert refused.value.facts["why"] == "本榜单已收到相同的密文"


def test_an_envelope_sealed_under_older_rules_is_refused_but_a_reconfirmed_one_opens(world, at):
    line = custody.opened(world, at)
    bid = custody.handed_in(line, world.member, world.research_admin)
    _late, old = custody.drafted_bid(line, world.institute_member)
    actions.amend_challenge(challenge=line.challenge, draft=Draft({"months": 30}),
                            reason="工期太紧", by=world.head.actor, at=line.after(hours=1))
    with pytest.raises(BidRefused, match="not_an_envelope"):
        actions.put_envelope(bid=_late, file=old, by=world.institute_member.actor, at=line.at)
    bid.refresh_from_db()
    assert bid.state == "NEEDS_RECONFIRM"
    actions.reconfirm_bid(bid=bid, by=world.research_admin.actor, at=line.after(hours=1))
    custody.in_session(custody.closed(line))
    custody.give(line, 0)
    custody.give(line, 1)
    custody.unsealed(line)
    assert line.bids[0].state == "OPENED"


def test_a_draft_is_kept_locked_and_goes_on_into_a_replacement(world, at):
    line = custody.opened(world, at)
    bid = custody.handed_in(line, world.member, world.research_admin)
    other = actions.start_bid(challenge=line.challenge, by=world.member.actor, at=line.at)
    locked = b"kechuang-draft-1\n" + bytes(60)
    actions.lock_draft(bid=other, file=locked, by=world.member.actor, at=line.at)
    assert bytes(LockedDraft.objects.get(bid=other).file) == locked
    with pytest.raises(BidRefused, match="not_a_locked_draft"):
        actions.lock_draft(bid=other, file=b'{"title": "in clear"}', by=world.member.actor,
                           at=line.at)
    with pytest.raises(NotPermitted):
        actions.lock_draft(bid=other, file=locked, by=world.officer.actor, at=line.at)
    assert Bid.objects.get(pk=bid.pk).state == "SEALED"


def test_two_of_three_open_and_the_minutes_say_whose_shares_did(world, at):
    line = custody.opened(world, at)
    custody.handed_in(line, world.member, world.research_admin)
    custody.handed_in(line, world.institute_member, world.institute_admin)
    custody.in_session(custody.closed(line))
    custody.give(line, 0)
    custody.give(line, 2)
    custody.unsealed(line)
    first = line.bids[0]
    assert [bid.state for bid in line.bids] == ["OPENED", "OPENED"]
    content = queries.sealed_content_of(first)
    assert content["title"] == stages.proposal(line)["title"]
    assert queries.attachment_bytes(first, content["attachments"][0]["number"]) == custody.FILE
    assert (first.other_public, first.other_public_note) == (True, f"市级 {stages.MARKER}")
    minutes = json.loads(queries.opening_of(line.challenge).minutes)
    for row in minutes["bids"]:
        assert row["shares_of"] == [world.supervisor.person.name, world.head.person.name]
        assert (row["false_shares_of"], row["void"]) == ([], "")
        bid = Bid.objects.get(number=row["bid"])
        assert row["sha256"] == bid.envelope.sha256 == bid.receipts.get().sha256


def test_a_call_in_gm_names_everything_by_sm3_and_opens(world, at):
    line = custody.opened(world, at, profile="gm")
    custodian = line.challenge.custodians.get(place=1)
    told = Payload.objects.get(entry__number=custodian.entry_number).content
    assert told["fingerprint"] == sealing.fingerprint(
        bytes.fromhex(custodian.public), "gm"
    )
    assert json.loads(line.challenge.rulesets.get().canonical)["seal_profile"] == "gm"
    bid = custody.handed_in(line, world.member, world.research_admin)
    envelope = bytes(bid.envelope.file)
    assert bid.receipts.get().sha256 == sealing.suite_of("gm").hash(envelope).hex()
    custody.in_session(custody.closed(line))
    custody.give(line, 0)
    custody.give(line, 2)
    custody.unsealed(line)
    assert line.bids[0].state == "OPENED"
    (row,) = json.loads(queries.opening_of(line.challenge).minutes)["bids"]
    assert (row["sm3"], "sha256" in row) == (bid.envelope.sha256, False)


def test_a_call_in_gm_takes_no_envelope_of_the_other_profile(world, at):
    line = custody.opened(world, at, profile="gm")
    call = sealing.call_from(queries.published_call(line.challenge) | {"profile": "intl"})
    bid = actions.start_bid(challenge=line.challenge, by=world.member.actor, at=line.at)
    file = sealing.seal(b"{}", call, bid.organisation.code, "technical", bytes)
    with pytest.raises(BidRefused, match="not_an_envelope"):
        actions.put_envelope(bid=bid, file=file, by=world.member.actor, at=line.at)


def test_algorithms_are_one_of_two_and_end_with_the_custodians(world, at):
    line = stages.drafted(world, at)
    with pytest.raises(ChallengeRefused, match="seal_profile"):
        custody.name(line, "sm9")
    custody.name(line, "gm")
    assert line.fresh().seal_profile == "gm"
    actions.name_custodians(challenge=line.challenge, needed=0, people=[], seal_profile="gm",
                            by=world.officer.actor, at=at)
    assert line.fresh().seal_profile == "intl"
    line.challenge.seal_profile = "gm"
    with pytest.raises(IntegrityError, match="seal_profile_is_known"), transaction.atomic():
        line.challenge.save()


def test_with_too_few_shares_nothing_is_opened(world, at):
    line = custody.opened(world, at)
    custody.handed_in(line, world.member, world.research_admin)
    custody.handed_in(line, world.institute_member, world.institute_admin)
    custody.in_session(custody.closed(line))
    custody.give(line, 0)
    with pytest.raises(ChallengeRefused, match="too_few_shares"):
        custody.unsealed(line)
    with pytest.raises(ChallengeRefused, match="too_few_shares"):
        actions.unseal_bids(challenge=line.challenge, by=world.officer.actor, at=line.at)
    assert line.fresh().state == "CLOSED"
    assert not SealedContent.objects.filter(bid__in=line.bids).exists()


def test_a_false_share_names_its_custodian(world, at):
    line = custody.opened(world, at)
    custody.handed_in(line, world.member, world.research_admin)
    custody.in_session(custody.closed(line))
    for place in range(3):
        custody.give(line, place)
    shares = custody.read_by_session(line)
    told = next(iter(shares.values()))
    told["2"] = "00" + "7a" * 32
    actions.unseal_bids(challenge=line.challenge, shares=shares, by=world.officer.actor,
                        at=line.after(hours=1))
    (row,) = json.loads(queries.opening_of(line.challenge).minutes)["bids"]
    assert (row["false_shares_of"], row["void"]) == ([world.finance.person.name], "")


@pytest.mark.parametrize("plain", [b"not json", b"[]", b'{"title": 7}', b"{}"])
def test_what_is_no_proposal_is_void_and_its_bidder_is_told(world, at, plain):
    line = custody.opened(world, at)
    custody.handed_in(line, world.member, world.research_admin, plain)
    custody.handed_in(line, world.institute_member, world.institute_admin)
    custody.in_session(custody.closed(line))
    custody.give(line, 0)
    custody.give(line, 1)
    custody.unsealed(line)
    assert [bid.state for bid in line.bids] == ["VOID", "OPENED"]
    assert Entry.objects.filter(verb="bids.void", object_number=line.bids[0].number).count() == 1
    rows = json.loads(queries.opening_of(line.challenge).minutes)["bids"]
    void = {row["bid"]: row["void"] for row in rows}
    assert void == {line.bids[0].number: "unreadable: not a proposal", line.bids[1].number: ""}


def test_shares_are_taken_in_a_session_alone_and_each_custodians_own(world, at):
    line = custody.opened(world, at)
    custody.handed_in(line, world.member, world.research_admin)
    custody.closed(line)
    with pytest.raises(ChallengeRefused, match="no_session"):
        actions.give_shares(challenge=line.challenge, shares=[], by=world.supervisor.actor,
                            at=line.at)
    custody.in_session(line)
    with pytest.raises(ChallengeRefused, match="not_a_share"):
        custody.give(line, 1, custody.shares_of(line, 0))
    strange = [{**one, "envelope": "00" * 32} for one in custody.shares_of(line, 0)]
    with pytest.raises(ChallengeRefused, match="not_standing"):
        custody.give(line, 0, strange)
    custody.give(line, 0)
    custody.give(line, 0)
    session = queries.live_session(line.challenge)
    assert queries.posted_shares(session).count() == 1
    custody.in_session(line)
    assert queries.posted_shares(queries.live_session(line.challenge)).count() == 0


def test_no_session_before_the_deadline_and_none_without_custodians(world, at):
    line = custody.opened(world, at)
    with pytest.raises(ChallengeRefused, match="wrong_state"):
        custody.in_session(line)
    plain = stages.closed(world, at, 2)
    with pytest.raises(ChallengeRefused, match="no_custodians"):
        custody.in_session(plain)


def test_a_unit_whose_own_people_keep_a_key_does_not_bid(world, at):
    line = custody.opened(world, at)
    line.challenge.custodians.filter(place=1).update(person=world.research_admin.person)
    bid = actions.start_bid(challenge=line.challenge, by=world.member.actor, at=line.at)
    file = custody.sealed_for(line, bid.organisation.code, b"{}")
    with pytest.raises(BidRefused, match="own_custodian"):
        actions.put_envelope(bid=bid, file=file, by=world.member.actor, at=line.at)
