"""The versions' and pipes' tables: geometry as WKB with its box, the source's remaining columns as JSONB."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import shapely
from psycopg.types.json import Jsonb
from sqlalchemy import ForeignKey, Index, LargeBinary, Text, UniqueConstraint, func, select, text, tuple_, update
from sqlalchemy.orm import Mapped, Session, defer, mapped_column

from pipewarden.kit.db import Base
from pipewarden.network.facts import ClassLength, Datum, Kind, NetworkVersion, Pipe, PipeMake, PressureClass, Regime

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

_CHUNK = 5000
_COLUMNS = (
    "tenant_id", "version_id", "row", "pipe_id", "kind", "datum", "pressure_class", "pressure", "diameter_mm",
    "material", "depth_m", "year", "sigma_m", "geometry", "lon_min", "lat_min", "lon_max", "lat_max", "extra",
)  # fmt: skip
_TYPES = (
    "uuid", "uuid", "int4", "text", "text", "text", "text", "text", "float8", "text", "float8", "int4", "float8",
    "bytea", "float8", "float8", "float8", "float8", "jsonb",
)  # fmt: skip


class VersionRow(Base):
    """One imported state of a network."""

    __tablename__ = "network_versions"
    __table_args__ = (
        UniqueConstraint("tenant_id", "regime", "number"),
        Index("uq_network_versions_active", "tenant_id", "regime", unique=True, postgresql_where=text("active")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    number: Mapped[int]
    regime: Mapped[str] = mapped_column(Text)
    jurisdiction: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    crs: Mapped[str] = mapped_column(Text)
    mapping: Mapped[str] = mapped_column(Text)
    accepted: Mapped[int]
    length_km: Mapped[float]
    lon_min: Mapped[float]
    lat_min: Mapped[float]
    lon_max: Mapped[float]
    lat_max: Mapped[float]
    report: Mapped[dict[str, object]]
    imported_at: Mapped[datetime]
    active: Mapped[bool]
    made_by: Mapped[str | None] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    chosen_by: Mapped[str | None] = mapped_column(Text)
    chosen_at: Mapped[datetime | None]
    chosen_why: Mapped[str] = mapped_column(Text)


class PipeRow(Base):
    """One pipe or station of a version."""

    __tablename__ = "network_pipes"
    __table_args__ = (Index("ix_network_pipes_pipe_id", "version_id", "pipe_id"),)

    version_id: Mapped[UUID] = mapped_column(ForeignKey("network_versions.id"), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    pipe_id: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    datum: Mapped[str] = mapped_column(Text)
    pressure_class: Mapped[str] = mapped_column(Text)
    pressure: Mapped[str | None] = mapped_column(Text)
    diameter_mm: Mapped[float | None]
    material: Mapped[str | None] = mapped_column(Text)
    depth_m: Mapped[float | None]
    year: Mapped[int | None]
    sigma_m: Mapped[float | None]
    geometry: Mapped[bytes] = mapped_column(LargeBinary)
    lon_min: Mapped[float]
    lat_min: Mapped[float]
    lon_max: Mapped[float]
    lat_max: Mapped[float]
    extra: Mapped[dict[str, object]]


def _version(row: VersionRow) -> NetworkVersion:
    return NetworkVersion(
        id=row.id,
        tenant_id=row.tenant_id,
        number=row.number,
        regime=Regime(row.regime),
        jurisdiction=row.jurisdiction,
        source=row.source,
        crs=row.crs,
        accepted=row.accepted,
        length_km=row.length_km,
        extent=(row.lon_min, row.lat_min, row.lon_max, row.lat_max),
        imported_at=row.imported_at,
        active=row.active,
        made_by=row.made_by,
        why=row.why,
        chosen_by=row.chosen_by,
        chosen_at=row.chosen_at,
        chosen_why=row.chosen_why,
        classes=_classes(row.report.get("classes")),
    )


def _classes(kept: Any) -> tuple[ClassLength, ...]:
    """Return what ``add_version`` kept of each class."""
    told = ((one["pressure_class"], one["count"], one["km"]) for one in kept or ())
    return tuple(ClassLength(PressureClass(cls), count, km) for cls, count, km in told)


def lock(session: Session, tenant_id: UUID, regime: Regime) -> None:
    """Let one transaction at a time change the versions of a tenant's regime; freed when it ends."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"network:{tenant_id}:{regime}", 0))))


def versions(session: Session, tenant_id: UUID) -> list[NetworkVersion]:
    """Return the tenant's versions, newest first within each regime."""
    asked = select(VersionRow).where(VersionRow.tenant_id == tenant_id)
    return [_version(row) for row in session.scalars(asked.order_by(VersionRow.regime, VersionRow.number.desc()))]


def active_versions(session: Session, tenant_id: UUID) -> list[NetworkVersion]:
    """Return the tenant's active versions, at most one per regime."""
    asked = select(VersionRow).where(VersionRow.tenant_id == tenant_id, VersionRow.active)
    return [_version(row) for row in session.scalars(asked.order_by(VersionRow.regime))]


