"""An alarm: clues at one place, grouped and explained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipewarden.locate.facts import GroundPoint
    from pipewarden.network.facts import ZoneAnswer
    from pipewarden.perceive.facts import Box

ALARM_CHANGED = "dedupe.alarm_changed"  # fact_id = Alarm.id, partition = tenant


@dataclass(frozen=True, slots=True)
class Member:
    """One finding inside an alarm and why it belongs there."""

    finding_id: UUID
    observation_id: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class WorkArea:
    """Hull of the members' footprints.

    Attributes:
        ring: (lon, lat) corners, WGS-84, closed.
        error_m: one sigma of the hull's edge, metres.
    """

    ring: tuple[tuple[float, float], ...]
    error_m: float


@dataclass(frozen=True, slots=True)
class Alarm:
    """One site as the river sees it.

    Attributes:
        cls: class of its best finding; ``type`` of a machine, by vote over the members.
        score: best score of a member.
        ground: fused place, None without a calibrated camera.
        first_seen: None where the source told no time; then ``first_offset_s`` (seconds from the first frame) counts.
        frames: observations merged.
        streams: cameras or folders it was seen by.
        evidence: SHA-256 of the picture of the best finding, ``evidence_box`` in its pixels.
    """

    id: UUID
    tenant_id: UUID
    cls: str
    type: str | None
    score: float
    ground: GroundPoint | None
    answer: ZoneAnswer
    first_seen: datetime | None
    last_seen: datetime | None
    first_offset_s: float
    last_offset_s: float
    frames: int
    streams: tuple[str, ...]
    evidence: str
    evidence_box: Box
    work_area: WorkArea | None
    members: tuple[Member, ...]
