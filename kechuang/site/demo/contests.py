"""Challenges at every stage: drafted, argued, open, closed, reviewed, on notice, awarded."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from kechuang.base.actor import Actor, Role
from kechuang.base.time import SHANGHAI
from kechuang.challenges import actions, queries
from kechuang.challenges.actions import Draft, Envelope
from kechuang.challenges.models import Bid, BudgetLine, Challenge
from kechuang.challenges.rules.drafting import CriterionFacts, TargetFacts
from kechuang.challenges.rules.form import as_facts
from kechuang.needs.models import Need
from kechuang.notices.models import Notice
from kechuang.parties.models import Person
from kechuang.projects import actions as projects
from kechuang.projects.models import Project
from kechuang.projects.queries import agreement_in_hand
from kechuang.projects.rules import terms_from_json
from kechuang.reviews import actions as reviews
from kechuang.reviews import queries as panels
from kechuang.reviews.rules import Phases
from kechuang.site.demo import racing, sealed, texts
from kechuang.site.demo.cast import Cast
from kechuang.site.demo.drawing import drawn_seats

FEN_PER_WAN = 1_000_000
OFFICE_OPENS, OFFICE_CLOSES = 9, 18  # o'clock in the city
FIT = {
    "target_clear": "CLEAR_TARGET", "path_unknown": "PATH_UNKNOWN",
    "takers_enough": "ENOUGH_TAKERS", "poser_pays": "POSER_WILLING",
}  # fmt: skip
OPEN_DAYS = 40
DRAFT_DAYS = 16
EXPERTS = ("yuchen", "baixue", "qinfeng", "zhongling", "fuhe", "taoran", "shixin", "miaoyu",
           "geyi", "pengcheng")  # fmt: skip
CONFLICT_RULES = (
    "近三年与揭榜单位有任职、合作、持股或师生关系的专家回避；一个单位至多一位专家。"
)
ARGUED = (
    "指标可检验，边界清楚，同意发榜。", "路线未定而需求真实，同意。",
    "与产业链方向一致，同意发榜。",
)  # fmt: skip
SCORED = (
    "路线清楚，验证条件落实。", "指标可达，成本需再核。", "创新性好，工程化经验稍欠。",
)  # fmt: skip
STAGES = ("ARGUING", "APPROVED", "OPEN", "CLOSED", "REVIEWING", "DECIDING", "ON_NOTICE",
          "AWARDED", "RUNNING", "GATE")  # fmt: skip


@dataclass
class Contest:
    """One challenge on its way, with the people who judge it and the clock of its acts."""

    cast: Cast
    row: dict[str, Any]
    need: Need
    line: BudgetLine
    opens_at: datetime
    deadline_at: datetime
    experts: list[str] = field(default_factory=list)
    chair: str = ""
    at: datetime | None = None
    challenge: Challenge | None = None
    bids: list[Bid] = field(default_factory=list)

    def after(self, **time: float) -> datetime:
        """So much later; what would fall into the night is done the next morning."""
        assert self.at is not None
        self.at += timedelta(**time)
        here = self.at.astimezone(SHANGHAI)
        if not OFFICE_OPENS <= here.hour < OFFICE_CLOSES:
            late = here.hour >= OFFICE_CLOSES
            morning = here.replace(hour=OFFICE_OPENS, minute=10 + here.minute // 2)
            self.at = morning + timedelta(days=1 if late else 0)
        return self.at

    def fresh(self) -> Challenge:
        assert self.challenge is not None
        self.challenge.refresh_from_db()
        return self.challenge


def posers() -> dict[str, str]:
    """Which unit poses which need, as the challenges' file says."""
    return {row["need"]: row["poser"] for row in texts.rows("challenges.jsonl")}


