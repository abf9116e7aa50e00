"""A challenge whose bids only custodians open, as the tests walk it: keys, envelopes, shares."""

import base64
import hashlib
import json
import random
from typing import Any

from kechuang.base.actor import Actor
from kechuang.challenges import actions, queries
from kechuang.challenges.actions import Envelope
from kechuang.challenges.models import Bid, BudgetLine
from kechuang.engines import sealing
from kechuang.engines.sealing import hpke
from tests.challenges import stages
from tests.challenges.stages import Line
from tests.world import Member, World

SESSION = bytes([9]) * 32
FILE = b"%PDF-1.7 drawings"


def keepers(world: World) -> list[Member]:
    """The three who keep a key in these tests; two must come."""
    return [world.supervisor, world.finance, world.head]


def private_of(place: int) -> bytes:
    return bytes([place + 40]) * 32


def name(line: Line, profile: str = "intl") -> None:
    """Name the three, two of whom open."""
    people = [one.person for one in keepers(line.world)]
    actions.name_custodians(challenge=line.challenge, needed=2, people=people,
                            seal_profile=profile, by=line.world.officer.actor, at=line.at)


def with_custodians(world: World, at) -> Line:
    """A draft with three custodians named."""
    line = stages.drafted(world, at)
    name(line)
    line.fresh()
    return line


def register(line: Line, places=(0, 1, 2)) -> None:
    for place in places:
        actions.register_key(
            challenge=line.challenge, public=hpke.public_of(private_of(place)).hex(),
            by=keepers(line.world)[place].actor, at=line.at,
        )


def approved(
    world: World, at, places=(0, 1, 2), serial: int = 1, profile: str = "intl"
) -> Line:
    """Argued and approved; the keys of these custodians registered."""

    def prepare(line: Line) -> None:
        name(line, profile)
        register(line, places)

    return stages.approved(world, at, serial, prepare)


def opened(world: World, at, serial: int = 1, profile: str = "intl") -> Line:
    """Open to bids, the keys of all three registered before."""
    line = approved(world, at, serial=serial, profile=profile)
    funds = BudgetLine.objects.first() or stages.budget_line(world, line.at)
    actions.authorise(challenge=line.challenge, line=funds, by=world.head.actor,
                      at=line.after(days=1))
    line.at = line.fresh().opens_at
    actions.open_challenge(challenge=line.challenge, by=Actor.CLOCK, at=line.at)
    line.fresh()
    return line


def inside(line: Line, marker: str = stages.MARKER, **changes: Any) -> dict[str, Any]:
    """A whole proposal with a file, as a bidder's machine writes it before sealing."""
    told = stages.proposal(line, marker)
    files = [{"name": f"图纸 {marker}.pdf", "sha256": hashlib.sha256(FILE).hexdigest(),
              "content": base64.b64encode(FILE).decode()}]
    return {**told, "files": files, "other_public": True, "other_public_note": f"市级 {marker}",
            **changes}


def sealed_for(line: Line, unit: str, plain: bytes, seed: int = 1) -> bytes:
    call = sealing.call_from(queries.published_call(line.challenge))
    return sealing.seal(plain, call, unit, "technical", random.Random(seed).randbytes)


def drafted_bid(line: Line, writer: Member, plain: bytes | None = None) -> tuple[Bid, bytes]:
    """A draft of the writer's unit with its envelope."""
    bid = actions.start_bid(challenge=line.challenge, by=writer.actor, at=line.after(hours=1))
    plain = plain or json.dumps(inside(line), ensure_ascii=False).encode()
    file = sealed_for(line, bid.organisation.code, plain, bid.pk)
    actions.put_envelope(bid=bid, file=file, sign_offs=Envelope(), by=writer.actor, at=line.at)
    bid.refresh_from_db()
    return bid, file


def handed_in(line: Line, writer: Member, admin: Member, plain: bytes | None = None) -> Bid:
    bid, _file = drafted_bid(line, writer, plain)
    actions.sign_bid(bid=bid, by=admin.actor, at=line.after(hours=1))
    actions.submit_bid(bid=bid, by=writer.actor, at=line.after(hours=1))
    bid.refresh_from_db()
    line.bids.append(bid)
    return bid


def closed(line: Line) -> Line:
    line.at = line.challenge.deadline_at
    actions.close_challenge(challenge=line.challenge, by=Actor.CLOCK, at=line.at)
    actions.attend_opening(challenge=line.challenge, by=line.world.supervisor.actor,
                           at=line.after(hours=1))
    line.fresh()
    return line


def in_session(line: Line) -> Line:
    actions.start_session(
        challenge=line.challenge, public=hpke.public_of(SESSION).hex(),
        by=line.world.officer.actor, at=line.after(hours=1),
    )
    return line


def shares_of(line: Line, place: int) -> list[dict[str, Any]]:
    """What a custodian's machine makes of the envelopes that stand."""
    told = queries.opening_facts(line.challenge)
    session = bytes.fromhex(told["session"])
    return [
        sealing.give_share(
            bytes(row.file), sealing.call_from(told["calls"][row.ruleset.sha256]),
            private_of(place), session, random.Random(place).randbytes,
        )
        for row in queries.standing_envelopes(line.challenge)
    ]


def give(line: Line, place: int, shares: list[dict[str, Any]] | None = None) -> None:
    actions.give_shares(
        challenge=line.challenge, shares=shares or shares_of(line, place),
        by=keepers(line.world)[place].actor, at=line.after(minutes=5),
    )


def read_by_session(line: Line) -> dict[str, dict[str, str]]:
    """The posted shares as the opener's machine reads them, by envelope and place."""
    found: dict[str, dict[str, str]] = {}
    for row in queries.posted_shares(queries.live_session(line.challenge)):
        x, share = sealing.read_share(row.posted, bytes(row.envelope.file), SESSION)
        found.setdefault(row.envelope.sha256, {})[str(x)] = share.hex()
    return found


def unsealed(line: Line) -> Line:
    actions.unseal_bids(challenge=line.challenge, shares=read_by_session(line),
                        by=line.world.officer.actor, at=line.after(hours=1))
    line.fresh()
    for bid in line.bids:
        bid.refresh_from_db()
    return line
