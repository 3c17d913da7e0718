"""Compounds of a tenant: imported, redrawn, and found by the box of their outline."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import shapely
from sqlalchemy import Double, Index, LargeBinary, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.casework.facts import Compound
from pipewarden.kit.db import Base

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipewarden.kit.work import Work

    Box = tuple[float, float, float, float]


class CompoundRow(Base):
    """One compound; ``west`` to ``north`` is the box of its outline in degrees WGS-84."""

    __tablename__ = "casework_compounds"
    __table_args__ = (
        UniqueConstraint("tenant_id", "key"),
        Index("ix_casework_compounds_box", "tenant_id", "west", "east"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    key: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    wkb: Mapped[bytes] = mapped_column(LargeBinary)
    west: Mapped[float] = mapped_column(Double)
    south: Mapped[float] = mapped_column(Double)
    east: Mapped[float] = mapped_column(Double)
    north: Mapped[float] = mapped_column(Double)
    imported_at: Mapped[datetime]


def all_of(work: Work) -> dict[str, Compound]:
    """Return the tenant's compounds by key."""
    rows = work.session.scalars(
        select(CompoundRow).where(CompoundRow.tenant_id == work.tenant_id).order_by(CompoundRow.key)
    )
    return {row.key: _compound(row) for row in rows}


def write(work: Work, compounds: Iterable[Compound]) -> None:
    """Write compounds, each as a new one or in place of the one that has its id."""
    for one in compounds:
        west, south, east, north = (float(side) for side in shapely.from_wkb(one.area).bounds)
        row = CompoundRow(
            id=one.id, tenant_id=work.tenant_id, key=one.key, name=one.name, wkb=one.area,
            west=west, south=south, east=east, north=north, imported_at=work.now(),
        )  # fmt: skip
        work.session.merge(row)
    work.session.flush()


def any_there(work: Work) -> bool:
    """Return whether the tenant knows any compounds at all."""
    found = select(CompoundRow.id).where(CompoundRow.tenant_id == work.tenant_id).limit(1)
    return work.session.scalar(found) is not None


def near(work: Work, box: Box) -> list[Compound]:
    """Return the tenant's compounds whose own box meets ``box`` (west, south, east, north, WGS-84)."""
    west, south, east, north = box
    rows = work.session.scalars(
        select(CompoundRow)
        .where(
            CompoundRow.tenant_id == work.tenant_id,
            CompoundRow.west <= east,
            CompoundRow.east >= west,
            CompoundRow.south <= north,
            CompoundRow.north >= south,
        )
        .order_by(CompoundRow.key)
    )
    return [_compound(row) for row in rows]


def _compound(row: CompoundRow) -> Compound:
    return Compound(row.id, row.key, row.name, row.wkb)
