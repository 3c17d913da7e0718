"""Where a camera's picture shows the pipes' corridor: as somebody drew it, else as the map and the calibration tell.

Perceive may look at it in full resolution (docs/models/cascade.md says what that is worth); whoever draws a corridor
may start from the projected one.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from shapely import MultiPoint, Point, Polygon

from pipewarden.judge import service as judge
from pipewarden.kit.geo import LocalFrame
from pipewarden.locate import service as locate
from pipewarden.network import service as network
from pipewarden.network.facts import Zone
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from numpy.typing import NDArray

    from pipewarden.judge.facts import Ring
    from pipewarden.kit.work import Work, WorkFactory
    from pipewarden.sense.facts import Camera, Observation

    Floats = NDArray[np.float64]

Region = tuple[float, float, float, float]

_COLUMNS, _ROWS = 32, 24  # cells that are asked for their zone
_CELL = np.array([1 / _COLUMNS, 1 / _ROWS])
_FAR_M, _REACH_M = 40.0, 150.0  # from the camera: nearer the whole view shows it, farther off a pixel is metres
_RISE = 0.06  # of the picture: a machine stands up from its foot
_KEPT_S = 60.0  # a corridor that is drawn anew counts after so long


def projected(work: Work, camera: Camera) -> Ring:
    """Return what of the picture shows ground in the protection or control range, as parts of it, 0-1, not closed.

    The hull of the cells in range; empty where the camera cannot tell the ground, or no pipe is in range.
    """
    corners, ground, metres = _cells(camera)
    near = metres <= _REACH_M  # nan compares false
    if not near.any():
        return ()
    answers = network.answer_many(work, ground[near], covariances=None, at=work.now())
    inside = corners[near][[one.zone in {Zone.PROTECTION, Zone.CONTROL} for one in answers]]
    if not len(inside):
        return ()
    hull = MultiPoint(np.concatenate([inside + _CELL * turn for turn in ((0, 0), (0, 1), (1, 0), (1, 1))])).convex_hull
    return tuple((float(x), float(y)) for x, y in hull.exterior.coords[:-1]) if isinstance(hull, Polygon) else ()


def _cells(camera: Camera) -> tuple[Floats, Floats, Floats]:
    """Return the upper left corner of each cell, where its middle lies (lon, lat), and how many metres away."""
    across, down = np.arange(_COLUMNS) / _COLUMNS, np.arange(_ROWS) / _ROWS
    corners = np.stack(np.meshgrid(across, down), axis=-1).reshape(-1, 2)
    ground = locate.ground_points(camera, corners + _CELL / 2)
    if camera.lon is None or camera.lat is None:
        return corners, ground, np.full(len(corners), np.nan)
    away = LocalFrame(camera.lon, camera.lat).to_metres(ground)
    return corners, ground, np.hypot(away[:, 0], away[:, 1])


def region(work: Work, camera: Camera) -> Region | None:
    """Return left, top, right, bottom of what of the corridor is far away, its machines' height included, 0-1.

    Near ground needs no tiles. Where the camera cannot tell the ground, the whole of what was drawn.
    """
    drawn = judge.camera_settings(work, camera).corridor
    ring = projected(work, camera) if drawn is None else drawn.ring
    if not ring:
        return None
    corners, _, metres = _cells(camera)
    area = Polygon(ring)
    left, top, right, bottom = area.bounds
    if np.isfinite(metres).any():
        far = (metres >= _FAR_M) & (metres <= _REACH_M)
        inside = corners[far][[bool(area.covers(Point(corner))) for corner in corners[far] + _CELL / 2]]
        if not len(inside):
            return None
        (left, top), (right, bottom) = inside.min(axis=0), inside.max(axis=0) + _CELL
    return float(left), max(0.0, float(top) - _RISE), float(right), float(bottom)


@dataclass(slots=True)
class Corridors:
    """Implements ``perceive.ports.Corridor``: remembers each camera's region for a minute.

    Attributes:
        stopwatch: seconds that only grow.
    """

    factory: WorkFactory
    stopwatch: Callable[[], float] = time.monotonic
    _kept: dict[UUID, tuple[float, Region | None]] = field(default_factory=dict, init=False)

    def __call__(self, observation: Observation, /) -> Region | None:
        """Return the corridor's region in the picture of a known camera; None to look at the whole only."""
        camera_id, now = observation.camera_id, self.stopwatch()
        if camera_id is None:
            return None
        kept = self._kept.get(camera_id)
        if kept is None or now - kept[0] > _KEPT_S:
            with self.factory.begin(observation.tenant_id) as work:
                camera = sense.cameras(work, [camera_id]).get(camera_id)
                kept = self._kept[camera_id] = (now, None if camera is None else region(work, camera))
        return kept[1]
