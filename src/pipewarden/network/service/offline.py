"""The map of the own area as one file for a phone without signal, never larger than a phone's cache likes."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely

from pipewarden.network import store
from pipewarden.network.rules import packs, tiles
from pipewarden.network.rules.tiles import archive
from pipewarden.network.service.tiles import READ, STYLE, plans_of
from pipewarden.people import service as people
from pipewarden.people.facts import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from pipewarden.kit.work import Work
    from pipewarden.network.rules.tiles import Plan, Square
    from pipewarden.people.facts import Actor

    Floats = NDArray[np.float64]

MOST_BYTES = 30 << 20
MOST_SQUARES = 6_000
_FIRST, _LAST = 10, 15  # a phone draws a square of zoom 15 as deep as it goes
_HELD = 8


@dataclass(frozen=True, slots=True)
class OfflineMap:
    """One reader's file.

    Attributes:
        tag: equal tags are equal files.
        body: the file; None when the reader has it already.
        deepest: the zoom that the file reaches; less than 15 where the area is large.
    """

    tag: str
    body: bytes | None
    deepest: int


@dataclass(slots=True)
class _Made:
    """The last few files, and one hand that makes them: a city's takes seconds of a whole core."""

    held: OrderedDict[str, OfflineMap] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)


_MADE = _Made()


def offline_map(work: Work, actor: Actor, *, at: datetime, known: Collection[str] = ()) -> OfflineMap:
    """Return the tenant's active network as far as the actor may see it, as one file (PMTiles 3, at most 30 MB).

    Args:
        work: whose network.
        actor: who reads.
        at: the moment whose law draws the ranges.
        known: tags that the reader holds.

    Raises:
        ForbiddenError: the actor reads no network.
        NotFoundError: no pipe lies in the actor's area.
    """
    ground = people.ground(work, actor, READ)
    versions = store.active_versions(work.session, work.tenant_id)
    told = [str(STYLE), str(packs.day_of(at)), ground.key, "offline", *(str(one.id) for one in versions)]
    tag = hashlib.sha256("\n".join(told).encode()).hexdigest()[:32]
    with _MADE.lock:
        if tag not in _MADE.held:
            _MADE.held[tag] = _make(plans_of(work, versions, at), ground.wkb, tag)
            while len(_MADE.held) > _HELD:
                _MADE.held.popitem(last=False)
        _MADE.held.move_to_end(tag)
        made = _MADE.held[tag]
    return OfflineMap(tag, None, made.deepest) if tag in known else made


def _make(plans: Sequence[Plan], ground: bytes | None, tag: str) -> OfflineMap:
    bounds = _bounds(plans, ground)
    drawn: dict[Square, bytes] = {}
    size = deepest = 0
    for z in range(_FIRST, _LAST + 1):
        wanted = archive.squares(bounds, z)
        if len(drawn) + len(wanted) > MOST_SQUARES:
            break
        level = {square: tiles.encode(tiles.draw(plans, square, ground)) for square in wanted}
        size += sum(len(one) for one in level.values())  # before compression: the file is smaller for certain
        if size > MOST_BYTES:
            break
        drawn |= {square: body for square, body in level.items() if body}
        deepest = z
    if not drawn:
        raise NotFoundError(
            field="network",
            problem="no pipe lies in your area",
            fix="Ask who keeps the network to load it, or who keeps the areas to widen yours.",
        )
    west, south = bounds[:, :2].min(axis=0).tolist()
    east, north = bounds[:, 2:].max(axis=0).tolist()
    return OfflineMap(tag, archive.pack(drawn, (west, south, east, north), "Pipewarden"), deepest)


def _bounds(plans: Sequence[Plan], ground: bytes | None) -> Floats:
    """Return the boxes of what lies in the ground, shape (n, 4), degrees WGS-84."""
    shapes = [plan.drawing.shapes for plan in plans]
    if ground is not None:
        area = shapely.from_wkb(ground)
        shapes = [plan.drawing.shapes[plan.drawing.tree.query(area, predicate="intersects")] for plan in plans]
    parts = [shapely.bounds(shapely.get_parts(_segments(one))) for one in shapes if len(one)]
    found: Floats = np.vstack(parts) if parts else np.empty((0, 4))
    return found


def _segments(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return each line cut at its corners, so that no box is wider than the 500 m that ``lay_out`` leaves."""
    lines = shapely.get_parts(shapes)
    flat = lines[shapely.get_type_id(lines) == shapely.GeometryType.LINESTRING]
    other = lines[shapely.get_type_id(lines) != shapely.GeometryType.LINESTRING]
    coords, index = shapely.get_coordinates(flat, return_index=True)
    same = np.flatnonzero(index[:-1] == index[1:])
    cut = shapely.linestrings(np.stack([coords[same], coords[same + 1]], axis=1)) if len(same) else flat[:0]
    found: NDArray[np.object_] = np.concatenate([cut, other])
    return found
