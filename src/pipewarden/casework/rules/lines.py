"""A policy file with the line of everything in it, so that a slip is told by file, line and path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import yaml

from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable


_MOST = 100_000  # nodes, aliases written out: a file that unfolds to more is no policy but a bomb


class Lines:
    """A YAML text with the line of everything in it."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        try:
            self._root = yaml.compose(text, Loader=yaml.SafeLoader)
            self._refuse_twins(self._root, set())
            _refuse_bomb(self._root)
            self.body = yaml.safe_load(text)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            mark = getattr(error, "problem_mark", None)
            line = 1 if mark is None else mark.line + 1
            problem = getattr(error, "problem", None) or str(error)
            raise InputError(field=f"{name}:{line}", problem=f"is no YAML ({problem})", fix="Correct it.") from error

    def _refuse_twins(self, node: Any, met: set[int]) -> None:
        if id(node) in met:
            return
        met.add(id(node))
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value]
            for (key, value), number in zip(node.value, range(len(keys)), strict=True):
                if key.value in keys[:number]:
                    field = f"{self.name}:{key.start_mark.line + 1}: {key.value}"
                    raise InputError(field=field, problem="stands twice in one place", fix="Remove one.")
                self._refuse_twins(value, met)
        elif isinstance(node, yaml.SequenceNode):
            for one in node.value:
                self._refuse_twins(one, met)

    def wrong(self, loc: Iterable[str | int], problem: str, fix: str) -> InputError:
        """Return the error at a path; what pydantic adds to it and the file has not is left out."""
        node, path, line = self._root, [], 1
        for part in loc:
            below = _below(node, part)
            if below is None:
                continue
            mark, node = below
            line = mark.line + 1
            path.append(str(part))
        return InputError(field=f"{self.name}:{line}: {'.'.join(path) or 'the file'}", problem=problem, fix=fix)


def zone_of(lines: Lines, name: str) -> ZoneInfo:
    """Return the zone in which a file's days begin, named under ``zone``.

    Raises:
        InputError: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise lines.wrong(("zone",), f"{name!r} is no time zone", "Write it like Asia/Shanghai.") from error


def _refuse_bomb(root: Any) -> None:
    if _weight(root, {}) > _MOST:
        raise ValueError("names the same thing again and again, without end")


def _weight(node: Any, known: dict[int, int]) -> int:
    """Count what a node holds with every alias written out; one inside itself never ends."""
    if id(node) in known:
        return known[id(node)]
    known[id(node)] = _MOST + 1
    below = []
    if isinstance(node, yaml.SequenceNode):
        below = list(node.value)
    elif isinstance(node, yaml.MappingNode):
        below = [part for pair in node.value for part in pair]
    known[id(node)] = min(_MOST + 1, 1 + sum(_weight(one, known) for one in below))
    return known[id(node)]


def _below(node: Any, part: str | int) -> tuple[Any, Any] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part].start_mark, node.value[part]
    if isinstance(node, yaml.MappingNode):
        return next(((key.start_mark, value) for key, value in node.value if key.value == part), None)
    return None
