"""What the house is blind to over HTTP: cameras that do not see, pipes nobody watches, and which view is right."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, Field

from pipewarden.kit.web import Asked, WorkHere, actor_of, router
from pipewarden.locate import service
from pipewarden.locate.facts import Cause, EyeState
from pipewarden.network.facts import PressureClass, Regime
from pipewarden.people import service as people
from pipewarden.people.facts import Actor, ActorKind
from pipewarden.perceive import service as perceive
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.kit.work import Work
    from pipewarden.locate.facts import CameraBlind
    from pipewarden.network.facts import Stretch
    from pipewarden.sense.facts import Camera

routes = router(tags=["cameras"])
ActorHere = Annotated[Actor, Depends(actor_of)]
READ, MANAGE, NETWORK = "camera:read", "camera:manage", "network:read"
MOST = 1000


class StretchOut(BaseModel):
    """How much of a pipe is not watched."""

    pipe_id: Annotated[str | None, Field(description="Empty where you do not read the network.")]
    regime: Regime
    pressure_class: PressureClass
    metres: float


class EyeOut(BaseModel):
    """What a camera is worth."""

    state: Annotated[EyeState, Field(description="degraded: it sees, but worse than it should.")]
    causes: Annotated[list[Cause], Field(description="Why, the worst first.")]
    at: Annotated[datetime, Field(description="When it was told.")]
    since: Annotated[datetime, Field(description="Since when it does not see, as far as that is known.")]
    unwatched: Annotated[
        list[StretchOut],
        Field(description="Pipes that no other camera watched either at that moment; empty without a calibration."),
    ]


class BlindCameraOut(BaseModel):
    """A camera that is blind or degraded."""

    id: UUID
    key: str
    name: str
    calibrated: bool
    eye: EyeOut


class UnwatchedOut(BaseModel):
    """How many metres of pipe of one class nobody watches now."""

    pressure_class: PressureClass
    metres: float


class BlindOut(BaseModel):
    """What we are blind to now."""

    items: Annotated[list[BlindCameraOut], Field(description="Blind ones first, the oldest first; 1000 at most.")]
    unwatched: Annotated[
        list[UnwatchedOut], Field(description="Ground of several blind cameras counts once, ground others see not.")
    ]


class ReferenceOut(BaseModel):
    """A view that was put in force as the right one."""

    version: int
    at: datetime
    by_name: Annotated[str | None, Field(description="Empty: it was the first picture that showed something.")]


class ReferencesOut(BaseModel):
    """What a camera's pictures are held against, newest first."""

    items: list[ReferenceOut]
    observation_id: Annotated[UUID | None, Field(description="Its last judged picture, to be named when it is right.")]
    suggested: Annotated[bool, Field(description="It has long stood still looking elsewhere: is that meant?")]


class RightView(Asked):
    """Which picture shows the right view."""

    observation_id: Annotated[UUID, Field(description="As the reference was read; refused when a newer picture came.")]


def eyes_out(work: Work, actor: Actor, cameras: Sequence[Camera]) -> dict[UUID, EyeOut]:
    """Return what is known of cameras as routes answer it; pipes are named where the actor reads the network."""
    known = service.eyes(work, cameras)
    leaving = [one.camera_id for one in known.values() if one.unwatched]
    named: set[UUID] = set()
    if leaving and actor.grants_for(NETWORK):
        named = {one.id for one in sense.seen_cameras(work, actor, NETWORK, limit=len(leaving), among=leaving)}
    return {camera_id: _eye(one, named=camera_id in named) for camera_id, one in known.items()}


def _eye(one: CameraBlind, *, named: bool) -> EyeOut:
    return EyeOut(
        state=one.state,
        causes=list(one.causes),
        at=one.at,
        since=one.since,
        unwatched=[
            StretchOut(
                pipe_id=each.pipe_id if named else None,
                regime=each.regime,
                pressure_class=each.pressure_class,
                metres=round(each.metres, 1),
            )
            for each in one.unwatched
        ],
    )


@routes.get("/cameras/blind")
def list_blind_cameras(work: WorkHere, actor: ActorHere) -> BlindOut:
    """List the cameras that do not see, as far as your role and area reach, and the metres of pipe nobody watches."""
    cameras = sense.seen_cameras(work, actor, READ, limit=MOST, among=service.not_online(work))
    known = eyes_out(work, actor, cameras)
    items = [
        BlindCameraOut(
            id=one.id,
            key=one.key,
            name=one.name,
            calibrated=one.calibration is not None,
            eye=known[one.id],
        )
        for one in sorted(cameras, key=lambda each: (known[each.id].state is not EyeState.BLIND, known[each.id].since))
    ]
    blind = [one for one in cameras if known[one.id].state is EyeState.BLIND]
    return BlindOut(items=items, unwatched=_sums(_unwatched(work, blind)))


@routes.get("/cameras/{camera_id}/reference")
def get_camera_reference(work: WorkHere, actor: ActorHere, camera_id: UUID) -> ReferencesOut:
    """Return the views a camera was held against, and whether it stands still looking elsewhere."""
    return _references(work, _camera(work, actor, READ, camera_id))


@routes.post("/cameras/{camera_id}/reference")
def set_camera_reference(work: WorkHere, actor: ActorHere, camera_id: UUID, asked: RightView) -> ReferencesOut:
    """Say that the camera's last picture shows the right view; its pictures are held against that one from now on."""
    camera = _camera(work, actor, MANAGE, camera_id)
    there = replace(work, tenant_id=camera.tenant_id)
    perceive.set_reference(there, camera.id, asked.observation_id, actor_id=actor.id)
    return _references(work, camera)


def _camera(work: Work, actor: Actor, permission: str, camera_id: UUID) -> Camera:
    found = sense.seen_cameras(work, actor, permission, limit=1, only=camera_id)
    return people.visible(next(iter(found), None), "camera")


def _word(actor_id: UUID) -> str:
    return f"{ActorKind.PERSON.value}:{actor_id}"


def _references(work: Work, camera: Camera) -> ReferencesOut:
    there = replace(work, tenant_id=camera.tenant_id)
    found = perceive.reference_versions(there, camera.id)
    names = people.names(there, [_word(one.actor_id) for one in found if one.actor_id is not None])
    seeing = perceive.seeing(there, [camera.id]).get(camera.id)
    return ReferencesOut(
        items=[
            ReferenceOut(
                version=one.version, at=one.at, by_name=None if one.actor_id is None else names.get(_word(one.actor_id))
            )
            for one in found
        ],
        observation_id=None if seeing is None else seeing.observation_id,
        suggested=seeing is not None and seeing.resettled,
    )


def _unwatched(work: Work, blind: list[Camera]) -> list[Stretch]:
    """Return what the blind cameras of each tenant leave unwatched, under that tenant's own network."""
    found: list[Stretch] = []
    for tenant_id in sorted({one.tenant_id for one in blind}):
        mine = [one for one in blind if one.tenant_id == tenant_id]
        found += service.unwatched(replace(work, tenant_id=tenant_id), mine)
    return found


def _sums(stretches: list[Stretch]) -> list[UnwatchedOut]:
    summed: defaultdict[PressureClass, float] = defaultdict(float)
    for one in stretches:
        summed[one.pressure_class] += one.metres
    order = [PressureClass.HIGH, PressureClass.SUB_HIGH, PressureClass.UNKNOWN, PressureClass.MEDIUM, PressureClass.LOW]
    return [UnwatchedOut(pressure_class=one, metres=round(summed[one], 1)) for one in order if one in summed]
