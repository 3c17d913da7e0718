"""An alarm: clues at one place, grouped and explained."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipewarden.locate.facts import GroundPoint
    from pipewarden.network.facts import Zone, ZoneAnswer
    from pipewarden.perceive.facts import Box

ALARM_CHANGED = "dedupe.alarm_changed"  # fact_id = Alarm.id, partition = tenant
PATROL_WANTED = "dedupe.patrol_wanted"  # fact_id = PatrolWanted.id, partition = tenant


@dataclass(frozen=True, slots=True)
class Policy:
    """When findings are the same machine, the same site, and an alarm; docs/adr/0008 says why each number.

    Attributes:
        single_makes_alarm: whether one picture that is no frame of a sequence may make an alarm.
        window: consecutive frames of one stream that are looked at together.
        needed: how many of them must show the same place.
        hours: how far apart in time the same place may be seen.
        machine_m: how far the foot of one standing machine wanders by itself, 99 %.
        widest_gate_m: however unsure the cameras, farther apart is never the same place.
        site_m: machines nearer than this belong to one site.
        extent_m: from its middle, how far a site may reach before a new one begins.
        reach_m: persons and cones nearer than this to a machine belong to its work.
        same_box: intersection over union at which two boxes of one view are the same place without ground.
        cue_cameras: how many cameras are asked to look for the sake of one clue.
        cue_share: of where a clue may be, how much a camera must see to be asked.
        cue_within_s: how old a clue may be for a picture of now to say anything of it.
        patrol_reach_m: nearer than this to a patrol that is wanted, no second one is.
        patrol_once_min: for so long.
        patrol_within_min: when somebody should be there; 28 minutes were needed in domain.md 1.1.
    """

    single_makes_alarm: bool = False
    window: int = 3
    needed: int = 2
    hours: float = 24.0
    machine_m: float = 4.0
    widest_gate_m: float = 30.0
    site_m: float = 12.0
    extent_m: float = 40.0
    reach_m: float = 10.0
    same_box: float = 0.3
    cue_cameras: int = 3
    cue_share: float = 0.1
    cue_within_s: float = 1800.0
    patrol_reach_m: float = 30.0
    patrol_once_min: float = 60.0
    patrol_within_min: float = 30.0

    @property
    def farthest_m(self) -> float:
        """Metres beyond which two sightings never belong to one site by themselves."""
        return max(self.widest_gate_m, self.site_m)


class AlarmVerdict(StrEnum):
    """What became of an alarm, as whoever judges it says."""

    PERSON = "person"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an alarm stands.

    Attributes:
        silent_until: of a rejected one, when its silence ends.
    """

    verdict: AlarmVerdict
    silent_until: datetime | None = None


class EventKind(StrEnum):
    """What happened to an alarm; the list is append-only."""

    MADE = "made"
    JOINED = "joined"
    MERGED = "merged"
    SPLIT = "split"
    ACKNOWLEDGED = "acknowledged"  # a person has taken it


@dataclass(frozen=True, slots=True)
class AlarmEvent:
    """One thing that happened to an alarm.

    Attributes:
        actor: who did it; None for the river itself.
        other_id: the alarm merged into this one, or the one split off.
        findings: the members it was about.
    """

    alarm_id: UUID
    kind: EventKind
    at: datetime
    actor: str | None
    reason: str
    other_id: UUID | None
    findings: tuple[UUID, ...]


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
        answer: against the network at the fused place, or at the one of several machines whose zone is severest.
        first_seen: None where the source told no time; then ``first_offset_s`` (seconds from the first frame) counts.
        frames: observations merged.
        streams: cameras or folders it was seen by.
        evidence: SHA-256 of the picture of the best finding, ``evidence_box`` in its pixels.
        test: the house made it of pictures it sent itself; it is shown, told and counted nowhere.
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
    test: bool = False


@dataclass(frozen=True, slots=True)
class Clue:
    """One machine in one picture that stands for an alarm.

    Attributes:
        picture: SHA-256; ``box`` in its pixels.
    """

    observation_id: UUID
    finding_id: UUID
    picture: str
    box: Box


@dataclass(frozen=True, slots=True)
class SeenClue:
    """One member of an alarm with when, where and in which picture it was seen.

    Attributes:
        at: None where the source told no time; ``seen_s`` puts clues in order either way, seconds.
        ground: None without a calibrated camera.
        size: width and height of the picture in pixels, ``box`` in them; without meaning for a person's words.
        picture: SHA-256; empty where there is none.
        reason: why it belongs to the alarm.
    """

    finding_id: UUID
    observation_id: UUID
    seen_s: float
    at: datetime | None
    stream: str
    cls: str
    type: str | None
    score: float
    raises: bool
    ground: GroundPoint | None
    box: Box
    size: tuple[int, int]
    picture: str
    reason: str


class PatrolReason(StrEnum):
    """Why a person must go and look."""

    NO_CAMERA = "no_camera"  # none that is looked at sees the place
    NO_ANSWER = "no_answer"  # those that see it gave no fresh picture in time


@dataclass(frozen=True, slots=True)
class PatrolWanted:
    """Somebody should go where something felt or saw digging near a pipe and no camera could look.

    Attributes:
        clue_id: the observation for whose sake.
        lon: degrees WGS-84.
        lat: degrees WGS-84.
        radius_m: holds the place in 95 of 100 cases.
        due_at: when somebody should be there.
    """

    id: UUID
    tenant_id: UUID
    clue_id: UUID
    lon: float
    lat: float
    radius_m: float
    zone: Zone
    reason: PatrolReason
    at: datetime
    due_at: datetime
