"""Cameras that move: where one was when it took a picture, and the trip on which it took it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


class FixSource(StrEnum):
    """Who says where the camera was."""

    TRACK = "track"  # a recorded track, interpolated by time
    PICTURE = "picture"  # the picture's own EXIF
    DEVICE = "device"  # the vehicle's or the drone's own report


@dataclass(frozen=True, slots=True)
class Fix:
    """Where a moving camera was, and which way it looked, when it took one picture.

    Attributes:
        lon: degrees WGS-84.
        lat: degrees WGS-84.
        accuracy_m: radius that holds the place in 95 of 100 cases (W3C Geolocation), metres.
        source: who says so.
        heading_deg: where the camera looks, clockwise from true north; goes before ``course_deg``.
        course_deg: which way the vehicle went; the camera looks there turned by its mounting's yaw.
        sigma_deg: one-sigma error of the heading or course; None for a usual one.
        height_m: of the camera above the ground, where it is not as mounted (a drone).
        tilt_deg: below the horizon, where not as mounted.
        hfov_deg: horizontal field of view, where not as mounted.
        speed_mps: of the vehicle, metres a second.
        flags: what makes the fix doubtful, in words; it counts all the same.
    """

    lon: float
    lat: float
    accuracy_m: float
    source: FixSource
    heading_deg: float | None = None
    course_deg: float | None = None
    sigma_deg: float | None = None
    height_m: float | None = None
    tilt_deg: float | None = None
    hfov_deg: float | None = None
    speed_mps: float | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trip:
    """One drive, flight or walk of a moving camera; its frames are one sequence.

    Attributes:
        owner_id: the person or key that uploads it.
        name: the uploader's own name of it, unique for the camera.
    """

    id: UUID
    tenant_id: UUID
    camera_id: UUID
    owner_id: UUID
    name: str
    made_at: datetime

    @property
    def stream(self) -> str:
        """The sequence its frames belong to."""
        return f"trip:{self.id}"


@dataclass(frozen=True, slots=True)
class NewFrame:
    """One picture of a trip on its way in.

    Attributes:
        picture: its bytes; their SHA-256 is its name within the trip.
        at: when it was taken.
        fix: where; None when nobody knows, and ``why`` says why.
    """

    picture: bytes
    picture_name: str
    at: datetime
    fix: Fix | None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class TripFrame:
    """One picture of a trip as it was kept; ``fix`` is None where nobody knows the place, and ``why`` says why."""

    observation_id: UUID
    picture: str
    at: datetime
    fix: Fix | None
    why: str | None


@dataclass(frozen=True, slots=True)
class TripSum:
    """How much of a trip has come: frames, those without a place, those with a doubtful fix, and their time."""

    frames: int
    unplaced: int
    flagged: int
    first_at: datetime | None
    last_at: datetime | None
