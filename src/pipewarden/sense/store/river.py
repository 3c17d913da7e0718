"""The tables of cameras and observations, and every query on them; each query is told whose rows it may see."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Double, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, false, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from pipewarden.kit.db import Base, insert_rows
from pipewarden.people.facts import ActorKind
from pipewarden.people.service import ScopedTable
from pipewarden.sense.facts import Camera, DeviceKind, Observation, ObservationKind, Told

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement


class CameraRow(Base):
    """One registered camera."""

    __tablename__ = "sense_cameras"
    __table_args__ = (UniqueConstraint("tenant_id", "key"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    key: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    lon: Mapped[float | None] = mapped_column(Double)
    lat: Mapped[float | None] = mapped_column(Double)
    image_width: Mapped[int | None]
    image_height: Mapped[int | None]
    calibration: Mapped[dict[str, object] | None]
    interval_s: Mapped[float] = mapped_column(Double)
    rendered: Mapped[bool] = mapped_column(server_default=false())
    test: Mapped[bool] = mapped_column(server_default=false())
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


_PERSON = f"{ActorKind.PERSON}:"  # how the stream of what a person sends begins


class ObservationRow(Base):
    """One picture as a source delivered it; written once."""

    __tablename__ = "sense_observations"
    __table_args__ = (
        UniqueConstraint("tenant_id", "stream", "source_id"),
        Index("ix_sense_observations_stream_at", "tenant_id", "stream", "at"),
        Index("ix_sense_observations_stream_offset", "tenant_id", "stream", "offset_s"),
        Index("ix_sense_observations_camera_id", "camera_id"),
        Index("ix_sense_observations_picture", "picture"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    stream: Mapped[str] = mapped_column(Text)
    source_id: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    camera_id: Mapped[UUID | None] = mapped_column(ForeignKey("sense_cameras.id"))
    at: Mapped[datetime | None]
    offset_s: Mapped[float] = mapped_column(Double)
    picture: Mapped[str] = mapped_column(Text)
    picture_name: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]
    rendered: Mapped[bool] = mapped_column(server_default=false())
    test: Mapped[bool] = mapped_column(server_default=false())


class ToldRow(Base):
    """What came with an observation that somebody sent: whose it is, where, in which words; written once."""

    __tablename__ = "sense_told"
    __table_args__ = (Index("ix_sense_told_owner_id", "owner_id"), Index("ix_sense_told_place", "lat", "lon"))

    observation_id: Mapped[UUID] = mapped_column(ForeignKey("sense_observations.id"), primary_key=True)
    tenant_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    source: Mapped[str] = mapped_column(Text)
    event_id: Mapped[str] = mapped_column(Text)
    words: Mapped[str | None] = mapped_column(Text)
    lon: Mapped[float | None] = mapped_column(Double)
    lat: Mapped[float | None] = mapped_column(Double)
    accuracy_m: Mapped[float | None] = mapped_column(Double)
    picture_problem: Mapped[str | None] = mapped_column(Text)
    extra: Mapped[dict[str, object]]
    content_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    device_id: Mapped[UUID | None]
    noticed: Mapped[str | None] = mapped_column(Text)
    area: Mapped[list[object] | None]


# an observation lies where its sender says, else where its camera stands; nobody owns what a camera of the house saw
OBSERVATIONS = ScopedTable(
    tenant_id=ObservationRow.tenant_id,
    owner_id=ToldRow.owner_id,
    lon=func.coalesce(ToldRow.lon, CameraRow.lon),
    lat=func.coalesce(ToldRow.lat, CameraRow.lat),
    hidden=ObservationRow.test,
)
CAMERAS = ScopedTable(tenant_id=CameraRow.tenant_id, lon=CameraRow.lon, lat=CameraRow.lat, hidden=CameraRow.test)


def _camera(row: CameraRow) -> Camera:
    known = row.image_width is not None and row.image_height is not None
    return Camera(
        id=row.id,
        tenant_id=row.tenant_id,
        key=row.key,
        name=row.name,
        lon=row.lon,
        lat=row.lat,
        image_size=(row.image_width or 0, row.image_height or 0) if known else None,
        calibration=row.calibration,
        interval_s=row.interval_s,
        rendered=row.rendered,
        test=row.test,
    )


def _observation(row: ObservationRow) -> Observation:
    return Observation(
        id=row.id,
        tenant_id=row.tenant_id,
        stream=row.stream,
        source_id=row.source_id,
        kind=ObservationKind(row.kind),
        camera_id=row.camera_id,
        at=row.at,
        offset_s=row.offset_s,
        picture=row.picture,
        picture_name=row.picture_name,
        received_at=row.received_at,
        rendered=row.rendered,
        test=row.test,
    )


def told_of(row: ToldRow) -> Told:
    """Return what came with an observation."""
    told = {name: getattr(row, name) for name in ToldRow.__table__.columns.keys()}  # noqa: SIM118  not a dict
    area = tuple((float(corner[0]), float(corner[1])) for corner in told["area"] or ())
    noticed = None if row.noticed is None else DeviceKind(row.noticed)
    return Told(**told | {"area": area, "noticed": noticed})


def put_camera(session: Session, camera: Camera, now: datetime) -> Camera:
    """Insert ``camera``, or overwrite the one of the same key and keep its id; return what is stored."""
    width, height = camera.image_size or (None, None)
    told = {
        "name": camera.name,
        "lon": camera.lon,
        "lat": camera.lat,
        "image_width": width,
        "image_height": height,
        "calibration": camera.calibration,
        "interval_s": camera.interval_s,
        "rendered": camera.rendered,
        "test": camera.test,
        "updated_at": now,
    }
    fresh = {"id": camera.id, "tenant_id": camera.tenant_id, "key": camera.key, "created_at": now}
    statement = insert(CameraRow).values(**told, **fresh)
    statement = statement.on_conflict_do_update(index_elements=["tenant_id", "key"], set_=told)
    row = session.scalars(statement.returning(CameraRow), execution_options={"populate_existing": True}).one()
    return _camera(row)


def hold_camera(session: Session, tenant_id: UUID, camera_id: UUID) -> Camera:
    """Return the tenant's camera as it is, locked until the transaction ends."""
    statement = select(CameraRow).where(CameraRow.tenant_id == tenant_id, CameraRow.id == camera_id).with_for_update()
    return _camera(session.scalars(statement, execution_options={"populate_existing": True}).one())


