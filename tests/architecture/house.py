"""Reads a house (this package, or the one with planted faults) and finds what the rules forbid.

Every check takes the folder of a package and gives a list of sentences, empty when all is well.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 500
PARAMETERS_MAX = 6
NOT_COUNTED = {"self", "cls", "by", "at", "request"}
MORE_PARAMETERS = {
    "open_notice": 7, "appoint": 7, "open_project": 12, "receive_funds": 7, "put_document": 10,
    "rank_files": 9,
    "simulate_trace": 12,  # a command: one for each option of the terminal
}  # fmt: skip
DRAWERS = {"utils", "helpers", "common", "manager", "service", "managers", "services", "misc"}
ANATOMY = {
    "__init__", "apps", "rules", "models", "queries", "waiting", "actions", "forms", "pages",
    "api", "commands", "jobs", "measures", "migrations", "templates", "static", "data", "locale",
}  # fmt: skip
ABOVE_RULE = {"indicators": {"definitions"}, "compute": {"backends"}}
NOT_PARTS = {"site", "doors", "engines", "base"}
WRITES = {
    "save", "create", "update", "delete", "bulk_create", "bulk_update", "get_or_create",
    "update_or_create", "_raw_delete",
}  # fmt: skip
# What has these names and is no write of rows.
NOT_ROWS = re.compile(
    r"^(hashlib|digest|hasher|request\.session|session|form|buffer|book|workbook|image|picture"
    r"|counts?|seen|known|facts|values|status|found|extra|shown|context|fields|self\.fields)\b"
)
BELOW_DOORS = {"rules", "models", "queries", "waiting", "actions", "measures", "forms"}
CLOCKS = {
    ("timezone", "now"), ("timezone", "localtime"), ("timezone", "localdate"),
    ("datetime", "now"), ("datetime", "today"), ("datetime", "utcnow"), ("date", "today"),
    ("time", "time"), ("time", "localtime"), ("time", "gmtime"),
}  # fmt: skip
RELATIONS = {"ForeignKey", "OneToOneField", "ManyToManyField"}


@dataclass(frozen=True)
class Module:
    """One source file: its part, the anatomy's name it stands under, and its tree."""

    path: Path
    part: str
    layer: str
    tree: ast.Module

    def at(self, node: ast.AST) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 1)}"


def modules(package: Path) -> Iterator[Module]:
    """Every module but migrations and demonstration data."""
    for path in sorted(package.rglob("*.py")):
        steps = path.relative_to(package).with_suffix("").parts
        if "migrations" in steps:
            continue
        part = steps[0]
        layer = steps[1] if len(steps) > 1 else steps[0]
        yield Module(path, part, layer, ast.parse(path.read_text("utf-8")))


def parts(package: Path) -> list[str]:
    """The folders that have the anatomy."""
    return sorted(
        path.name
        for path in package.iterdir()
        if (path / "__init__.py").exists() and path.name not in NOT_PARTS
    )


def problems_with_anatomy(package: Path) -> list[str]:
    """A part holds the anatomy's names and no others; no drawer has a name that says nothing."""
    found = []
    for part in parts(package):
        allowed = ANATOMY | ABOVE_RULE.get(part, set())
        for path in sorted((package / part).iterdir()):
            name = path.stem if path.suffix == ".py" else path.name
            is_code = path.is_dir() or path.suffix == ".py"
            if is_code and name not in allowed and name != "__pycache__":
                found.append(f"{path}: not in the anatomy of a part")
    for path in sorted(package.rglob("*.py")):
        names = set(path.relative_to(package).with_suffix("").parts)
        if names & DRAWERS:
            found.append(f"{path}: a name that says nothing")
    return found


def problems_with_contract_list(package: Path, listed: list[str]) -> list[str]:
    """Every part stands in the contract on anatomy, else it may hold anything."""
    named = {name.rpartition(".")[2] for name in listed}
    here = set(parts(package))
    return [f"{name}: not in the contract" for name in sorted(here - named)] + [
        f"{name}: in the contract, but there is no such part" for name in sorted(named - here)
    ]


def problems_with_sizes(package: Path) -> list[str]:
    """Functions of 70 lines, files of 500, six parameters besides `by` and `at`.

    An action that opens something with many facts may take more: each is named here, so that none
    grows unseen.
    """
    found = []
    for module in modules(package):
        lines = len(module.path.read_text("utf-8").splitlines())
        if lines > FILE_LINES_MAX:
            found.append(f"{module.path}: {lines} lines")
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.extend(_sizes_of(module, node))
    return found


