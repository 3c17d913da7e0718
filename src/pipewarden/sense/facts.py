"""What a source said, once: the fact every later stage points back to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

OBSERVED = "sense.observed"  # fact_id = Observation.id, partition = Observation.stream


class ObservationKind(StrEnum):
    """How the picture stands to others: only frames of a sequence can make an alarm by themselves."""

    FRAME = "frame"
    SINGLE = "single"


@dataclass(frozen=True, slots=True)
class Camera:
    """A registered camera.

    Attributes:
        key: unique in the tenant, as people write it.
        calibration: the ``calibration`` part of camera.yaml as given (locate reads it), None when unknown.
        image_size: width, height in pixels that the calibration refers to.
        lon: where it stands, degrees WGS-84.
        lat: the same.
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


@dataclass(frozen=True, slots=True)
class Observation:
    """One picture as a source delivered it.

    Attributes:
        stream: the sequence it belongs to (camera key, or the path of a folder or video); partition of all its facts.
        source_id: the source's own name of this event; (tenant, stream, source_id) is unique.
        at: when the picture was taken, None when the source does not say.
        offset_s: seconds from the first frame of the stream; orders frames where ``at`` is unknown.
        picture: SHA-256 of the picture's bytes in the blob store.
        picture_name: the file or address it came from, for people.
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
