"""The rules of the house, held to the house. That each rule bites is shown in test_bites.py."""

import re
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from kechuang.base.numbers import is_number, is_random_number
from kechuang.site.settings import PARTS
from tests.architecture import house, terms

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "kechuang"
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
    "contracts"
]
LAYERS = next(one for one in CONTRACTS if one["type"] == "layers")["layers"]


@pytest.mark.parametrize(
    "check",
    [
        house.problems_with_anatomy,
        house.problems_with_sizes,
        house.problems_with_writes,
        house.problems_with_clocks,
        house.problems_with_links,
        house.problems_with_deferred,
        house.problems_with_markup,
    ],
    ids=lambda check: check.__name__,
)
def test_the_house_has_no(check):
    assert check(PACKAGE) == []


def test_every_part_stands_in_the_contract_on_anatomy():
    listed = next(one for one in CONTRACTS if one["name"] == "Every part has the same inside")
    assert house.problems_with_contract_list(PACKAGE, listed["containers"]) == []


def test_every_part_is_installed():
    assert sorted(PARTS) == house.parts(PACKAGE)


def test_no_link_points_up_or_opens_a_way_back():
    level = {
        part: height
        for height, row in enumerate(reversed(LAYERS))
        for part in (one.strip() for one in row.split("|"))
    }
    wrong = []
    for part in PARTS:
        for model in apps.get_app_config(part).get_models():
            for field in model._meta.get_fields(include_hidden=True):
                other = getattr(field, "related_model", None)
                if not field.is_relation or not field.concrete or other is None:
                    continue
                target = other._meta.app_label
                if target == part or target not in level:
                    continue
                if level[target] >= level[part] or not field.remote_field.hidden:
                    wrong.append(f"{model.__name__}.{field.name} -> {target}.{other.__name__}")
    assert wrong == []


@pytest.mark.parametrize("name", ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"])
def test_every_name_in_the_documents_exists(name):
    assert house.problems_with_prose((ROOT / name).read_text(), PACKAGE) == []


def test_the_stack_is_drawn_as_it_is():
    drawn = re.search(r"## The stack.*?```\n(.*?)```", (ROOT / "ARCHITECTURE.md").read_text(), re.S)
    assert drawn is not None
    assert drawn.group(1).split("\n")[:-1] == LAYERS


def test_every_word_of_the_glossary_is_in_the_code():
    glossary = tomllib.loads((PACKAGE / "glossary.toml").read_text())["term"]
    assert terms.problems_with_terms(glossary, PACKAGE) == []


def test_a_word_that_is_not_in_the_code_bites():
    def term(**facts):
        return {"zh": "需求", "kind": "model", "object": "needs.Need", "label": "需求"} | facts

    glossary = [
        term(),
        term(object="needs.Wish"),
        term(label="愿望"),
        term(kind="verb", object="needs.actions.wish_need"),
        term(kind="indicator", object="wishes_granted"),
        term(later="some day"),
        term(zh="愿望", object="wishes.Wish", later="some day"),
        term(kind="mood"),
    ]
    assert terms.problems_with_terms(glossary, PACKAGE) == [
        "需求: needs.Wish is not in the code",
        "needs.Need: its label 企业技术需求 does not say 愿望",
        "需求: needs.actions.wish_need is not in the code",
        "需求: wishes_granted is not in the code",
        "需求: needs.Need has come; take `later` away",
        "需求: mood is no kind of term",
    ]


# --- addresses -----------------------------------------------------------------------------


def routes(resolver=None, prefix=""):
    """Every address of ours as a pattern with its name."""
    for entry in (resolver or get_resolver()).url_patterns:
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            if entry.app_name != "api":
                yield from routes(entry, pattern)
        elif isinstance(entry, URLPattern):
            yield pattern, entry


def ours():
    return [
        (pattern, entry)
        for pattern, entry in routes()
        if "account/" not in pattern and "kechuang" in getattr(entry.callback, "__module__", "")
    ]


SAMPLES = {
    "int": "7", "slug": "a-b", "path": "a/b", "uuid": "0" * 8 + "-0000-0000-0000-" + "0" * 12
}  # fmt: skip


def sample_of(pattern):
    """An address that the pattern takes, with numbers that no word of ours resembles."""
    return "/" + re.sub(
        r"<(?:(\w+):)?\w+>", lambda found: SAMPLES.get(found.group(1) or "str", "0123456789A"),
        pattern,
    )  # fmt: skip


def problems_with_words(patterns):
    """Words of addresses are lower case, so that none can be taken for a number."""
    found = []
    for pattern in patterns:
        for step in re.sub(r"<[^>]+>", "<>", pattern).split("/"):
            word = step.removesuffix(".csv").removesuffix(".json")
            if "<>" in step or not word:
                continue
            if not re.fullmatch(r"[a-z][a-z0-9-]*", word):
                found.append(f"{pattern}: {word}")
            if is_number(word) or is_random_number(word):
                found.append(f"{pattern}: {word} is a number")
    return found


def test_words_of_addresses_are_reserved_and_no_number_looks_like_one():
    patterns = [pattern for pattern, _ in ours()]
    assert len(patterns) > 20
    assert problems_with_words(patterns) == []


def test_a_word_that_looks_like_a_number_bites():
    assert problems_with_words(["needs/<str:number>/XQ-2026-000001/", "needs/new/"]) == [
        "needs/<str:number>/XQ-2026-000001/: XQ-2026-000001",
        "needs/<str:number>/XQ-2026-000001/: XQ-2026-000001 is a number",
    ]


def test_no_address_is_shadowed_by_another():
    shadowed = []
    for pattern, entry in ours():
        if "(?P" in pattern or "^" in pattern:
            continue
        found = resolve(sample_of(pattern))
        if found.url_name != entry.name:
            shadowed.append(f"{pattern} ({entry.name}) is answered by {found.url_name}")
    assert shadowed == []


def test_every_address_has_one_name():
    names = [entry.name for _, entry in ours()]
    twice = sorted({name or "-" for name in names if name is None or names.count(name) > 1})
    assert twice == []
