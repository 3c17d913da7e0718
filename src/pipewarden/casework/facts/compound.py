"""A compound (小区, 院落): ground behind one gate, where most works stand on no list of permits (domain.md 0)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class Compound:
    """One compound of a tenant.

    Attributes:
        key: the source's own id, unique in the tenant.
        area: WKB polygon or multipolygon, WGS-84 lon/lat.
    """

    id: UUID
    key: str
    name: str
    area: bytes


@dataclass(frozen=True, slots=True)
class CompoundImport:
    """What an import of compounds did, by key."""

    added: tuple[str, ...]
    redrawn: tuple[str, ...]
    same: int
