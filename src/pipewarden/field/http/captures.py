"""Nonces for pictures over HTTP, for whoever is signed in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, Field

from pipewarden.field.service import captures
from pipewarden.kit.web import WorkHere, actor_of, router
from pipewarden.people.facts import Actor

routes = router(tags=["captures"])
ActorHere = Annotated[Actor, Depends(actor_of)]


class CaptureOut(BaseModel):
    """A nonce: send it with the one picture that you take before it ends."""

    nonce: str
    expires_at: Annotated[datetime, Field(description="Ten minutes from now; later it still comes, marked as late.")]


@routes.post("/captures", status_code=201)
def post_capture(work: WorkHere, actor: ActorHere) -> CaptureOut:
    """Get a nonce for a picture that you are about to take: it proves that the picture is not an old one."""
    made = captures.issue(work, str(actor.id))
    return CaptureOut(nonce=made.nonce, expires_at=made.expires_at)
