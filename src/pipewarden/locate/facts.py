"""A finding on the ground, with its error and its place against the network; and the ground nobody watches."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    import numpy as np
    from numpy.typing import NDArray

    from pipewarden.network.facts import PressureClass, Stretch, ZoneAnswer

PLACED = "locate.placed"  # fact_id = Observation.id, also when it has no findings; same partition

CAMERA_BLIND = "locate.camera_blind"  # fact_id = CameraBlind.id, partition = the lane of Camera.key; on change only


class EyeState(StrEnum):
    """What a camera is worth to the people who rely on it."""

    ONLINE = "online"
    DEGRADED = "degraded"  # it sees, but worse than it should
    BLIND = "blind"  # nobody watches its ground


class Cause(StrEnum):
    """Why a camera is not online, the worst first."""

    OFFLINE = "offline"  # it does not answer
    SILENT = "silent"  # it was to send by itself, and does not
    STALLED = "stalled"  # byte for byte the same picture
    FROZEN = "frozen"
    LOOPED = "looped"
    BLACK = "black"
    WHITE = "white"
    COVERED = "covered"
    MOVED = "moved"
    BLURRED = "blurred"
    CLOCK = "clock"  # it sees; when, nobody knows


class CalibrationKind(StrEnum):
    """How a camera's picture is tied to the ground."""

    CONTROL_POINTS = "control_points"
    POSE = "pose"
    MOVING = "moving"  # a pose for each picture: the mounting, and where the vehicle was


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """What a usable calibration is worth; everything measured on its own control points.

    Attributes:
        points: control points, 0 for a pose.
        rms_px: root mean square distance of the ground points, mapped back, from their clicked pixels;
            None where one of them falls behind the camera, and for a pose.
        rms_m: the same on the ground, metres.
        chi: root of the reduced chi-square; above 1 the points fit worse than their sigmas say and the error is grown
            by it; None with exactly four points, where nothing is left to check, and for a pose.
        worst_point: number of the worst point as listed, from 1; ``worst_m`` its error.
        leave_one_out_m: mean error of each point under the fit of the others; None below five points.
        centre_sigma_m: error of the ground at the middle of the picture's lower half; None if above the horizon.
    """

    kind: CalibrationKind
    points: int
    rms_px: float | None
    rms_m: float | None
    chi: float | None
    worst_point: int | None
    worst_m: float | None
    leave_one_out_m: float | None
    centre_sigma_m: float | None


@dataclass(frozen=True, slots=True)
class GroundPoint:
    """A point on the ground with its error.

    Attributes:
        lon: degrees WGS-84.
        lat: degrees WGS-84.
        covariance: east-east, east-north, north-north in square metres: pixel, control points or pose; no pipe map.
    """

    lon: float
    lat: float
    covariance: tuple[float, float, float]

    @property
    def sigma_m(self) -> float:
        """Return the one-sigma error along the worst direction, in metres."""
        ee, en, nn = self.covariance
        half = (ee + nn) / 2
        return float((half + (((ee - nn) / 2) ** 2 + en**2) ** 0.5) ** 0.5)


@dataclass(frozen=True, slots=True)
class Coverage:
    """The ground on which a camera would find a machine and say where it stands.

    Attributes:
        ring: (lon, lat) corners, WGS-84, closed.
        far_m: how far it reaches beyond the lower edge of the picture, metres.
    """

    camera_id: UUID
    ring: tuple[tuple[float, float], ...]
    far_m: float


@dataclass(frozen=True, slots=True)
class CameraBlind:
    """A camera became blind or degraded, or is online again; append-only.

    Attributes:
        state: from ``at`` on.
        causes: why, the worst first; empty when it is online.
        since: since when it does not see, as far as that is known; of online, since when it sees again.
        unwatched: the pipes that no other camera watches either while it is blind, longest first; empty unless blind,
            and where its calibration does not say what it sees.
    """

    id: UUID
    tenant_id: UUID
    camera_id: UUID
    state: EyeState
    causes: tuple[Cause, ...]
    at: datetime
    since: datetime
    unwatched: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class ClassCovered:
    """How much of the pipe of one pressure class is seen, in metres along the centre line.

    Attributes:
        metres: there is, inside what was asked about.
        fixed_m: of it, on ground that cameras which stand cover.
        seen_m: of it, on ground that they cover or a trip's pictures showed.
    """

    pressure_class: PressureClass
    metres: float
    fixed_m: float
    seen_m: float


