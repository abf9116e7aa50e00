"""YAML as a person writes it: a key said twice, a day that is none, a broken line are refused."""

from collections.abc import Hashable
from datetime import date, datetime
from typing import Any

import yaml

from kechuang.base.refusals import N_, Said, worded
from kechuang.engines.eligibility.refusals import RuleRefused

MERGE = "tag:yaml.org,2002:merge"
BROKEN = N_("请看这一行前后的缩进、冒号、引号和括号；有冒号、% 或 * 的文字要加引号。")


class _Loader(yaml.SafeLoader):
    """Reads as the safe loader does, and says the line of what it cannot read."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> Any:
    seen: set[Hashable] = set()
    for key, _value in node.value:
        if key.tag != MERGE and key.value in seen:
            raise yaml.constructor.ConstructorError(
                None, None, worded(N_("{called} 写了两遍"), called=key.value), key.start_mark
            )
        seen.add(key.value if isinstance(key.value, str) else id(key))
    yield from loader.construct_yaml_map(node)


def _day(loader: _Loader, node: yaml.ScalarNode) -> date:
    try:
        found = loader.construct_yaml_timestamp(node)
    except ValueError as error:
        raise yaml.constructor.ConstructorError(
            None, None, worded(N_("没有 {day} 这一天"), day=node.value), node.start_mark
        ) from error
    if isinstance(found, datetime):
        raise yaml.constructor.ConstructorError(
            None, None,
            worded(N_("{day} 带了时刻，只写日期，例如 2022-01-31"), day=node.value),
            node.start_mark,
        )
    return found


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _day)


def read_yaml(text: str, place: str) -> Any:
    """What a text says; refuses one that is not YAML, with its line and what to do."""
    try:
        return yaml.load(text, _Loader)  # noqa: S506 a safe loader  # nosec B506
    except yaml.constructor.ConstructorError as error:
        what = error.problem  # ours, with its parts, or the library's own words
        if not isinstance(what, Said):
            what = worded("{cause}", cause=what)
        raise RuleRefused(place, what, N_("请改正或删去这一行。"), _line(error)) from error
    except yaml.MarkedYAMLError as error:
        what = worded(N_("不是 YAML（{error}）"), error=error.problem)
        raise RuleRefused(place, what, BROKEN, _line(error)) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise RuleRefused(
            place, N_("不是 YAML（{error}）"), BROKEN, error=str(error)[:200],
        ) from error  # fmt: skip


def _line(error: yaml.MarkedYAMLError) -> int:
    mark = error.problem_mark or error.context_mark
    return mark.line + 1 if mark else 0
