"""Lists as CSV for other systems: RFC 4180, and no cell that a spreadsheet would take for a formula."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_ENDS = ("\t", "\r", "\n")  # where they begin a cell, a spreadsheet may take what follows for a cell of its own


def written(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table as CSV with a header; words that begin like a formula get an apostrophe (OWASP, CSV injection).

    Numbers stay numbers, moments are RFC 3339, what is None is empty.
    """
    into = io.StringIO()
    table = csv.writer(into, lineterminator="\r\n")
    table.writerow(columns)
    for row in rows:
        table.writerow([cell(one) for one in row])
    return into.getvalue()


def cell(value: object) -> object:
    """Return what stands in a cell for a value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return value
    text = str(value)
    return f"'{text}" if text.startswith(_ENDS) or text.lstrip().startswith(_STARTS) else text
