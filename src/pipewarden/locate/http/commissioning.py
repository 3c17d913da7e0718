"""Commissioning tests of a camera over HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated
from uuid import UUID  # noqa: TC003  pydantic reads it

from fastapi import Depends
from pydantic import BaseModel, Field

from pipewarden.kit.web import WorkHere, actor_of, router
from pipewarden.locate import service
from pipewarden.locate.facts import Band, CommissionKind
from pipewarden.people import service as people
from pipewarden.people.facts import Actor
from pipewarden.sense import service as sense

routes = router(tags=["cameras"])
ActorHere = Annotated[Actor, Depends(actor_of)]
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


@routes.get("/cameras/{camera_id}/commissioning")
def list_commissionings(work: WorkHere, actor: ActorHere, camera_id: UUID) -> CommissioningsOut:
    """List a camera's commissioning tests: was a machine found near, in the middle and far away in its view?

    They are made by `pipewarden camera commission`. They are never counted in an accuracy.
    """
    found = sense.seen_cameras(work, actor, "camera:read", limit=1, only=camera_id)
    camera = people.visible(next(iter(found), None), "camera")
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