def operators_at(session: Session, place: tuple[float, float], spare: float) -> list[UUID]:
    """Return the tenants in whose active maps a place (lon, lat) lies, ``spare`` degrees around, the smallest first."""
    lon, lat = place
    size = (VersionRow.lon_max - VersionRow.lon_min) * (VersionRow.lat_max - VersionRow.lat_min)
    asked = select(VersionRow.tenant_id).where(
        VersionRow.active,
        VersionRow.lon_min <= lon + spare,
        VersionRow.lon_max >= lon - spare,
        VersionRow.lat_min <= lat + spare,
        VersionRow.lat_max >= lat - spare,
    )
    return list(dict.fromkeys(session.scalars(asked.order_by(size, VersionRow.id))))


def version(session: Session, tenant_id: UUID, version_id: UUID) -> NetworkVersion | None:
    """Return one version of the tenant."""
    row = session.scalar(select(VersionRow).where(VersionRow.tenant_id == tenant_id, VersionRow.id == version_id))
    return None if row is None else _version(row)


def next_number(session: Session, tenant_id: UUID, regime: Regime) -> int:
    """Return the number of the next version; call under ``lock``."""
    asked = select(func.max(VersionRow.number)).where(VersionRow.tenant_id == tenant_id, VersionRow.regime == regime)
    return int(session.scalar(asked) or 0) + 1


def add_version(session: Session, made: NetworkVersion, mapping: str, report: dict[str, object]) -> None:
    """Insert a version."""
    lon_min, lat_min, lon_max, lat_max = made.extent
    session.add(
        VersionRow(
            id=made.id,
            tenant_id=made.tenant_id,
            number=made.number,
            regime=made.regime.value,
            jurisdiction=made.jurisdiction,
            source=made.source,
            crs=made.crs,
            mapping=mapping,
            accepted=made.accepted,
            length_km=made.length_km,
            lon_min=lon_min,
            lat_min=lat_min,
            lon_max=lon_max,
            lat_max=lat_max,
            report=report | {"classes": [asdict(one) for one in made.classes]},
            imported_at=made.imported_at,
            active=made.active,
            made_by=made.made_by,
            why=made.why,
            chosen_by=made.chosen_by,
            chosen_at=made.chosen_at,
            chosen_why=made.chosen_why,
        )
    )
    session.flush()


def activate(session: Session, tenant_id: UUID, regime: Regime, version_id: UUID | None) -> None:
    """Make one version of a regime the active one (none for None), in one transaction; call under ``lock``."""
    mine = (VersionRow.tenant_id == tenant_id, VersionRow.regime == regime.value)
    session.execute(update(VersionRow).where(*mine, VersionRow.active).values(active=False))
    if version_id is not None:
        session.execute(update(VersionRow).where(*mine, VersionRow.id == version_id).values(active=True))


def choose(session: Session, version_id: UUID, by: str, at: datetime, why: str) -> None:
    """Write who made a version the active one again, and why."""
    asked = update(VersionRow).where(VersionRow.id == version_id)
    session.execute(asked.values(chosen_by=by, chosen_at=at, chosen_why=why))


def corners_of(session: Session, tenant_id: UUID, version_id: UUID) -> list[bytes]:
    """Return the geometries of a version, WKB in WGS-84."""
    mine = (PipeRow.tenant_id == tenant_id, PipeRow.version_id == version_id)
    return [bytes(one) for one in session.scalars(select(PipeRow.geometry).where(*mine))]


