"""Editing the text of a rule set in place: what is not touched keeps its words and its comments."""

import json
import re
from collections.abc import Sequence
from datetime import date

import yaml

from kechuang.base.refusals import N_
from kechuang.engines.eligibility.refusals import RuleRefused

PLACE = re.compile(r"(?:rules|tests)\.yaml (\S+)")
TEST = re.compile(r"第(\d+)项")
KEYS = ("clause", "quote")


def line_of(text: str, refused: RuleRefused) -> int:
    """The line, from 1, at which a refusal has its cause; 1 where the whole text is meant."""
    if refused.line:
        return refused.line
    try:
        node = yaml.compose(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return mark.line + 1 if mark else 1
    except (yaml.YAMLError, RecursionError):
        return 1
    found = PLACE.search(str(refused.facts["place"]))
    path = found[1].split(".") if found else []
    named = re.findall(r"[a-z][a-z0-9_]+", str(refused.facts["what"]))
    line = _line(node, path)
    if line == 1 and named:  # of the whole text: where a name of the reason stands
        lines = text.splitlines()
        line = next(
            (at for at, one in enumerate(lines, 1) for name in named
             if re.match(rf"\s*-?\s*{name}\s*:", one)), 1,
        )  # fmt: skip
    return line


def _line(node: yaml.Node | None, path: Sequence[str]) -> int:
    line = 1
    for name in path:
        found = _test(node, name) if TEST.fullmatch(name) else _child(node, name)
        if found is None:
            break
        key, node = found
        line = key.start_mark.line + 1
    return line


def _child(node: yaml.Node | None, name: str) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == name:
                return key, value
    return None


def _test(node: yaml.Node | None, name: str) -> tuple[yaml.Node, yaml.Node] | None:
    """A test by its number, as refusals name it."""
    tests = _child(node, "tests")
    number = TEST.fullmatch(name)
    if tests is None or number is None or not isinstance(tests[1], yaml.SequenceNode):
        return None
    nodes = tests[1].value
    at = int(number[1]) - 1
    return (nodes[at], nodes[at]) if at < len(nodes) else None


def with_value(text: str, parameter: str, since: date, said: str) -> str:
    """The text with another value of a parameter from a day on.

    `said` is one line of YAML as `values` has it: `is: 5000万元`, `bands: [[6%, 50分], 0分]`. A
    value of the same day is replaced, else one is put where the order of days wants it.
    """
    values = _child(_parameter(text, parameter), "values")
    if values is None or not isinstance(values[1], yaml.SequenceNode):
        raise RuleRefused(f"rules.yaml parameters.{parameter}", N_("缺少 values"))
    one = f"{{since: {since.isoformat()}, {said}}}"
    nodes = values[1].value
    days = [str(found[1].value) if (found := _child(node, "since")) else "" for node in nodes]
    if since.isoformat() in days:
        node = nodes[days.index(since.isoformat())]
        return _replaced(text, node, one)
    before = [node for node, day in zip(nodes, days, strict=True) if day < since.isoformat()]
    if values[1].flow_style:
        listed = [_text(text, node) for node in before]
        listed += [one, *(_text(text, node) for node in nodes[len(before) :])]
        return _replaced(text, values[1], f"[{', '.join(listed)}]")
    near = before[-1] if before else nodes[0]
    indent = " " * (near.start_mark.column - 2)
    at = _end(text, near) if before else near.start_mark.index - 2 - len(indent)
    line = f"{indent}- {one}\n"
    return text[:at] + line + text[at:]


def with_words(text: str, parameter: str, words: dict[str, str]) -> str:
    """The text with another clause or quotation of a parameter."""
    for key in KEYS:
        if key in words:
            found = _child(_parameter(text, parameter), key)
            if found is None:
                raise RuleRefused(f"rules.yaml parameters.{parameter}", N_("缺少 {key}"), key=key)
            if found[1].value != words[key]:
                text = _replaced(text, found[1], json.dumps(words[key], ensure_ascii=False))
    return text


def _parameter(text: str, name: str) -> yaml.Node:
    parameters = _child(yaml.compose(text), "parameters")
    found = _child(parameters[1], name) if parameters else None
    if found is None:
        raise RuleRefused("rules.yaml parameters", N_("没有 {called} 这个参数"), called=name)
    return found[1]


def _text(text: str, node: yaml.Node) -> str:
    return text[node.start_mark.index : node.end_mark.index].rstrip()


def _replaced(text: str, node: yaml.Node, said: str) -> str:
    """What stands for a node; a block keeps the end of its line."""
    end = node.end_mark.index
    while end > node.start_mark.index and text[end - 1] in " \n":
        end -= 1
    return text[: node.start_mark.index] + said + text[end:]


def _end(text: str, node: yaml.Node) -> int:
    """Where the line after a node of a block begins."""
    end = node.end_mark.index
    while end > 0 and text[end - 1] in " \n":
        end -= 1
    after = text.find("\n", end)
    return len(text) if after < 0 else after + 1
