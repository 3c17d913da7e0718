"""A tenant with pipes at two places and readers of its network: for what is drawn of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import shapely

from pipewarden.network import service
from pipewarden.network.adapters import FileReader
from pipewarden.network.rules.tiles import Square
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, Actor, ActorKind, Grant, NewArea, Role, Scope

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Area

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
EAST, WEST = (116.75, 39.55), (116.45, 39.55)


def load(work: Work, path: Path, pipes: dict[str, tuple[float, float]], jurisdiction: str = "CN-HE-langfang") -> UUID:
    """Import short medium-pressure pipes around places as the tenant's active version."""
    features = [
        {
            "type": "Feature",
            "properties": {"id": name, "pressure": "medium", "diameter_mm": 200},
            "geometry": {"type": "LineString", "coordinates": [[lon - 0.002, lat], [lon + 0.002, lat]]},
        }
        for name, (lon, lat) in pipes.items()
    ]
    file = path / "pipes.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    report = service.import_network(
        work, FileReader(), file, crs="EPSG:4326", jurisdiction=jurisdiction, allow_shift=True, allow_shrink=True
    )
    assert report.version_id is not None
    return report.version_id


def square_of(place: tuple[float, float], z: int = 15) -> Square:
    down = 0.5 - np.arctanh(np.sin(np.radians(place[1]))) / (2 * np.pi)
    return Square(z, int((place[0] / 360 + 0.5) * 2**z), int(down * 2**z))


def reader(work: Work, scope: Scope, area: Area | None = None) -> Actor:
    path = None if area is None else area.path
    grants = (Grant("network:read", scope, work.tenant_id, path, Role.PATROLLER),)
    return Actor(kind=ActorKind.PERSON, id=UUID(int=9), name="p", tenant_id=work.tenant_id, grants=grants)


def district(work: Work, bounds: tuple[float, float, float, float], name: str = "east") -> Area:
    """Add an area that every tenant sees: west, south, east, north."""
    outline = bytes(shapely.to_wkb(shapely.box(*bounds)))
    shared = replace(work, tenant_id=PLATFORM)
    return people.add_area(shared, people.operator(), NewArea(name, "区", wkb=outline), shared=True)
