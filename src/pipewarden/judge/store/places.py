"""What the judge is told of cameras, places and papers, and finds again."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING

from pydantic import TypeAdapter
from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from pipewarden.judge.facts import OpenPlace, Permitted, QuestionList, QuestionVersion, Remembered, Rule, Yard
from pipewarden.judge.store.tables import (
    CameraSettingRow,
    CorridorRow,
    MemoryRow,
    OpenPlaceRow,
    PermittedRow,
    QuestionRow,
    YardRow,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from pipewarden.judge.facts import Ring
    from pipewarden.kit.work import Work
    from pipewarden.locate.facts import GroundPoint

_LIST: TypeAdapter[QuestionList] = TypeAdapter(QuestionList)


def set_camera(work: Work, camera_id: UUID, off: Collection[Rule], note: str, actor: str) -> None:
    """Append how a camera is judged from now on."""
    values = {
        "id": work.ids.new(),
        "tenant_id": work.tenant_id,
        "camera_id": camera_id,
        "off": sorted(str(one) for one in off),
        "note": note,
        "at": work.now(),
        "actor": actor,
    }
    work.session.execute(insert(CameraSettingRow).values(values))


def cameras(work: Work, camera_ids: Collection[UUID]) -> dict[UUID, tuple[frozenset[Rule], str]]:
    """Return per camera the rules that are off and its scene note, where somebody ever set them."""
    if not camera_ids:
        return {}
    rows = work.session.scalars(
        select(CameraSettingRow)
        .ext(distinct_on(CameraSettingRow.camera_id))
        .where(CameraSettingRow.tenant_id == work.tenant_id, CameraSettingRow.camera_id.in_(camera_ids))
        .order_by(CameraSettingRow.camera_id, CameraSettingRow.id.desc())
    )
    return {row.camera_id: (frozenset(Rule(one) for one in row.off), row.note) for row in rows}


def set_corridor(work: Work, camera_id: UUID, ring: Ring, actor: str) -> None:
    """Append a camera's corridor; an empty ring takes it away."""
    values = {
        "id": work.ids.new(),
        "tenant_id": work.tenant_id,
        "camera_id": camera_id,
        "ring": [list(corner) for corner in ring],
        "at": work.now(),
        "actor": actor,
    }
    work.session.execute(insert(CorridorRow).values(values))


def corridors(work: Work, camera_ids: Collection[UUID]) -> dict[UUID, Ring]:
    """Return the corridor of each camera that has one, corners as parts of its picture."""
    if not camera_ids:
        return {}
    rows = work.session.scalars(
        select(CorridorRow)
        .ext(distinct_on(CorridorRow.camera_id))
        .where(CorridorRow.tenant_id == work.tenant_id, CorridorRow.camera_id.in_(camera_ids))
        .order_by(CorridorRow.camera_id, CorridorRow.id.desc())
    )
    return {row.camera_id: _ring(row.ring) for row in rows if row.ring}


def remember(work: Work, camera_id: UUID, boxes: Sequence[Remembered], *, alarm_id: UUID | None = None) -> None:
    """Keep boxes of a camera's empty scene; ``alarm_id`` names the alarm that a reviewer called no machine."""
    if boxes:
        work.session.execute(
            insert(MemoryRow),
            [
                {
                    "id": work.ids.new(),
                    "tenant_id": work.tenant_id,
                    "camera_id": camera_id,
                    "box": list(one.box),
                    "features": list(one.features),
                    "count": one.count,
                    "alarm_id": alarm_id,
                    "at": work.now(),
                }
                for one in boxes
            ],
        )


def forget_empty_scene(work: Work, camera_id: UUID) -> None:
    """Retire what was learned from a camera's empty scene; what reviewers said stays."""
    learned = MemoryRow.alarm_id.is_(None) & MemoryRow.retired_at.is_(None)
    work.session.execute(
        update(MemoryRow)
        .where(MemoryRow.tenant_id == work.tenant_id, MemoryRow.camera_id == camera_id, learned)
        .values(retired_at=work.now())
    )


