"""Reads of bids that only custodians open: the call, what stands, who has come."""

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import Refused
from kechuang.base.time import rfc3339, shanghai_date
from kechuang.challenges import rules
from kechuang.challenges.models import (
    Bid,
    Challenge,
    Custodian,
    OpeningSession,
    PostedShare,
    Ruleset,
    SealedEnvelope,
)
from kechuang.challenges.queries.content import sealed_content_of
from kechuang.challenges.queries.facts import bid_facts, form_of, frame_of
from kechuang.challenges.queries.lists import bids_waiting
from kechuang.challenges.queries.publication import current_ruleset
from kechuang.engines import sealing as engine
from kechuang.parties.models import Appointment, Person
from kechuang.parties.queries import in_force


def envelope_of(bid: Bid) -> SealedEnvelope | None:
    """What the bidder's machine sealed, where it did."""
    return getattr(bid, "envelope", None)


def envelopes_of(bid: Bid) -> list[SealedEnvelope]:
    """The technical envelope and, where the price is sealed apart, the price's."""
    found = (envelope_of(bid), getattr(bid, "price_envelope", None))
    return [one for one in found if one is not None]


def fingerprint_of(bid: Bid) -> str:
    """The fingerprint of what was handed in: of the envelope, else of the ciphertext at rest; of
    two envelopes, the fingerprint over both (each with a line's end, the technical part first).
    It is in the hash of the call's profile (`Challenge.seal_hash`)."""
    envelopes = envelopes_of(bid)
    if not envelopes:
        return bid.sealed.sha256
    if len(envelopes) == 1:
        return envelopes[0].sha256
    lines = "".join(f"{one.sha256}\n" for one in envelopes)
    return engine.suite_of(bid.challenge.seal_profile).hash(lines.encode()).hex()


def problems_with_content(bid: Bid) -> list[Refused]:
    """Everything missing in what is handed in; of a sealed envelope nobody can say."""
    if bid.challenge.custodians_needed:
        asked = 2 if bid.challenge.two_envelopes else 1
        return [] if len(envelopes_of(bid)) == asked else [rules.custody.nothing_sealed()]
    content = sealed_content_of(bid)
    return [
        *rules.proposal.problems_with_proposal(content, frame_of(bid.challenge)),
        *rules.form.problems_with_answers(form_of(bid.challenge), content.get("answers", {})),
    ]


def call_facts(challenge: Challenge, ruleset: Ruleset) -> dict[str, Any]:
    """The call as the sealing engine and the command line read it."""
    return {
        "challenge": challenge.number, "k": challenge.custodians_needed,
        "profile": challenge.seal_profile, "criteria_hash": ruleset.sha256,
        "custodians": [
            {"name": one.name, "public": one.public} for one in challenge.custodians.all()
        ],
    }


def published_call(challenge: Challenge) -> dict[str, Any] | None:
    """The call of an opened challenge with custodians, with its deadline; None for others."""
    ruleset = current_ruleset(challenge)
    if not challenge.custodians_needed or ruleset is None or challenge.deadline_at is None:
        return None
    asked = [rules.form.as_told(one) for one in form_of(challenge)]
    return {**call_facts(challenge, ruleset), "deadline": rfc3339(challenge.deadline_at),
            **({"parts": ["technical", "price"]} if challenge.two_envelopes else {}),
            **({"form": asked} if asked else {})}


def standing_envelopes(challenge: Challenge) -> QuerySet[SealedEnvelope]:
    """The envelopes that are to be opened: the bids' once the challenge is closed; their prices
    once the scores are locked, of bids that were reviewed."""
    wanted = Q(bid__in=bids_waiting(challenge))
    if challenge.state == rules.State.REVIEWING:
        reviewed = Bid.objects.filter(challenge=challenge, state=Bid.State.IN_REVIEW)
        wanted = Q(price_of__in=reviewed)
    return (
        SealedEnvelope.objects.filter(wanted)
        .select_related("bid", "price_of", "ruleset").defer("file").order_by("sha256")
    )


def envelope_to(
    actor: Actor, at: datetime, number: str, part: str = "technical"
) -> SealedEnvelope | None:
    """An envelope of a bid: to its own people, and to who attends the opening while it stands."""
    owner = "price_of" if part == "price" else "bid"
    loaded = ("challenge__issuer", "challenge__secretary", "challenge__chair", "organisation",
              "lead", "drafter")
    found = SealedEnvelope.objects.select_related(
        *(f"{owner}__{name}" for name in loaded)
    ).filter(**{f"{owner}__number": number}).first()
    if found is None:
        return None
    bid = found.owner
    facts = bid_facts(bid, actor, at)
    if rules.bids.is_bidder(actor, facts):
        return found
    due = facts.challenge.prices_due and bid.state == Bid.State.IN_REVIEW
    stands = due if part == "price" else bid.state == Bid.State.SEALED
    return found if stands and rules.custody.may_attend(actor, facts.challenge) else None


def live_session(challenge: Challenge) -> OpeningSession | None:
    """The opening session that takes shares now."""
    return challenge.sessions.filter(ended_at__isnull=True).select_related("by").first()


def posted_shares(session: OpeningSession) -> QuerySet[PostedShare]:
    return PostedShare.objects.filter(session=session).select_related("envelope", "custodian")


def attendance(challenge: Challenge) -> list[dict[str, Any]]:
    """Each custodian, whether the key is registered, and whether all shares have come."""
    session = live_session(challenge)
    standing = standing_envelopes(challenge).count() if session else 0
    came: dict[int, int] = {}
    for custodian in posted_shares(session).values_list("custodian", flat=True) if session else ():
        came[custodian] = came.get(custodian, 0) + 1
    return [
        {"custodian": one, "came": session is not None and came.get(one.pk, 0) >= standing}
        for one in challenge.custodians.select_related("person__organisation")
    ]


KEEPING = (Role.SUPERVISOR, Role.FINANCE, Role.HEAD, Role.OFFICER, Role.LIAISON, Role.EXPERT)


def possible_custodians(region_path: str, at: datetime) -> QuerySet[Person]:
    """Who may keep a key: the region's offices and those above it, liaisons, and experts."""
    codes = region_path.split("/")
    paths = ["/".join(codes[:end]) for end in range(1, len(codes) + 1)]
    here = Q(region__path__in=paths) | Q(region__isnull=True)
    holding = Appointment.objects.filter(
        in_force(shanghai_date(at)), here, role__in=KEEPING, person=OuterRef("pk")
    )
    people = Person.objects.filter(Exists(holding)).select_related("organisation")
    return people.order_by("name", "pk")


def custodian_of(challenge: Challenge, person: str) -> Custodian | None:
    """This person's place among the custodians of a call."""
    return challenge.custodians.filter(person__number=person).first()


def opening_facts(challenge: Challenge) -> dict[str, Any]:
    """What a custodian's machine needs at the opening: the calls, what stands, the session.

    `calls` has one call for each version of the rules under which an envelope was sealed.
    """
    session = live_session(challenge)
    rows = list(standing_envelopes(challenge))
    rulesets = {row.ruleset_id: row.ruleset for row in rows}
    deadline = rfc3339(challenge.deadline_at) if challenge.deadline_at else ""
    return {
        "deadline": deadline,
        "session": session.public if session else "",
        "calls": {one.sha256: call_facts(challenge, one) for one in rulesets.values()},
        "current": [row.sha256 for row in rows],
        "envelopes": [
            {"bid": row.owner.number, "part": row.part, "sha256": row.sha256,
             "rules": row.ruleset.sha256}
            for row in rows
        ],
    }
