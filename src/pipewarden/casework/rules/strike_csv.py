"""The damage records as CSV: what somebody typed never runs as a formula in the reader's spreadsheet (CWE-1236)."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from pipewarden.casework.facts.strike import Damage
from pipewarden.kit.table import written

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipewarden.casework.facts.strike import StrikeFile


def damage_csv(files: Iterable[StrikeFile]) -> str:
    """Return one row for each strike with a record, times in UTC, the columns of ``Damage`` after its own."""
    columns = [one.name for one in fields(Damage)]
    rows = (
        [
            file.id,
            file.at.isoformat(),
            round(file.lon, 6),
            round(file.lat, 6),
            *(getattr(file.damage, name) for name in columns),
        ]
        for file in files
        if file.damage is not None and not file.drill
    )
    return written(["strike_id", "at", "lon", "lat", *columns], rows)
