"""Every address the product answers, from the URL table and the OpenAPI."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>|\{(\w+)\}")
# Not ours to cross-check: third-party sign-in forms, static files, the router's own pages.
LEFT_OUT = (
    "healthz", "account/2fa/", "static/", "account/login", "account/logout", "account/password",
)  # fmt: skip


@dataclass(frozen=True)
class Route:
    """One address with its parameters in order, and the verbs it takes (pages: GET)."""

    template: str
    parameters: tuple[str, ...]
    kinds: tuple[str, ...]
    verb: str = "GET"

    @property
    def kind(self) -> str:
        """The plural noun that the address begins with: needs, bids, challenges ..."""
        steps = [step for step in self.template.split("/") if step not in ("", "api", "v1")]
        return steps[0] if steps else ""

    def addresses(self, numbers: list[str], second: str) -> Iterator[str]:
        """The route with each number in its first place, and `second` in every further one."""
        if not self.parameters:
            yield self.template
            return
        first = ["1"] if self.kinds[0] == "int" else numbers
        rest = ["1" if kind == "int" else second for kind in self.kinds[1:]]
        for number in first:
            filled = iter([number, *rest])
            yield PARAMETER.sub(lambda _, values=filled: next(values), self.template)


def page_routes() -> list[Route]:
    """The Chinese pages; the English ones are the same views behind /en/."""
    found = [route for route in _walk(get_resolver().url_patterns, "/") if "/api/" not in route]
    return [_route(one) for one in sorted(set(found)) if not _left_out(one)]


def api_routes() -> list[Route]:
    """Every operation of the OpenAPI."""
    from kechuang.site.api import api

    found = []
    for address, verbs in api.get_openapi_schema()["paths"].items():
        for verb in verbs:
            if verb in ("get", "post", "put", "patch", "delete"):
                found.append(_route(address, verb.upper()))
    return found


def _left_out(template: str) -> bool:
    return any(part in template for part in LEFT_OUT)


def _route(template: str, verb: str = "GET") -> Route:
    found = list(PARAMETER.finditer(template))
    names = tuple(match[2] or match[3] for match in found)
    kinds = tuple(match[1] or "str" for match in found)
    return Route(template, names, kinds, verb)


def _walk(patterns: list[object], prefix: str) -> Iterator[str]:
    for pattern in patterns:
        part = pattern.pattern._route if isinstance(pattern.pattern, RoutePattern) else ""
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, prefix + part)
        elif isinstance(pattern, URLPattern) and isinstance(pattern.pattern, RoutePattern):
            yield prefix + part
