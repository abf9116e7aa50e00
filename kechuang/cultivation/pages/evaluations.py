"""The enterprises of a region by tier, those that are one thing away, and the ladder."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import get_language, gettext

from kechuang.base.refusals import N_
from kechuang.base.time import shanghai_date
from kechuang.cultivation import actions, queries, rules
from kechuang.cultivation.forms.facts import VisitForm
from kechuang.cultivation.models import Verdict
from kechuang.cultivation.pages.words import reads_english
from kechuang.cultivation.rules import sheets
from kechuang.doors.lists import keyset, limit_of
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.doors.sheets import csv_response
from kechuang.parties.models import Organisation
from kechuang.parties.queries import regions_in_force

CSV_MOST = 50_000
NEAR_MOST = 5_000  # nobody visits more; what is nearest stands first
STATES = (
    ("RECOGNISED", N_("已认定")), ("CANDIDATE", N_("达到条件")), ("NEAR", N_("只差一项")),
    ("UNKNOWN", N_("待补数据")), ("TO_BE_JUDGED", N_("待评审")),
)
STATE_WORDS = {"RECOGNISED": (N_("已认定"), "ok"), "CANDIDATE": (N_("达到条件"), "now"),
               "NEAR": (N_("只差一项"), "soon"), "": ("", "none")}
INDUSTRIES = (
    ("C", N_("制造业")), ("I", N_("信息传输、软件和信息技术服务业")),
    ("M", N_("科学研究和技术服务业")), ("A", N_("农、林、牧、渔业")), ("E", N_("建筑业")),
    ("F", N_("批发和零售业")), ("L", N_("租赁和商务服务业")),
)


def filters_of(request: AskedRequest) -> queries.Filters:
    query = request.GET
    return queries.Filters(
        tier=query.get("tier", "").upper()[:20], state=query.get("state", "").upper()[:20],
        region=query.get("region", "")[:6], industry=query.get("industry", "").upper()[:1],
        text=query.get("q", "").strip()[:100],
    )


def name_of(tier: rules.Tier) -> str:
    return tier.name_en if (get_language() or "").startswith("en") else tier.name


@signed_in
def evaluations(request: AskedRequest) -> HttpResponse:
    """The enterprises of the reader's region; an enterprise is sent to its own page."""
    if request.actor.is_role(*rules.UNIT_READERS):
        own = found_or_404(queries.visible_to(request.actor, request.at))
        return redirect("evaluation", own.number)
    rules.check_may(rules.may_list(request.actor), "read")
    filters, day = filters_of(request), shanghai_date(request.at)
    page = keyset(queries.evaluated(request.actor, request.at, filters),
                  after=request.GET.get("after"), limit=request.GET.get("limit"))
    found = queries.standings(page.rows, day)
    regions = _regions(request)
    context = {
        "page": page, "filters": filters, "regions": list(regions.values()),
        "rows": [_row(one, found[one.pk], regions) for one in page.rows],
        "counts": [(name_of(tier), tier.code, held, met)
                   for tier, held, met in queries.tier_counts(request.actor.region, day)],
        "tiers": [(tier.code, name_of(tier)) for tier in rules.ladder()],
        "states": STATES, "industries": INDUSTRIES,
        "may_import": rules.may_import(request.actor),
        "imports": [(reverse(f"{sheets.KINDS[table]}-import"), sheets.TITLES[table])
                    for table in sheets.TABLES],
        "is_narrowed": filters != queries.Filters(),
    }
    return render(request, "cultivation/evaluations.html", context)


def _regions(request: AskedRequest) -> dict[str, Any]:
    rows = regions_in_force(shanghai_date(request.at)).order_by("path")
    return {one.code: one for one in rows if request.actor.covers(one.path)}


def _row(
    one: Organisation, standings: list[queries.Standing], regions: dict[str, Any]
) -> dict[str, Any]:
    held = [
        {"name": name_of(each.tier), "until": each.until, "words": STATE_WORDS[each.state][0],
         "kind": STATE_WORDS[each.state][1]}
        for each in standings if each.state in ("RECOGNISED", "CANDIDATE")
    ]
    near = [name_of(each.tier) for each in standings if each.state == "NEAR"]
    return {"unit": one, "held": held, "near": near,
            "region": regions.get(one.region_path.rsplit("/", 1)[-1])}