@dataclass(frozen=True, slots=True)
class Covered:
    """What is seen of the network, and by how many standing cameras and pictures of trips."""

    since: datetime
    until: datetime
    cameras: int
    views: int
    classes: tuple[ClassCovered, ...]


@dataclass(frozen=True, slots=True)
class Placement:
    """Where one finding stands.

    Attributes:
        ground: of a machine the middle of the patch it covers, else the foot of the box; None when the camera has no
            calibration or the box stands above the horizon.
        footprint: the foot of the box on the ground as (lon, lat) corners, WGS-84; empty when unknown.
        answer: against the network; zone unknown when ``ground`` is None.
        why: reason when ``ground`` is None.
        own_covariance: the part of the ground's covariance that this one box brings, same form; the rest comes from
            the calibration and is common to everything the camera sees. None when ``ground`` is None.
    """

    id: UUID
    tenant_id: UUID
    observation_id: UUID
    finding_id: UUID
    ground: GroundPoint | None
    footprint: tuple[tuple[float, float], ...]
    answer: ZoneAnswer
    why: str | None
    own_covariance: tuple[float, float, float] | None = None


class Band(StrEnum):
    """How far away a machine stands, by thirds of the depth of the ground that the camera covers."""

    NEAR = "near"
    MIDDLE = "middle"
    FAR = "far"


class CommissionKind(StrEnum):
    """How the machine of a commissioning test came into the picture."""

    PASTED = "pasted"  # synthetic: a rendered one, pasted into the camera's own picture
    STAGED = "staged"  # a real one stood there, as a person says


@dataclass(frozen=True, slots=True, eq=False)
class CutOut:
    """A rendered machine without what was around it.

    Attributes:
        pixels: uint8 (rows, columns, 4), BGR and how solid it is; its foot is the lower edge.
        px_per_m: pixels that one metre across has at its foot.
    """

    pixels: NDArray[np.uint8]
    px_per_m: float


@dataclass(frozen=True, slots=True)
class BandResult:
    """What was found at one distance.

    Attributes:
        from_m: of the places, from the ground at the picture's lower edge, to ``to_m``; None for a staged machine.
        shown: pictures with a machine; fewer than were wanted where there was no place for one.
        found: of those, in which the screen raised it.
    """

    band: Band
    from_m: float | None
    to_m: float | None
    shown: int
    found: int


@dataclass(frozen=True, slots=True)
class Commissioning:
    """One test of one camera; append-only, and no measure of accuracy.

    Attributes:
        model: label of the screen that looked.
        observation_id: the picture that machines were pasted into; None for a staged one.
        actor: who asked for it.
    """

    id: UUID
    tenant_id: UUID
    camera_id: UUID
    at: datetime
    kind: CommissionKind
    model: str
    observation_id: UUID | None
    bands: tuple[BandResult, ...]
    actor: str


class CalibrationSource(StrEnum):
    """How a calibration came into force."""

    WIZARD = "wizard"  # points clicked on the desk
    FILE = "file"  # a camera.yaml; found when the next one was put in force
    RESTORED = "restored"  # an earlier one put back


@dataclass(frozen=True, slots=True)
class CalibrationVersion:
    """One calibration that was put in force on a camera; append-only.

    Attributes:
        version: counts up from 1 in each camera.
        at: when it was put in force; of ``FILE``, when it was found.
        actor: who did; empty of ``FILE``, which names nobody.
        restores: the version that was put back, of ``RESTORED``.
        image_size: width, height in pixels that ``calibration`` refers to.
        calibration: as in camera.yaml; None where the camera had none.
    """

    id: UUID
    tenant_id: UUID
    camera_id: UUID
    version: int
    at: datetime
    actor: str
    source: CalibrationSource
    restores: int | None
    image_size: tuple[int, int] | None
    calibration: dict[str, object] | None


@dataclass(frozen=True, slots=True)
class CalibrationDraft:
    """Points that somebody clicked and has not put in force yet; one for each camera.

    Attributes:
        version: counts up with each saving, so that nobody overwrites what they have not seen.
        actor: who saved it last.
        content: as the page gave it; see the route.
    """

    camera_id: UUID
    version: int
    at: datetime
    actor: str
    content: dict[str, object]
