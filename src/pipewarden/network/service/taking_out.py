"""Pipe geometry as it is in the map, for other geographic systems: only on the ground where taking it out is permitted.

A tile shows pipes in whole units of its square and joined where they are many; this is the survey itself, so it asks
for ``network:export``, which no role ships with (safety.md 2.6: no full-network export without two approvals), and not
for ``network:read``. What crosses the rim of the reader's ground is cut there, as on the tile.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import shapely

from pipewarden.network import store
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.network.facts import Kind, Pipe, Regime
    from pipewarden.people.facts import Actor

    Box = tuple[float, float, float, float]
    Place = tuple[UUID, int]

EXPORT = "network:export"
_CHUNK = 1000  # rows in memory at a time, whatever the network's size


@dataclass(frozen=True, slots=True)
class Taken:
    """One row of the active map.

    Attributes:
        pipe: its geometry is the part on the reader's ground.
    """

    version_id: UUID
    regime: Regime
    pipe: Pipe


def take_out(
    work: Work,
    actor: Actor,
    kinds: Collection[Kind],
    *,
    box: Box | None = None,
    after: Place | None = None,
    limit: int,
) -> tuple[list[Taken], Place | None]:
    """Return up to ``limit`` rows of the tenant's active versions, and the place to go on from, None at the end.

    Args:
        work: whose network; another tenant's is never given.
        actor: who takes it.
        kinds: which kinds of row.
        box: west, south, east, north in degrees WGS-84; only what meets it.
        after: where the page before ended.
        limit: rows.

    Raises:
        ForbiddenError: the actor may not take pipe geometry out.
    """
    ground = people.ground(work, actor, EXPORT)
    area = None if ground.wkb is None else shapely.from_wkb(ground.wkb)
    regimes = {one.id: one.regime for one in store.active_versions(work.session, work.tenant_id)}
    narrowed = _both(box, area)
    if narrowed is None and area is not None:  # a ground without a square metre
        return [], None
    if area is not None:
        shapely.prepare(area)
    found: list[Taken] = []
    while True:
        rows = store.pipe_rows(
            work.session, work.tenant_id, list(regimes), kinds, box=narrowed, after=after, limit=_CHUNK
        )
        for version_id, pipe in rows:
            if len(found) == limit:
                return found, after
            after = (version_id, pipe.row)
            shape = _shown(pipe, area, box)
            if shape is not None:
                found.append(Taken(version_id, regimes[version_id], replace(pipe, geometry=shape)))
        if len(rows) < _CHUNK:
            return found, None


def take_one(work: Work, actor: Actor, kinds: Collection[Kind], place: Place) -> Taken | None:
    """Return the row of an active version at a place, or None; raises as ``take_out``."""
    version_id, row = place
    ground = people.ground(work, actor, EXPORT)
    area = None if ground.wkb is None else shapely.from_wkb(ground.wkb)
    regimes = {one.id: one.regime for one in store.active_versions(work.session, work.tenant_id)}
    if version_id not in regimes:
        return None
    before = (version_id, row - 1)
    for _, pipe in store.pipe_rows(work.session, work.tenant_id, [version_id], kinds, box=None, after=before, limit=1):
        shape = _shown(pipe, area, None) if pipe.row == row else None
        return None if shape is None else Taken(version_id, regimes[version_id], replace(pipe, geometry=shape))
    return None


def _both(box: Box | None, area: shapely.Geometry | None) -> Box | None:
    """Return the box that what is shown must meet; None for everywhere, or nowhere where the ground is empty."""
    if area is None:
        return box
    if area.is_empty:
        return None
    rim = tuple(float(side) for side in shapely.bounds(area))
    if box is None:
        return rim[0], rim[1], rim[2], rim[3]
    return max(box[0], rim[0]), max(box[1], rim[1]), min(box[2], rim[2]), min(box[3], rim[3])


def _shown(pipe: Pipe, area: shapely.Geometry | None, box: Box | None) -> bytes | None:
    """Return the part of a row on the ground as WKB; None where there is none, or it does not meet the box."""
    shape = shapely.from_wkb(pipe.geometry)
    if area is not None and not area.contains_properly(shape):
        whole = shapely.get_dimensions(shape)
        cut = shapely.get_parts(shapely.intersection(shape if shape.is_valid else shapely.make_valid(shape), area))
        # a line that only touches the rim leaves a point there, one outside an empty line
        kept = cut[(shapely.get_dimensions(cut) == whole) & ~shapely.is_empty(cut)]
        if not len(kept):
            return None
        shape = kept[0] if len(kept) == 1 else shapely.union_all(kept)
    if box is not None and not shapely.intersects(shape, shapely.box(*box)):
        return None
    return bytes(shapely.to_wkb(shape))