def forget_alarm(work: Work, alarm_id: UUID) -> None:
    """Retire what a reviewer said about an alarm, because another word took its place."""
    work.session.execute(
        update(MemoryRow)
        .where(MemoryRow.tenant_id == work.tenant_id, MemoryRow.alarm_id == alarm_id, MemoryRow.retired_at.is_(None))
        .values(retired_at=work.now())
    )
    work.session.execute(delete(YardRow).where(YardRow.tenant_id == work.tenant_id, YardRow.alarm_id == alarm_id))


def memory(work: Work, camera_ids: Collection[UUID]) -> dict[UUID, tuple[Remembered, ...]]:
    """Return what each camera's scene shows when it is empty."""
    if not camera_ids:
        return {}
    rows = work.session.scalars(
        select(MemoryRow)
        .where(
            MemoryRow.tenant_id == work.tenant_id,
            MemoryRow.camera_id.in_(camera_ids),
            MemoryRow.retired_at.is_(None),
        )
        .order_by(MemoryRow.camera_id, MemoryRow.id)
    )
    found: dict[UUID, list[Remembered]] = {}
    for row in rows:
        x, y, w, h = row.box
        found.setdefault(row.camera_id, []).append(Remembered((x, y, w, h), tuple(row.features), row.count))
    return {camera_id: tuple(boxes) for camera_id, boxes in found.items()}


def set_permitted_of(work: Work, owner: str, windows: Sequence[Permitted]) -> None:
    """Replace the permitted works whose keys begin with ``owner/``; of the others only those that have ended go."""
    mine = or_(PermittedRow.key.startswith(f"{owner}/", autoescape=True), PermittedRow.ends_at <= work.now())
    work.session.execute(delete(PermittedRow).where(PermittedRow.tenant_id == work.tenant_id, mine))
    if windows:
        work.session.execute(insert(PermittedRow), [_permitted_columns(work, one) for one in windows])


def _permitted_columns(work: Work, one: Permitted) -> dict[str, object]:
    lons, lats = zip(*one.ring, strict=True)
    return {
        "tenant_id": work.tenant_id,
        "key": one.key,
        "ring": [list(corner) for corner in one.ring],
        "starts_at": one.starts_at,
        "ends_at": one.ends_at,
        "daily": None if one.daily is None else [part.isoformat() for part in one.daily],
        "zone": one.zone,
        "machines": None if one.machines is None else sorted(one.machines),
        "west": min(lons),
        "south": min(lats),
        "east": max(lons),
        "north": max(lats),
    }


def permitted(work: Work, place: GroundPoint | None) -> tuple[Permitted, ...]:
    """Return the works of the tenant whose period runs now and whose area may hold a place; without one, none."""
    if place is None:
        return ()
    now = work.now()
    rows = work.session.scalars(
        select(PermittedRow)
        .where(
            PermittedRow.tenant_id == work.tenant_id,
            PermittedRow.starts_at <= now,
            PermittedRow.ends_at > now,
            PermittedRow.west <= place.lon,
            PermittedRow.east >= place.lon,
            PermittedRow.south <= place.lat,
            PermittedRow.north >= place.lat,
        )
        .order_by(PermittedRow.key)
    )
    return tuple(
        Permitted(
            key=row.key,
            ring=_ring(row.ring),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            daily=None if row.daily is None else (time.fromisoformat(row.daily[0]), time.fromisoformat(row.daily[1])),
            zone=row.zone,
            machines=None if row.machines is None else frozenset(row.machines),
        )
        for row in rows
    )


def set_open_places(work: Work, places: Sequence[OpenPlace]) -> None:
    """Replace the tenant's open places."""
    work.session.execute(delete(OpenPlaceRow).where(OpenPlaceRow.tenant_id == work.tenant_id))
    if places:
        work.session.execute(
            insert(OpenPlaceRow),
            [
                {
                    "tenant_id": work.tenant_id,
                    "key": one.key,
                    "ring": [list(corner) for corner in one.ring],
                    "alarm_id": one.alarm_id,
                }
                for one in places
            ],
        )


