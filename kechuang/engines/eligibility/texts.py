"""YAML as a person writes it: a key said twice, a day that is none, a broken line are refused."""

from collections.abc import Hashable
from datetime import date, datetime
from typing import Any

import yaml

from kechuang.engines.eligibility.refusals import RuleRefused

MERGE = "tag:yaml.org,2002:merge"
BROKEN = "请看这一行前后的缩进、冒号、引号和括号；有冒号、% 或 * 的文字要加引号。"


class _Loader(yaml.SafeLoader):
    """Reads as the safe loader does, and says the line of what it cannot read."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> Any:
    seen: set[Hashable] = set()
    for key, _value in node.value:
        if key.tag != MERGE and key.value in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"{key.value} 写了两遍", key.start_mark
            )
        seen.add(key.value if isinstance(key.value, str) else id(key))
    yield from loader.construct_yaml_map(node)


def _day(loader: _Loader, node: yaml.ScalarNode) -> date:
    try:
        found = loader.construct_yaml_timestamp(node)
    except ValueError as error:
        raise yaml.constructor.ConstructorError(
            None, None, f"没有 {node.value} 这一天", node.start_mark
        ) from error
    if isinstance(found, datetime):
        raise yaml.constructor.ConstructorError(
            None, None, f"{node.value} 带了时刻，只写日期，例如 2022-01-31", node.start_mark
        )
    return found


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _day)


def read_yaml(text: str, place: str) -> Any:
    """What a text says; refuses one that is not YAML, with its line and what to do."""
    try:
        return yaml.load(text, _Loader)  # noqa: S506 a safe loader  # nosec B506
    except yaml.constructor.ConstructorError as error:
        what, line = str(error.problem), _line(error)
        raise RuleRefused(place, what, "请改正或删去这一行。", line) from error
    except yaml.MarkedYAMLError as error:
        what = f"不是 YAML（{error.problem}）"
        raise RuleRefused(place, what, BROKEN, _line(error)) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise RuleRefused(place, f"不是 YAML（{str(error)[:200]}）", BROKEN) from error


def _line(error: yaml.MarkedYAMLError) -> int:
    mark = error.problem_mark or error.context_mark
    return mark.line + 1 if mark else 0
