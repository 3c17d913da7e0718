"""Pipes, their regime and class, and the answer to "which zone is this point in, by which clause"."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


class Regime(StrEnum):
    """City gas and long-distance pipelines stand under different laws (石油天然气管道保护法 art. 2)."""

    CITY_GAS = "city_gas"
    LONG_DISTANCE = "long_distance"


class PressureClass(StrEnum):
    """Classes by highest working pressure (GB 50028; GB 55009 5.1.1)."""

    LOW = "low"
    MEDIUM = "medium"
    SUB_HIGH = "sub_high"
    HIGH = "high"
    UNKNOWN = "unknown"


class Zone(StrEnum):
    """Where a point lies; order of severity: protection, control, outside; unknown counts as inside."""

    PROTECTION = "protection"
    CONTROL = "control"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class NetworkVersion:
    """One imported state of a network; exactly one version per (tenant, regime) is active.

    Attributes:
        extent: lon_min, lat_min, lon_max, lat_max in WGS-84.
    """

    id: UUID
    tenant_id: UUID
    number: int
    regime: Regime
    jurisdiction: str
    source: str
    crs: str
    accepted: int
    length_km: float
    extent: tuple[float, float, float, float]
    imported_at: datetime
    active: bool


@dataclass(frozen=True, slots=True)
class ZoneAnswer:
    """Where a point lies against the active network.

    Attributes:
        pipe_id: the source's id of the nearest pipe or station; None when the network is empty or the point unknown.
        distance_m: to its outer edge (city gas) or centre line (long distance), never negative.
        zone: highest zone over all pipes in reach, errors subtracted when a sigma was given (domain.md 3.9).
        zone_pipe_id: the pipe that gives the zone.
        clause: the clause of the pack behind that pipe's range; None outside every range.
        p_protection: probability, 0-1, that the true point lies in the protection range; reported, not thresholded.
        p_control: the same for protection or control range.
        assumed: what was assumed for a missing attribute of the pipe that gives the zone, in words; None if nothing.
    """

    pipe_id: str | None
    distance_m: float | None
    zone: Zone
    zone_pipe_id: str | None
    jurisdiction: str | None
    pack_id: str | None
    clause: str | None
    p_protection: float | None
    p_control: float | None
    network_version_id: UUID | None
    assumed: str | None
