"""Help: what each role does, the words, and the statements that the office owes the public."""

import tomllib
from functools import cache
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import select_template
from django.urls import path
from django.utils.translation import get_language

from kechuang.base.refusals import N_

GLOSSARY = Path(__file__).resolve().parents[2] / "glossary.toml"
# Address, name, for whom.
GUIDES = (
    ("enterprise", N_("企业：发布需求，等到有人接"), N_("单位填报人、单位管理员")),
    ("team", N_("团队：发布成果、揭榜、办项目"), N_("高校院所团队、项目负责人")),
    ("liaison", N_("联络员：把需求和成果对上"), N_("技术经理人、联络员")),
    ("expert", N_("专家：声明、评分、签纪要"), N_("评审专家、秘书、组长")),
    ("officer", N_("科技局：筛选、发榜、立项、拨付"), N_("经办、部门负责人、财务、拨付、监督")),
    ("public", N_("公众：查看、核验、提出异议"), N_("任何人，不用登录")),
)


def contents(request: HttpRequest) -> HttpResponse:
    """What help there is."""
    return render(request, "site/help/contents.html", {"guides": GUIDES})


def guide(request: HttpRequest, name: str) -> HttpResponse:
    """How one kind of person does their work here."""
    for address, title, readers in GUIDES:
        if address == name:
            return _page(request, address, {"title": title, "readers": readers, "guides": GUIDES})
    raise Http404


def accessibility(request: HttpRequest) -> HttpResponse:
    return _page(request, "accessibility", {})


def privacy(request: HttpRequest) -> HttpResponse:
    return _page(request, "privacy", {})


def states(request: HttpRequest) -> HttpResponse:
    """What a page looks like when it is empty, refused, waiting, stale or missing a datum."""
    return render(request, "site/help/states.html")


def glossary(request: HttpRequest) -> HttpResponse:
    """The one word for each thing, in both languages."""
    return render(request, "site/help/glossary.html", {"terms": _terms()})


def _page(request: HttpRequest, name: str, context: dict[str, object]) -> HttpResponse:
    """A page of prose: written once in each language, since it is no list of short texts."""
    language = "en" if (get_language() or "").startswith("en") else "zh"
    template = select_template([f"site/help/{name}.{language}.html"])
    return HttpResponse(template.render(context, request))


@cache
def _terms() -> list[dict[str, str]]:
    if not GLOSSARY.exists():
        return []
    entries = tomllib.loads(GLOSSARY.read_text(encoding="utf-8"))
    return list(entries.get("term", []))


urls = [
    path("help/", contents, name="help"),
    path("help/accessibility/", accessibility, name="help-accessibility"),
    path("help/privacy/", privacy, name="help-privacy"),
    path("help/states/", states, name="help-states"),
    path("help/glossary/", glossary, name="help-glossary"),
    path("help/<str:name>/", guide, name="help-guide"),
]
