"""The pinhole camera both ways: ground to pixel and pixel to ground, for a flat road at height zero.

The same model as the renderer's (three.js PerspectiveCamera): square pixels, principal point at the picture's middle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipewarden.kit.geo import LocalFrame

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipewarden.sim.facts import CameraPose


def _axes(pose: CameraPose) -> NDArray[np.float64]:
    """Return rows right, down, forward in east, north, up."""
    heading, tilt, roll = np.radians([pose.heading_deg, pose.tilt_deg, pose.roll_deg])
    forward = np.array([np.sin(heading) * np.cos(tilt), np.cos(heading) * np.cos(tilt), -np.sin(tilt)])
    level = np.array([np.cos(heading), -np.sin(heading), 0.0])
    under = np.cross(forward, level)
    right = np.cos(roll) * level + np.sin(roll) * under
    return np.vstack([right, np.cross(forward, right), forward])


def _focal(pose: CameraPose) -> float:
    return float(pose.image_size[0] / 2 / np.tan(np.radians(pose.hfov_deg) / 2))


def project(pose: CameraPose, lonlat: NDArray[np.float64], height_m: float = 0.0) -> NDArray[np.float64]:
    """Return pixels (n, 2) of points (n, 2) in degrees WGS-84 at ``height_m`` over the road; NaN behind the camera."""
    metres = LocalFrame(pose.lon, pose.lat).to_metres(np.asarray(lonlat, dtype=np.float64))
    seen = np.column_stack([metres, np.full(len(metres), height_m - pose.height_m)]) @ _axes(pose).T
    depth = np.where(seen[:, 2] > 0, seen[:, 2], np.nan)
    middle = np.array(pose.image_size, dtype=np.float64) / 2
    return np.asarray(middle + _focal(pose) * seen[:, :2] / depth[:, None])


def ground_at(pose: CameraPose, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return lon, lat (n, 2) of the road under pixels (n, 2); NaN at and above the horizon."""
    middle = np.array(pose.image_size, dtype=np.float64) / 2
    flat = (np.asarray(pixels, dtype=np.float64).reshape(-1, 2) - middle) / _focal(pose)
    rays = np.column_stack([flat, np.ones(len(flat))]) @ _axes(pose)
    scale = np.where(rays[:, 2] < 0, pose.height_m / np.where(rays[:, 2] < 0, -rays[:, 2], 1.0), np.nan)
    return LocalFrame(pose.lon, pose.lat).to_lonlat(rays[:, :2] * scale[:, None])
