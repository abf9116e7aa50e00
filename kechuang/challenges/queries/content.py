"""Reading what is sealed: the master key, and the content of a bid for who may read it."""

import json
import os
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404

from kechuang.base.actor import Actor
from kechuang.challenges.models import Attachment, Bid
from kechuang.challenges.queries.facts import bid_facts
from kechuang.challenges.rules import bids, sealing
from kechuang.challenges.rules.proposal import empty_proposal


def master_key() -> bytes:
    """The installation's master key: KECHUANG_MASTER_KEY (64 hexadecimal digits), else a file of
    the state directory, made once and readable by its owner alone."""
    given = os.environ.get("KECHUANG_MASTER_KEY", "")
    return bytes.fromhex(given) if given else _key_of(Path(settings.STATE) / "master-key")


@cache
def _key_of(path: Path) -> bytes:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(os.urandom(sealing.KEY_BYTES).hex())
        try:
            os.link(fresh, path)  # the first process wins; the others read its key
        except FileExistsError:
            pass
        finally:
            os.unlink(fresh)
    return bytes.fromhex(path.read_text())


def key_of(bid: Bid) -> bytes:
    """The bid's own key, unwrapped."""
    bound = sealing.binding(bid.challenge.number, bid.number, 0, "key")
    return sealing.unwrap(bytes(bid.wrapped_key), master_key(), bound)


def sealed_content_of(bid: Bid) -> dict[str, Any]:
    """Decrypt a bid's content; callers have asked for the right before."""
    sealed = getattr(bid, "sealed", None)
    if sealed is None:
        return empty_proposal()
    bound = sealing.binding(bid.challenge.number, bid.number, sealed.content_version, "content")
    plain = sealing.unseal(bytes(sealed.ciphertext), key_of(bid), bytes(sealed.nonce), bound)
    content: dict[str, Any] = json.loads(plain)
    return content


def proposal_of(bid: Bid, actor: Actor, at: datetime) -> dict[str, Any]:
    """The content of a bid for this actor; nobody else learns even that there is one (404)."""
    if not bids.may_read_content(actor, bid_facts(bid, actor, at)):
        raise Http404
    return sealed_content_of(bid)


def attachment_of(
    bid: Bid, number: str, actor: Actor, at: datetime
) -> tuple[dict[str, Any], bytes]:
    """An attachment's entry in the content and its bytes, for who may read the bid."""
    content = proposal_of(bid, actor, at)
    entry = next((row for row in content["attachments"] if row["number"] == number), None)
    if entry is None:
        raise Http404
    return entry, attachment_bytes(bid, number)


def attachment_bytes(bid: Bid, number: str) -> bytes:
    """Decrypt a bid's file; callers have asked for the right before."""
    row = Attachment.objects.get(bid=bid, number=number)
    bound = sealing.binding(bid.challenge.number, bid.number, 0, f"attachment {number}")
    return sealing.unseal(bytes(row.ciphertext), key_of(bid), bytes(row.nonce), bound)
