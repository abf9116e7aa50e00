"""The ranked offers of a need, with reasons, and the liaison's verdict."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from kechuang.base.refusals import N_
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.matching import actions, queries, rules
from kechuang.matching.forms import VerdictForm
from kechuang.matching.models import Match
from kechuang.matching.queries import RankedOffer, Suggested, desk
from kechuang.matching.rules import Choice
from kechuang.matching.rules.mending import Held, held
from kechuang.needs import queries as needs
from kechuang.needs.models import Need
from kechuang.needs.rules import STATE_KINDS, STATE_NAMES
from kechuang.needs.rules import State as NeedState
from kechuang.offers import queries as offers
from kechuang.offers.rules import KIND_NAMES, Kind

FIRST = 5  # shown before “看其余”
LEAST_SCALE_TENTHS = 600
LEVELS = (4, 6, 7, 8, 9)  # of maturity, that a list may start from
PARTS = (
    ("text_tenths", N_("文字相合"), "f1"),
    ("targets_tenths", N_("指标达到"), "f3"),
    ("chain_tenths", N_("同一产业链"), "f2"),
    ("local_tenths", N_("本市团队"), "f4"),
)


@dataclass(frozen=True, slots=True)
class Part:
    """One term of the sum: its share of the bar and its points."""

    name: str
    css: str
    points: str
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Card:
    """One ranked offer as the page shows it."""

    ranked: RankedOffer
    parts: list[Part]
    points: str
    scale: str
    phrases: list[tuple[str, str]]
    rest: list[tuple[str, str]]
    learnt: list[tuple[str, list[str]]]
    form: VerdictForm | None
    opens: bool
    held: Held


def points_text(tenths: int) -> str:
    """Points with one place: 49.3.

    >>> points_text(493), points_text(-5)
    ('49.3', '-0.5')
    """
    sign = "-" if tenths < 0 else ""
    return f"{sign}{abs(tenths) // 10}.{abs(tenths) % 10}"


def need_matches(request: AskedRequest, number: str) -> HttpResponse:
    """The offers that may answer a need; the slot of the need's page, and a page of its own."""
    need = readable_need(request, number)
    return _shown(request, need)


def readable_need(request: AskedRequest, number: str) -> Need:
    """The need, where this reader may see its matches; else 404, as for what does not exist."""
    need = found_or_404(
        needs.visible_to(request.actor, request.at).prefetch_related("targets"), number=number
    )
    if not rules.may_read_matches(request.actor, queries.place_of(need)):
        raise Http404
    return need


def _shown(
    request: AskedRequest, need: Need, bound: dict[str, VerdictForm] | None = None
) -> HttpResponse:
    narrowing = rules.narrowing_from(request.GET, request.GET.getlist("without"), list(Kind))
    ranked, live = _ranked(request, need, narrowing)
    shown = ranked
    if request.GET.get("sort") == "targets":
        shown = sorted(ranked, key=lambda row: (-row.match.targets_met, row.place))
    limit = len(shown) if request.GET.get("all") or bound else FIRST
    actions.note_shown(
        need=need, shown=[(row.match.offer_id, row.place) for row in shown[:limit]],
        by=request.actor, at=request.at, live=live,
    )  # fmt: skip
    context = {
        "need": need,
        "requests": {
            row.offer_id: row for row in desk.open_requests_on(need, request.actor, request.at)
        },
        "state_name": STATE_NAMES[NeedState(need.state)],
        "state_kind": STATE_KINDS[NeedState(need.state)],
        "cards": _cards(request, need, shown[:limit], ranked, bound or {}),
        "count": len(shown),
        "left": len(shown) - len(shown[:limit]),
        "after_place": limit + 1,
        "ranking": queries.ranking_of(need),
        "judges": rules.may_judge(request.actor, queries.place_of(need)),
        "is_live": queries.place_of(need).is_live,
        "narrowing": narrowing,
        "kinds": KIND_NAMES.items(),
        "levels": LEVELS,
        "place": narrowing.place,
        "sort": request.GET.get("sort", ""),
        "form": next(iter((bound or {}).values()), None),
    }
    is_slot = bool(getattr(request, "htmx", False))
    template = "matching/_matches.html" if is_slot else "matching/matches.html"
    return render(request, template, context, status=422 if bound else 200)


def _ranked(
    request: AskedRequest, need: Need, narrowing: rules.Narrowing
) -> tuple[list[RankedOffer], Suggested | None]:
    """The stored list, or one ranked now where the address narrows it and the need is live."""
    if narrowing.is_any and queries.place_of(need).is_live:
        found = queries.narrowed_offers_for(need, narrowing, request.actor, request.at)
        if found is not None:
            return found
    return queries.ranked_offers_for(need, request.actor, request.at), None