def hold(cast: Cast, needs: dict[str, Need]) -> dict[str, Project]:
    """Bring every challenge as far as its file says; gives the projects of those awarded."""
    rows = texts.rows("challenges.jsonl")
    years = {cast.clock.at(-_lead(row)).year for row in rows} | {cast.clock.day.year}
    lines = {year: _budget_line(cast, year) for year in sorted(years)}
    projects = {}
    for row in rows:
        contest = _contest(cast, row, needs[row["need"]], lines)
        project = _play(contest)
        if project is not None:
            projects[row["code"]] = project
    return projects


def longest_history() -> int:
    """How many days before the day the oldest challenge is drafted."""
    return max(_lead(row) for row in texts.rows("challenges.jsonl")) + DRAFT_DAYS


def _lead(row: dict[str, Any]) -> int:
    """How many days before the day a challenge opens."""
    if "closes_in_days" in row:
        return OPEN_DAYS - int(row["closes_in_days"])
    return OPEN_DAYS + int(row.get("closed_days_ago", -60))


def _budget_line(cast: Cast, year: int) -> BudgetLine:
    return actions.open_budget_line(
        code=f"20604{year % 100:02d}", name="科技重大专项", year=year,
        amount_fen=20_000 * FEN_PER_WAN, by=cast.actor("chenli"), at=cast.clock.at(-330),
    )  # fmt: skip


def _contest(
    cast: Cast, row: dict[str, Any], need: Need, lines: dict[int, BudgetLine]
) -> Contest:
    opens_at = cast.clock.at(-_lead(row), 9, 30)
    deadline = cast.clock.at(OPEN_DAYS - _lead(row), 17)
    units = {bid["organisation"] for bid in row["bids"]} | {row["poser"]}
    fitting = [
        name for name in EXPERTS if cast.person(name).organisation.name not in units
    ]
    line = lines.get(opens_at.year) or lines[cast.clock.day.year]
    contest = Contest(cast, row, need, line, opens_at, deadline, fitting[:3], fitting[3])
    contest.at = min(opens_at, cast.clock.now) - timedelta(days=DRAFT_DAYS)
    return contest


def _play(contest: Contest) -> Project | None:
    """Bring a challenge through the steps of the line, up to its state."""
    state = contest.row["state"]
    far = STAGES.index("CLOSED" if state == "FAILED" else state)
    _draft(contest)
    _argue(contest, opinions=3 if far else 1)
    if far >= STAGES.index("OPEN"):
        _open(contest)
    if far >= STAGES.index("CLOSED"):
        _close(contest)
    if far >= STAGES.index("REVIEWING"):
        _unseal(contest)
        _review(contest, done=2 if state == "REVIEWING" else 3)
    if far >= STAGES.index("DECIDING"):
        _propose(contest)
    if far >= STAGES.index("ON_NOTICE"):
        _approve(contest)
    if state in ("RUNNING", "GATE"):
        _award(contest)
        _start(contest)
    if state == "GATE":
        racing.reach_gate(contest)
    if "relist" in contest.row:
        _relist(contest)
    return _award(contest) if state == "AWARDED" else None


