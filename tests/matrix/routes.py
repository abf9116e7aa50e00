"""Every address the product answers, from the URL table and the OpenAPI."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

from tests.matrix.exhibits import Exhibit

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\{(\w+)\}")
# Not ours to cross-check: third-party sign-in forms, static files, the router's own pages.
LEFT_OUT = (
    "healthz", "account/2fa/", "static/", "account/login", "account/logout", "account/password",
)  # fmt: skip
# Which exhibits an address is tried with: by the longest beginning that fits, and by its name.
SHOWN_AT = {
    "/needs/": "need-", "/offers/": "offer-", "/challenges/": "challenge-", "/bids/": "bid-",
    "/reviews/": "review", "/reviews/panels/": "panel", "/reviews/draws/": "draw-",
    "/reviews/assignments/": "assignment",
    "/reviews/seats/": "seat",
    "/reviews/conflicts/": "conflict", "/notices/": "notice", "/objections/": "objection",
    "/introductions/": "introduction", "/introductions/liaisons/": "liaison",
    "/introductions/ranking/": "ranking-model", "/introductions/words/": "word",
    "/introductions/requests/": "request", "/introductions/funnel/": "funnel",
    "/events/": "event-", "/events/outcomes/": "outcome", "/consortia/": "consortium",
    "/projects/": "project", "/indicators/": "indicator", "/observations/": "observation",
    "/organisations/": "organisation", "/appointments/": "appointment",
    "/policies/": "policy-", "/benefits/": "benefit", "/benefits/batches/": "batch",
    "/benefits/reclaims/": "reclaim",
    "/screenings/": "screening", "/screenings/candidates/": "candidate",
    "/screenings/candidates/<str:number>/decision": "decision",
    "/screenings/candidates/{number}/decision": "decision",
    "/policies/rules/": "rules-",
    "/enterprise-": "upload", "/account/tokens/": "token", "/uploads/": "upload",
    "/verify/": "receipt", "/record/erasures/": "erasure", "/help/": "help",
    "/evaluations/": "evaluation", "/evaluations/declarations/": "declaration",
    "/declarations/": "declaration", "/centres/": "centre", "/allocations/": "allocation",
    "/jobs/": "job-", "/statements/": "statement", "/data-sets/": "data-",
}  # fmt: skip


class Unshown(LookupError):
    """An address takes an object of a kind that no exhibit shows."""


@dataclass(frozen=True)
class Route:
    """One address with its parameters in order, and one verb that it takes."""

    template: str
    verb: str = "GET"

    @property
    def parameters(self) -> list[str]:
        return [match[1] or match[2] for match in PARAMETER.finditer(self.template)]

    def addresses(self, exhibits: list[Exhibit]) -> Iterator[tuple[Exhibit | None, str]]:
        """The address filled with each exhibit that fits it."""
        if not self.parameters:
            yield None, self.template
            return
        for exhibit in self._fitting(exhibits):
            first, *rest = self.parameters
            values = iter([exhibit.number, *(self._value(exhibit, name) for name in rest)])
            yield exhibit, PARAMETER.sub(lambda _, values=values: next(values), self.template)

    def _fitting(self, exhibits: list[Exhibit]) -> list[Exhibit]:
        plain = self.template.removeprefix("/api/v1")
        starts = [start for start in SHOWN_AT if plain.startswith(start)]
        if not starts:
            raise Unshown(self.template)
        name = SHOWN_AT[max(starts, key=len)]
        whole = name.endswith("-")
        return [e for e in exhibits if (e.name.startswith(name) if whole else e.name == name)]

    def _value(self, exhibit: Exhibit, name: str) -> str:
        if name not in exhibit.further:
            raise Unshown(f"{self.template}: {name} of {exhibit.name}")
        return exhibit.further[name]


@cache
def page_routes() -> list[Route]:
    """The Chinese pages, read and posted to; the English ones are the same views behind /en/."""
    found = {one for one in _walk(get_resolver().url_patterns, "/") if "/api/" not in one}
    kept = sorted(one for one in found if not any(part in one for part in LEFT_OUT))
    return [Route(one, verb) for one in kept for verb in ("GET", "POST")]


@cache
def api_routes() -> list[Route]:
    """Every operation of the OpenAPI."""
    from kechuang.site.api import api

    paths = api.get_openapi_schema()["paths"]
    verbs = ("get", "post", "put", "patch", "delete")
    return [
        Route(address, verb.upper()) for address in sorted(paths) for verb in verbs
        if verb in paths[address]
    ]  # fmt: skip


def _walk(patterns: list[object], prefix: str) -> Iterator[str]:
    for pattern in patterns:
        part = pattern.pattern._route if isinstance(pattern.pattern, RoutePattern) else ""
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, prefix + part)
        elif isinstance(pattern, URLPattern) and isinstance(pattern.pattern, RoutePattern):
            yield prefix + part
