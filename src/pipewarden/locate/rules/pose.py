"""Picture to ground from a camera's pose: the ray through a pixel met with flat ground, with its error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_UNKNOWNS = 7


@dataclass(frozen=True, slots=True)
class Pose:
    """A pinhole camera with square pixels and its axis in the middle of the picture, over flat ground.

    Attributes:
        east: where it stands in the local metric frame, metres.
        north: the same.
        height: metres above the ground.
        heading: degrees clockwise from true north.
        tilt: degrees below the horizon.
        roll: degrees, the camera turned clockwise as seen from behind it.
        fov: horizontal field of view, degrees.
        sigma: one-sigma errors of these seven in the same order and units.
        image_size: width, height in pixels.
    """

    east: float
    north: float
    height: float
    heading: float
    tilt: float
    roll: float
    fov: float
    sigma: tuple[float, float, float, float, float, float, float]
    image_size: tuple[int, int]

    def ground(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return metres (n, 2) for pixels (n, 2); not-a-number at and above the horizon."""
        return self.derivatives(pixels)[0]

    def derivatives(
        self, pixels: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return metres (n, 2), their derivative by the pixel (n, 2, 2) and by the pose (n, 2, 7).

        The pose's derivatives are per unit of its own fields: metres and degrees.
        """
        half = self.image_size[0] / 2
        focal = half / np.tan(np.radians(self.fov) / 2)
        forward, right, down = axes(self.heading, self.tilt, self.roll)
        offset = (np.asarray(pixels, dtype=np.float64) - np.array(self.image_size) / 2) / focal
        x, y = offset[:, :1], offset[:, 1:]
        ray = x * right + y * down + forward
        fall = np.where(-ray[:, 2] > 0, -ray[:, 2], np.nan)
        reach = (self.height / fall)[:, None]
        place = np.array([self.east, self.north]) + reach * ray[:, :2]

        def met(change: NDArray[np.float64]) -> NDArray[np.float64]:
            """Carry a change of the ray (n, 3) to the ground point (n, 2)."""
            carried: NDArray[np.float64] = reach * (change[:, :2] + ray[:, :2] * (change[:, 2] / fall)[:, None])
            return carried

        by_pixel = np.stack([met(np.broadcast_to(axis / focal, ray.shape)) for axis in (right, down)], axis=2)
        level = axes(self.heading, self.tilt, 0.0)[1]
        degree = np.pi / 180
        # a turn about the camera's level right-hand axis moves forward towards down
        tilted = np.cross(ray, level)
        # the focal length's change by the field of view, seen as a shrinking of the offsets
        wider = (x * right + y * down) / np.sin(np.radians(self.fov))
        ones, zero = np.ones(len(ray)), np.zeros(len(ray))
        by_pose = np.stack(
            [
                np.column_stack([ones, zero]),
                np.column_stack([zero, ones]),
                ray[:, :2] / fall[:, None],
                met(np.column_stack([ray[:, 1], -ray[:, 0], zero])) * degree,
                met(tilted) * degree,
                met(x * down - y * right) * degree,
                met(wider) * degree,
            ],
            axis=2,
        )
        return place, by_pixel, by_pose

    def covariances(
        self, pixels: NDArray[np.float64], pixel_covariance: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return metres (n, 2), the covariance by the pixel alone (n, 2, 2) and that by the pose alone (n, 2, 2).

        Args:
            pixels: (n, 2).
            pixel_covariance: (n, 2, 2) in square pixels.
        """
        place, by_pixel, by_pose = self.derivatives(pixels)
        own = by_pixel @ pixel_covariance @ by_pixel.transpose(0, 2, 1)
        return place, own, (by_pose * np.square(self.sigma)) @ by_pose.transpose(0, 2, 1)

    def pixels(self, ground: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return pixels (n, 2) for metres (n, 2); not-a-number behind the camera."""
        forward, right, down = axes(self.heading, self.tilt, self.roll)
        ray = np.column_stack([ground - np.array([self.east, self.north]), np.full(len(ground), -self.height)])
        depth = ray @ forward
        ahead = np.where(depth > 0, depth, np.nan)
        focal = self.image_size[0] / 2 / np.tan(np.radians(self.fov) / 2)
        seen = np.column_stack([ray @ right, ray @ down]) / ahead[:, None] * focal
        return np.asarray(np.array(self.image_size) / 2 + seen)

    def horizon(self, across: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far down (n,) in pixels the horizon lies at ``across`` (n,); infinite where it is upright."""
        forward, right, down = axes(self.heading, self.tilt, self.roll)
        width, height = self.image_size
        focal = width / 2 / np.tan(np.radians(self.fov) / 2)
        with np.errstate(divide="ignore"):
            rise = forward[2] * focal + (across - width / 2) * right[2]
            return np.asarray(height / 2 - rise / down[2])


def axes(
    heading: float, tilt: float, roll: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the camera's forward, right and down as unit vectors (east, north, up); angles as in ``Pose``."""
    h, t, r = np.radians([heading, tilt, roll])
    forward = np.array([np.cos(t) * np.sin(h), np.cos(t) * np.cos(h), -np.sin(t)])
    level = np.array([np.cos(h), -np.sin(h), 0.0])
    down = np.cross(forward, level)
    return forward, np.cos(r) * level + np.sin(r) * down, np.cos(r) * down - np.sin(r) * level
