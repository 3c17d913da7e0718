"""Log lines go to stderr, so that stdout holds only results; secrets never pass, whoever writes the line.

One line is one JSON object where nobody sits before a terminal, coloured words where somebody does. The root of the
standard library's log ends here as well, and so does an exception that nobody caught: there is no second way out.
Rotation is whoever reads stderr's (journald, a container's runtime): a program that rotates its own log loses lines.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO, cast

import structlog
from pydantic import SecretStr
from structlog.exceptions import DropEvent

from pipewarden.kit.redact import Redactor
from pipewarden.kit.settings import load
from pipewarden.main.log_levels import Levels, number_of
from pipewarden.main.web.secret import WebSettings

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from types import TracebackType

    from structlog.typing import EventDict, Processor, WrappedLogger

    from pipewarden.kit.settings import Settings


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


class _Printer(structlog.PrintLogger):
    """A logger that knows its module's name, by which its level is looked up."""

    def __init__(self, name: str) -> None:
        super().__init__(cast("TextIO", _Stderr()))
        self.name = name


def _factory(*args: Any) -> _Printer:
    return _Printer(str(args[0]) if args else "")


def secrets_of(settings: Settings) -> list[str]:
    """Return every secret that the settings hold, and the passwords inside their addresses, to be hidden by value."""
    found: list[str] = []
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            found.append(value.get_secret_value())
        elif isinstance(value, str) and "@" in value and "://" in value:
            userinfo = value.partition("://")[2].rpartition("@")[0]
            found += [userinfo, userinfo.partition(":")[2]]
    return found


def configure(level: str) -> None:
    """Send log lines of at least ``level`` to stderr; what each module may say can be changed while it runs.

    Raises:
        InputError: ``level`` is not one of DEBUG, INFO, WARNING, ERROR, or a setting of the environment cannot be.
    """
    least = number_of(level, "PIPEWARDEN_LOG_LEVEL")
    settings = load(WebSettings)
    redactor = Redactor(secrets_of(settings))
    levels = Levels(settings.home, least, time.monotonic)
    plain = settings.log_form == "console" or (settings.log_form == "auto" and sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _masked_by(redactor),
    ]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if plain
        else structlog.processors.JSONRenderer(serializer=_json)
    )
    structlog.configure(
        processors=[_gate_by(levels), *shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.NOTSET),  # the gate knows each module's own level
        logger_factory=_factory,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(cast("TextIO", _Stderr()))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(level=max(least, logging.WARNING), handlers=[handler], force=True)
    _hook(redactor)


def _json(line: Any, **_more: Any) -> str:
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"), default=str)


def _masked_by(redactor: Redactor) -> Processor:
    def mask(_logger: WrappedLogger, _method: str, line: MutableMapping[str, Any]) -> EventDict:
        kept = {name: line[name] for name in ("_record", "_from_structlog") if name in line}
        return {name: redactor.value(value, name) for name, value in line.items() if name not in kept} | kept

    return mask


def _gate_by(levels: Levels) -> Processor:
    def gate(logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
        name = getattr(logger, "name", "")
        if logging.getLevelNamesMapping()[_LEVEL_OF.get(method, method).upper()] < levels.of(name):
            raise DropEvent
        if name:
            line["logger"] = name
        return line

    return gate


_LEVEL_OF = {"exception": "error", "warn": "warning", "msg": "info", "fatal": "critical"}


def _hook(redactor: Redactor) -> None:
    """Let an exception that nobody caught be told without its secrets."""

    def tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        _Stderr().write(redactor.text("".join(traceback.format_exception(kind, error, trace))))

    def tell_of_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
            tell(args.exc_type, args.exc_value, args.exc_traceback)

    if "pytest" not in sys.modules:  # which watches over exceptions of threads itself
        sys.excepthook = tell
        threading.excepthook = tell_of_thread