def _draft(contest: Contest) -> None:
    cast, row = contest.cast, contest.row
    officer = cast.actor("linjing")
    contest.challenge = actions.draft_challenge(
        need=contest.need, mode_code=row["mode"], by=officer, at=contest.at
    )
    fields = {
        "summary": row["summary"],
        "conflict_rules": CONFLICT_RULES,
        "expert_fields": "、".join(contest.need.keywords[:4]),
        "total_fen": row["total_wan"] * FEN_PER_WAN, "public_fen": row["public_wan"] * FEN_PER_WAN,
        "own_fen": (row["total_wan"] - row["public_wan"]) * FEN_PER_WAN,
        "months": row["months"], "opens_at": contest.opens_at, "deadline_at": contest.deadline_at,
        "secretary": cast.person("renjie"), "chair": cast.person(contest.chair),
    }  # fmt: skip
    if "invited" in row:
        fields |= {"invited": cast.organisations[row["invited"]],
                   "invited_reason": row["invited_reason"]}  # fmt: skip
    targets = [
        TargetFacts(
            one.name, "BETWEEN" if one.comparison == "RANGE" else one.comparison, one.value,
            one.unit, one.test_method, ("第三方检测机构", "出题方与第三方")[place % 2],
            one.value_high,
        )
        for place, one in enumerate(contest.need.targets.all())
    ]  # fmt: skip
    criteria = [
        CriterionFacts(c["code"], c["name"], c["weight"], c.get("threshold"))
        for c in row["criteria"]
    ]
    asked = [as_facts(one) for one in row["form"]] if "form" in row else None
    actions.save_draft(
        challenge=contest.challenge, draft=Draft(fields, targets, criteria, asked), by=officer,
        at=contest.after(hours=2),
    )  # fmt: skip
    if "custodians" in row:
        sealed.name_custodians(contest)
    answers = {FIT.get(key, key): (True, words) for key, words in row["fit"].items()}
    actions.answer_fit_test(
        challenge=contest.challenge, answers=answers, by=officer, at=contest.after(hours=1)
    )
    actions.consent_to_challenge(
        challenge=contest.challenge, by=cast.unit_actor(row["poser"], Role.UNIT_ADMIN),
        at=contest.after(hours=3),
    )  # fmt: skip


def _argue(contest: Contest, opinions: int) -> None:
    cast = contest.cast
    people: list[Person] = [cast.person(name) for name in contest.experts]
    actions.send_to_argument(
        challenge=contest.challenge, experts=people, lead=people[0], by=cast.actor("linjing"),
        at=contest.after(days=1),
    )  # fmt: skip
    for name, words in list(zip(contest.experts[::-1], ARGUED, strict=True))[:opinions]:
        actions.argue(
            challenge=contest.challenge, verdict="PASS", opinion=words, by=cast.actor(name),
            at=contest.after(hours=20),
        )  # fmt: skip


def _open(contest: Contest) -> None:
    cast = contest.cast
    actions.authorise(
        challenge=contest.challenge, line=contest.line, by=cast.actor("guoxun"),
        at=contest.after(days=2),
    )  # fmt: skip
    actions.open_challenge(
        challenge=contest.challenge, by=Actor.CLOCK, at=contest.fresh().opens_at
    )
    contest.at = contest.opens_at
    contest.fresh()
    asker = cast.actor("gaoyuan")
    for asked in contest.row["questions"]:
        question = actions.ask_question(
            challenge=contest.challenge, text=asked["question"], by=asker,
            at=contest.after(hours=5),
        )  # fmt: skip
        if asked["answer"]:
            actions.answer_question(
                question=question, answer=asked["answer"], by=cast.actor("linjing"),
                at=contest.after(hours=9),
            )  # fmt: skip
    for bid in contest.row["bids"]:
        _bid(contest, bid)


def _bid(contest: Contest, row: dict[str, Any]) -> None:
    cast, unit = contest.cast, row["organisation"]
    lead = cast.unit_actor(unit, Role.MEMBER)
    bid = actions.start_bid(challenge=contest.challenge, by=lead, at=contest.after(hours=3))
    content = _proposal(contest, row, cast.unit_person(unit, Role.MEMBER))
    if "custodians" in contest.row:
        sealed.hand_in(contest, bid, content, lead)
    else:
        actions.save_bid(
            bid=bid, content=content, envelope=Envelope(other_public=False, commitment=True),
            by=lead, at=contest.after(hours=1),
        )  # fmt: skip
    admin = cast.unit_actor(unit, Role.UNIT_ADMIN)
    actions.sign_bid(bid=bid, by=admin, at=contest.after(hours=1))
    actions.submit_bid(bid=bid, by=lead, at=contest.after(hours=1))
    bid.refresh_from_db()
    contest.bids.append(bid)