def _cards(
    request: AskedRequest,
    need: Need,
    shown: list[RankedOffer],
    ranked: list[RankedOffer],
    bound: dict[str, VerdictForm],
) -> list[Card]:
    """The form of the first unjudged offer stands open, and of one that was refused."""
    best = max((row.match.score_tenths for row in ranked), default=0)
    scale = max(LEAST_SCALE_TENTHS, -(-best // 100) * 100)
    judges = rules.may_judge(request.actor, queries.place_of(need))
    unjudged = (row.place for row in shown if row.verdict is None)
    opened = None if bound else next(unjudged, None)
    without = request.GET.getlist("without")
    cards = []
    for row in shown:
        number = row.match.offer.number
        form = bound.get(number)
        if form is None and judges and row.verdict is None:
            form = verdict_form(number)
        opens = number in bound or row.place == opened
        cards.append(_card(row, scale, form, opens, without))
    return cards


def _card(
    row: RankedOffer, scale: int, form: VerdictForm | None, opens: bool, without: list[str]
) -> Card:
    match = row.match
    return Card(
        row, _parts(match, scale), points_text(match.score_tenths), points_text(scale),
        [(str(words), points_text(int(tenths))) for words, tenths in match.phrases],
        [(rules.FIGURE_NAMES[name], points_text(int(tenths))) for name, tenths in match.rest],
        [(word, [*without, word]) for word in match.learnt], form, opens, held(match.findings),
    )  # fmt: skip


def verdict_form(number: str, data: Any = None, **initial: str) -> VerdictForm:
    """The form of one match; its fields carry the offer's number, so that many fit on a page."""
    prefix = number.lower()
    return VerdictForm(
        data, prefix=prefix, auto_id=f"{prefix}-%s", initial={"choice": Choice.ACCEPT} | initial
    )


def _parts(match: Match | rules.Points, scale: int) -> list[Part]:
    at, parts = 0.0, []
    for field, name, css in PARTS:
        tenths = getattr(match, field)
        if tenths <= 0:
            continue
        width = 100 * tenths / scale
        parts.append(Part(_(name), css, points_text(tenths), f"{at:.2f}", f"{width:.2f}"))
        at += width
    return parts


def offer_matches(request: AskedRequest, number: str) -> HttpResponse:
    """The needs that an offer may answer; the slot of the offer's page, and a page of its own."""
    offer = found_or_404(
        offers.visible_to(request.actor, request.at).select_related("organisation"), number=number
    )
    owner = offer.organisation.code if offer.organisation else ""
    if not rules.may_read_needs_of(request.actor, owner):
        raise Http404
    rows = queries.needs_answered_by(offer, request.actor, request.at)
    limit = len(rows) if request.GET.get("all") else FIRST
    best = max((row.score_tenths for row in rows), default=0)
    scale = max(LEAST_SCALE_TENTHS, -(-best // 100) * 100)
    is_slot = bool(getattr(request, "htmx", False))
    context = {
        "offer": offer,
        "asks": rules.may_ask_introduction(request.actor, owner),
        "requests": desk.requests_of_offer(offer, request.actor, request.at),
        "refusals": None if is_slot else desk.refusals_of(offer, request.actor, request.at),
        "cards": [
            {
                "row": row,
                "place": place,
                "held": held(row.findings),
                "parts": _parts(row.points, scale),
                "points": points_text(row.score_tenths),
                "scale": points_text(scale),
            }
            for place, row in enumerate(rows[:limit], 1)
        ],
        "count": len(rows),
        "left": len(rows) - len(rows[:limit]),
        "after_place": limit + 1,
    }
    template = "matching/_needs.html" if is_slot else "matching/needs.html"
    return render(request, template, context)


@signed_in
def judge(request: AskedRequest, number: str, offer_number: str) -> HttpResponse:
    """Judge one match; where it fits, the introduction goes out with it."""
    need = readable_need(request, number)
    offer = found_or_404(offers.visible_to(request.actor, request.at), number=offer_number)
    if request.method != "POST":
        return _judge_page(request, need, offer)
    form = verdict_form(offer.number, request.POST)
    if form.is_valid():
        with form.refusals():
            introduction = _decide(form.cleaned_data, need, offer, request)
            if introduction is not None:
                return redirect(reverse("introduction", args=[introduction.number]))
            return redirect(f"{reverse('need-matches', args=[need.number])}#m-{offer.number}")
    return _shown(request, need, {offer.number: form})


def _decide(said: dict[str, str], need: Need, offer: Any, request: AskedRequest) -> Any:
    said = dict(said)
    if said.pop("choice") == Choice.ACCEPT:
        return actions.introduce(need=need, offer=offer, by=request.actor, at=request.at, **said)
    actions.judge_match(
        need=need, offer=offer, choice=Choice.REJECT, by=request.actor, at=request.at, **said
    )
    return None


def _judge_page(request: AskedRequest, need: Need, offer: Any) -> HttpResponse:
    """The verdict on one match alone, with the one in force to start from."""
    ranked = queries.ranked_offers_for(need, request.actor, request.at)
    row = next((each for each in ranked if each.match.offer_id == offer.pk), None)
    if row is None or not rules.may_judge(request.actor, queries.place_of(need)):
        raise Http404
    said = row.verdict
    initial = (
        {"choice": said.choice, "reason_code": said.reason_code, "note": said.note} if said else {}
    )
    context = {"need": need, "row": row, "form": verdict_form(offer.number, **initial)}
    return render(request, "matching/judge.html", context)


urls = [
    path("needs/<str:number>/matches/", need_matches, name="need-matches"),
    path("offers/<str:number>/matches/", offer_matches, name="offer-matches"),
    path("needs/<str:number>/matches/<str:offer_number>/judge/", judge, name="match-judge"),
]
