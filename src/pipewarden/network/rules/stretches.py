"""How many metres of which pipe lie on a piece of ground: what a camera watches, or leaves unwatched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.network.rules.index import Frame, Network

    Ring = Sequence[tuple[float, float]]


def along(network: Network, rings: Sequence[Ring], without: Sequence[Ring]) -> dict[int, float]:
    """Return metres by position in ``Network.ids`` of the pipes on the ground of ``rings`` and not on ``without``.

    Args:
        network: whose pipes; stations have no length and are left out.
        rings: (lon, lat) corners, WGS-84; ground that several of them hold counts once.
        without: the same, of ground that does not count.
    """
    if not rings:
        return {}
    frame = frame_of(network, rings[0][0][0])
    ground = shapely.difference(_union(frame, rings), _union(frame, without))
    hit = frame.tree().query(ground, predicate="intersects")
    hit = hit[~network.station[frame.pipe[hit]]]
    metres = shapely.length(shapely.intersection(frame.tree().geometries[hit], ground))
    total = np.bincount(frame.pipe[hit], weights=metres, minlength=len(network.ids))
    return {int(place): float(total[place]) for place in np.flatnonzero(total > 0)}


def frame_of(network: Network, lon: float) -> Frame:
    """Return the frame that answers for a longitude; each knows a degree beyond its rim, more than any camera sees."""
    return next(one for one in network.frames if lon <= one.east)


def _union(frame: Frame, rings: Sequence[Ring]) -> shapely.Geometry:
    # a homography may fold a far corner over; made valid it is the ground between its lines
    shapes = [shapely.make_valid(shapely.Polygon(frame.local.to_metres(np.array(one)))) for one in rings]
    return shapely.union_all(shapes)
