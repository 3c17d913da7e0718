"""From a checked reading to a camera that can place pixels, or a refusal that says which point is wrong and why."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.kit.errors import InputError
from pipewarden.kit.geo import LocalFrame, near_frame
from pipewarden.locate.facts import CalibrationKind, CalibrationReport
from pipewarden.locate.rules.homography import Homography, fit, pixel_errors
from pipewarden.locate.rules.pose import Pose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipewarden.locate.rules.reading import PoseReading, Reading

_FLAT = 0.01  # spread across the line by spread along it: below, the points say nothing off the line
_SAME_PIXEL = 1.0
_SAME_METRES = 0.01
_FARTHEST_M = 2000.0  # of a control point from the others or the camera: beyond, a coordinate was mistyped
_LIMIT_SIGMAS = 4.0
_LIMIT_DIAGONAL = 0.005  # of the picture's diagonal: 11 px in 1920 x 1080
_LIMIT_CHI = 3.0
_FIELD = "calibration.control_points"
_WORTH_LEAVING_OUT = 5


class PointsRefusedError(InputError):
    """Control points that make no calibration; ``code`` says why, for pages that say it in their words.

    Codes: ``same`` two are one, ``far`` one lies kilometres away, ``line`` they lie in one line, ``behind`` no camera
    sees them so, ``mirrored`` as if from below, ``error`` they do not fit one plane.
    """

    def __init__(self, code: str, problem: str, fix: str) -> None:
        super().__init__(field=_FIELD, problem=problem, fix=fix)
        self.code = code


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What the fit of all points but one says, by the one that was left out.

    Attributes:
        off_m: (n,) its own ground error under that fit, metres; not finite where the others say nothing of it.
        chi: (n,) how well the others agree, as of a ``Homography``; infinite where no camera sees them so.
    """

    off_m: NDArray[np.float64]
    chi: NDArray[np.float64]

    @property
    def all_said(self) -> bool:
        """Whether every point has an error under the others' fit."""
        return bool(np.isfinite(self.off_m).all())


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A camera that can place pixels.

    Attributes:
        model: pixels of ``image_size`` to metres of ``frame``.
        pixel_sigma: error of a box edge besides the part that grows with the box, pixels.
        left_out: None of a pose and below five points.
    """

    model: Homography | Pose
    frame: LocalFrame
    image_size: tuple[int, int]
    pixel_sigma: float
    report: CalibrationReport
    left_out: LeftOut | None = None

    @property
    def origin(self) -> NDArray[np.float64]:
        """Metres (2,) of ``frame`` from which distances count: the camera, or the middle of its control points."""
        return np.array([self.model.east, self.model.north]) if isinstance(self.model, Pose) else np.zeros(2)


def solve(reading: Reading, standing: tuple[float, float] | None) -> Calibrated:
    """Return the camera that the reading describes.

    Args:
        reading: as ``reading.read`` returns it.
        standing: lon, lat where the camera stands, for a sanity check of control points; None when unknown.

    Raises:
        InputError: a moving camera, or control points that repeat, lie in one line, are mirrored, fit no camera, lie
            kilometres apart, or whose reprojection error is above the limit (root mean square above 4 pixel sigmas and
            0.5 % of the picture's diagonal, and not explained by the survey's sigma: root reduced chi-square above 3).
    """
    if reading.pose is not None:
        return posed(reading, reading.pose)
    if reading.moving is not None:
        raise InputError(
            field="calibration.moving",
            problem="stands nowhere by itself",
            fix="Send each picture of a moving camera with its position: pipewarden upload.",
        )
    made = fitted(reading, standing)
    refusal = misfit(made.report, reading)
    if refusal is not None:
        raise refusal
    return made


def fitted(reading: Reading, standing: tuple[float, float] | None) -> Calibrated:
    """Return the camera that fits control points best, however badly: ``solve`` judges how well.

    Raises:
        PointsRefusedError: as ``solve`` raises it, the reprojection error aside.
    """
    lonlat = np.array([point.lonlat for point in reading.points])
    frame = LocalFrame(*lonlat.mean(axis=0).tolist())
    pixels, ground = np.array([point.pixel for point in reading.points]), frame.to_metres(lonlat)
    _refuse_layout(pixels, ground, None if standing is None else frame.to_metres(np.array([standing])))
    sigma = np.array([point.sigma_m for point in reading.points])
    model = fit(pixels, ground, pixel_sigma=reading.pixel_sigma, point_sigma=sigma)
    if model is None:
        raise PointsRefusedError(
            "behind",
            "fit no camera: some would lie behind the horizon",
            "Check that each pixel belongs to its coordinate, and that lon comes before lat.",
        )
    _refuse_mirror(model, pixels)
    left_out = leave_one_out(pixels, ground, pixel_sigma=reading.pixel_sigma, point_sigma=sigma)
    report = _report(model, reading, (pixels, ground), left_out)
    return Calibrated(model, frame, reading.image_size, reading.pixel_sigma, report, left_out)


def posed(reading: Reading, pose: PoseReading, kind: CalibrationKind = CalibrationKind.POSE) -> Calibrated:
    """Return the camera that stands as ``pose`` says.

    A camera that stands has a metric frame of its own; one that moves shares its neighbourhood's, because making a
    frame for each picture would cost more than placing what it shows (12 ms against 1).
    """
    frame = near_frame(*pose.lonlat) if kind is CalibrationKind.MOVING else LocalFrame(*pose.lonlat)
    east, north = frame.to_metres(np.array([pose.lonlat]))[0].tolist()
    model = Pose(
        east=east,
        north=north,
        height=pose.height,
        heading=pose.heading,
        tilt=pose.tilt,
        roll=pose.roll,
        fov=pose.fov,
        sigma=pose.sigma,
        image_size=reading.image_size,
    )
    report = CalibrationReport(
        kind=kind,
        points=0,
        rms_px=None,
        rms_m=None,
        chi=None,
        worst_point=None,
        worst_m=None,
        leave_one_out_m=None,
        centre_sigma_m=_centre_sigma(model, reading),
    )
    return Calibrated(model, frame, reading.image_size, reading.pixel_sigma, report)


def flatness(points: NDArray[np.float64]) -> float:
    """Return the spread across the best line by the spread along it, 0 for points (n, 2) in one line."""
    spreads = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    return float(spreads[1] / max(spreads[0], 1e-12))


def _refuse_layout(
    pixels: NDArray[np.float64], ground: NDArray[np.float64], standing: NDArray[np.float64] | None
) -> None:
    for a, b in combinations(range(len(pixels)), 2):
        if np.hypot(*(pixels[a] - pixels[b])) < _SAME_PIXEL or np.hypot(*(ground[a] - ground[b])) < _SAME_METRES:
            raise PointsRefusedError(
                "same", f"{a + 1} and {b + 1} are the same point", "Remove one of them or correct its numbers."
            )
    far = np.hypot(*(ground - (np.median(ground, axis=0) if standing is None else standing)).T)
    if float(far.max()) > _FARTHEST_M:
        raise PointsRefusedError(
            "far",
            f"{int(far.argmax()) + 1} lies {far.max() / 1000:.0f} km away",
            "Check the coordinates: longitude first, WGS-84 degrees, not GCJ-02 or a projected grid.",
        )
    for points, where in ((pixels, "picture"), (ground, "ground")):
        if flatness(points) < _FLAT:
            raise PointsRefusedError(
                "line",
                f"lie (nearly) in one line in the {where}",
                "Add points to both sides of that line, as far from it as the ground in the picture allows.",
            )
        # four points with no three in one line exist unless all but one are in one line
        if any(flatness(np.delete(points, n, axis=0)) < _FLAT for n in range(len(points))):
            raise PointsRefusedError(
                "line",
                f"lie (nearly) in one line in the {where}, all but one",
                "Add points until four lie so that no three of them are in one line.",
            )


def _refuse_mirror(model: Homography, pixels: NDArray[np.float64]) -> None:
    if bool((np.linalg.det(model.derivatives(pixels)[1]) >= 0).any()):
        raise PointsRefusedError(
            "mirrored",
            "show the ground mirrored, as if seen from below",
            "Check that lon comes before lat, and that no two points exchanged their coordinates.",
        )


def _report(
    model: Homography,
    reading: Reading,
    points: tuple[NDArray[np.float64], NDArray[np.float64]],
    left_out: LeftOut | None,
) -> CalibrationReport:
    pixels, ground = points
    off = np.hypot(*(model.ground(pixels) - ground).T)
    back = pixel_errors(model, pixels, ground)
    return CalibrationReport(
        kind=CalibrationKind.CONTROL_POINTS,
        points=len(pixels),
        rms_px=float(np.sqrt((back**2).mean())) if bool(np.isfinite(back).all()) else None,
        rms_m=float(np.sqrt((off**2).mean())),
        chi=model.chi,
        worst_point=int(off.argmax()) + 1,
        worst_m=float(off.max()),
        leave_one_out_m=float(left_out.off_m.mean()) if left_out is not None and left_out.all_said else None,
        centre_sigma_m=_centre_sigma(model, reading),
    )


def leave_one_out(
    pixels: NDArray[np.float64], ground: NDArray[np.float64], *, pixel_sigma: float, point_sigma: NDArray[np.float64]
) -> LeftOut | None:
    """Return what the others' fit says of each point, a fit for each; None below five points."""
    if len(pixels) < _WORTH_LEAVING_OUT:
        return None
    off_m, chi = np.full((2, len(pixels)), np.inf)
    for n in range(len(pixels)):
        kept = np.arange(len(pixels)) != n
        others = fit(pixels[kept], ground[kept], pixel_sigma=pixel_sigma, point_sigma=point_sigma[kept])
        if others is not None:
            off_m[n] = np.hypot(*(others.ground(pixels[n : n + 1])[0] - ground[n]))
            chi[n] = others.chi or 0.0
    return LeftOut(off_m, chi)