@signed_in
def evaluations_csv(request: AskedRequest) -> HttpResponse:
    """The same list as a file."""
    rules.check_may(rules.may_list(request.actor), "read")
    rows = queries.evaluated(request.actor, request.at, filters_of(request))
    found = list(rows.order_by("-pk")[:CSV_MOST])
    standings = queries.standings(found, shanghai_date(request.at))
    heads = [gettext("编号"), gettext("统一社会信用代码"), gettext("单位"), gettext("地区代码"),
             *(name_of(tier) for tier in rules.ladder())]
    lines = (
        [one.number, one.code, one.name, one.region_path.rsplit("/", 1)[-1],
         *(_csv_cell(each) for each in standings[one.pk])]
        for one in found
    )
    return csv_response("evaluations.csv", heads, lines)


def _csv_cell(standing: queries.Standing) -> str:
    words = gettext(STATE_WORDS[standing.state][0]) if standing.state else ""
    return f"{words} {standing.until:%Y-%m-%d}" if standing.until else words


# --- one thing away -----------------------------------------------------------------------


@signed_in
def near(request: AskedRequest) -> HttpResponse:
    """Enterprises that one criterion alone keeps from a policy: what, by how much, to visit."""
    rules.check_may(rules.may_list(request.actor), "read")
    policies = {one.code: one for one in queries.policies_on(shanghai_date(request.at))}
    chosen = request.GET.get("policy", "")
    chosen = chosen if chosen in policies else rules.ladder()[0].policy
    region = request.GET.get("region", "")[:6]
    counts = queries.near_kinds(request.actor, request.at, chosen, region)
    kind = request.GET.get("kind", "").upper()
    rows = queries.one_thing_away(request.actor, request.at, chosen, region, kind)
    size = limit_of(request.GET.get("limit", "30"))
    start = place_of(request.GET.get("after", ""))
    found = list(rows[start : start + size + 1])
    shown = found[:size]
    flat = queries.flat_rows([one.organisation for one in shown])
    visits = queries.visits_of(shown)
    context = {
        "policy": policies[chosen], "chosen": chosen, "regions": list(_regions(request).values()),
        "region": request.GET.get("region", ""),
        "policies": [(one.code, one.rules.said["title"]) for one in policies.values()],
        "rows": [_near_row(one, policies[chosen], flat, visits) for one in shown],
        "next_after": str(start + size) if len(found) > size else "",
        "may_visit": rules.may_visit(request.actor, request.actor.region),
        "kind_now": kind.lower(), "far": counts.get(Verdict.Reach.FAR, 0),
        "kinds": [(one.value.lower(), one.label, counts.get(one.value, 0))
                  for one in Verdict.Reach if one != Verdict.Reach.FAR],
        "within": rules.near_within() // 10,
    }
    return render(request, "cultivation/near.html", context)


def place_of(after: str) -> int:
    """How many rows stand before a page of a list by nearness, which is bounded."""
    return min(int(after), NEAR_MOST) if after.isdigit() and len(after) < 9 else 0


def _near_row(one: Verdict, policy: Any, flat: Any, visits: Any) -> dict[str, Any]:
    said = queries.explain(policy, flat[one.organisation.code], away=one.away)
    reason = next((each for each in said.reasons if each.is_away), None)
    return {
        "verdict": one, "unit": one.organisation, "reason": reason, "cheapest": said.cheapest,
        "name": (reason.en if reads_english() else reason.zh) if reason else one.away,
        "percent": -(-one.distance // 10) if one.reach == "GAP" else None,
        "visit": visits.get((one.organisation_id, one.policy, one.away)),
        "form": VisitForm(initial={"policy": one.policy, "criterion": one.away}),
    }


@signed_in
def visit(request: AskedRequest, number: str) -> HttpResponse:
    """Note a visit to an enterprise that is one thing away."""
    unit = found_or_404(queries.visible_to(request.actor, request.at), number=number)
    if request.method != "POST":
        raise Http404
    form = VisitForm(request.POST)
    if form.is_valid():
        with form.refusals():
            actions.note_visit(organisation=unit, by=request.actor, at=request.at,
                               **form.cleaned_data)
            back = f"?policy={form.cleaned_data['policy']}"
            return redirect(reverse("evaluations-near") + back)
    return render(request, "cultivation/visit.html", {"form": form, "unit": unit},
                  status=form.status)


urls = [
    path("evaluations/", evaluations, name="evaluations"),
    path("evaluations.csv", evaluations_csv, name="evaluations-csv"),
    path("evaluations/near/", near, name="evaluations-near"),
    path("evaluations/<str:number>/visit/", visit, name="evaluation-visit"),
]
