"""Log lines go to stderr, so that stdout holds only results; secrets never pass."""

from __future__ import annotations

import logging
import re
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO, cast

import structlog

from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import MutableMapping

_SECRET = re.compile(r"://[^/\s]*@|(?<=[?&])(?:password|passwd|pwd|token|key|secret)=[^&\s]+", re.IGNORECASE)


def _hide(found: re.Match[str]) -> str:
    return "://***@" if found[0].startswith("://") else found[0].split("=")[0] + "=***"


def _mask(_logger: object, _method: str, line: MutableMapping[str, object]) -> MutableMapping[str, object]:
    """Hide passwords inside addresses, wherever they turn up."""
    for key, value in line.items():
        if isinstance(value, str):
            line[key] = _SECRET.sub(_hide, value)
    return line


class _Stderr:
    """Today's stderr, whoever has replaced it; a line that cannot be written costs nobody a fact."""

    def write(self, text: str) -> int:
        """Write, or lose the line when nobody reads it any more."""
        with suppress(OSError, ValueError):
            return sys.stderr.write(text)
        return 0

    def flush(self) -> None:
        """Flush, or let it be."""
        with suppress(OSError, ValueError):
            sys.stderr.flush()


def configure(level: str) -> None:
    """Send log lines of at least ``level`` to stderr.

    Raises:
        InputError: ``level`` is not one of DEBUG, INFO, WARNING, ERROR.
    """
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise InputError(
            field="PIPEWARDEN_LOG_LEVEL", problem=f"{level!r} is not a level", fix="Use DEBUG, INFO, WARNING or ERROR."
        )
    logging.basicConfig(level=max(number, logging.WARNING), stream=sys.stderr, force=True)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _mask,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _Stderr())),
        cache_logger_on_first_use=False,
    )