def add_pipes(
    session: Session,
    tenant_id: UUID,
    version_id: UUID,
    pipes: Sequence[Pipe],
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write the pipes of a version by COPY, the fastest way in; all or nothing with the transaction."""
    boxes = shapely.bounds(shapely.from_wkb([p.geometry for p in pipes]))
    connection = session.connection().connection.driver_connection
    if connection is None:
        raise RuntimeError("a session in use has a connection")
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY network_pipes ({', '.join(_COLUMNS)}) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types(_TYPES)
        for done, (pipe, box) in enumerate(zip(pipes, boxes.tolist(), strict=True), start=1):
            copy.write_row(
                (
                    tenant_id, version_id, pipe.row, pipe.pipe_id, pipe.kind.value, pipe.datum.value,
                    pipe.pressure_class.value, pipe.pressure, pipe.diameter_mm, pipe.material, pipe.depth_m, pipe.year,
                    pipe.sigma_m, pipe.geometry, *box, Jsonb(pipe.extra),
                )
            )  # fmt: skip
            if progress is not None and (done % _CHUNK == 0 or done == len(pipes)):
                progress(done, len(pipes))


def boxes_of(session: Session, version_id: UUID) -> list[tuple[float, float, float, float]]:
    """Return the boxes of a version's pipes: lon_min, lat_min, lon_max, lat_max."""
    asked = select(PipeRow.lon_min, PipeRow.lat_min, PipeRow.lon_max, PipeRow.lat_max)
    return [(w, s, e, n) for w, s, e, n in session.execute(asked.where(PipeRow.version_id == version_id))]


def classes(
    session: Session, tenant_id: UUID, version_ids: Collection[UUID], pipe_ids: Collection[str]
) -> list[tuple[UUID, str, PressureClass]]:
    """Return (version, pipe, class) of the tenant's pipes of these names in these versions; one may have several."""
    asked = (
        select(PipeRow.version_id, PipeRow.pipe_id, PipeRow.pressure_class)
        .where(PipeRow.tenant_id == tenant_id, PipeRow.version_id.in_(version_ids), PipeRow.pipe_id.in_(pipe_ids))
        .distinct()
    )
    return [(version_id, pipe_id, PressureClass(cls)) for version_id, pipe_id, cls in session.execute(asked)]


def makes(
    session: Session, tenant_id: UUID, version_ids: Collection[UUID], pipe_ids: Collection[str]
) -> list[tuple[UUID, str, PipeMake]]:
    """Return (version, pipe, make) of the tenant's pipes of these names in these versions; one may have several."""
    asked = (
        select(PipeRow.version_id, PipeRow.pipe_id, PipeRow.material, PipeRow.sigma_m)
        .where(PipeRow.tenant_id == tenant_id, PipeRow.version_id.in_(version_ids), PipeRow.pipe_id.in_(pipe_ids))
        .distinct()
        .order_by(PipeRow.version_id, PipeRow.pipe_id, PipeRow.material, PipeRow.sigma_m)
    )
    return [(version_id, name, PipeMake(made, off)) for version_id, name, made, off in session.execute(asked)]


def pipes_of(
    session: Session,
    tenant_id: UUID,
    version_id: UUID,
    *,
    with_extra: bool = False,
    box: tuple[float, float, float, float] | None = None,
    pipe_id: str | None = None,
) -> list[Pipe]:
    """Return the pipes of a version in the order of its rows; ``extra`` is empty unless asked for.

    With a ``box`` (west, south, east, north, WGS-84) only those whose own box meets it; with a ``pipe_id`` only the
    parts of that one.
    """
    t = PipeRow
    columns = [t.row, t.pipe_id, t.kind, t.datum, t.pressure_class, t.pressure, t.diameter_mm, t.material, t.depth_m]
    more = [t.year, t.sigma_m, t.geometry, *([t.extra] if with_extra else [])]
    asked = select(*columns, *more).where(t.version_id == version_id, t.tenant_id == tenant_id).order_by(t.row)
    if pipe_id is not None:
        asked = asked.where(t.pipe_id == pipe_id)
    if box is not None:
        west, south, east, north = box
        asked = asked.where(t.lon_max >= west, t.lon_min <= east, t.lat_max >= south, t.lat_min <= north)
    found: Sequence[Any] = session.execute(asked).all()
    return [
        Pipe(
            row=r[0],
            pipe_id=r[1],
            kind=Kind(r[2]),
            datum=Datum(r[3]),
            pressure_class=PressureClass(r[4]),
            pressure=r[5],
            diameter_mm=r[6],
            material=r[7],
            depth_m=r[8],
            year=r[9],
            sigma_m=r[10],
            geometry=bytes(r[11]),
            extra=r[12] if with_extra else {},
        )
        for r in found
    ]


def pipe_rows(
    session: Session,
    tenant_id: UUID,
    version_ids: Collection[UUID],
    kinds: Collection[Kind],
    *,
    box: tuple[float, float, float, float] | None,
    after: tuple[UUID, int] | None,
    limit: int,
) -> list[tuple[UUID, Pipe]]:
    """Return (version, pipe) of these kinds in the order of version and row, past ``after``; ``extra`` stays empty.

    ``box`` is west, south, east, north in degrees WGS-84: only those whose own box meets it.
    """
    t = PipeRow
    asked = (
        select(t)
        .options(defer(t.extra))
        .where(t.tenant_id == tenant_id, t.version_id.in_(version_ids), t.kind.in_([one.value for one in kinds]))
        .order_by(t.version_id, t.row)
        .limit(limit)
    )
    if box is not None:
        west, south, east, north = box
        asked = asked.where(t.lon_max >= west, t.lon_min <= east, t.lat_max >= south, t.lat_min <= north)
    if after is not None:
        asked = asked.where(tuple_(t.version_id, t.row) > after)
    found = session.scalars(asked).all()
    made = [(one.version_id, pipe_of(one, with_extra=False)) for one in found]
    for one in found:  # the next page needs the memory
        session.expunge(one)
    return made


def pipe_of(row: PipeRow, *, with_extra: bool = True) -> Pipe:
    """Return the pipe of a row."""
    return Pipe(
        row=row.row,
        pipe_id=row.pipe_id,
        kind=Kind(row.kind),
        datum=Datum(row.datum),
        pressure_class=PressureClass(row.pressure_class),
        pressure=row.pressure,
        diameter_mm=row.diameter_mm,
        material=row.material,
        depth_m=row.depth_m,
        year=row.year,
        sigma_m=row.sigma_m,
        geometry=bytes(row.geometry),
        extra=row.extra if with_extra else {},
    )
