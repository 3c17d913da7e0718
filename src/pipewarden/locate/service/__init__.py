"""The use cases of locate: place what was seen, judge a calibration, say which ground is watched and which is not."""

from pipewarden.locate.service.commissioning import commission, commissionings, staged
from pipewarden.locate.service.coverage import Span, covered, seen_shapes, trip_metres
from pipewarden.locate.service.eyes import (
    blind,
    eye_counts,
    eyes,
    judge_cameras,
    not_online,
    overlook,
    still_so,
    unwatched,
)
from pipewarden.locate.service.placing import (
    NO_CALIBRATION,
    NO_CAMERA,
    check_camera,
    coverage,
    ground_points,
    ground_ring,
    place,
    placements,
    seen_ground,
)

__all__ = [
    "NO_CALIBRATION",
    "NO_CAMERA",
    "Span",
    "blind",
    "check_camera",
    "commission",
    "commissionings",
    "coverage",
    "covered",
    "eye_counts",
    "eyes",
    "ground_points",
    "ground_ring",
    "judge_cameras",
    "not_online",
    "overlook",
    "place",
    "placements",
    "seen_ground",
    "seen_shapes",
    "staged",
    "still_so",
    "trip_metres",
    "unwatched",
]
