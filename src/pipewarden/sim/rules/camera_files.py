"""camera.yaml of a demo camera: what an installer would have written, with an installer's errors, from one seed.

A control point is a spot on the road whose pixel was clicked (error ``pixel_sigma``) and whose place was surveyed
(error ``point_sigma_m``); a pose is read off instruments with the sigmas it states.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipewarden.kit.geo import LocalFrame
from pipewarden.sim.rules.pinhole import project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.sim.facts import CameraPose

PIXEL_SIGMA = 1.5
POINT_SIGMA_M = 0.2
POSE_SIGMA = {"position_m": 0.3, "height_m": 0.05, "heading_deg": 0.4, "tilt_deg": 0.2, "hfov_deg": 0.4}
_MARGIN_PX = 6.0


def control_points(pose: CameraPose, spots: Sequence[tuple[float, float]], seed: int) -> list[dict[str, object]]:
    """Return the spots (lon, lat) that the camera sees as control points with seeded errors in pixel and place."""
    rng = np.random.default_rng([seed, 3])
    pixels = project(pose, np.array(spots))
    width, height = pose.image_size
    out: list[dict[str, object]] = []
    for (lon, lat), pixel in zip(spots, pixels, strict=True):
        clicked = pixel + rng.normal(0.0, PIXEL_SIGMA, 2)
        east, north = rng.normal(0.0, POINT_SIGMA_M, 2)
        if not (_MARGIN_PX < pixel[0] < width - _MARGIN_PX and _MARGIN_PX < pixel[1] < height - _MARGIN_PX):
            continue
        surveyed = LocalFrame(lon, lat).to_lonlat(np.array([[east, north]]))[0]
        out.append(
            {
                "pixel": [round(float(clicked[0]), 1), round(float(clicked[1]), 1)],
                "lon": round(float(surveyed[0]), 8),
                "lat": round(float(surveyed[1]), 8),
            }
        )
    return out


def camera_file(
    key: str, name: str, pose: CameraPose, *, spots: Sequence[tuple[float, float]] | None, seed: int
) -> dict[str, object]:
    """Return the content of camera.yaml: by control points where ``spots`` is given, else by a pose with errors."""
    told: dict[str, object] = {
        "camera": key,
        "name": name,
        "image_size": list(pose.image_size),
        "position": {"lon": round(pose.lon, 7), "lat": round(pose.lat, 7)},
        "interval_s": 600,
        "rendered": True,
    }
    if spots is not None:
        points = control_points(pose, spots, seed)
        told["calibration"] = {
            "control_points": points,
            "pixel_sigma": PIXEL_SIGMA,
            "point_sigma_m": POINT_SIGMA_M,
        }
        return told
    rng = np.random.default_rng([seed, 4])
    shift = rng.normal(0.0, POSE_SIGMA["position_m"], (1, 2))
    lon, lat = LocalFrame(pose.lon, pose.lat).to_lonlat(shift)[0]
    told["calibration"] = {
        "pose": {
            "lon": round(float(lon), 8),
            "lat": round(float(lat), 8),
            "height_m": round(pose.height_m + float(rng.normal(0, POSE_SIGMA["height_m"])), 3),
            "heading_deg": round(pose.heading_deg + float(rng.normal(0, POSE_SIGMA["heading_deg"])), 3),
            "tilt_deg": round(pose.tilt_deg + float(rng.normal(0, POSE_SIGMA["tilt_deg"])), 3),
            "roll_deg": 0.0,
            "hfov_deg": round(pose.hfov_deg + float(rng.normal(0, POSE_SIGMA["hfov_deg"])), 3),
        },
        "pose_sigma": POSE_SIGMA,
        "pixel_sigma": PIXEL_SIGMA,
    }
    return told