def open_places(work: Work) -> tuple[OpenPlace, ...]:
    """Return the tenant's open places."""
    rows = work.session.scalars(
        select(OpenPlaceRow).where(OpenPlaceRow.tenant_id == work.tenant_id).order_by(OpenPlaceRow.key)
    )
    return tuple(OpenPlace(key=row.key, ring=_ring(row.ring), alarm_id=row.alarm_id) for row in rows)


def add_yard(work: Work, yard: Yard) -> None:
    """Keep a place that a reviewer called a permanent yard."""
    values = {
        "id": work.ids.new(),
        "tenant_id": work.tenant_id,
        "alarm_id": yard.alarm_id,
        "stream": yard.stream,
        "box": list(yard.box),
        "lon": yard.lon,
        "lat": yard.lat,
        "radius_m": yard.radius_m,
        "until": yard.until,
    }
    work.session.execute(insert(YardRow).values(values))


def yards(work: Work, streams: Collection[str]) -> tuple[Yard, ...]:
    """Return the yards that still hold and that have a place, or are seen in one of these streams."""
    rows = work.session.scalars(
        select(YardRow)
        .where(
            YardRow.tenant_id == work.tenant_id,
            YardRow.until > work.now(),
            or_(YardRow.stream.in_(streams), YardRow.lon.is_not(None)),
        )
        .order_by(YardRow.id)
    )
    found = []
    for row in rows:
        x, y, w, h = row.box
        found.append(
            Yard(
                alarm_id=row.alarm_id,
                stream=row.stream,
                box=(x, y, w, h),
                lon=row.lon,
                lat=row.lat,
                radius_m=row.radius_m,
                until=row.until,
            )
        )
    return tuple(found)


def add_questions(work: Work, questions: QuestionList, actor: str) -> None:
    """Append a tenant's own version of the question list."""
    values = {
        "id": work.ids.new(),
        "tenant_id": work.tenant_id,
        "version": questions.version,
        "body": _LIST.dump_python(questions, mode="json"),
        "at": work.now(),
        "actor": actor,
    }
    work.session.execute(insert(QuestionRow).values(values))


def drop_questions(work: Work, version: str, actor: str) -> None:
    """Append that the shipped list counts again; ``version`` names it as it is now."""
    values = {
        "id": work.ids.new(),
        "tenant_id": work.tenant_id,
        "version": version,
        "body": {},
        "at": work.now(),
        "actor": actor,
    }
    work.session.execute(insert(QuestionRow).values(values))


def questions(work: Work) -> QuestionList | None:
    """Return the tenant's own question list; None where it has none, or has put the shipped one back."""
    body = work.session.scalar(
        select(QuestionRow.body).where(QuestionRow.tenant_id == work.tenant_id).order_by(QuestionRow.id.desc()).limit(1)
    )
    return _LIST.validate_python(body) if body else None


def has_questions(work: Work, version: str) -> bool:
    """Return whether the tenant ever had a list of this name in force: what a name meant it goes on meaning."""
    mine = (
        select(QuestionRow.id).where(QuestionRow.tenant_id == work.tenant_id, QuestionRow.version == version).limit(1)
    )
    return work.session.scalar(mine) is not None


def question_versions(work: Work, *, limit: int) -> list[QuestionVersion]:
    """Return which lists the tenant has put in force, newest first."""
    rows = work.session.scalars(
        select(QuestionRow).where(QuestionRow.tenant_id == work.tenant_id).order_by(QuestionRow.id.desc()).limit(limit)
    )
    return [QuestionVersion(row.version if row.body else None, row.at, row.actor) for row in rows]


def _ring(corners: list[list[float]]) -> Ring:
    return tuple((one[0], one[1]) for one in corners)
