"""A call of the demonstration whose bids its custodians alone can open, the price sealed apart.

The custodians' private keys follow from the demonstration's texts and stand as files in the state
directory, so that whoever walks the demonstration can open these bids. No other key ever does.
"""

import hashlib
import json
import secrets
from typing import Any

from django.conf import settings

from kechuang.challenges import actions, queries
from kechuang.challenges.actions import Envelope
from kechuang.challenges.models import Bid
from kechuang.engines import sealing
from kechuang.engines.sealing import hpke

FOLDER = "demo-custodians"


def name_custodians(contest: Any) -> None:
    """Three who keep the keys, two of whom open; each registers a key of the demonstration's."""
    cast, names = contest.cast, contest.row["custodians"]
    actions.name_custodians(
        challenge=contest.challenge, needed=2, people=[cast.person(name) for name in names],
        two_envelopes=True, seal_profile=contest.row.get("seal_profile", "intl"),
        by=cast.actor("linjing"), at=contest.after(hours=1),
    )  # fmt: skip
    number = contest.fresh().number
    for name in names:
        private = hashlib.sha256(f"演示 {number} {name}".encode()).digest()
        public = hpke.public_of(private).hex()
        actions.register_key(
            challenge=contest.challenge, public=public, by=cast.actor(name),
            at=contest.after(hours=1),
        )  # fmt: skip
        _keep(f"{number}-{name}.json", cast.person(name).name, private.hex(), public)


def _keep(file: str, name: str, private: str, public: str) -> None:
    """The key as the pages take it: a custodian's file."""
    folder = settings.STATE / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    told = {"name": name, "private": private, "public": public, "demo": True}
    (folder / file).write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")


def hand_in(contest: Any, bid: Bid, content: dict[str, Any], by: Any) -> None:
    """Seal a proposal as its bidder's machine would, amounts apart, and hand both parts in."""
    call = sealing.call_from(queries.published_call(contest.challenge))
    milestones = content["milestones"]
    technical = {
        **content, "form": "open-1", "budget": {}, "files": [], "other_public": False,
        "milestones": [{**one, "public_fen": 0} for one in milestones],
    }  # fmt: skip
    price = {"budget": content["budget"], "milestones": [one["public_fen"] for one in milestones]}
    file, apart = (
        sealing.seal(
            json.dumps(told, ensure_ascii=False).encode(), call, bid.organisation.code, part,
            secrets.token_bytes,
        )
        for part, told in (("technical", technical), ("price", price))
    )  # fmt: skip
    actions.put_envelope(
        bid=bid, file=file, price=apart, sign_offs=Envelope(commitment=True), by=by,
        at=contest.after(hours=1),
    )  # fmt: skip
