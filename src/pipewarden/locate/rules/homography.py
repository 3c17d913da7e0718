"""Picture to ground from control points: the fit, and how sure it is of itself.

The estimate minimises the *ground* error, because the ground is what the law measures: each point's error in metres is
whitened by what its own pixel sigma (carried to the ground by the local derivative) and its surveyed sigma allow, so a
far point whose pixel covers three metres does not bend the near ones (Hartley & Zisserman 2004, 4.2 and 5.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.locate.rules.solve import least_squares

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ROUNDS = 4
_UNKNOWNS = 8


@dataclass(frozen=True, slots=True)
class Homography:
    """A fitted map from pixels to metres with the error of the fit.

    Attributes:
        h: parameters (8,) in normalised coordinates; the ninth is 1, which holds because the centroid of the points
            lies on the visible side of the horizon.
        covariance: of ``h``, (8, 8); grown by the reduced chi-square when the points fit worse than their sigmas say.
        pixel_centre: (2,) and ``pixel_scale``: pixel = centre + normalised / scale.
        ground_centre: (2,) and ``ground_scale``: the same for metres.
        chi: root of the reduced chi-square; None with exactly four points, where nothing is left to check.
    """

    h: NDArray[np.float64]
    covariance: NDArray[np.float64]
    pixel_centre: NDArray[np.float64]
    pixel_scale: float
    ground_centre: NDArray[np.float64]
    ground_scale: float
    chi: float | None

    def ground(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return metres (n, 2) for pixels (n, 2); not-a-number at and above the horizon."""
        return self.derivatives(pixels)[0]

    def derivatives(
        self, pixels: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return metres (n, 2), their derivative by the pixel (n, 2, 2) and by ``h`` (n, 2, 8).

        Everything is not-a-number for a pixel at or above the horizon.
        """
        normal = (np.asarray(pixels, dtype=np.float64) - self.pixel_centre) * self.pixel_scale
        place, by_pixel, by_h = _project(self.h, normal)
        return (
            self.ground_centre + place / self.ground_scale,
            by_pixel * (self.pixel_scale / self.ground_scale),
            by_h / self.ground_scale,
        )

    def covariances(
        self, pixels: NDArray[np.float64], pixel_covariance: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return metres (n, 2), the covariance by the pixel alone (n, 2, 2) and that by the fit alone (n, 2, 2).

        Args:
            pixels: (n, 2).
            pixel_covariance: (n, 2, 2) in square pixels.
        """
        place, by_pixel, by_h = self.derivatives(pixels)
        own = by_pixel @ pixel_covariance @ by_pixel.transpose(0, 2, 1)
        return place, own, by_h @ self.covariance @ by_h.transpose(0, 2, 1)

    def pixels(self, ground: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return pixels (n, 2) for metres (n, 2); not-a-number behind the camera."""
        normal = np.column_stack([(ground - self.ground_centre) * self.ground_scale, np.ones(len(ground))])
        back = normal @ np.linalg.inv(np.append(self.h, 1.0).reshape(3, 3)).T
        # what the camera sees has w > 0 in ``_project``; here it comes back as 1 / w
        ahead = np.where(back[:, 2] > 0, back[:, 2], np.nan)
        return self.pixel_centre + back[:, :2] / ahead[:, None] / self.pixel_scale

    def horizon(self, across: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far down (n,) in pixels the horizon lies at ``across`` (n,); infinite where it is upright."""
        with np.errstate(divide="ignore"):
            normal = (across - self.pixel_centre[0]) * self.pixel_scale
            return np.asarray(self.pixel_centre[1] - (1.0 + self.h[6] * normal) / self.h[7] / self.pixel_scale)


def _project(
    h: NDArray[np.float64], points: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    ones = np.column_stack([points, np.ones(len(points))])
    rows = np.append(h, 1.0).reshape(3, 3)
    u, v, w = (ones @ rows.T).T
    w = np.where(w > 0, w, np.nan)
    place = np.column_stack([u / w, v / w])
    by_pixel = (rows[None, :2, :2] - place[:, :, None] * rows[None, 2:, :2]) / w[:, None, None]
    by_h = np.zeros((len(points), 2, _UNKNOWNS))
    by_h[:, 0, 0:3] = by_h[:, 1, 3:6] = ones / w[:, None]
    by_h[:, :, 6:8] = -place[:, :, None] * (points / w[:, None])[:, None, :]
    return place, by_pixel, by_h


def _normalise(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    centre = points.mean(axis=0)
    spread = float(np.sqrt(((points - centre) ** 2).sum(axis=1)).mean())
    return centre, float(np.sqrt(2)) / max(spread, 1e-12)


def _direct(pixels: NDArray[np.float64], ground: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the normalised direct linear transform (8,), or None when no plane can be seen so."""
    ones = np.column_stack([pixels, np.ones(len(pixels))])
    zero = np.zeros_like(ones)
    system = np.concatenate(
        [
            np.column_stack([ones, zero, -ground[:, :1] * ones]),
            np.column_stack([zero, ones, -ground[:, 1:] * ones]),
        ]
    )
    # four points are one row short of a square; of more, the left side is never asked for and grows with their square
    null = np.linalg.svd(system, full_matrices=len(system) < system.shape[1])[2][-1]
    if abs(null[8]) < 1e-9 * float(np.abs(null).max()):
        return None
    h = null[:8] / null[8]
    in_front = ones @ np.append(h, 1.0).reshape(3, 3)[2] > 0
    return h if bool(in_front.all()) else None


def _whiten(by_pixel: NDArray[np.float64], pixel_sigma: float, point_sigma: NDArray[np.float64]) -> NDArray[np.float64]:
    allowed = pixel_sigma**2 * by_pixel @ by_pixel.transpose(0, 2, 1)
    allowed = allowed + (point_sigma**2)[:, None, None] * np.eye(2)
    return np.linalg.inv(np.linalg.cholesky(allowed))


def fit(
    pixels: NDArray[np.float64], ground: NDArray[np.float64], *, pixel_sigma: float, point_sigma: NDArray[np.float64]
) -> Homography | None:
    """Return the homography with the smallest whitened ground error, or None when no camera can see the points so.

    Args:
        pixels: (n, 2) with n >= 4.
        ground: (n, 2) metres.
        pixel_sigma: error of a clicked pixel, one sigma, > 0.
        point_sigma: (n,) error of each surveyed point, metres.
    """
    try:
        return _fitted(pixels, ground, pixel_sigma, point_sigma)
    except np.linalg.LinAlgError:  # one came so near the horizon that its pixel says nothing of the ground
        return None


def _fitted(
    pixels: NDArray[np.float64], ground: NDArray[np.float64], pixel_sigma: float, point_sigma: NDArray[np.float64]
) -> Homography | None:
    pixel_centre, pixel_scale = _normalise(pixels)
    ground_centre, ground_scale = _normalise(ground)
    p, g = (pixels - pixel_centre) * pixel_scale, (ground - ground_centre) * ground_scale
    h = _direct(p, g)
    if h is None:
        return None
    sigma, own = pixel_sigma * pixel_scale, point_sigma * ground_scale
    for _ in range(_ROUNDS):
        white = _whiten(_project(h, p)[1], sigma, own)

        def problem(
            trial: NDArray[np.float64], white: NDArray[np.float64] = white
        ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
            place, _, by_h = _project(trial, p)
            return (white @ (place - g)[:, :, None]).ravel(), (white @ by_h).reshape(-1, _UNKNOWNS)

        h = least_squares(problem, h)
    white = _whiten(_project(h, p)[1], sigma, own)
    place, _, by_h = _project(h, p)
    design = (white @ by_h).reshape(-1, _UNKNOWNS)
    inverse = np.linalg.pinv(design)
    spare = 2 * len(p) - _UNKNOWNS
    chi = None if spare == 0 else float(np.sqrt(((white @ (place - g)[:, :, None]) ** 2).sum() / spare))
    covariance = inverse @ inverse.T * max(1.0, chi or 0.0) ** 2
    return Homography(h, covariance, pixel_centre, pixel_scale, ground_centre, ground_scale, chi)


def pixel_errors(fitted: Homography, pixels: NDArray[np.float64], ground: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far (n,) in pixels each ground point falls from its clicked pixel when mapped back."""
    off: NDArray[np.float64] = np.linalg.norm(fitted.pixels(ground) - pixels, axis=1)
    return off
