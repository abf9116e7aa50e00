"""Holds the glossary to the code: models, fields, states, verbs and indicators that it names."""

from pathlib import Path
from typing import Any

from django.apps import apps

from tests.architecture import house

KINDS = {"model", "field", "state", "verb", "indicator", "word"}


def problems_with_terms(glossary: list[dict[str, Any]], package: Path) -> list[str]:
    """What a term names exists, the model's label says the term, and `later` is still true."""
    found = []
    for term in glossary:
        zh = term["zh"]
        if term["kind"] not in KINDS:
            found.append(f"{zh}: {term['kind']} is no kind of term")
            continue
        names = [one.strip() for one in term["object"].split(",") if one.strip()]
        for name in names:
            here = _exists(name, term["kind"], package)
            if here and term.get("later"):
                found.append(f"{zh}: {name} has come; take `later` away")
            elif not here and not term.get("later"):
                found.append(f"{zh}: {name} is not in the code")
            elif here and term["kind"] == "model" and name == names[0]:
                found.extend(_label_problems(name, term.get("label", zh)))
    return found


def _exists(name: str, kind: str, package: Path) -> bool:
    part, _, rest = name.partition(".")
    if kind == "indicator":
        return any(
            f'code = "{name}"' in path.read_text()
            for path in (package / "indicators" / "definitions").glob("*.toml")
        )
    if not (package / part).is_dir():
        return False
    if rest.split(".")[0] in house.ANATOMY:
        return house.name_exists(name, package)
    return _model_has(part, rest.split("."))


def _model_has(part: str, steps: list[str]) -> bool:
    known = {model.__name__: model for model in apps.get_app_config(part).get_models()}
    place: Any = known.get(steps[0])
    for step in steps[1:]:
        place = getattr(place, step, None)
    return place is not None


def _label_problems(name: str, label: str) -> list[str]:
    part, _, rest = name.partition(".")
    said = str(apps.get_model(part, rest)._meta.verbose_name)
    return [] if label in said else [f"{name}: its label {said} does not say {label}"]
