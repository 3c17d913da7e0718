"""The use cases of locate: place what was seen, judge a calibration, say which ground is watched and which is not."""

from pipewarden.locate.service.eyes import eyes, judge_cameras, not_online, overlook, unwatched
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
    "check_camera",
    "coverage",
    "eyes",
    "ground_points",
    "ground_ring",
    "judge_cameras",
    "not_online",
    "overlook",
    "place",
    "placements",
    "seen_ground",
    "unwatched",
]
