"""The API's page: every operation with its address, from the same OpenAPI that programs read."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

VERBS = ("get", "post", "put", "patch", "delete")


def interface(request: HttpRequest) -> HttpResponse:
    """How to call the API, and what there is to call; drawn here, so that nothing is fetched."""
    from kechuang.site.api import api

    context = {"groups": _groups(api.get_openapi_schema())}
    return render(request, "site/help/interface.html", context)


def _groups(schema: dict[str, Any]) -> dict[str, list[dict[str, str]]]:
    groups: dict[str, list[dict[str, str]]] = {}
    for address, verbs in schema["paths"].items():
        for verb in VERBS:
            if operation := verbs.get(verb):
                row = {
                    "verb": verb.upper(),
                    "address": address,
                    "name": operation["operationId"],
                    "text": operation.get("description") or operation.get("summary", ""),
                }
                groups.setdefault(operation.get("tags", ["-"])[0], []).append(row)
    return groups


urls = [path("help/api/", interface, name="help-api")]
