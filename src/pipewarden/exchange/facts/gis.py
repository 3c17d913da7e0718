"""What other geographic systems read of us: layers of features, as OGC API - Features and GeoPackage carry them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    Said = str | int | float | bool | datetime | None


GEOPACKAGE = "application/geopackage+sqlite3"


class LayerName(StrEnum):
    """Our layers."""

    PIPES = "pipes"
    FACILITIES = "facilities"
    CAMERAS = "cameras"
    SITES = "sites"
    ALARMS = "alarms"
    FILINGS = "filings"
    AREAS = "areas"


class Held(StrEnum):
    """What a column holds."""

    TEXT = "text"
    WHOLE = "whole"
    REAL = "real"
    TRUTH = "truth"
    MOMENT = "moment"  # UTC


@dataclass(frozen=True, slots=True)
class LayerAbout:
    """One layer as it is described.

    Attributes:
        read: the permission that shows it on the web; ``out`` the one that takes it away as a file.
        shape: OGC's name of its geometry; ``Geometry`` where lines, points and polygons are mixed.
        timed: whether ``datetime`` narrows it.
        columns: what each feature says, in order.
    """

    title: str
    words: str
    read: str
    out: str
    shape: str
    timed: bool
    columns: Mapping[str, Held]


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing on the map.

    Attributes:
        shape: WKB in WGS-84 lon/lat (CRS84); None where nobody knows the place.
        says: a value for each of the layer's columns.
    """

    id: str
    tenant_id: UUID
    shape: bytes | None
    says: Mapping[str, Said]


@dataclass(frozen=True, slots=True)
class Narrow:
    """What a layer is narrowed to; None narrows nothing.

    Attributes:
        box: west, south, east, north in degrees WGS-84.
        begin: not over before it; ``end`` begun before it.
    """

    box: tuple[float, float, float, float] | None = None
    begin: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class FeaturePage:
    """A page of a layer; ``place`` is where the next one goes on, None at the end."""

    features: tuple[Feature, ...]
    place: list[object] | None


@dataclass(frozen=True, slots=True)
class TakenFile:
    """What a file of layers holds.

    Attributes:
        counts: features of each layer.
        size: bytes.
    """

    counts: Mapping[str, int]
    size: int
    sha256: str
