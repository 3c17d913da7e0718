"""A camera that rides on something: its pose for one picture, from how it is mounted and where the vehicle was.

The position's error is the receiver's, the heading's the compass's or the track's, the tilt's the vehicle's sway. Far
away a sway of a degree is many metres, and more beyond the place than before it: the claimed error is the longer side,
so that a claim of 95 % holds (measured on drawn errors in tests/unit/locate/test_moving.py).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.kit.errors import InputError
from pipewarden.locate.facts import CalibrationKind, GroundPoint
from pipewarden.locate.rules.calibration import posed
from pipewarden.locate.rules.foot import Stood
from pipewarden.locate.rules.pose import Pose
from pipewarden.locate.rules.reading import PoseReading
from pipewarden.locate.rules.said import LEAST_ACCURACY_M, RADIUS_95
from pipewarden.locate.rules.seen import SEEN_TO_M

if TYPE_CHECKING:
    from pipewarden.locate.rules.calibration import Calibrated
    from pipewarden.locate.rules.reading import Reading
    from pipewarden.sense.facts import Fix

COMPASS_SIGMA_DEG = 10.0  # of a phone's or a drone's magnetic heading beside cars and poles
COURSE_SIGMA_DEG = 5.0  # of a vehicle's way between two fixes
_FARTHER = 1.5  # a machine half as far again as the screen finds one was not found
_DISC = 0.55  # sigma by radius at which 68 and 95 % of a place spread evenly over a disc are held: sqrt(.3)
_FAR = "too far for a camera that moves: the foot of the box is more than"
_NOWHERE = "no position came with the picture"


def pose_at(reading: Reading, fix: Fix) -> Calibrated | None:
    """Return the camera as it stood when it took one picture; None when nobody knows which way it looked.

    Raises:
        InputError: the calibration is not that of a moving camera.
    """
    mounted = reading.moving
    if mounted is None:
        raise InputError(
            field="calibration.moving", problem="is missing", fix="Register the camera with how it is mounted."
        )
    if fix.heading_deg is not None:
        heading, turn = fix.heading_deg, COMPASS_SIGMA_DEG if fix.sigma_deg is None else fix.sigma_deg
    elif fix.course_deg is not None:
        heading, turn = fix.course_deg + mounted.yaw, COURSE_SIGMA_DEG if fix.sigma_deg is None else fix.sigma_deg
        turn = float(np.hypot(turn, mounted.sigma[1]))
    else:
        return None
    position = max(fix.accuracy_m, LEAST_ACCURACY_M) / RADIUS_95
    pose = PoseReading(
        lonlat=(fix.lon, fix.lat),
        height=mounted.height if fix.height_m is None else fix.height_m,
        heading=heading,
        tilt=mounted.tilt if fix.tilt_deg is None else fix.tilt_deg,
        roll=mounted.roll,
        fov=mounted.fov if fix.hfov_deg is None else fix.hfov_deg,
        sigma=(position, position, mounted.sigma[0], turn, *mounted.sigma[2:]),
    )
    return posed(reading, pose, CalibrationKind.MOVING)


def about(fix: Fix | None) -> Stood:
    """Return the fix itself as the place of whatever the picture shows, so unsure that it holds the whole view."""
    if fix is None:
        return Stood(None, None, (), _NOWHERE)
    accuracy = max(fix.accuracy_m, LEAST_ACCURACY_M) / RADIUS_95
    variance = (_DISC * SEEN_TO_M) ** 2 + accuracy**2
    spread = (variance, 0.0, variance)
    return Stood(GroundPoint(lon=fix.lon, lat=fix.lat, covariance=spread), spread, (), None)


def widened(solved: Calibrated, stood: Stood) -> Stood:
    """Return what stands before a moving camera with the error of its longer side, or refused as too far.

    The depression angle is what errs evenly; the distance is its cotangent times the height. The claim reaches to where
    the foot would be were the angle 2.45 sigmas smaller, at most to where nothing is found any more.
    """
    if stood.ground is None or not isinstance(solved.model, Pose):
        return stood
    height = solved.model.height
    step = solved.frame.to_metres(np.array([(stood.ground.lon, stood.ground.lat)]))[0] - solved.origin
    distance = float(np.hypot(*step))
    farthest = max(_FARTHER * SEEN_TO_M, 2 * height)  # from high up, the picture is made for looking farther
    if distance > farthest:
        return Stood(None, None, (), f"{_FAR} {farthest:.0f} m away")
    away = step / max(distance, 1e-9)
    ee, en, nn = stood.ground.covariance
    linear = float(away @ np.array([[ee, en], [en, nn]]) @ away) - solved.model.sigma[0] ** 2  # without the receiver's
    angle = np.sqrt(linear) * height / (distance**2 + height**2)
    lowest = np.arctan2(height, distance) - RADIUS_95 * angle
    reach = height / np.tan(lowest) if lowest > np.arctan2(height, farthest) else farthest
    more = max(0.0, ((reach - distance) / RADIUS_95) ** 2 - linear)
    spread = (ee + more * away[0] ** 2, en + more * away[0] * away[1], nn + more * away[1] ** 2)
    ground = replace(stood.ground, covariance=(float(spread[0]), float(spread[1]), float(spread[2])))
    return replace(stood, ground=ground)
