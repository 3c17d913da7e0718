"""Commissioning tests of a camera over HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID  # noqa: TC003  pydantic reads it

from fastapi import Depends
from pydantic import BaseModel, Field

from pipewarden.kit.web import Asked, Moment, WorkHere, actor_of, router
from pipewarden.locate import service
from pipewarden.locate.facts import Band, CommissionKind
from pipewarden.people import service as people
from pipewarden.people.facts import Actor
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from pipewarden.kit.work import Work
    from pipewarden.sense.facts import Camera

routes = router(tags=["cameras"])
ActorHere = Annotated[Actor, Depends(actor_of)]
READ, MANAGE = "camera:read", "camera:manage"
_MOST = 20


class BandOut(BaseModel):
    """What was found at one distance."""

    band: Band
    from_m: Annotated[float | None, Field(description="From the ground at the picture's lower edge; empty if staged.")]
    to_m: float | None
    shown: Annotated[int, Field(description="Pictures with a machine.")]
    found: Annotated[int, Field(description="Of those, in which the screen raised it.")]


class CommissioningOut(BaseModel):
    """One test; no measure of accuracy."""

    at: datetime
    kind: Annotated[CommissionKind, Field(description="pasted: synthetic machines in the camera's own picture.")]
    model: str
    bands: list[BandOut]


class CommissioningsOut(BaseModel):
    """A camera's commissioning tests."""

    items: Annotated[list[CommissioningOut], Field(description="The newest first, 20 at most.")]


class StagedIn(Asked):
    """A real machine stood in the view for a while."""

    band: Annotated[Band, Field(description="How far away it stood, by thirds of the ground that the camera covers.")]
    since: Moment
    until: Moment


@routes.get("/cameras/{camera_id}/commissioning")
def list_commissionings(work: WorkHere, actor: ActorHere, camera_id: UUID) -> CommissioningsOut:
    """List a camera's commissioning tests: was a machine found near, in the middle and far away in its view?

    Pasted ones are made by `pipewarden camera commission`. None is ever counted in an accuracy.
    """
    found = next(iter(sense.seen_cameras(work, actor, READ, limit=1, only=camera_id)), None)
    return _listed(work, people.visible(found, "camera"))


@routes.post("/cameras/{camera_id}/commissioning")
def add_staged_commissioning(work: WorkHere, actor: ActorHere, camera_id: UUID, asked: StagedIn) -> CommissioningsOut:
    """Say that a real machine stood in the view for a while: in how many of the pictures was it raised?"""
    found = next(iter(sense.seen_cameras(work, actor, MANAGE, limit=1, only=camera_id)), None)
    camera = people.visible(None if found is None or found.tenant_id != work.tenant_id else found, "camera")
    service.staged(work, camera, asked.band, asked.since, asked.until, actor=f"{actor.kind}:{actor.id}")
    return _listed(work, camera)


def _listed(work: Work, camera: Camera) -> CommissioningsOut:
    tests = service.commissionings(replace(work, tenant_id=camera.tenant_id), camera.id, limit=_MOST)
    return CommissioningsOut(
        items=[
            CommissioningOut(
                at=one.at,
                kind=one.kind,
                model=one.model,
                bands=[
                    BandOut(band=each.band, from_m=each.from_m, to_m=each.to_m, shown=each.shown, found=each.found)
                    for each in one.bands
                ],
            )
            for one in tests
        ]
    )
