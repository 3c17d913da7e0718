"""Where: the tree of areas, which carries who is responsible and which jurisdiction's rules hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class NewArea:
    """An area to add.

    Attributes:
        key: short name, unique among its sisters (letters, digits, ``-``, ``_``).
        wkb: Polygon or MultiPolygon in WGS-84 lon/lat as WKB; None for an area that only groups others.
        jurisdiction: key of a rule pack (for instance ``CN-HE-langfang``); None inherits the parent's.
    """

    key: str
    name: str
    parent_id: UUID | None = None
    wkb: bytes | None = field(default=None, repr=False)
    jurisdiction: str | None = None


@dataclass(frozen=True, slots=True)
class Area:
    """One area of the tree.

    Attributes:
        tenant_id: ``PLATFORM`` for administrative divisions shared by all tenants, else the tenant's own beat or grid.
        path: the hex ids from the root down to this area, each followed by ``/``; a prefix is an ancestor.
        bbox: west, south, east, north in degrees WGS-84, or None without a polygon.
        jurisdiction: its own, not the inherited one; see ``people.service.jurisdiction_at``.
    """

    id: UUID
    tenant_id: UUID
    parent_id: UUID | None
    path: str
    key: str
    name: str
    wkb: bytes | None = field(repr=False)
    bbox: tuple[float, float, float, float] | None
    jurisdiction: str | None
    created_at: datetime

    @property
    def depth(self) -> int:
        """Return 1 for a root, one more per level."""
        return self.path.count("/")


@dataclass(frozen=True, slots=True)
class Ground:
    """The part of the map that a permission of an actor reaches, for what is drawn and not listed.

    Attributes:
        key: grounds of equal keys are equal: for caches and entity tags.
        wkb: Polygon or MultiPolygon in WGS-84 lon/lat degrees, perhaps empty; None for no limit.
    """

    key: str
    wkb: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class PointAreas:
    """What a point lies in: the deepest area, and the jurisdiction that holds there."""

    area: Area | None
    jurisdiction: str | None
