"""Pipes, their regime and class, and the answer to "which zone is this point in, by which clause"."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING
from uuid import UUID  # noqa: TC003  pydantic reads the types where an answer is stored

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray


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


INSIDE = frozenset({Zone.PROTECTION, Zone.UNKNOWN})
RANK: Mapping[Zone, int] = MappingProxyType(
    {Zone.PROTECTION: 0, Zone.UNKNOWN: 0, Zone.CONTROL: 1, Zone.OUTSIDE: 2}
)  # in lists: the gravest first


class Kind(StrEnum):
    """A line that carries gas, a facility with a footprint (station, regulator, metering device), or a valve.

    A valve is an accessory of its pipe and has the pipe's ranges (GB 55009 measures from pipe and accessory alike).
    """

    PIPE = "pipe"
    STATION = "station"
    VALVE = "valve"


class Datum(StrEnum):
    """What the drawn line is: the pipe's centre line, or already its outer edge (then no radius is subtracted)."""

    CENTRE_LINE = "centre_line"
    OUTER_EDGE = "outer_edge"


@dataclass(frozen=True, slots=True)
class Layer:
    """A file's rows as they are, in its own coordinates.

    Attributes:
        source: the file's name, for people.
        columns: name -> values, one per row.
        shapes: shapely geometries, None where the row has none or it cannot be decoded.
        own_crs: what the file itself says about its reference system (EPSG code or WKT), None when it says nothing.
        remarks: what was odd about the file (a guessed encoding).
    """

    source: str
    columns: dict[str, NDArray[np.object_]]
    shapes: NDArray[np.object_]
    own_crs: str | None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pipe:
    """One pipe or station as its source describes it; what the source does not say is None and stays so.

    Attributes:
        row: 1-based row of the source file.
        pipe_id: the source's id; several rows may be parts of one pipe.
        pressure: the source's own words, kept beside the class read from them.
        sigma_m: positional accuracy of the map, one sigma in metres.
        geometry: WKB in WGS-84 lon/lat; LineString, MultiLineString, Point, Polygon or MultiPolygon.
        extra: the source's remaining columns.
    """

    row: int
    pipe_id: str
    kind: Kind
    datum: Datum
    pressure_class: PressureClass
    pressure: str | None
    diameter_mm: float | None
    material: str | None
    depth_m: float | None
    year: int | None
    sigma_m: float | None
    geometry: bytes
    extra: dict[str, object]

    @property
    def label(self) -> str:
        """Return what a map's tip says of it, in the trade's order; empty when the source says nothing."""
        parts = (
            self.pressure,
            None if self.diameter_mm is None else f"DN{self.diameter_mm:.0f}",
            self.material,
            None if self.depth_m is None else f"埋深 {self.depth_m:g} m",
            None if self.year is None else str(self.year),
        )
        return " · ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Shift:
    """How far a new map lies from the active one.

    Attributes:
        median_m: robust median displacement in metres.
        matched: pipes compared.
        by: ``pipe_id`` or ``geometry`` (nearest distances, where the ids differ).
    """

    median_m: float
    matched: int
    by: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import took, and what it did not.

    Attributes:
        version: number of the new version; None for a dry run.
        rejected: (row, reason) of each row left out.
        warnings: (row, what) of rows taken as they are although something is odd; row 0 means the whole file.
        extent: lon_min, lat_min, lon_max, lat_max in WGS-84.
        crs: as declared.
        active_length_km: length of the version that was active before, of the same regime; None when there was none.
        would_be_refused: for a dry run, why the import itself would be refused with these options.
    """

    version: int | None
    version_id: UUID | None
    accepted: int
    rejected: tuple[tuple[int, str], ...]
    warnings: tuple[tuple[int, str], ...]
    length_km: float
    extent: tuple[float, float, float, float]
    crs: str
    regime: Regime
    jurisdiction: str
    mapping: str
    shift: Shift | None
    unknown: dict[str, int]
    dry_run: bool
    active_length_km: float | None = None
    would_be_refused: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return the machine-readable form; the first six keys are the command's contract."""
        shift = self.shift
        return {
            "version": self.version,
            "accepted": self.accepted,
            "rejected": [{"row": row, "reason": reason} for row, reason in self.rejected],
            "length_km": self.length_km,
            "extent": list(self.extent),
            "crs": self.crs,
            "regime": self.regime.value,
            "jurisdiction": self.jurisdiction,
            "mapping": self.mapping,
            "dry_run": self.dry_run,
            "unknown": self.unknown,
            "warnings": [{"row": row, "warning": what} for row, what in self.warnings],
            "shift": None if shift is None else {"median_m": shift.median_m, "matched": shift.matched, "by": shift.by},
            "active_length_km": self.active_length_km,
            "would_be_refused": list(self.would_be_refused),
        }


