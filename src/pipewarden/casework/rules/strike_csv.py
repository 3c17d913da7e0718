"""The damage records as CSV: what somebody typed never runs as a formula in the reader's spreadsheet (CWE-1236)."""

from __future__ import annotations

import csv
import io
from dataclasses import fields
from typing import TYPE_CHECKING

from pipewarden.casework.facts.strike import Damage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipewarden.casework.facts.strike import StrikeFile

_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def damage_csv(files: Iterable[StrikeFile]) -> str:
    """Return one row for each strike with a record, times in UTC, the columns of ``Damage`` after its own."""
    columns = [one.name for one in fields(Damage)]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["strike_id", "at", "lon", "lat", *columns])
    for file in files:
        if file.damage is None or file.drill:
            continue
        own = [str(file.id), file.at.isoformat(), f"{file.lon:.6f}", f"{file.lat:.6f}"]
        writer.writerow([*own, *(_cell(getattr(file.damage, name)) for name in columns)])
    return out.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = str(value)
    if isinstance(value, int | float):
        return text
    return f"'{text}" if text.lstrip(" ").startswith(_RUNS) else text