def misfit(report: CalibrationReport, reading: Reading) -> PointsRefusedError | None:
    """Return why control points that were fitted are refused; None where their error is within ``solve``'s limits."""
    limit = max(_LIMIT_SIGMAS * reading.pixel_sigma, _LIMIT_DIAGONAL * float(np.hypot(*reading.image_size)))
    if report.chi is None or report.chi <= _LIMIT_CHI or (report.rms_px is not None and report.rms_px <= limit):
        return None
    off = (
        f"reprojection error {report.rms_px:.0f} px (limit {limit:.0f})"
        if report.rms_px
        else "one is behind the camera"
    )
    return PointsRefusedError(
        "error",
        f"do not fit one plane: {off}, "
        f"{report.rms_m:.1f} m on the ground; point {report.worst_point} is off by {report.worst_m:.1f} m",
        "Correct that point first; if all are right, the ground is not flat or the lens is too curved: "
        "use points near the pipe only, or state a larger point_sigma_m.",
    )


def _centre_sigma(model: Homography | Pose, reading: Reading) -> float | None:
    middle = np.array([[reading.image_size[0] / 2, reading.image_size[1] * 0.75]])
    spread = np.eye(2)[None] * reading.pixel_sigma**2
    _, own, common = model.covariances(middle, spread)
    total = own[0] + common[0]
    return float(np.sqrt(np.linalg.eigvalsh(total)[-1])) if bool(np.isfinite(total).all()) else None
