"""A camera whose pose is known in truth, and control points clicked on it, for tests of the calibration's routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipewarden.kit.geo import LocalFrame
from pipewarden.locate.rules import Pose
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewCamera

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE = (1280, 720)
PLACE = (116.7712, 39.5688)  # in the town's east, where no other test lays pipes
FRAME = LocalFrame(*PLACE)
TRUTH = Pose(0, 0, 8, 30, 25, 2, 70, (0.0,) * 7, SIZE)
PIXELS = [[60, 130], [1220, 110], [640, 95], [40, 690], [1240, 690], [640, 450], [400, 560], [900, 380]]
POSE = {"pose": {"height_m": 8, "heading_deg": 33, "tilt_deg": 25, "roll_deg": 2, "hfov_deg": 70}}


def ground(pixels: Any) -> NDArray[np.float64]:
    """Return (lon, lat) of what lies in truth below pixels."""
    return FRAME.to_lonlat(TRUTH.ground(np.array(pixels, dtype=float)))


def points(
    *, seed: int | None = 7, count: int = len(PIXELS), wrong: dict[int, tuple[float, float]] | None = None
) -> Any:
    """Return control points with the errors of a click and a survey, some moved by metres east and north."""
    clicked = np.array(PIXELS[:count], dtype=float)
    metres = TRUTH.ground(clicked)
    if seed is not None:
        rng = np.random.default_rng(seed)
        clicked, metres = clicked + rng.normal(0, 1.5, clicked.shape), metres + rng.normal(0, 0.15, metres.shape)
    for n, move in (wrong or {}).items():
        metres[n] += move
    return [
        {"pixel": [round(x, 1), round(y, 1)], "lon": lon, "lat": lat}
        for (x, y), (lon, lat) in zip(clicked.tolist(), FRAME.to_lonlat(metres).tolist(), strict=True)
    ]


def asked(**more: Any) -> dict[str, Any]:
    """Return a body with these points."""
    return {"image_size": list(SIZE), "points": points(**more), "pixel_sigma": 1.5, "point_sigma_m": 0.15}


def aims(aim: Any, town: Any) -> dict[str, Any]:
    """Return how the routes that change a calibration are reached: each with a camera of its own."""
    changed, restored, drafted = (_camera(town, f"fz-cal-{name}") for name in ("put", "back", "draft"))
    who, path = town.who("safety_manager"), "/v1/cameras/{camera_id}/calibration"
    seen = town.client.as_(who, "GET", path.format(camera_id=changed)).json()["tag"]
    first = town.client.as_(who, "GET", path.format(camera_id=restored)).json()["tag"]
    made = town.client.as_(who, "PUT", path.format(camera_id=restored), json=asked() | {"seen": first}).json()
    return {
        f"PUT {path}": aim("safety_manager", {"camera_id": changed}, body=asked() | {"seen": seen}),
        f"POST {path}/try": aim("safety_manager", {"camera_id": changed}, body=asked()),
        f"POST {path}/restore": aim(
            "safety_manager", {"camera_id": restored}, body={"version": 1, "seen": made["tag"]}
        ),
        f"PUT {path}/draft": aim(
            "safety_manager", {"camera_id": drafted}, body={"seen": None, "draft": {"points": [{"pixel": [1, 2]}]}}
        ),
        f"DELETE {path}/draft": aim("safety_manager", {"camera_id": drafted}),
    }


def _camera(town: Any, key: str) -> str:
    lon, lat = PLACE
    with town.at(town.a) as work:
        return str(sense.register_camera(work, NewCamera(key=key, name=key, lon=lon, lat=lat)).id)
