"""A finding on the ground, with its error and its place against the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.network.facts import ZoneAnswer

PLACED = "locate.placed"  # fact_id = Observation.id, also when it has no findings; same partition


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
class Placement:
    """Where one finding stands.

    Attributes:
        ground: None when the camera has no calibration or the box stands above the horizon.
        footprint: the foot of the box on the ground as (lon, lat) corners, WGS-84; empty when unknown.
        answer: against the network; zone unknown when ``ground`` is None.
        why: reason when ``ground`` is None.
    """

    id: UUID
    tenant_id: UUID
    observation_id: UUID
    finding_id: UUID
    ground: GroundPoint | None
    footprint: tuple[tuple[float, float], ...]
    answer: ZoneAnswer
    why: str | None