@dataclass(frozen=True, slots=True)
class ClassLength:
    """How much of one pressure class a version holds: rows of the map, and km along centre lines (0 of stations)."""

    pressure_class: PressureClass
    count: int
    km: float


@dataclass(frozen=True, slots=True)
class NetworkVersion:
    """One imported state of a network; exactly one version per (tenant, regime) is active.

    Attributes:
        extent: lon_min, lat_min, lon_max, lat_max in WGS-84.
        made_by: who brought it, as ``kind:id``; None before that was kept, and from the command line.
        chosen_by: who made it the active one again after another, when and why; None where nobody did.
        classes: the strictest first; empty of those that came in before it was counted.
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
    made_by: str | None = None
    why: str = ""
    chosen_by: str | None = None
    chosen_at: datetime | None = None
    chosen_why: str = ""
    classes: tuple[ClassLength, ...] = ()


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


@dataclass(frozen=True, slots=True)
class PipeMake:
    """What a map says of one part of a pipe, as its owner wrote it; None where it says nothing.

    Attributes:
        sigma_m: 1 sigma of its place on the map.
    """

    material: str | None
    sigma_m: float | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """How much of a pipe lies on a piece of ground.

    Attributes:
        pipe_id: the source's id; parts of one pipe under one id are added up.
        metres: along the centre line.
    """

    pipe_id: str
    regime: Regime
    pressure_class: PressureClass
    metres: float


@dataclass(frozen=True, slots=True)
class Crossed:
    """A pipe or station in whose protection or control range a piece of ground lies, the map's error added to it.

    Attributes:
        pipe_id: the source's id; parts of one pipe under one id are added up.
        zone: ``protection`` or ``control``; a pipe may have metres in both, in two of these.
        metres: along the centre line; 0 of a station.
    """

    pipe_id: str
    regime: Regime
    pressure_class: PressureClass
    station: bool
    zone: Zone
    metres: float


@dataclass(frozen=True, slots=True)
class PipeHere:
    """The pipe or station that matters at a point, with its ranges by the law of a day.

    Attributes:
        pipe: of several parts under one id, the first row.
        depth_m: least and greatest cover over the parts; None where the map says none.
        distance_m: from the point to its outer edge (long distance: centre line).
        protect_m: width of its protection range; None where there is no law in force, or a station has none.
        protect_clause: who gives it.
        assumed: what was assumed for what the map does not say, in words; None if nothing.
    """

    pipe: Pipe
    regime: Regime
    zone: Zone
    depth_m: tuple[float, float] | None
    distance_m: float | None
    protect_m: float | None
    protect_clause: str | None
    control_m: float | None
    control_clause: str | None
    assumed: str | None


@dataclass(frozen=True, slots=True)
class Around:
    """How a piece of ground lies to the networks.

    Attributes:
        zones: the gravest zone against each regime that has a network; empty where there is none. ``unknown`` where no
            rule pack is in force, or where part of the ground lies more than 5 km outside the map.
        crossed: the gravest first, longest first.
    """

    zones: Mapping[Regime, Zone]
    crossed: tuple[Crossed, ...]


@dataclass(frozen=True, slots=True)
class Near:
    """A pipe or station near a place, with the ranges that hold for it on a day.

    Attributes:
        protect_m: from its datum, the map's error not added; None where the packs name none or none is in force.
        control_m: the same.
    """

    pipe: Pipe
    regime: Regime
    protect_m: float | None
    control_m: float | None


UNKNOWN = ZoneAnswer(
    pipe_id=None,
    distance_m=None,
    zone=Zone.UNKNOWN,
    zone_pipe_id=None,
    jurisdiction=None,
    pack_id=None,
    clause=None,
    p_protection=None,
    p_control=None,
    network_version_id=None,
    assumed=None,
)  # the answer where nothing is known: it counts as inside
