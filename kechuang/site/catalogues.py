"""The English catalogue: what lacks a translation, what is wrong with one, and the one file of all.

Each part keeps `locale/en/<part>.po`, Chinese as msgid. No gettext program of the system is needed:
    python -m kechuang.site.catalogues missing [PART]   entries to translate, in po form
    python -m kechuang.site.catalogues check [PART]     fails where something is missing or wrong
    python -m kechuang.site.catalogues compile          writes LC_MESSAGES/django.mo, if it is older
"""

import ast
import io
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

PACKAGE = Path(__file__).resolve().parents[1]
ENGLISH = PACKAGE / "site" / "locale" / "en"
COMPILED = ENGLISH / "LC_MESSAGES" / "django.mo"
KEYWORDS = {
    "_": None, "N_": None, "worded": None,
    "gettext": None, "gettext_lazy": None, "gettext_noop": None,
    "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip
NOT_EXTRACTED = {"migrations", "locale", "static", "data", "__pycache__"}
PLACEHOLDER = re.compile(r"%\(\w+\)[sdf]|(?<!\{)\{\w*\}(?!\})")
REFUSING = re.compile(r"Refused$|^refuse$")
CHINESE = re.compile(r"[\u3001-\u303f\u4e00-\u9fff\uff01-\uff5e]")  # and its punctuation

Key = str | tuple[str, ...]


@dataclass
class Findings:
    """What a check found: nothing but what is unused may be left."""

    missing: list[tuple[str, Key, str]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    unmarked: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return not (self.missing or self.broken or self.conflicts or self.unmarked)


def parts() -> list[str]:
    """The parts of the package, and the engines, whose refusals reach people through the parts."""
    return sorted(p.name for p in PACKAGE.iterdir() if (p / "__init__.py").exists())


def sources(part: str) -> Iterator[Path]:
    for path in sorted((PACKAGE / part).rglob("*")):
        inside = path.relative_to(PACKAGE).parts
        if path.suffix in (".py", ".html", ".txt") and not NOT_EXTRACTED.intersection(inside):
            yield path


def messages(part: str) -> dict[Key, str]:
    """The marked texts of a part and where each stands first."""
    found: dict[Key, str] = {}
    for path in sources(part):
        text = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            if "templates" not in path.parts:
                continue
            text = templatize(text, origin=str(path))
        where = str(path.relative_to(PACKAGE))
        source = io.BytesIO(text.encode())
        marked = extract("python", source, KEYWORDS, options={"encoding": "utf-8"})
        for line, message, _comments, _context in marked:
            key = tuple(message) if isinstance(message, (tuple, list)) else message
            if key:
                found.setdefault(key, f"{where}:{line}")
    return found


def unmarked(part: str) -> Iterator[str]:
    """Chinese in a refusal that nobody could translate: neither marked nor worded.

    Engines put their refusals together far from any door, so that a text left unmarked there shows
    only to an English reader, when something is refused.
    """
    for path in sources(part):
        if path.suffix == ".py" and path.name != "commands.py":  # which speaks both languages
            tree = ast.parse(path.read_text(encoding="utf-8"))
            where = path.relative_to(PACKAGE)
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and REFUSING.search(_called(node)):
                    for arg in (*node.args, *(one.value for one in node.keywords)):
                        yield from (f"{where}:{one.lineno}" for one in _bare(arg, tree))


def _called(call: ast.Call) -> str:
    name = call.func
    return name.attr if isinstance(name, ast.Attribute) else getattr(name, "id", "")


def _bare(node: ast.AST, tree: ast.Module | None = None) -> Iterator[ast.expr]:
    """The unmarked Chinese texts within an argument, and in the constant that it names."""
    if isinstance(node, ast.Call) and _called(node) in KEYWORDS:
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        if CHINESE.search(node.value):
            yield node
    elif isinstance(node, ast.Name) and tree:
        for one in tree.body:
            if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == node.id:
                yield from _bare(one.value)
    else:
        for child in ast.iter_child_nodes(node):
            yield from _bare(child, tree)


def catalogue(part: str) -> Catalog:
    """The translations of one part."""
    path = ENGLISH / f"{part}.po"
    if not path.exists():
        return Catalog(locale="en")
    with path.open("rb") as file:
        return read_po(file, locale="en")


def translations() -> tuple[dict[Key, str | tuple[str, ...]], list[str]]:
    """All translations in the order of the parts' names, `site` first, and where two disagree."""
    found: dict[Key, str | tuple[str, ...]] = {}
    conflicts = []
    names = sorted({path.stem for path in ENGLISH.glob("*.po")}, key=lambda n: (n != "site", n))
    for name in names:
        for message in catalogue(name):
            if not message.id or not _is_translated(message.string):
                continue
            if message.id in found and found[message.id] != message.string:
                conflicts.append(
                    f"{name}.po: “{message.id}” is “{found[message.id]}”, not “{message.string}”"
                )
            found.setdefault(message.id, message.string)
    return found, conflicts


def _is_translated(text: object) -> bool:
    return all(text) if isinstance(text, tuple) else bool(text)


def check(only: str = "") -> Findings:
    """Compare what is marked with what is translated."""
    findings = Findings()
    known, findings.conflicts = translations()
    used: set[Key] = set()
    for part in [only] if only else parts():
        for key, where in messages(part).items():
            used.add(key)
            text = key if isinstance(key, str) else key[0]
            if key in known:
                problem = _placeholder_problem(key, known[key])
                if problem:
                    findings.broken.append(f"{where}: {problem}")
            elif CHINESE.search(text):
                findings.missing.append((part, key, where))
    if only in ("", "engines"):
        findings.unmarked = list(unmarked("engines"))
    if not only:
        findings.unused = [str(key) for key in known if key not in used]
    return findings


def _placeholder_problem(key: Key, translated: str | tuple[str, ...]) -> str:
    """A translation keeps every place that a fact fills; a singular may leave the number out."""
    wanted = set(PLACEHOLDER.findall(key if isinstance(key, str) else key[-1]))
    forms = (translated,) if isinstance(translated, str) else translated
    for index, form in enumerate(forms):
        found = set(PLACEHOLDER.findall(form))
        singular = len(forms) > 1 and index == 0
        if found - wanted or (wanted - found and not singular):
            return f"“{form}” fills {sorted(found)}, not {sorted(wanted)}"
    return ""


def compile_english() -> bool:
    """Write the one compiled catalogue, where a translation is younger; True if it was written."""
    files = sorted(ENGLISH.glob("*.po"))
    newest = max((path.stat().st_mtime for path in files), default=0.0)
    if COMPILED.exists() and COMPILED.stat().st_mtime >= newest:
        return False
    merged = Catalog(locale="en", charset="utf-8")
    for key, text in translations()[0].items():
        merged.add(key, text)
    COMPILED.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=COMPILED.parent)
    with os.fdopen(handle, "wb") as file:
        write_mo(file, merged)
    Path(name).replace(COMPILED)
    return True


def to_translate(findings: Findings) -> str:
    """The missing entries as the text of a po file."""
    empty = Catalog(locale="en", charset="utf-8")
    for _part, key, where in findings.missing:
        path, _colon, line = where.rpartition(":")
        empty.add(key, locations=[(path, int(line))])
    out = io.BytesIO()
    write_po(out, empty, omit_header=True, width=0)
    return out.getvalue().decode()


def main(arguments: list[str]) -> int:
    verb, part = (*arguments, "", "")[:2]
    if verb == "compile":
        compile_english()
        return 0
    if verb not in ("missing", "check"):
        sys.stderr.write(__doc__ or "")
        return 2
    findings = check(part)
    if verb == "missing":
        sys.stdout.write(to_translate(findings))
        return 0
    lines = [
        *(f"missing: {where} {key}" for _part, key, where in findings.missing),
        *(f"broken: {text}" for text in findings.broken),
        *(f"conflict: {text}" for text in findings.conflicts),
        *(f"unmarked: {text}" for text in findings.unmarked),
        *(f"unused: {text}" for text in findings.unused),
    ]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0 if findings.is_good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
