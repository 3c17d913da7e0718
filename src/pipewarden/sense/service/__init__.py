"""The use cases of sense: cameras and their watch, what sources say, and finding it again."""

from pipewarden.sense.rules import shown_address
from pipewarden.sense.service.river import (
    all_cameras,
    camera_by_key,
    cameras,
    earlier,
    frames,
    load_camera_file,
    newest_frame,
    observations,
    observe,
    register_camera,
    rendered,
    seen_cameras,
    sent,
    take,
    take_all,
    told,
)
from pipewarden.sense.service.watching import camera_events, healths, sighted, unwatch, watch, watch_closely, watches

__all__ = [
    "all_cameras",
    "camera_by_key",
    "camera_events",
    "cameras",
    "earlier",
    "frames",
    "healths",
    "load_camera_file",
    "newest_frame",
    "observations",
    "observe",
    "register_camera",
    "rendered",
    "seen_cameras",
    "sent",
    "shown_address",
    "sighted",
    "take",
    "take_all",
    "told",
    "unwatch",
    "watch",
    "watch_closely",
    "watches",
]
