"""Which module may say how much, changed while the house runs: a file in the home that every process looks at again.

A file and not a row: the module that must be heard may be the one that speaks to the database.
"""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILE = "log-levels.json"
_AGAIN_S = 2.0
_MOST = 100
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


def number_of(level: str, field_name: str) -> int:
    """Return the number of a level's name.

    Raises:
        InputError: it is not one of DEBUG, INFO, WARNING, ERROR; ``field_name`` is named.
    """
    if level.upper() not in _LEVELS:
        raise InputError(
            field=field_name, problem=f"{level!r} is not a level", fix="Use DEBUG, INFO, WARNING or ERROR."
        )
    return logging.getLevelNamesMapping()[level.upper()]


def read_levels(home: Path) -> dict[str, str]:
    """Return the level of each module that has one of its own; a file that cannot be read says nothing."""
    try:
        told = json.loads((home / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    found = told.items() if isinstance(told, dict) else ()
    return {str(name): str(level).upper() for name, level in found if str(level).upper() in _LEVELS}


def write_level(home: Path, module: str, level: str | None) -> dict[str, str]:
    """Give a module a level of its own, or none any more, and return all that have one.

    Raises:
        InputError: there is no such level, the name is no module's, or there are 100 already.
    """
    if not module or not all(part.isidentifier() for part in module.split(".")):
        raise InputError(field="MODULE", problem=f"{module!r} is no module", fix="Name it like pipewarden.act.")
    levels = read_levels(home)
    levels.pop(module, None)
    if level is not None:
        number_of(level, "LEVEL")
        levels[module] = level.upper()
    if len(levels) > _MOST:
        raise InputError(field="MODULE", problem=f"is one more than {_MOST}", fix="Take others back first.")
    home.mkdir(parents=True, exist_ok=True)
    new = home / f".{FILE}.new"
    new.write_text(json.dumps(levels, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    new.replace(home / FILE)
    return levels


@dataclass(slots=True)
class Levels:
    """What each module may say now; the file is looked at every two seconds at most.

    Attributes:
        home: where the file lies.
        least: of modules that have no level of their own.
        stopwatch: seconds that only grow.
    """

    home: Path
    least: int
    stopwatch: Callable[[], float]
    _own: dict[str, int] = field(default_factory=dict)
    _looked: float = float("-inf")
    _seen: int = -1

    def of(self, name: str) -> int:
        """Return the least level that a module's lines need; a package's own holds for its modules, too."""
        self._look()
        while name:
            if name in self._own:
                return self._own[name]
            name = name.rpartition(".")[0]
        return self.least

    def _look(self) -> None:
        now = self.stopwatch()
        if now - self._looked < _AGAIN_S:
            return
        self._looked, seen = now, 0
        with suppress(OSError):
            seen = (self.home / FILE).stat().st_mtime_ns
        if seen == self._seen:
            return
        for gone in self._own:
            logging.getLogger(gone).setLevel(logging.NOTSET)
        self._seen = seen
        self._own = {name: logging.getLevelNamesMapping()[level] for name, level in read_levels(self.home).items()}
        for name, number in self._own.items():
            logging.getLogger(name).setLevel(number)  # modules of others speak by the standard library
