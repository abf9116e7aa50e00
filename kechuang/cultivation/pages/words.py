"""How pages and sheets say what a line is, why, and what comes next."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import get_language, gettext

from kechuang.base.actor import ROLE_NAMES
from kechuang.base.money import rounded_en, rounded_zh
from kechuang.base.refusals import N_
from kechuang.cultivation.models import Batch, Line, Policy
from kechuang.cultivation.queries.entitled import label_of
from kechuang.cultivation.queries.saying import missing_words, name_words
from kechuang.doors.words import name_in_language
from kechuang.engines.eligibility import Policy as Rules
from kechuang.engines.eligibility.schema import schema
from kechuang.notices.models import Notice
from kechuang.parties.queries import people_numbered

WHY = {
    "FULL": N_("符合全部条件，预算足够，按规则足额。"),
    "SHARED": N_("符合全部条件；应发合计 {wanted_fen}，预算剩 {left_fen}，按比例分得。"),
    "AT_THE_EDGE": N_(
        "符合全部条件；排第 {place} 位，这一位应发 {wanted_fen}，预算剩 {left_fen}，按比例分得。"
    ),
    "SUPPLEMENT": N_("数据更正后应得 {entitled_fen}，此前已按 {settled_fen} 结算，补发差额。"),
    "NO_BUDGET": N_("符合全部条件，但预算已分完，轮不到。"),
    "ENJOYED": N_("同一年度已享受不得同享的政策，见 {line}。"),
}  # fmt: skip
POLICY_KINDS = {"DRAFT": "soon", "CHECKED": "soon", "IN_FORCE": "ok", "CLOSED": "none"}
BATCH_KINDS = {
    "DRAFTED": "now", "RETURNED": "bad", "ON_NOTICE": "soon", "CORRECTING": "bad",
    "PAYABLE": "now", "REQUESTED": "now", "REVIEWED": "now", "PAID": "ok", "DONE": "ok",
    "CANCELLED": "none",
}  # fmt: skip
LINE_KINDS = {
    "NONE": "none", "DRAFTED": "now", "RETURNED": "bad", "RESERVED": "now", "TAKEN_OUT": "bad",
    "REQUESTED": "now", "REVIEWED": "now", "PAID": "ok", "CONFIRMED": "ok", "RECLAIM_DUE": "bad",
    "RECLAIMED": "none",
}  # fmt: skip
CASE_KINDS = {
    "OPEN": "soon", "ANSWERED": "now", "DUE": "bad", "SETTLED": "none", "DROPPED": "ok",
    "LAPSED": "none",
}  # fmt: skip
STATE_KINDS = {"met": "ok", "not_met": "bad", "unknown": "soon", "to_be_judged": "now"}
STATE_WORDS = {
    "met": N_("符合"), "not_met": N_("不符合"), "unknown": N_("缺数据"),
    "to_be_judged": N_("待评审"),
}  # fmt: skip


def reads_english() -> bool:
    return (get_language() or "").startswith("en")


def money_words(fen: int) -> str:
    figure, unit = rounded_en(fen) if reads_english() else rounded_zh(fen)
    return f"{figure} {unit}"


def why(line: Line) -> str:
    """Why a line is as it is, in the reader's language."""
    facts: dict[str, Any] = {
        key: money_words(value) if key.endswith("_fen") else value
        for key, value in {
            **line.facts, "entitled_fen": line.entitled_fen, "settled_fen": line.settled_fen
        }.items()
    }  # fmt: skip
    text = gettext(WHY[line.reason]).format(**facts)
    return f"{text} {line.note}".strip() if line.state == "TAKEN_OUT" else text


def title_of(policy: Policy) -> str:
    return policy.title_en if reads_english() and policy.title_en else policy.title


def steps_of(line: Line, notice: Notice | None) -> list[dict[str, Any]]:
    """When the money comes: each step with its day, and the next one with when it is due."""
    batch, order = line.batch, line.order
    ends = notice.ends_at if notice else None
    states = {
        "RESERVED": 1 if batch.state in ("ON_NOTICE", "CORRECTING") else 2,
        "REQUESTED": 3, "REVIEWED": 4, "PAID": 5,
    }  # fmt: skip
    now = states.get(line.state, 6)
    rows: list[tuple[str, datetime | None]] = [
        (N_("批准"), batch.approved_at),
        (N_("公示"), ends),
        (N_("申请拨付"), order.requested_at if order else None),
        (N_("财务审核"), order.reviewed_at if order else None),
        (N_("拨付"), order.paid_at if order else None),
        (N_("到账"), order.confirmed_at if order else None),
    ]
    due = batch.until if now > 1 else None
    return [
        {"name": name, "at": at, "due": due if place == now and not at else None,
         "state": "done" if place < now else "now" if place == now else ""}
        for place, (name, at) in enumerate(rows)
    ]  # fmt: skip


def conditions(bound: Rules, reasons: dict[str, Any]) -> list[dict[str, Any]]:
    """Each criterion in words: its state, what is short, and whom we ask for what is missing."""
    english = reads_english()
    found = []
    for code, one in reasons.get("criteria", {}).items():
        said = bound.rules.criteria[code]
        found.append({
            "name": said.get("en") if english and said.get("en") else said["zh"],
            "clause": one["clause"], "quote": one.get("quote", ""), "state": one["state"],
            "kind": STATE_KINDS[one["state"]], "words": STATE_WORDS[one["state"]],
            "gap": _gap(bound, code, one.get("gap")),
            "missing": [{"label": row["zh"], "owner": row["owner"]}
                        for row in missing_words(one.get("missing", []))],
        })  # fmt: skip
    return found


def _gap(bound: Rules, code: str, gap: dict[str, Any] | None) -> str:
    if not gap:
        return ""
    by = abs(gap["by"])
    is_money = any(column.endswith("_fen") for column in bound.used[code])
    amount = money_words(by) if is_money else f"{by:,}"
    if gap["by"] > 0:
        return gettext("还差 {amount}").format(amount=amount)
    return gettext("超出 {amount}").format(amount=amount)


def history_of(stages: Iterable[Any], labels: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Stages as the history shows them: when, what it became, who, why; one read of names."""
    rows = list(stages)
    people = people_numbered(row.by_person for row in rows)
    return [
        {"since": row.since, "label": labels.get(row.stage, row.stage),
         "who": name_in_language(people.get(row.by_person)) or ROLE_NAMES.get(row.by_role, "—"),
         "note": row.note_public or row.note_private}
        for row in rows
    ]  # fmt: skip


def asked_words(batch: Batch) -> list[dict[str, Any]]:
    """Whom we ask for what, of how many enterprises."""
    return [
        {"label": name_words(row["label"]),
         "owner": gettext(row["owner"]) if row["owner"] else batch.funding.policy.department,
         "count": row["count"]}
        for row in batch.asked
    ]  # fmt: skip


def change_words(change: dict[str, Any]) -> dict[str, str]:
    """A datum that changed: what was known then, what is known now."""
    return {
        "label": name_words(label_of(change["column"])),
        "owner": missing_words([{"zh": "", "owner": schema().owner_of(change["column"])}])[0][
            "owner"],
        "then": _value(change["column"], change["then"]),
        "now": _value(change["column"], change["now"]),
    }  # fmt: skip


def _value(column: str, value: Any) -> str:
    if value is None:
        return gettext("未掌握")
    if isinstance(value, dict):
        words = gettext("{rows} 条").format(rows=value["rows"])
        return f"{words}，{money_words(value['sum_fen'])}" if "sum_fen" in value else words
    if column.endswith("_fen") and isinstance(value, int):
        return money_words(value)
    return str(value)
