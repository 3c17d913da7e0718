"""The tables of dedupe and every query on them."""

from pipewarden.dedupe.store.alarms import (
    AlarmDraft,
    add_event,
    events,
    events_of,
    heads,
    members,
    merge_findings,
    page,
    put,
    read,
    resolve,
    set_merged,
)
from pipewarden.dedupe.store.river import (
    NewFrame,
    add_frames,
    around,
    lock,
    move,
    raising,
    save,
    tracks_near,
)
from pipewarden.dedupe.store.sums import Sums, sums
from pipewarden.dedupe.store.tables import ALARMS, AlarmRow, EventRow, FrameRow, SightingRow, TrackRow

__all__ = [
    "ALARMS",
    "AlarmDraft",
    "AlarmRow",
    "EventRow",
    "FrameRow",
    "NewFrame",
    "SightingRow",
    "Sums",
    "TrackRow",
    "add_event",
    "add_frames",
    "around",
    "events",
    "events_of",
    "heads",
    "lock",
    "members",
    "merge_findings",
    "move",
    "page",
    "put",
    "raising",
    "read",
    "resolve",
    "save",
    "set_merged",
    "sums",
    "tracks_near",
]
