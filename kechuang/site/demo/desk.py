"""Needs, offers, introductions: what lies on the desks of the demonstration."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kechuang.base.actor import Actor, Role
from kechuang.matching import actions as matching
from kechuang.matching.models import Introduction
from kechuang.matching.rules import LogEntry
from kechuang.needs import actions as needs
from kechuang.needs import rules as need_rules
from kechuang.needs.models import Need
from kechuang.notices import actions as notices
from kechuang.offers import actions as offers
from kechuang.offers.actions.importing import import_offers
from kechuang.offers.models import Offer
from kechuang.offers.rules.content import patent_check_character
from kechuang.parties.models import Organisation
from kechuang.site.demo import texts
from kechuang.site.demo.cast import Cast

# Needs that the cast hands in step by step, so that every state is somebody's.
BY_HAND = ("N33", "N35", "N36", "N37", "N38", "N39", "N40", "N42")
WAITING = {
    "N04": ("COUNTY_CHECK", "overdue"), "N12": ("COUNTY_CHECK", "today"),
    "N20": ("COUNTY_CHECK", "open"), "N50": ("COUNTY_CHECK", "open"),
    "N05": ("CITY_CHECK", "overdue"), "N13": ("CITY_CHECK", "overdue"),
    "N21": ("CITY_CHECK", "today"), "N25": ("CITY_CHECK", "today"),
    "N29": ("CITY_CHECK", "open"), "N43": ("CITY_CHECK", "open"), "N53": ("CITY_CHECK", "open"),
    "N61": ("PROVINCE_CHECK", "open"),
}  # fmt: skip
TALKS = (
    ("CONTACTED", "电话约定技术交流。"), ("MEETING", "在需求方现场看样件，议定复测。"),
    ("INTENT", "双方同意先做小样，费用各半。"), ("SIGNED", "技术开发合同已签。"),
)  # fmt: skip
HOLDERS = ("示例大学", "示例理工大学", "北辰材料研究院", "云岭机械研究院", "示例航空航天大学",
           "示例药科大学", "示例医科大学", "示例微电子研究所", "示例软件与系统研究所",
           "示例生物工程研究所", "云谷机器人产业研究院", "星桥新能源汽车创新中心",
           "东陆航空材料创新中心")  # fmt: skip
LIKELY = {
    "HIGH_END_EQUIPMENT": ("云岭机械研究院", "示例理工大学"),
    "NEW_MATERIALS": ("北辰材料研究院", "示例大学"),
    "BIOMEDICINE": ("示例药科大学", "示例医科大学", "示例生物工程研究所"),
    "SOFTWARE": ("示例软件与系统研究所", "示例大学"),
    "INTEGRATED_CIRCUITS": ("示例大学", "北辰材料研究院", "示例微电子研究所"),
    "NEW_ENERGY_VEHICLES": ("星桥新能源汽车创新中心", "示例大学", "北辰材料研究院"),
    "AVIATION": ("东陆航空材料创新中心", "示例航空航天大学", "云岭机械研究院"),
    "ROBOTICS": ("云谷机器人产业研究院", "示例理工大学"),
}


def post_needs(cast: Cast, posers: dict[str, str]) -> dict[str, Need]:
    """Bring in the needs, most by sheets of their day, some by hand; gives them by code."""
    rows = texts.rows("needs.jsonl")
    by_sheet = [_need_row(cast, row, posers) for row in rows if row["code"] not in BY_HAND]
    needs.import_needs(
        rows=list(enumerate(by_sheet, 2)), source="demo", by=cast.actor("linjing"),
        at=cast.clock.now,
    )  # fmt: skip
    by_title = {need.title: need for need in Need.objects.select_related("organisation")}
    found = {row["code"]: by_title[row["title"]] for row in rows if row["title"] in by_title}
    return found | _by_hand(cast, {row["code"]: row for row in rows})


def _need_row(cast: Cast, row: dict[str, Any], posers: dict[str, str]) -> dict[str, Any]:
    code = row["code"]
    owner = posers.get(code) or _owner(cast, row).name
    state, urgency = WAITING.get(code, ("ACCEPTED", ""))
    organisation = cast.organisations[owner]
    since = _since(cast, state, urgency, organisation, code)
    return _typed(cast, row) | {
        "id": code, "owner": organisation.code, "state": state, "since": since.date().isoformat(),
    }  # fmt: skip


def _typed(cast: Cast, row: dict[str, Any]) -> dict[str, Any]:
    months = 12 + int(row["code"][1:]) % 18
    return {
        "title": row["title"], "body": row["body"], "chain": row["chain"],
        "keywords": "、".join(row["keywords"]), "budget": str(row["budget_wan"]),
        "budget_is_right": str(row["budget_wan"]), "targets": row["targets"],
        "due": cast.clock.at(months * 30).date().isoformat(), "publication": row["publication"],
    }  # fmt: skip


def _owner(cast: Cast, row: dict[str, Any]) -> Organisation:
    fitting = [
        one
        for one in cast.owners("ENTERPRISE")
        if one.chain == row["chain"] and one.name.startswith("示例")
    ]
    return fitting[int(row["code"][1:]) * 3 % min(len(fitting), 24)]


def _since(cast: Cast, state: str, urgency: str, organisation: Organisation, code: str) -> datetime:
    """Since when a need stands where it does, so that its term is over, today, or ahead."""
    if not urgency:
        return cast.clock.at(-(12 + int(code[1:]) * 5 % 170))
    for back in range(30):
        since = cast.clock.at(-back, 17)
        until = need_rules.due(need_rules.State(state), organisation.region_path, since)
        if until is None:
            return since
        left = (until.date() - cast.clock.day).days
        if {"overdue": left < -1, "today": left <= 0, "open": left >= 1}[urgency]:
            return since
    return cast.clock.at(-1, 17)


def _by_hand(cast: Cast, rows: dict[str, dict[str, Any]]) -> dict[str, Need]:
    """示例芯封 types, signs, is passed, returned, merged; every step by its own person."""
    filler, admin = cast.actor("fangmin"), cast.actor("lianghao")
    county, city = cast.actor("sunbei"), cast.actor("linjing")
    at, made = cast.clock.at, {}

    def handed_in(code: str, days: int) -> Need:
        typed = _typed(cast, rows[code])
        return needs.submit_need(need=None, typed=typed, by=filler, at=at(days))

    def signed(code: str, days: int) -> Need:
        need = handed_in(code, days)
        return needs.sign_need(need=need, consent=True, by=admin, at=at(days, 15))

    def passed(code: str, days: int) -> Need:
        need = needs.pass_check(need=signed(code, days), by=county, at=at(days + 1))
        return needs.pass_check(need=need, by=city, at=at(days + 3))

    made["N40"] = needs.save_draft(typed=_typed(cast, rows["N40"]), by=filler, at=at(-1, 16))
    made["N37"] = handed_in("N37", -1)
    made["N39"] = needs.return_need(
        need=signed("N39", -9), by=county, at=at(-6),
        marks={"targets": "第 2 项没有写检验方法。", "budget": "与指标规模不符，请核对。"},
    )  # fmt: skip
    made["N33"] = needs.pass_check(need=signed("N33", -8), by=county, at=at(-5))
    made["N36"] = passed("N36", -70)
    made["N38"] = needs.merge_need(
        need=signed("N38", -12), into=made["N36"], note="与已入库需求同一产线。", by=county,
        at=at(-10),
    )  # fmt: skip
    made["N35"] = needs.withdraw_need(
        need=passed("N35", -90), reason="产线改型，暂不需要。", by=admin, at=at(-30)
    )
    made["N42"] = passed("N42", -380)
    made["N42"] = needs.expire_need(need=made["N42"], by=Actor.CLOCK, at=at(-10)) or made["N42"]
    return made


def post_offers(cast: Cast) -> dict[str, Offer]:
    """Bring in the offers in six sheets of six days; one waits for its unit, one is withdrawn."""
    told = texts.rows("offers.jsonl")
    rows = [_offer_row(cast, place, row) for place, row in enumerate(told)]
    _name_makers(rows, [row["near"] for row in told])
    share = len(rows) // 6 + 1
    for turn in range(6):
        import_offers(
            rows=list(enumerate(rows[turn * share : (turn + 1) * share], 2)), source="demo",
            by=cast.actor("linjing"), at=cast.clock.at(-200 + 34 * turn),
        )  # fmt: skip
    found = {one.source_key: one for one in Offer.objects.select_related("organisation")}
    admin = cast.unit_actor("示例理工大学", Role.UNIT_ADMIN)
    theirs = [one for one in found.values() if one.organisation.name == "示例理工大学"]
    offers.withdraw_offer(
        offer=theirs[-1], reason="已整体转让，不再对外许可。", by=admin, at=cast.clock.at(-4)
    )
    return found


def _offer_row(cast: Cast, place: int, row: dict[str, Any]) -> dict[str, Any]:
    likely = LIKELY[row["chain"]]
    owner = likely[place % len(likely)] if place % 5 else HOLDERS[place // 5 % len(HOLDERS)]
    if row["code"] in ("O113", "O114") or row["near"] == "N33":
        owner = "示例大学" if "流延" in row["title"] else "北辰材料研究院"
    typed = {
        "id": row["code"], "owner": cast.organisations[owner].code, "kind": row["kind"],
        "title": row["title"], "summary": row["summary"], "body": row["body"],
        "keywords": "、".join(row["keywords"]), "chains": row["chain"], "trl": str(row["trl"]),
        "modes": ("许可", "转让", "联合开发", "作价入股")[place % 4],
        "people": next(cast.names) if row["kind"] != "RESULT" else "",
    }  # fmt: skip
    if row["kind"] == "PATENT":
        digits = f"2020{1:d}{9900000 + place:07d}"
        typed["patent_number"] = f"ZL{digits}.{patent_check_character(digits)}"
        typed["patent_status"] = "GRANTED"
        typed["patent_status_date"] = cast.clock.at(-700 + place).date().isoformat()
    return typed


def _name_makers(rows: list[dict[str, Any]], fields: list[str]) -> None:
    """Say of results, patents and teams whose they are: people of one unit and one field work
    together, so that experts and teams can be found through their works."""
    crews: dict[tuple[str, str], list[str]] = {}
    for row, field in zip(rows, fields, strict=True):
        if row["people"]:
            crews.setdefault((row["owner"], field), []).append(row["people"])
    most = {"RESULT": 3, "PATENT": 2, "TEAM": 6, "EXPERT": 1}
    for row, field in zip(rows, fields, strict=True):
        crew = crews.get((row["owner"], field), [])
        named = dict.fromkeys([*filter(None, [row["people"]]), *crew])
        row["people"] = "、".join(list(named)[: most[row["kind"]]])


def introduce(cast: Cast, found: dict[str, Need], offered: dict[str, Offer]) -> None:
    """Rank the need of the cast, and carry introductions to different ends.

    The other needs are ranked by the worker, which follows the record.
    """
    at, liaison = cast.clock.at, cast.actor("songwei")
    matching.rank_need(need=found["N33"], at=cast.clock.now)
    near = {row["near"]: row["code"] for row in reversed(texts.rows("offers.jsonl"))}
    for turn, (code, need) in enumerate(_matchable(found)):
        offer = offered.get(near[code])
        if offer is None or offer.state != "PUBLISHED":
            continue
        row = matching.introduce(
            need=need, offer=offer, reason_code=("TARGETS_MET", "NEAR_ENOUGH")[turn % 2],
            note="多数指标达到，未写明的一项双方面谈确认。", by=liaison, at=at(-58 + turn * 4),
        )  # fmt: skip
        _follow(cast, row, turn)


def _matchable(found: dict[str, Need]) -> Iterator[tuple[str, Need]]:
    codes = ("N07", "N08", "N11", "N14", "N15", "N16", "N18", "N19", "N22", "N24", "N26", "N27",
             "N30", "N33")  # fmt: skip
    for code in codes:
        found[code].refresh_from_db()
        if found[code].state in need_rules.LIVE:
            yield code, found[code]


def _follow(cast: Cast, row: Introduction, turn: int) -> None:
    """How far an introduction comes: the earlier ones further."""
    liaison, start = cast.actor("songwei"), -58 + turn * 4
    for place, (state, words) in enumerate(TALKS[: max(4 - turn // 2, 0)]):
        day = cast.clock.at(start + 2 * place + 2)
        matching.record_contact(
            introduction=row, by=liaison, at=day,
            entry=LogEntry(
                day.date(), ("PHONE", "VISIT")[place > 0], words, "继续跟进",
                cast.clock.at(turn - 2).date(), ("BOTH", "DESK")[turn % 2],
            ),
        )  # fmt: skip
        row.refresh_from_db()
        if row.state != state:
            matching.advance(
                introduction=row, to=state, note=words, by=liaison, at=day,
                amount_fen=1_800_000_00 if state == "SIGNED" else None,
            )  # fmt: skip
            row.refresh_from_db()
    if turn == 9:
        matching.end_introduction(
            introduction=row, reason_code="TERMS", note="许可费用未谈拢。", by=liaison,
            at=cast.clock.at(-2),
        )  # fmt: skip


def post_notices(cast: Cast) -> None:
    """Publish the notices of the office; the clock ends those whose term has run."""
    for row in texts.rows("notices.jsonl"):
        notice = notices.open_notice(
            subject_number=row["subject_number"], kind=row["kind"], title=row["title"],
            facts=[("公示内容", row["body"])], region_path=cast.city.path,
            working_days=row["working_days"], by=cast.actor("hanmei"),
            at=cast.clock.at(-row["days_ago"]),
        )  # fmt: skip
        if notice.ends_at is not None and notice.ends_at <= cast.clock.now:
            notices.close_notice(notice=notice, by=Actor.CLOCK, at=notice.ends_at)
