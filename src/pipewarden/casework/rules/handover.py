"""A filing as a file for an operator that works with no tenant here; ``policy/permits/handover.yaml`` reads it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import shapely

from pipewarden.casework.facts import PartyRole

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.casework.facts import Filing

SCHEMA = "pipewarden.handover/1"


def handover_file(filing: Filing, reason: str, at: datetime) -> dict[str, Any]:
    """Return the file that is sent: the works as they were filed, and nothing that is known here of pipes or people.

    Args:
        filing: as it stands.
        reason: of the hand-over.
        at: when it is written.
    """
    works = filing.works
    ground: dict[str, Any] = json.loads(shapely.to_geojson(shapely.from_wkb(works.area)))
    parties = {
        one.role.value: {"name": one.name, "contact": one.contact}
        for one in works.parties
        if one.role is not PartyRole.OPERATOR
    }
    told = {
        "filing": str(filing.id),
        "version": filing.version,
        "place": works.place,
        "area": ground,
        "method": works.method.value,
        "machines": list(works.machines),
        "depth": None if works.depth_m is None else f"{works.depth_m:g}",
        "valid_from": works.valid_from.isoformat(),
        "valid_until": works.valid_until.isoformat(),
        "hours": None if works.hours is None else f"{works.hours.opens:%H:%M}-{works.hours.shuts:%H:%M}",
        "urgent": works.urgent,
        "words": works.words,
        "cancelled": filing.cancelled_at is not None,
        "reason": reason,
        **parties,
    }
    return {"schema": SCHEMA, "at": at.isoformat(), "filings": [told]}