def camera_by_key(session: Session, tenant_id: UUID, key: str) -> Camera | None:
    """Return the tenant's camera with this key, or None."""
    row = session.scalar(select(CameraRow).where(CameraRow.tenant_id == tenant_id, CameraRow.key == key))
    return None if row is None else _camera(row)


def cameras(session: Session, tenant_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Camera]:
    """Return the tenant's cameras among ``ids``, in one query."""
    if not ids:
        return {}
    rows = session.scalars(select(CameraRow).where(CameraRow.tenant_id == tenant_id, CameraRow.id.in_(set(ids))))
    return {row.id: _camera(row) for row in rows}


def all_cameras(session: Session, tenant_id: UUID) -> list[Camera]:
    """Return the tenant's cameras by key, without the one that the house tests itself with."""
    mine = (CameraRow.tenant_id == tenant_id, CameraRow.test.is_(False))
    rows = session.scalars(select(CameraRow).where(*mine).order_by(CameraRow.key))
    return [_camera(row) for row in rows]


def add_observations(session: Session, several: Sequence[Observation]) -> set[UUID]:
    """Insert what no source said before and return the ids of that; of two with one name the first is new."""
    columns = ObservationRow.__table__.columns.keys()
    values = [{name: getattr(one, name) for name in columns} | {"kind": one.kind.value} for one in several]
    statement = insert(ObservationRow).on_conflict_do_nothing(index_elements=["tenant_id", "stream", "source_id"])
    return set(insert_rows(session, statement.returning(ObservationRow.id), values))


def by_source(session: Session, tenant_id: UUID, stream: str, source_id: str) -> Observation | None:
    """Return what the source said under this name, or None."""
    row = session.scalar(
        select(ObservationRow).where(
            ObservationRow.tenant_id == tenant_id,
            ObservationRow.stream == stream,
            ObservationRow.source_id == source_id,
        )
    )
    return None if row is None else _observation(row)


def observations(session: Session, tenant_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Observation]:
    """Return the tenant's observations among ``ids``, in one query."""
    if not ids:
        return {}
    rows = session.scalars(
        select(ObservationRow).where(ObservationRow.tenant_id == tenant_id, ObservationRow.id.in_(set(ids)))
    )
    return {row.id: _observation(row) for row in rows}


def rendered(session: Session, tenant_id: UUID, pictures: Collection[str]) -> set[str]:
    """Return those of ``pictures`` that the tenant knows as rendered."""
    if not pictures:
        return set()
    mine = (ObservationRow.tenant_id == tenant_id, ObservationRow.picture.in_(set(pictures)), ObservationRow.rendered)
    return set(session.scalars(select(ObservationRow.picture).where(*mine).distinct()))


