"""Measured pipes beside the map: what somebody laid bare, how far off the map it is, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipewarden.network.facts import Regime


class ProposalKind(StrEnum):
    """What a measurement says of a pipe."""

    POSITION = "position"
    DEPTH = "depth"
    AS_BUILT = "as_built"


class ProposalState(StrEnum):
    """Where a proposal stands; the map is the source's, so accepting one asks for a change and makes none."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SETTLED = "settled"  # the map that is active agrees with it


@dataclass(frozen=True, slots=True)
class Measured:
    """What somebody measured of a pipe.

    Attributes:
        pipe_id: as the map names it; empty where nobody knows, or the map has no such pipe.
        shape: WKB in WGS-84 lon/lat, a point or a line.
        depth_m: top of the pipe below the surface; None where that is not what was measured.
        sigma_m: of place and depth, one sigma.
        by: whose doing, as the audit names them.
    """

    kind: ProposalKind
    pipe_id: str
    shape: bytes
    sigma_m: float
    depth_m: float | None
    by: str
    site_id: UUID
    event_id: UUID


@dataclass(frozen=True, slots=True)
class Proposal:
    """A measurement beside the map that it was held against.

    Attributes:
        version_id: the network version; None where the tenant has no map.
        lon: of its first corner, degrees WGS-84.
        map_m: the map's depth; None where it has none, and of positions.
        off_m: position: metres from the map's pipe (as built: the farthest corner); depth: measured less the map's.
            None where the map has nothing to compare.
        within_m: what the errors of map and measurement explain (95 %); of a depth, of the measurement alone.
        map_error: a position farther off than that, or a pipe that the map does not have.
        settled_by: the version that agrees.
    """

    id: UUID
    tenant_id: UUID
    measured: Measured
    version_id: UUID | None
    regime: Regime | None
    lon: float
    lat: float
    map_m: float | None
    off_m: float | None
    within_m: float | None
    map_error: bool
    at: datetime
    state: ProposalState
    decided_by: str | None = None
    decided_at: datetime | None = None
    why: str = ""
    settled_by: UUID | None = None