def _sizes_of(module: Module, node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    found = []
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    if lines > FUNCTION_LINES_MAX:
        found.append(f"{module.at(node)} {node.name}: {lines} lines")
    names = [one.arg for one in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    counted = [name for name in names if name not in NOT_COUNTED]
    if len(counted) > MORE_PARAMETERS.get(node.name, PARAMETERS_MAX):
        found.append(f"{module.at(node)} {node.name}: {len(counted)} parameters")
    return found


def problems_with_writes(package: Path) -> list[str]:
    """Rows are written in `actions` alone; the answers of the doors and the demo are exempt."""
    found = []
    for module in modules(package):
        if module.layer in ("actions", "demo", "answers") or module.part in ("engines", "base"):
            continue
        for node in ast.walk(module.tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            receiver = ast.unparse(node.func.value)
            if node.func.attr in WRITES and _is_of_rows(node, receiver):
                found.append(f"{module.at(node)} {receiver}.{node.func.attr}()")
    return found


def _is_of_rows(node: ast.Call, receiver: str) -> bool:
    assert isinstance(node.func, ast.Attribute)
    if ".objects" in receiver or "_base_manager" in receiver or ".filter(" in receiver:
        return True
    if node.func.attr == "update":  # of a dict or a hash: one positional value
        return not node.args and not NOT_ROWS.match(receiver)
    if node.func.attr in ("create", "delete") and receiver in ("cache", "router", "client"):
        return False
    return not NOT_ROWS.match(receiver)


def problems_with_clocks(package: Path) -> list[str]:
    """Below a door nothing reads the clock or the request: `at` and `by` are arguments."""
    found = []
    for module in modules(package):
        below = module.layer in BELOW_DOORS or module.part in ("engines", "base")
        if not below or module.part == "site":
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute):
                receiver = ast.unparse(node.value).rpartition(".")[2]
                if (receiver, node.attr) in CLOCKS:
                    found.append(f"{module.at(node)} reads {receiver}.{node.attr}")
            if isinstance(node, ast.arg) and "Request" in ast.unparse(node.annotation or node):
                found.append(f"{module.at(node)} takes a request")
    return found


def problems_with_links(package: Path) -> list[str]:
    """Links between parts name the imported class, never a string, and have no way back."""
    found = []
    for module in modules(package):
        if module.layer != "models":
            continue
        own = {node.name for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef)}
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and _name_of(node.func) in RELATIONS and node.args:
                found.extend(_link_problems(module, node, own))
    return found


def _name_of(node: ast.expr) -> str:
    return ast.unparse(node).rpartition(".")[2]


def _link_problems(module: Module, node: ast.Call, own: set[str]) -> list[str]:
    target = node.args[0]
    if isinstance(target, ast.Constant):
        inside = target.value == "self" or "." not in str(target.value)
        return [] if inside else [f"{module.at(node)} links by the string {target.value!r}"]
    if _name_of(target) in own or _is_of_own_part(module, _name_of(target)):
        return []
    named = {one.arg: one.value for one in node.keywords}.get("related_name")
    if not (isinstance(named, ast.Constant) and str(named.value).endswith("+")):
        return [f"{module.at(node)} opens a way back from {ast.unparse(target)}"]
    return []


def _is_of_own_part(module: Module, name: str) -> bool:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and name in {one.name for one in node.names}:
            steps = (node.module or "").split(".")
            return node.level > 0 or module.part in steps
    return False


def problems_with_deferred(package: Path) -> list[str]:
    """Every task that is enqueued by name exists; a queryset's `.defer(...)` names columns."""
    tasks, asked = set(), []
    for module in modules(package):
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.Call):
                continue
            name = _name_of(node.func)
            if name == "task":
                tasks |= {
                    one.value.value
                    for one in node.keywords
                    if one.arg == "name" and isinstance(one.value, ast.Constant)
                }
            elif name == "defer" and isinstance(node.func, ast.Name) and _first_text(node):
                asked.append((module.at(node), _first_text(node)))
    return [f"{place} defers {name!r}, which is no task" for place, name in asked
            if name not in tasks]  # fmt: skip


def _first_text(call: ast.Call) -> str:
    """What a call is given first, where that is written out."""
    first = call.args[0] if call.args else None
    return first.value if isinstance(first, ast.Constant) else ""


def problems_with_markup(package: Path) -> list[str]:
    """Text is called safe by the template tags alone."""
    return [
        f"{module.at(node)} calls text safe"
        for module in modules(package)
        if module.layer != "templatetags"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Name | ast.Attribute)
        and _name_of(node) in ("mark_safe", "SafeString")
    ]


def problems_with_prose(text: str, package: Path) -> list[str]:
    """Every path, and every dotted name of a part, that a document names exists."""
    found = []
    rooms = {*parts(package), *NOT_PARTS}
    for token in re.findall(r"`([^`\n]+)`", text):
        is_path = re.fullmatch(r"[\w./-]+/[\w./-]*", token) is not None
        is_name = re.fullmatch(r"[a-z]+(\.\w+)+", token) and token.split(".")[0] in rooms
        if is_path and not _path_exists(token, package):
            found.append(f"{token}: no such path")
        if is_name and not name_exists(token, package):
            found.append(f"{token}: no such name")
    return found


def _path_exists(token: str, package: Path) -> bool:
    if token.startswith("/"):
        return True  # an address; the table of addresses is checked elsewhere
    places = (package.parent, package, package.parent / "docs")
    return any((place / token.rstrip("/")).exists() for place in places)


def name_exists(token: str, package: Path) -> bool:
    """True where `part.module.name` stands in a module or package of that path."""
    steps = token.split(".")
    place = package
    while steps and (place / steps[0]).is_dir():
        place = place / steps.pop(0)
    if steps and (place / f"{steps[0]}.py").exists():
        place = place / f"{steps.pop(0)}.py"
    if not steps:
        return True
    files = [place] if place.is_file() else sorted(place.glob("*.py"))
    return any(_defines(path, steps) for path in files)


def _defines(path: Path, steps: list[str]) -> bool:
    body: list[ast.stmt] = ast.parse(path.read_text("utf-8")).body
    for number, step in enumerate(steps):
        for node in body:
            if step in _names_bound(node):
                break
        else:
            return False
        if number + 1 < len(steps) and not isinstance(node, ast.ClassDef):
            return False
        body = getattr(node, "body", [])
    return True


def _names_bound(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Assign):
        return {ast.unparse(target) for target in node.targets}
    if isinstance(node, ast.AnnAssign):
        return {ast.unparse(node.target)}
    return set()