def person_senders(session: Session, tenant_id: UUID, pictures: Collection[str]) -> dict[str, set[UUID | None]]:
    """Return who sent those of ``pictures`` that persons sent: ids, None for a report of somebody without an account.

    Rendered ones are no photographs; what cameras, devices and folders brought is absent.
    """
    if not pictures:
        return {}
    by_person = ObservationRow.stream.startswith(_PERSON, autoescape=True)
    mine = (
        ObservationRow.tenant_id == tenant_id,
        ObservationRow.picture.in_(set(pictures)),
        ~ObservationRow.rendered,
        or_(by_person, ObservationRow.kind == ObservationKind.REPORT.value),
    )
    found: dict[str, set[UUID | None]] = {}
    for picture, stream in session.execute(select(ObservationRow.picture, ObservationRow.stream).where(*mine)):
        who = UUID(stream.removeprefix(_PERSON)) if stream.startswith(_PERSON) else None
        found.setdefault(picture, set()).add(who)
    return found


def earlier(session: Session, one: Observation, count: int) -> list[Observation]:
    """Return up to ``count`` frames of the same tenant and stream before ``one``, the nearest first."""
    before: ColumnElement[bool]
    order: ColumnElement[datetime | None] | ColumnElement[float]
    if one.at is not None:
        before, order = ObservationRow.at < one.at, ObservationRow.at.desc()
    else:
        before, order = ObservationRow.offset_s < one.offset_s, ObservationRow.offset_s.desc()
        before &= ObservationRow.at.is_(None)
    rows = session.scalars(
        select(ObservationRow)
        .where(
            ObservationRow.tenant_id == one.tenant_id,
            ObservationRow.stream == one.stream,
            ObservationRow.kind == ObservationKind.FRAME.value,
            before,
        )
        .order_by(order, ObservationRow.id.desc())
        .limit(count)
    )
    return [_observation(row) for row in rows]


def frames(
    session: Session, tenant_id: UUID, stream: str, since: datetime, until: datetime, *, limit: int
) -> list[Observation]:
    """Return up to ``limit`` frames of a stream taken after ``since`` and up to ``until``, oldest first."""
    rows = session.scalars(
        select(ObservationRow)
        .where(
            ObservationRow.tenant_id == tenant_id,
            ObservationRow.stream == stream,
            ObservationRow.kind == ObservationKind.FRAME.value,
            ObservationRow.at > since,
            ObservationRow.at <= until,
        )
        .order_by(ObservationRow.at, ObservationRow.id)
        .limit(limit)
    )
    return [_observation(row) for row in rows]


def newest_frame(session: Session, tenant_id: UUID, camera_id: UUID) -> Observation | None:
    """Return the frame of a camera that came last."""
    row = session.scalar(
        select(ObservationRow)
        .where(
            ObservationRow.tenant_id == tenant_id,
            ObservationRow.camera_id == camera_id,
            ObservationRow.kind == ObservationKind.FRAME.value,
        )
        .order_by(ObservationRow.id.desc())
        .limit(1)
    )
    return None if row is None else _observation(row)


def add_told(session: Session, several: Sequence[Told]) -> None:
    """Insert what came with observations that were just made."""
    columns = ToldRow.__table__.columns.keys()
    values = [
        {name: getattr(one, name) for name in columns}
        | {"area": [list(corner) for corner in one.area] or None, "noticed": one.noticed}
        for one in several
    ]
    insert_rows(session, insert(ToldRow).returning(ToldRow.observation_id), values)


def told(session: Session, tenant_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Told]:
    """Return what came with the tenant's observations among ``ids``, in one query."""
    if not ids:
        return {}
    rows = session.scalars(select(ToldRow).where(ToldRow.tenant_id == tenant_id, ToldRow.observation_id.in_(set(ids))))
    return {row.observation_id: told_of(row) for row in rows}


def observations_where(
    session: Session, *conditions: ColumnElement[bool], limit: int
) -> list[tuple[Observation, Told | None]]:
    """Return the newest observations, of any tenant, that conditions on the three tables pick."""
    rows = session.execute(
        select(ObservationRow, ToldRow)
        .outerjoin(ToldRow, ToldRow.observation_id == ObservationRow.id)
        .outerjoin(CameraRow, CameraRow.id == ObservationRow.camera_id)
        .where(*conditions)
        .order_by(ObservationRow.id.desc())
        .limit(limit)
    )
    return [(_observation(row), None if told_row is None else told_of(told_row)) for row, told_row in rows]


def cameras_where(session: Session, *conditions: ColumnElement[bool], limit: int) -> list[Camera]:
    """Return cameras, of any tenant, that conditions pick, by id."""
    rows = session.scalars(select(CameraRow).where(*conditions).order_by(CameraRow.id).limit(limit))
    return [_camera(row) for row in rows]
