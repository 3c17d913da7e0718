"""Cameras over HTTP: where they stand, how they are doing, and which ground they really see.

They are here and not with the events, because what a camera sees of the ground is known only where its calibration is
read. An address never leaves: who sees a camera need not know how to reach it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, Field

from pipewarden.kit.errors import InputError
from pipewarden.kit.web import Corner, CursorsHere, Paged, WorkHere, actor_of, corners, router
from pipewarden.locate import service
from pipewarden.locate.http.eyes import EyeOut, eyes_out
from pipewarden.people import service as people
from pipewarden.people.facts import Actor
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from pipewarden.kit.work import Work
    from pipewarden.sense.facts import Camera, CameraEvent, Health

routes = router(tags=["cameras"])
ActorHere = Annotated[Actor, Depends(actor_of)]
READ = "camera:read"
State = Literal["online", "stalled", "offline"]


class CameraOut(BaseModel):
    """One camera."""

    id: UUID
    key: str
    name: str
    lon: float | None
    lat: float | None
    interval_s: float
    calibrated: bool
    rendered: Annotated[bool, Field(description="Its pictures are rendered, no photographs.")]
    state: Annotated[
        State | None, Field(description="stalled: always the very same picture. Empty where nobody looks.")
    ]
    state_since: Annotated[
        datetime | None, Field(description="Since when no fresh picture came; online: since it does.")
    ]
    seen_at: Annotated[datetime | None, Field(description="When the last fresh picture came.")]
    problem: Annotated[str | None, Field(description="Why the last look brought none.")]
    sees: Annotated[
        list[Corner] | None,
        Field(description="Ring of (lon, lat) around the ground it sees up to 60 m; empty without a calibration."),
    ]
    eye: Annotated[EyeOut | None, Field(description="What it is worth; empty where it was never blind.")]


class CameraPage(BaseModel):
    """A page of cameras."""

    items: list[CameraOut]
    next: str | None


class CameraEventOut(BaseModel):
    """A camera's state changed."""

    id: UUID
    state: State
    at: Annotated[datetime, Field(description="The state holds from this moment on.")]
    since: Annotated[datetime, Field(description="Since when no fresh picture came; online: since it does.")]
    problem: str | None


class CameraEventPage(BaseModel):
    """A page of how a camera's state changed, oldest first."""

    items: list[CameraEventOut]
    next: str | None


@routes.get("/cameras")
def list_cameras(work: WorkHere, actor: ActorHere, cursors: CursorsHere, page: Paged) -> CameraPage:
    """List cameras, as far as your role and area reach."""
    after = cursors.read("cameras", page.cursor)
    found = sense.seen_cameras(work, actor, READ, limit=page.limit + 1, after=None if after is None else UUID(after))
    rows = found[: page.limit]
    more = cursors.write("cameras", str(rows[-1].id)) if len(found) > page.limit else None
    return CameraPage(items=_out(work, actor, rows), next=more)


@routes.get("/cameras/{camera_id}")
def get_camera(work: WorkHere, actor: ActorHere, camera_id: UUID) -> CameraOut:
    """Return one camera."""
    return _out(work, actor, [_seen(work, actor, camera_id)])[0]


@routes.get("/cameras/{camera_id}/events")
def list_camera_events(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, camera_id: UUID, page: Paged
) -> CameraEventPage:
    """List how a camera's state changed, oldest first."""
    camera = _seen(work, actor, camera_id)
    there = replace(work, tenant_id=camera.tenant_id)
    place = cursors.read("camera-events", page.cursor)
    after = None if place is None else (datetime.fromisoformat(place[0]), UUID(place[1]))
    found = sense.camera_events(there, camera.id, after=after, limit=page.limit + 1)
    rows = found[: page.limit]
    more = None
    if len(found) > page.limit:
        more = cursors.write("camera-events", [rows[-1].at.isoformat(), str(rows[-1].id)])
    return CameraEventPage(items=[_event(one) for one in rows], next=more)


def _seen(work: Work, actor: Actor, camera_id: UUID) -> Camera:
    return people.visible(next(iter(sense.seen_cameras(work, actor, READ, limit=1, only=camera_id)), None), "camera")


def _out(work: Work, actor: Actor, cameras: list[Camera]) -> list[CameraOut]:
    healths, eyes = sense.healths(work, cameras), eyes_out(work, actor, cameras)
    return [_camera(one, healths.get(one.id), eyes.get(one.id)) for one in cameras]


def _camera(one: Camera, health: Health | None, eye: EyeOut | None) -> CameraOut:
    return CameraOut(
        id=one.id,
        key=one.key,
        name=one.name,
        lon=one.lon,
        lat=one.lat,
        interval_s=one.interval_s,
        calibrated=one.calibration is not None,
        rendered=one.rendered,
        state=None if health is None or health.state is None else health.state.value,
        state_since=None if health is None else health.since,
        seen_at=None if health is None else health.seen_at,
        problem=None if health is None else health.problem,
        sees=_sees(one),
        eye=eye,
    )


def _sees(one: Camera) -> list[Corner] | None:
    try:
        return corners(service.seen_ground(one)) or None
    except InputError:  # a calibration nobody could use: what the camera sees of the ground is not known
        return None


def _event(one: CameraEvent) -> CameraEventOut:
    return CameraEventOut(id=one.id, state=one.state.value, at=one.at, since=one.since, problem=one.problem)
