"""What a source said, once: the fact every later stage points back to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    import numpy as np
    from numpy.typing import NDArray

    from pipewarden.sense.facts.devices import DeviceKind

OBSERVED = "sense.observed"  # fact_id = Observation.id, partition = the lane of Observation.stream
CAMERA_STATE = "sense.camera_state"  # fact_id = CameraEvent.id, partition = the lane of Camera.key; on change only


class ObservationKind(StrEnum):
    """How it stands to others: frames of a sequence, people's reports and devices make an alarm by themselves."""

    FRAME = "frame"
    SINGLE = "single"
    REPORT = "report"  # a person's words, with or without a place and a picture
    DEVICE = "device"  # another system's device says so, with or without a place and a picture


@dataclass(frozen=True, slots=True)
class Camera:
    """A registered camera.

    Attributes:
        key: unique in the tenant, as people write it.
        calibration: the ``calibration`` part of camera.yaml as given (locate reads it), None when unknown.
        image_size: width, height in pixels that the calibration refers to.
        lon: where it stands, degrees WGS-84.
        lat: the same.
        rendered: its pictures are rendered, not photographs.
        test: it stands nowhere: the house sends itself test pictures under its name. Nobody is shown it.
    """

    id: UUID
    tenant_id: UUID
    key: str
    name: str
    lon: float | None
    lat: float | None
    image_size: tuple[int, int] | None
    calibration: dict[str, object] | None
    interval_s: float
    rendered: bool = False
    test: bool = False

    @property
    def moves(self) -> bool:
        """Whether it rides on something: then each picture brings its own place, and no two show the same view."""
        return self.calibration is not None and self.calibration.get("moving") is not None


@dataclass(frozen=True, slots=True)
class Observation:
    """One picture as a source delivered it.

    Attributes:
        stream: the sequence it belongs to (camera key, or the path of a folder or video); all its facts keep one order.
        source_id: the source's own name of this event; (tenant, stream, source_id) is unique.
        at: when the picture was taken, None when the source does not say.
        offset_s: seconds from the first frame of the stream; orders frames where ``at`` is unknown.
        picture: SHA-256 of the picture's bytes in the blob store; empty for a report or a device that has none.
        picture_name: the file or address it came from, for people.
        rendered: the picture is no photograph: its camera or its sender said so when it came.
        test: the house sent it to itself: it runs through every stage and is shown, told, counted and taught nowhere.
    """

    id: UUID
    tenant_id: UUID
    stream: str
    source_id: str
    kind: ObservationKind
    camera_id: UUID | None
    at: datetime | None
    offset_s: float
    picture: str
    picture_name: str
    received_at: datetime
    rendered: bool = False
    test: bool = False


@dataclass(frozen=True, slots=True)
class NewCamera:
    """A camera as its file or a form describes it; the attributes mean what they mean in ``Camera``."""

    key: str
    name: str
    lon: float | None = None
    lat: float | None = None
    image_size: tuple[int, int] | None = None
    calibration: dict[str, object] | None = None
    interval_s: float = 600.0
    rendered: bool = False
    test: bool = False


@dataclass(frozen=True, slots=True)
class CameraFile:
    """What one camera.yaml says.

    Attributes:
        camera: ready for ``register_camera``.
        source: the address its pictures come from, None when the file names none.
        path: the file, for people.
    """

    camera: NewCamera
    source: str | None
    path: str


@dataclass(frozen=True, slots=True)
class NewObservation:
    """One picture on its way in; ``picture`` holds the bytes, the rest means what it means in ``Observation``."""

    stream: str
    source_id: str
    kind: ObservationKind
    picture: bytes
    picture_name: str
    offset_s: float = 0.0
    at: datetime | None = None
    camera_id: UUID | None = None
    rendered: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What came with an observation that somebody sent us, beside the picture.

    Attributes:
        owner_id: the person or API key that sent it.
        source: the sender's own name of itself (CloudEvents ``source``); ``event_id`` its name of this event.
        words: what a person wrote; None for a camera.
        lon: where the sender says it is, degrees WGS-84; None when not said.
        lat: the same.
        accuracy_m: radius that holds the place in 95 of 100 cases (W3C Geolocation), metres.
        picture_problem: why a picture that was sent could not be kept; the report counts all the same.
        extra: CloudEvents extension attributes, kept as they came.
        content_sha256: of everything that was said, to tell the same event from another under its name.
        device_id: the device that said it; None for people and cameras.
        noticed: what the device noticed; None for people and cameras.
        area: closed ring (lon, lat) where a device sent a polygon; empty else.
    """

    observation_id: UUID
    tenant_id: UUID
    owner_id: UUID
    source: str
    event_id: str
    words: str | None
    lon: float | None
    lat: float | None
    accuracy_m: float | None
    picture_problem: str | None
    extra: dict[str, object]
    content_sha256: bytes
    device_id: UUID | None = None
    noticed: DeviceKind | None = None
    area: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class NewEvent:
    """One event on its way in; ``observation`` holds the picture, the rest means what it means in ``Told``."""

    observation: NewObservation
    source: str
    event_id: str
    words: str | None = None
    lon: float | None = None
    lat: float | None = None
    accuracy_m: float | None = None
    picture_problem: str | None = None
    extra: dict[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """An event that was kept: its observation, and whether it had come before."""

    observation: Observation
    told: Told
    fresh: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """One encoded picture as a source hands it over, before anything is stored.

    Attributes:
        picture: JPEG, PNG, WebP or HEIC bytes, not decoded yet.
        name: the file or address with the position in it, without passwords, for people.
        offset_s: seconds from the first frame of the source.
        at: when it was taken, in UTC; None when the source does not say.
        source_id: the source's own name of this frame, unique in the source.
        rendered: it was drawn by a machine, as its folder's seq.json says.
    """

    picture: bytes
    name: str
    offset_s: float
    at: datetime | None
    source_id: str
    rendered: bool = False


class PictureFormat(StrEnum):
    """The picture formats that are read at all."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WebP"
    HEIC = "HEIC"


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """What the first bytes say, read without decoding a pixel.

    Attributes:
        width: pixels as stored, before the orientation is honoured.
        height: the same.
        orientation: EXIF orientation 1-8 (JEITA CP-3451, tag 0x0112); always 1 for HEIC, whose decoder turns by itself.
    """

    format: PictureFormat
    width: int
    height: int
    orientation: int = 1