def _proposal(contest: Contest, row: dict[str, Any], lead: Person) -> dict[str, Any]:
    assert contest.challenge is not None
    total, public = row["total_wan"] * FEN_PER_WAN, row["public_wan"] * FEN_PER_WAN
    signing = public // 5
    stages = queries.stage_plans(contest.challenge)
    first, second = _dates(contest, 100 if stages else 200, 300 if stages else 400)
    content = row["content"]
    return {
        "title": row["title"], "summary": content["技术路线"][:100], "route": content["技术路线"],
        "basis": content["风险与对策"],
        "commitments": [
            {"target": str(one.place), "how": one.test_method,
             "value": f"达到 {Decimal(one.value).normalize():f} {one.unit}"}
            for one in contest.challenge.targets.all()
        ],
        "team": [{"name": lead.name, "role": "负责人", "organisation": row["organisation"],
                  "task": "总体方案与验证"}],
        "milestones": [
            {"title": "样件与试验", "due": first, "evidence": "第三方报告",
             "public_fen": (public - signing) // 2},
            {"title": "应用验证", "due": second, "evidence": "现场记录",
             "public_fen": public - signing - (public - signing) // 2},
        ],
        "budget": {"total_fen": total, "public_fen": public, "own_fen": total - public,
                   "other_fen": 0, "signing_fen": signing},
        **({"answers": row["answers"]} if "answers" in row else {}),
    }  # fmt: skip


def _dates(contest: Contest, *days: int) -> list[str]:
    """Days after the deadline, as a proposal writes them."""
    return [(contest.deadline_at + timedelta(days=n)).date().isoformat() for n in days]


def _close(contest: Contest) -> None:
    actions.close_challenge(
        challenge=contest.challenge, by=Actor.CLOCK, at=contest.deadline_at
    )
    contest.at = contest.deadline_at
    if contest.row["state"] == "FAILED" and contest.fresh().state != "FAILED":
        actions.fail_challenge(
            challenge=contest.challenge, by=Actor.CLOCK, at=contest.after(minutes=1)
        )


def _relist(contest: Contest) -> None:
    """A new round of a call that failed, in the mode that its file says: a draft to go on with."""
    told = contest.row["relist"]
    actions.relist_challenge(
        challenge=contest.fresh(), reason=told["reason"], mode_code=told["mode"],
        by=contest.cast.actor("linjing"), at=contest.after(days=3),
    )  # fmt: skip


def _unseal(contest: Contest) -> None:
    cast = contest.cast
    if queries.mode(contest.fresh()).sealed:
        actions.attend_opening(
            challenge=contest.challenge, by=cast.actor("zhaoheng"), at=contest.after(hours=16)
        )
    actions.unseal_bids(
        challenge=contest.challenge, by=cast.actor("linjing"), at=contest.after(hours=1)
    )
    secretary = cast.actor("renjie")
    for bid in contest.bids:
        actions.check_bid(
            bid=bid, verdict="ADMISSIBLE", reason="", by=secretary, at=contest.after(hours=1)
        )
    actions.finish_check(challenge=contest.challenge, by=secretary, at=contest.after(hours=1))


def _review(contest: Contest, done: int) -> None:
    """Three experts declare and score; where not all are done the panel still waits."""
    cast = contest.cast
    panel = panels.panel_for(contest.fresh().number)
    if contest.row.get("experts") == "drawn":
        seats = drawn_seats(contest, panel)
        contest.experts = [cast.username_of(seat.expert.person) for seat in seats]
    else:
        seats = reviews.assign_experts(
            panel=panel, experts=[cast.person(name) for name in contest.experts],
            by=cast.actor("renjie"), at=contest.after(hours=2),
        )  # fmt: skip
    for name, seat in zip(contest.experts, seats, strict=True):
        reviews.accept_seat(seat=seat, by=cast.actor(name), at=contest.after(hours=1))
    if "consensus_in_days" in contest.row:
        days = contest.row["consensus_in_days"]
        phases = Phases(*(cast.clock.at(days - before, 17) for before in (2, 1, 0)))
        reviews.set_phases(
            panel=panel, phases=phases, by=cast.actor("linjing"), at=contest.after(hours=1)
        )
    for name, seat in list(zip(contest.experts, seats, strict=True))[:done]:
        for place, bid in enumerate(contest.bids):
            _score(contest, name, seat, place, bid)
    if done == len(seats):
        reviews.finish_review(
            panel=panel, by=cast.actor(contest.chair), at=contest.after(hours=2)
        )


def _score(contest: Contest, name: str, seat: Any, place: int, bid: Bid) -> None:
    expert = contest.cast.actor(name)
    reviews.declare(
        seat=seat, case_number=bid.number, conflict=False, ground="", by=expert,
        at=contest.after(minutes=20),
    )  # fmt: skip
    review = panels.review_for(seat, bid.number)
    points = {
        one["code"]: 88 - 7 * place - 2 * turn for turn, one in enumerate(contest.row["criteria"])
    }
    reviews.submit_score(
        review=review, points=points, opinion=SCORED[place % 3], by=expert,
        at=contest.after(minutes=30),
    )  # fmt: skip


def _propose(contest: Contest) -> None:
    """Who is awarded, as the mode decides: the poser's choice, or the ranking as far as it goes."""
    cast = contest.cast
    actions.take_ranking(
        challenge=contest.challenge, by=Actor.CLOCK, at=contest.after(minutes=5)
    )
    challenge = contest.fresh()
    first, rest = contest.bids[0].number, [bid.number for bid in contest.bids[1:]]
    winners, reason = [first], "按评审排名，达到分数线。"
    if queries.mode(challenge).issuer_chooses:
        reason = "同意出题方选定，排名第一。"
        actions.choose(
            challenge=challenge, bid_number=first, reason="路线最稳，验证条件已落实。",
            by=cast.unit_actor(contest.row["poser"], Role.UNIT_ADMIN), at=contest.after(hours=12),
        )  # fmt: skip
    if challenge.winners_max > 1:
        lines = queries.ranking_with_line(challenge)
        winners = [one.bid.number for one in lines if one.is_above]
        rest = [one.bid.number for one in lines if one.bid.passed and not one.is_above]
    actions.propose(
        challenge=challenge, bid_number=winners, reason=reason, reserve_number=rest[:2],
        by=cast.actor("linjing"), at=contest.after(hours=6),
    )  # fmt: skip


def _approve(contest: Contest) -> None:
    for name in ("chenli", "guoxun"):
        actions.approve(
            challenge=contest.challenge, note=contest.row.get("meeting", "同意"),
            by=contest.cast.actor(name), at=contest.after(hours=8),
        )  # fmt: skip


def _award(contest: Contest) -> Project:
    numbers = [one.notice_number for one in queries.awards_on_notice(contest.fresh())]
    contest.at = Notice.objects.filter(number__in=numbers).latest("ends_at").ends_at
    return actions.finalise(
        challenge=contest.challenge, by=contest.cast.actor("guoxun"), at=contest.after(hours=1)
    )


def _start(contest: Contest) -> None:
    """Every team signs the agreement as its bid planned it, and the race runs."""
    cast = contest.cast
    for project in queries.projects_of(contest.fresh()):
        unit = project.lead_organisation.name
        draft = agreement_in_hand(project)
        assert draft is not None
        projects.draft_agreement(
            project=project, terms=terms_from_json(draft.terms), expected_version=draft.version,
            by=cast.unit_actor(unit, Role.MEMBER), at=contest.after(hours=8),
        )  # fmt: skip
        projects.sign_for_unit(
            project=project, by=cast.unit_actor(unit, Role.UNIT_ADMIN), at=contest.after(hours=2)
        )
        projects.sign_for_department(
            project=project, by=cast.actor("guoxun"), at=contest.after(hours=2)
        )
    actions.follow_project(
        challenge=contest.challenge, by=Actor.CLOCK, at=contest.after(minutes=5)
    )
