"""The session of a page that was loaded anew: its CSRF token again, and the name of whom it acts for."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel, Field

from pipewarden.kit.web import WorkHere, actor_of, router
from pipewarden.main.web.door import COOKIE
from pipewarden.people import service as people
from pipewarden.people.facts import Actor, Lack

routes = router(tags=["session"])


class SessionNow(BaseModel):
    """The session of the cookie."""

    csrf: Annotated[str, Field(description="Send it as X-CSRF-Token with every request that changes something.")]
    person_id: UUID
    tenant_id: UUID
    tenant_name: Annotated[str | None, Field(description="Empty for somebody who acts for the platform.")]
    must_change: Annotated[bool, Field(description="Nothing works before the password was changed.")]
    lacks: Annotated[
        Lack | None, Field(description="What must come before anything else works; `factor`: POST /v1/session/factor.")
    ]
    enrol_by: Annotated[datetime | None, Field(description="Until when a second factor must be set up.")]


@routes.get("/session")
def get_session(work: WorkHere, actor: Annotated[Actor, Depends(actor_of)], request: Request) -> SessionNow:
    """Return the CSRF token of the cookie's session again, and for whom it acts; a device's key has no session."""
    tenant = people.tenant_acted_for(work)
    return SessionNow(
        csrf=people.csrf_for(request.cookies.get(COOKIE, ""), actor),
        person_id=actor.id,
        tenant_id=actor.tenant_id,
        tenant_name=None if tenant is None else tenant.name,
        must_change=actor.must_change,
        lacks=actor.lacks,
        enrol_by=people.my_factor(work, actor).enrol_by,
    )