@dataclass(frozen=True, slots=True)
class Decoded:
    """Pixels of one picture, upright.

    Attributes:
        pixels: uint8 BGR, rows x columns x 3, owned by the caller.
        width: pixels of the original picture, upright.
        height: the same.
        scale_x: decoded columns per original pixel, in (0, 1]; original x = decoded x / scale_x.
        scale_y: the same for rows.
    """

    pixels: NDArray[np.uint8]
    width: int
    height: int
    scale_x: float
    scale_y: float


class CameraState(StrEnum):
    """What a watched camera is good for."""

    ONLINE = "online"
    STALLED = "stalled"  # it answers, always with the very same picture
    OFFLINE = "offline"  # it does not answer, or not with a picture


class Outcome(StrEnum):
    """What one look at a camera brought."""

    FRESH = "fresh"
    SAME = "same"  # byte for byte the picture of the look before: a sensor's noise never allows that
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Pulse:
    """How a camera has been answering; everything the schedule needs to remember.

    Attributes:
        state: None until the first look that settles it.
        last: outcome of the last look; ``run`` looks in a row had it, the first of them at ``run_since``.
        bad_since: first look without a fresh picture since the last fresh one; None while fresh ones come.
        close_left: fresh frames still to be taken at the short interval.
    """

    state: CameraState | None = None
    last: Outcome | None = None
    run: int = 0
    run_since: datetime | None = None
    bad_since: datetime | None = None
    close_left: int = 0


@dataclass(frozen=True, slots=True)
class Probe:
    """How the address of a watched camera answers between two looks.

    Attributes:
        due_at: when it is asked next.
        reached_at: when it last answered; None where it never did, so that its silence says nothing.
        failures: tries in a row without an answer, the first of them at ``failed_at``.
    """

    camera_id: UUID
    tenant_id: UUID
    due_at: datetime
    reached_at: datetime | None = None
    failures: int = 0
    failed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """A camera that is looked at by the clock.

    Attributes:
        source: an rtsp(s) or http(s) address, or a folder's path; may hold a password and is never shown.
        substream: the camera's smaller stream; looked at instead of ``source`` when given.
        interval_s: seconds between two looks when nothing happens.
        due_at: when to look next.
        started_at: when the watch began; a folder without a start plays from here.
        picture: SHA-256 of the last picture; empty before the first.
        seen_at: when the last fresh picture came.
        sighted_at: when something was last seen in range of a pipe.
        problem: why the last look brought no fresh picture, in words without addresses.
    """

    camera_id: UUID
    tenant_id: UUID
    key: str
    source: str
    substream: str | None
    interval_s: float
    started_at: datetime
    due_at: datetime
    pulse: Pulse
    picture: str = ""
    seen_at: datetime | None = None
    sighted_at: datetime | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class CameraEvent:
    """A camera's state changed; append-only.

    Attributes:
        state: from ``at`` on.
        since: since when no fresh picture came; of online, since when they come again.
        problem: why, in words without addresses; None when it came online.
    """

    id: UUID
    tenant_id: UUID
    camera_id: UUID
    state: CameraState
    at: datetime
    since: datetime
    problem: str | None


@dataclass(frozen=True, slots=True)
class Health:
    """How a watched camera is doing, in what everybody who sees the camera may know: no address.

    Attributes:
        state: None before the first look that settles it.
        since: since when no fresh picture came, or, of an online camera, since when they come again.
        seen_at: when the last fresh picture came.
        problem: why the last look brought none; None when it did.
    """

    state: CameraState | None
    since: datetime | None
    seen_at: datetime | None
    problem: str | None


class Keeping(StrEnum):
    """What becomes of the picture that a look took."""

    NEW = "new"  # not screened yet
    FOUND = "found"  # kept: it holds findings, could not be read, or was taken while watching closely
    SAMPLED = "sampled"  # quiet, kept as a sample
    QUIET = "quiet"  # quiet, may go
    DROPPED = "dropped"  # gone; the observation stays
