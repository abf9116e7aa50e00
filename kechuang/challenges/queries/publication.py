"""What is frozen and published of a challenge: its rules, and the minutes of the opening."""

from collections.abc import Mapping
from typing import Any

from kechuang.base.time import rfc3339
from kechuang.challenges.models import Bid, Challenge, Opening, Presence, Ruleset
from kechuang.challenges.queries.facts import form_of, invited_code, mode, stage_plans
from kechuang.challenges.rules.form import as_told
from kechuang.challenges.rules.freezing import canonical
from kechuang.challenges.rules.modes import ask_most
from kechuang.challenges.rules.table import State
from kechuang.record import queries as record


def _decimal(value: Any) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def publication_of(challenge: Challenge) -> dict[str, Any]:
    """Everything that bidders rely on, in integers and texts: the source of the fingerprint."""
    rule = mode(challenge)
    return {
        "challenge": challenge.number,
        "mode": challenge.mode,
        "mode_version": challenge.mode_version,
        "title": challenge.title,
        "summary": challenge.summary,
        "issuer": challenge.issuer.code,
        "need": challenge.need.number,
        "need_sha256": challenge.need_sha256,
        "total_fen": challenge.total_fen,
        "public_fen": challenge.public_fen,
        "own_fen": challenge.own_fen,
        "months": challenge.months,
        "deadline_at": _deadline(challenge),
        "targets": [
            {
                "place": t.place, "indicator": t.indicator, "comparison": t.comparison,
                "value": _decimal(t.value),
                "value_to": _decimal(t.value_to) if t.value_to is not None else None,
                "unit": t.unit, "test_method": t.test_method, "tester": t.tester,
            }
            for t in challenge.targets.all()
        ],
        "criteria": [
            {"code": c.code, "name": c.name, "weight": c.weight, "threshold": c.threshold}
            for c in challenge.criteria.all()
        ],
        "expert_fields": challenge.expert_fields,
        "conflict_rules": challenge.conflict_rules,
        "bids_min": rule.bids_min,
        "winners": rule.winners,
        "score_min": rule.score_min,
        "selection": rule.selection,
        "issuer_chooses": rule.issuer_chooses,
        "ranking_binds": rule.ranking_binds,
        **_form(challenge),
        **_custody(challenge),
        **_mode_terms(challenge),
    }


def _mode_terms(challenge: Challenge) -> dict[str, Any]:
    """What a mode adds: the commissioned unit and why, what one bid may ask, a race's stages."""
    rule = mode(challenge)
    found: dict[str, Any] = {}
    if rule.invited:
        found |= {"invited": invited_code(challenge), "invited_reason": challenge.invited_reason}
    most = ask_most(rule, challenge.public_fen)
    if most != challenge.public_fen:
        found["ask_most_fen"] = most
    if rule.is_race:
        found["stages"] = [
            {"place": one.place, "name": one.name, "until": one.until.isoformat(),
             "teams_max": one.teams_max, "team_fen": one.team_fen}
            for one in stage_plans(challenge)
        ]
    return found


def _form(challenge: Challenge) -> dict[str, Any]:
    """What the call asks beside the proposal, where it asks anything."""
    asked = form_of(challenge)
    return {"form": [as_told(one) for one in asked]} if asked else {}


def _custody(challenge: Challenge) -> dict[str, Any]:
    """Who keeps the keys of the call, where anybody does."""
    if not challenge.custodians_needed:
        return {}
    keepers = challenge.custodians.all()
    return {
        "custodians_needed": challenge.custodians_needed,
        "custodians": [{"name": one.name, "public": one.public} for one in keepers],
        **({"two_envelopes": True} if challenge.two_envelopes else {}),
        **({"seal_profile": "gm"} if challenge.seal_profile == "gm" else {}),
    }


def _deadline(challenge: Challenge) -> str:
    """The deadline; a challenge that is scheduled has one (constraint of the table)."""
    return rfc3339(challenge.deadline_at) if challenge.deadline_at else ""


def canonical_rules(challenge: Challenge) -> str:
    """The frozen text of a challenge as it stands now."""
    return canonical(publication_of(challenge))


def current_ruleset(challenge: Challenge) -> Ruleset | None:
    """The rules in force: the latest frozen version."""
    return challenge.rulesets.order_by("-version").first()


def opening_minutes(  # noqa: PLR0913 - what the minutes say
    challenge: Challenge, bids: list[Bid], present: list[Presence], officer: str, at: Any,
    custody: Mapping[str, Mapping[str, Any]],
) -> str:
    """The minutes of an opening as canonical text: who was there, and each bid's receipt; where
    custodians keep the keys, whose shares opened it, whose were false, and why it is void."""
    rows = []
    for bid in sorted(bids, key=lambda one: one.number):
        receipt = bid.receipts.exclude(kind="WITHDRAWN").order_by("-id")[0]  # sealed, so received
        rows.append({
            "bid": bid.number, "organisation": bid.organisation.code,
            "receipt": receipt.number, "received_at": rfc3339(receipt.at),
            challenge.seal_hash: receipt.sha256, "content_version": receipt.content_version,
            "entry": receipt.entry_number, **custody.get(bid.number, {}),
        })
    ruleset = current_ruleset(challenge)
    return canonical({
        "challenge": challenge.number, "opened_at": rfc3339(at), "officer": officer,
        "deadline_at": _deadline(challenge),
        "rules_sha256": ruleset.sha256 if ruleset else "",
        "present": [
            {"person": one.person.number, "role": one.role, "at": rfc3339(one.at)}
            for one in present
        ],
        "bids": rows,
    })


def opening_of(challenge: Challenge) -> Opening | None:
    return Opening.objects.filter(challenge=challenge).select_related("by").first()


# Payloads that anybody may know: from the beginning, and once the choice is public.
TOLD = ("challenges.open", "challenges.close", "challenges.amend", "challenges.fail",
        "challenges.cancel", "challenges.relist")  # fmt: skip
TOLD_WHEN_DECIDED = ("challenges.unseal", "challenges.finish_check", "challenges.open_prices",
                     "challenges.take_ranking",
                     "challenges.finalise", "challenges.run", "challenges.end")  # fmt: skip
DECIDED = frozenset({State.ON_NOTICE, State.AWARDED, State.RUNNING, State.ENDED})


def proofs_of_entries(challenge: Challenge) -> dict[str, Any] | None:
    """What an outsider checks of a published challenge: its entries in the record with proofs, the
    signed checkpoint, and the frozen rules word for word; None before there is anything.

    Who acted stays a fingerprint, and nothing about a bid is among it.
    """
    checkpoint = record.checkpoint()
    if challenge.opened_at is None or checkpoint is None:
        return None
    told = TOLD + (TOLD_WHEN_DECIDED if challenge.state in DECIDED else ())
    found = record.proofs_file(record.history_of(challenge.number), checkpoint, told)
    texts = [
        {"name": f"rules {one.version}", "sha256": one.sha256, "text": one.canonical}
        for one in challenge.rulesets.order_by("version")
    ]
    return found | {"challenge": challenge.number, "texts": texts}
