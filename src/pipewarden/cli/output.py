"""What every command says and how: JSON lines or tables on stdout, progress on stderr, errors with field and fix."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from pipewarden.kit.errors import InputError, PipewardenError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from rich.table import Table

stderr = Console(stderr=True)
stdout = Console()
_WIDEST = 1000


def json_line(value: Mapping[str, object]) -> None:
    """Print one compact JSON object; stdout holds nothing else under ``--json``."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n")
    sys.stdout.flush()


def table(value: Table) -> None:
    """Print a table for people; a line is never cut or wrapped, so that each stays one line for grep."""
    needed = value.__rich_measure__(stdout, stdout.options.update(max_width=_WIDEST)).maximum
    Console(width=max(needed, 1)).print(value)


def add_row(value: Table, *cells: str) -> None:
    """Add a row of plain text: a file may be called ``b[/x].jpg``, which is no markup."""
    value.add_row(*(Text(cell) for cell in cells))


def note(words: str) -> None:
    """Say something beside the result, on stderr, in one line: a path or an address must stay whole to be copied."""
    stderr.print(words, highlight=False, markup=False, soft_wrap=True)


@contextmanager
def progress(words: str) -> Iterator[Callable[[int, int | None], None]]:
    """Show progress on stderr while the context lasts; call what is yielded with (done, total or None)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=stderr, transient=True) as bars:
        bar = bars.add_task(words, total=None)
        yield lambda done, total: bars.update(bar, completed=done, total=total)


@contextmanager
def told_errors(*, as_json: bool) -> Iterator[None]:
    """Turn our errors into words and an exit code; under ``--json`` the error is the last object on stdout."""
    try:
        with _named_files():
            yield
    except PipewardenError as error:
        stderr.print("error:", style="bold red", end=" ")
        note(f"{error.field}: {error.problem}")
        note(f"  fix: {error.fix}")
        if as_json:
            json_line({"error": error.as_dict()})
        raise SystemExit(error.exit_code) from error


@contextmanager
def _named_files() -> Iterator[None]:
    """Turn what the file system refuses into an error that names the file."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            raise
        words = error.strerror or error.__class__.__name__
        raise InputError(field=str(error.filename), problem=words, fix="Check the path and its permissions.") from error
