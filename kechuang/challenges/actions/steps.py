"""What every step does: lock, ask the table, move, note the stage, record, tell."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import check_version
from kechuang.challenges import rules
from kechuang.challenges.models import Bid, BidStage, Challenge, ChallengeStage
from kechuang.challenges.queries import challenge_facts
from kechuang.messages import actions as messages
from kechuang.needs import actions as needs
from kechuang.parties.models import Organisation, Person
from kechuang.parties.queries import holders
from kechuang.record import actions as record
from kechuang.record.models import Entry
from kechuang.search import actions as search

SEARCHED = frozenset({"OPEN", "CLOSED", "FAILED"}) | {str(s) for s in rules.table.UNSEALED}


def locked(challenge: Challenge) -> Challenge:
    """The challenge as it is now, its row locked until commit."""
    return (
        Challenge.objects.select_for_update(of=("self",))
        .select_related("issuer", "officer", "secretary", "chair", "need")
        .get(pk=challenge.pk)
    )


def begin(
    challenge: Challenge, event: str, *, by: Actor, version: int | None = None
) -> tuple[Challenge, rules.State]:
    """Lock a challenge and ask the table: the challenge, and the state after the event."""
    row = locked(challenge)
    to = rules.table.check_event(event, by, challenge_facts(row, by))
    check_version(row.number, version, row.version)
    return row, to


def move(
    challenge: Challenge, to: rules.State, *, by: Actor, at: datetime, note: str = "",
    private: str = "",
) -> None:
    """Put a locked challenge in a state, with its stage row and its place in search."""
    if challenge.state != to:
        challenge.state = to
        challenge.since = at
        ChallengeStage.objects.create(
            challenge=challenge, stage=to, since=at, by_person=by.person, by_role=by.role,
            by_organisation=by.organisation, note_public=note, note_private=private,
        )
    challenge.version += 1
    challenge.save()
    put_in_search(challenge, at=at)


def record_step(
    challenge: Challenge, verb: str, *, by: Actor, at: datetime, **facts: Any
) -> Entry:
    """Append a step of a challenge to the record: state, version, numbers and fingerprints."""
    payload = {"state": str(challenge.state), "version": challenge.version, **facts}
    return record.append(
        verb=f"challenges.{verb}", object_number=challenge.number, by=by, at=at, payload=payload
    )


def put_in_search(challenge: Challenge, *, at: datetime) -> None:
    """A challenge is found once published, never before; its bids are never in search."""
    if challenge.state not in SEARCHED and challenge.opened_at is None:
        return
    targets = " ".join(challenge.targets.values_list("indicator", flat=True))
    search.put_document(
        number=challenge.number, kind="challenge", title=challenge.title, keywords=targets,
        body=challenge.summary, region_path=challenge.region_path,
        owner_code=challenge.issuer.code, visibility="PUBLIC",
        facets={"state": str(challenge.state), "mode": challenge.mode}, at=at,
    )


def give_need_back(challenge: Challenge, *, at: datetime) -> None:
    """The need of a challenge that was given up is free again, in the register."""
    need = challenge.need
    if need.state == "CONVERTED" and need.challenge_number == challenge.number:
        needs.reopen_need(need=need, challenge_number=challenge.number, by=Actor.CLOCK, at=at)


def move_bid(bid: Bid, event: str, *, by: Actor, at: datetime, note: str = "") -> None:
    """Move a locked bid by its own table, with its stage row."""
    to = rules.bids.check_bid_event(event, bid.state)
    if bid.state != to:
        bid.state = to
        bid.since = at
        BidStage.objects.create(
            bid=bid, stage=to, since=at, by_person=by.person, by_role=by.role,
            by_organisation=by.organisation, note_public=note,
        )
    bid.version += 1
    bid.save()


def record_bid(bid: Bid, verb: str, *, by: Actor, at: datetime, **facts: Any) -> Entry:
    """Append a step of a bid to the record. The challenge is not named: nothing can be counted."""
    return record.append(
        verb=f"bids.{verb}", object_number=bid.number, by=by, at=at,
        payload={"state": str(bid.state), "content_version": bid.content_version, **facts},
    )


def tell(
    people: Iterable[Person], template: str, number: str, *, by: Actor, at: datetime
) -> None:
    messages.tell(
        people=[person.number for person in people], template=f"challenges.{template}",
        object_number=number, by=by, at=at,
    )


def tell_role(
    role: Role, template: str, challenge: Challenge, *, by: Actor, at: datetime
) -> None:
    """Tell those who hold a role in the challenge's region."""
    people = holders(role, at=at, region_path=challenge.region_path)
    tell(people, template, challenge.number, by=by, at=at)


def tell_admins(
    organisation: Organisation, template: str, number: str, *, by: Actor, at: datetime
) -> None:
    """Tell the administrators of a unit."""
    tell(holders(Role.UNIT_ADMIN, at=at, organisation=organisation), template, number, by=by, at=at)


def bidders(bid: Bid, at: datetime) -> list[Person]:
    """Who is told of a bid: its drafter, its lead, and its unit's administrators."""
    return [bid.drafter, bid.lead, *holders(Role.UNIT_ADMIN, at=at, organisation=bid.organisation)]


def person_of(by: Actor) -> Person:
    """The person who acts."""
    return Person.objects.get(number=by.person)
