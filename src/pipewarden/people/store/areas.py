"""The tables of areas and their rings: a tree by materialised path, outlines in PostgreSQL's own polygon type.

No extension is needed: ``polygon @> point`` is built in on 15 and later. It compares with a tolerance of 1e-6 degrees
(0.1 m), so a point that near to a border may count as inside.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Double,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.types import UserDefinedType

from pipewarden.kit.db import Base
from pipewarden.people.facts import PLATFORM, Area, AreaRef

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy import SQLColumnExpression

    from pipewarden.people.rules.area import Ring


class Outline(UserDefinedType[str]):
    """PostgreSQL's built-in ``polygon``, written as ``((x,y),(x,y),…)``."""

    cache_ok = True

    def get_col_spec(self, **_kw: object) -> str:
        """Return the type's SQL name."""
        return "POLYGON"


ischema_names.setdefault("polygon", Outline)  # so that reflection (migration checks) knows the type


class AreaRow(Base):
    """One area; a path is the hex ids from the root down, each followed by a slash."""

    __tablename__ = "people_areas"
    __table_args__ = (
        UniqueConstraint("path"),
        Index("ix_people_areas_path_prefix", "path", postgresql_ops={"path": "text_pattern_ops"}),
        Index("ix_people_areas_tenant_id", "tenant_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("people_areas.id"))
    path: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    wkb: Mapped[bytes | None] = mapped_column(LargeBinary)
    west: Mapped[float | None] = mapped_column(Double)
    south: Mapped[float | None] = mapped_column(Double)
    east: Mapped[float | None] = mapped_column(Double)
    north: Mapped[float | None] = mapped_column(Double)
    jurisdiction: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]


class AreaRingRow(Base):
    """One ring of an area's outline; a point is inside when an odd number of the area's rings contain it."""

    __tablename__ = "people_area_rings"

    area_id: Mapped[UUID] = mapped_column(ForeignKey("people_areas.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tenant_id: Mapped[UUID]
    ring: Mapped[str] = mapped_column(Outline)


def under(
    path: SQLColumnExpression[str] | SQLColumnExpression[str | None], prefixes: Iterable[str]
) -> list[ColumnElement[bool]]:
    """Return one prefix condition for each path; paths hold only hex digits and slashes, so nothing is escaped."""
    return [path.like(f"{prefix}%") for prefix in prefixes]


def add(session: Session, area: Area, rings: Sequence[Ring]) -> None:
    """Insert one area with the rings of its outline."""
    west, south, east, north = area.bbox or (None, None, None, None)
    session.add(
        AreaRow(
            id=area.id,
            tenant_id=area.tenant_id,
            parent_id=area.parent_id,
            path=area.path,
            key=area.key,
            name=area.name,
            wkb=area.wkb,
            west=west,
            south=south,
            east=east,
            north=north,
            jurisdiction=area.jurisdiction,
            created_at=area.created_at,
        )
    )
    session.flush()
    _write_rings(session, area, rings)


def redraw(session: Session, area: Area, rings: Sequence[Ring]) -> None:
    """Replace an area's outline."""
    west, south, east, north = area.bbox or (None, None, None, None)
    session.execute(
        update(AreaRow)
        .where(AreaRow.id == area.id)
        .values(wkb=area.wkb, west=west, south=south, east=east, north=north)
    )
    session.execute(delete(AreaRingRow).where(AreaRingRow.area_id == area.id))
    _write_rings(session, area, rings)


def _write_rings(session: Session, area: Area, rings: Sequence[Ring]) -> None:
    if not rings:
        return
    session.execute(
        insert(AreaRingRow),
        [
            {"area_id": area.id, "number": number, "tenant_id": area.tenant_id, "ring": _text(ring)}
            for number, ring in enumerate(rings)
        ],
    )


def _text(ring: Ring) -> str:
    return "(" + ",".join(f"({x!r},{y!r})" for x, y in ring) + ")"


def key_taken(session: Session, tenant_id: UUID, parent_id: UUID | None, key: str) -> bool:
    """Return whether a sister has this key; the tenant's areas are locked against a second writer until the end."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"people_areas:{tenant_id}", 0))))
    parent = AreaRow.parent_id.is_(None) if parent_id is None else AreaRow.parent_id == parent_id
    found = select(AreaRow.id).where(AreaRow.tenant_id == tenant_id, parent, AreaRow.key == key).limit(1)
    return session.scalar(found) is not None


def move(session: Session, area: Area, parent: Area | None, path: str) -> int:
    """Hang an area and everything below it under ``path``; return how many areas moved."""
    session.execute(
        update(AreaRow).where(AreaRow.id == area.id).values(parent_id=None if parent is None else parent.id)
    )
    moved = session.execute(
        update(AreaRow)
        .where(AreaRow.path.like(f"{area.path}%"))
        .values(path=func.concat(path, func.substr(AreaRow.path, len(area.path) + 1)))
        .execution_options(synchronize_session=False)
        .returning(AreaRow.id)
    ).all()
    session.expire_all()
    return len(moved)


def by_id(session: Session, area_id: UUID, tenants: Collection[UUID]) -> Area | None:
    """Return one area that belongs to one of ``tenants``, or None."""
    row = session.scalar(select(AreaRow).where(AreaRow.id == area_id, AreaRow.tenant_id.in_(tenants)))
    return None if row is None else area_of(row)


def all_of(session: Session, tenant_id: UUID) -> list[Area]:
    """Return the shared areas and the tenant's own, parents before children."""
    rows = session.scalars(
        select(AreaRow)
        .where(AreaRow.tenant_id.in_([PLATFORM, tenant_id]))
        .order_by(func.length(AreaRow.path), AreaRow.id)
    )
    return [area_of(row) for row in rows]


def drawn(session: Session, tenant_id: UUID) -> list[tuple[UUID, AreaRef]]:
    """Return whose and where each area with an outline is: the shared ones and the tenant's own."""
    asked = select(AreaRow.id, AreaRow.tenant_id, AreaRow.path).where(
        AreaRow.tenant_id.in_([PLATFORM, tenant_id]), AreaRow.wkb.is_not(None)
    )
    return [(area_id, AreaRef(owner, path)) for area_id, owner, path in session.execute(asked)]


def digests(session: Session, area_ids: Collection[UUID]) -> list[bytes]:
    """Return the SHA-256 of each area's outline, in the order of the ids; a province's half megabyte stays there."""
    rows = session.scalars(select(func.sha256(AreaRow.wkb)).where(AreaRow.id.in_(area_ids)).order_by(AreaRow.id))
    return list(rows)


def outlines(session: Session, area_ids: Collection[UUID]) -> list[bytes]:
    """Return the outlines of areas as WKB, WGS-84."""
    rows = session.scalars(select(AreaRow.wkb).where(AreaRow.id.in_(area_ids)).order_by(AreaRow.id))
    return [wkb for wkb in rows if wkb is not None]


def near(session: Session, tenant_id: UUID, box: tuple[float, float, float, float]) -> list[Area]:
    """Return the shared areas and the tenant's own that meet ``box``, and all their ancestors."""
    west, south, east, north = box
    meets = (AreaRow.west <= east) & (AreaRow.east >= west) & (AreaRow.south <= north) & (AreaRow.north >= south)
    hit = select(AreaRow.path).where(AreaRow.tenant_id.in_([PLATFORM, tenant_id]), meets).subquery()
    rows = session.scalars(select(AreaRow).where(select(1).where(func.starts_with(hit.c.path, AreaRow.path)).exists()))
    return [area_of(row) for row in rows]


def contains_point(
    prefixes: Iterable[str],
    tenants: Collection[UUID],
    lon: SQLColumnExpression[float | None] | SQLColumnExpression[float],
    lat: SQLColumnExpression[float | None] | SQLColumnExpression[float],
) -> ColumnElement[bool]:
    """Return the condition that (lon, lat) lies in the outline of an area at or below one of ``prefixes``.

    Where:
        tenants: only areas that belong to these count.
    """
    below = and_(AreaRow.tenant_id.in_(tenants), or_(*under(AreaRow.path, prefixes)))
    inside = (
        select(AreaRingRow.area_id)
        .join(AreaRow, AreaRow.id == AreaRingRow.area_id)
        .where(
            below,
            AreaRow.west <= lon,
            AreaRow.east >= lon,
            AreaRow.south <= lat,
            AreaRow.north >= lat,
            AreaRingRow.ring.op("@>", return_type=Boolean())(func.point(lon, lat)),
        )
        .group_by(AreaRingRow.area_id)
        .having(func.count() % 2 == 1)
        .correlate_except(AreaRingRow, AreaRow)
    )
    # the box around all of them is found once per query and spares most rows the test above
    west, east, south, north = (
        select(edge).where(below).correlate(None).scalar_subquery()
        for edge in (func.min(AreaRow.west), func.max(AreaRow.east), func.min(AreaRow.south), func.max(AreaRow.north))
    )
    return and_(lon >= west, lon <= east, lat >= south, lat <= north, inside.exists())


def area_of(row: AreaRow) -> Area:
    """Return the row as a fact."""
    box = None
    if row.west is not None and row.south is not None and row.east is not None and row.north is not None:
        box = (row.west, row.south, row.east, row.north)
    return Area(
        id=row.id,
        tenant_id=row.tenant_id,
        parent_id=row.parent_id,
        path=row.path,
        key=row.key,
        name=row.name,
        wkb=row.wkb,
        bbox=box,
        jurisdiction=row.jurisdiction,
        created_at=row.created_at,
    )
