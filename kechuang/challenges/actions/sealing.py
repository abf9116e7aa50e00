"""Writing what is sealed: keys and nonces are drawn here, and nothing else sees plaintext."""

import json
import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kechuang.base.numbers import new_random_number
from kechuang.base.refusals import N_, require
from kechuang.challenges import rules
from kechuang.challenges.models import Attachment, Bid, SealedContent
from kechuang.challenges.queries import key_of, master_key
from kechuang.challenges.rules import sealing


def wrapped_key(challenge_number: str, bid_number: str) -> bytes:
    """A fresh key for a bid, wrapped by the master key and bound to challenge and bid."""
    bound = sealing.binding(challenge_number, bid_number, 0, "key")
    return sealing.wrap(
        os.urandom(sealing.KEY_BYTES), master_key(), os.urandom(sealing.NONCE_BYTES), bound
    )


def put_content(bid: Bid, content: Mapping[str, Any], *, at: datetime) -> SealedContent:
    """Encrypt a draft's content as its next version; the version before is overwritten."""
    plain = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    require(len(plain) <= rules.proposal.CONTENT_BYTES_MAX, rules.BidRefused(
        "bids.too_large", N_("方案的文字超过 2 MB。"), {}, ("route",), N_("请把图表放进附件。")))
    bid.content_version += 1
    bound = sealing.binding(bid.challenge.number, bid.number, bid.content_version, "content")
    nonce = os.urandom(sealing.NONCE_BYTES)
    ciphertext = sealing.seal(plain, key_of(bid), nonce, bound)
    sealed, _created = SealedContent.objects.update_or_create(
        bid=bid,
        defaults={
            "format": sealing.FORMAT, "content_version": bid.content_version, "nonce": nonce,
            "ciphertext": ciphertext, "sha256": sealing.fingerprint(ciphertext), "at": at,
        },
    )
    return sealed


def put_attachment(bid: Bid, content: bytes, *, at: datetime) -> Attachment:
    """Encrypt a file under the bid's key; its name and type go into the content."""
    number = new_random_number()
    bound = sealing.binding(bid.challenge.number, bid.number, 0, f"attachment {number}")
    nonce = os.urandom(sealing.NONCE_BYTES)
    ciphertext = sealing.seal(content, key_of(bid), nonce, bound)
    return Attachment.objects.create(
        number=number, bid=bid, nonce=nonce, ciphertext=ciphertext,
        sha256=sealing.fingerprint(ciphertext), at=at,
    )
