"""Changing single values of a policy's text where they stand: its comments, order and anchors stay as written."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from pipewarden.casework.rules.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Path = tuple[str | int, ...]
Value = str | float | int | bool | None
MOST_KNOBS = 3000
_EXAMPLES = "examples"  # facts of a test, nothing that anybody turns
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9@._-]*|\d{4}-\d{2}-\d{2}")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}  # YAML would read them as something else


@dataclass(frozen=True, slots=True)
class Knob:
    """One value of a text that stands by itself.

    Attributes:
        path: keys and numbers from the top.
        value: as YAML reads it; a day or a time of day as it is written.
    """

    path: Path
    value: Value


@dataclass(frozen=True, slots=True)
class Edit:
    """Another value at a path."""

    path: Path
    value: Value


def knobs(text: str, name: str) -> tuple[Knob, ...]:
    """Return every value of a text, examples left out; what an alias repeats is told where it is first written.

    Raises:
        InputError: it is no YAML, or a bomb.
    """
    Lines(text, name)
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    loader = yaml.SafeLoader("")
    found = []
    for path, node in _leaves(root, (), set()):
        value = loader.construct_object(node, deep=True)
        plain = value if isinstance(value, str | int | float | bool) or value is None else node.value
        found.append(Knob(path, plain))
        if len(found) == MOST_KNOBS:
            break
    return tuple(found)


def rewrite(text: str, edits: Sequence[Edit], name: str) -> str:
    """Return the text with other values at these paths; every other sign of it stays.

    Raises:
        InputError: it is no YAML; there is no single value at a path, or one that stands at several places by an alias.
    """
    for edit in edits:
        lines = Lines(text, name)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        node = _at(root, edit.path)
        if not isinstance(node, yaml.ScalarNode):
            raise lines.wrong(edit.path, "is no single value", "Change it in the text itself.")
        if _times(root, node) > 1:
            raise lines.wrong(edit.path, "stands at several places by an alias", "Change it in the text itself.")
        said = _said(edit.value)
        if isinstance(edit.value, str) and "\n" in edit.value:
            raise lines.wrong(edit.path, "has several lines", "Change it in the text itself.")
        end = node.end_mark.index
        if node.style in {"|", ">"}:
            raise lines.wrong(edit.path, "is a block of lines", "Change it in the text itself.")
        text = text[: node.start_mark.index] + said + text[end:]
    return text


def _said(value: Value) -> str:
    """Return a value as YAML that reads as the same again."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    if isinstance(value, float) and value.is_integer():
        return f"{value:.1f}"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _leaves(node: Any, path: Path, met: set[int]) -> Iterator[tuple[Path, Any]]:
    if node is None or id(node) in met:
        return
    met.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        yield path, node
    elif isinstance(node, yaml.SequenceNode):
        for n, below in enumerate(node.value):
            yield from _leaves(below, (*path, n), met)
    else:
        for key, below in node.value:
            if key.value != _EXAMPLES:
                yield from _leaves(below, (*path, key.value), met)


def _at(node: Any, path: Path) -> Any:
    for part in path:
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and 0 <= part < len(node.value):
            node = node.value[part]
        elif isinstance(node, yaml.MappingNode):
            node = next((value for key, value in node.value if key.value == part), None)
        else:
            return None
    return node


def _times(root: Any, wanted: Any) -> int:
    """Count at how many places a node stands, aliases written out; ``Lines`` has refused one that never ends."""
    if root is wanted:
        return 1
    if isinstance(root, yaml.SequenceNode):
        return sum(_times(one, wanted) for one in root.value)
    if isinstance(root, yaml.MappingNode):
        return sum(_times(value, wanted) for _, value in root.value)
    return 0
