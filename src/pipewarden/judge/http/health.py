"""The figure to watch over HTTP: how long ago a test picture came through the whole chain."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, Field

from pipewarden.judge import service
from pipewarden.judge.facts import Stage
from pipewarden.judge.rules import LOUD
from pipewarden.kit.web import WorkHere, actor_of, router
from pipewarden.people import service as people
from pipewarden.people.facts import Actor

if TYPE_CHECKING:
    from pipewarden.judge.facts import Chain
    from pipewarden.people.facts import Tenant

routes = router(tags=["health"])
ActorHere = Annotated[Actor, Depends(actor_of)]
READ = "system:read"


class ChainOut(BaseModel):
    """How one tenant's chain from a picture to a verdict does."""

    tenant_id: UUID
    tenant: str
    age_s: Annotated[float, Field(description="Since a test picture was sent that came through: the figure to watch.")]
    since: Annotated[datetime, Field(description="When it was sent; before the first, when the tenant was made.")]
    loud: Annotated[bool, Field(description="Older than it may be: pictures of machines may not arrive either.")]
    loud_s: Annotated[float, Field(description="From which age on it is loud.")]
    came: Annotated[bool, Field(description="Whether one ever came through.")]
    took_s: Annotated[float | None, Field(description="From sending to its verdict; empty before the first.")]
    sent_at: Annotated[datetime | None, Field(description="When the newest was sent; empty before the first.")]
    stage: Annotated[Stage | None, Field(description="Where it does not go on; empty while nothing is overdue.")]


class ChainsOut(BaseModel):
    """The chains of the tenants that you look after."""

    items: Annotated[list[ChainOut], Field(description="The oldest first.")]


@routes.get("/health/chain")
def get_chain(work: WorkHere, actor: ActorHere) -> ChainsOut:
    """Return how long ago a test picture came through the whole chain, tenant by tenant, as far as your role reaches.

    Every 15 minutes the house sends each tenant a rendered test picture of a machine (合成报警). It takes the way of a
    real one up to a verdict, is shown nowhere, counted nowhere and paid to nobody.
    """
    found = []
    for tenant in people.tenants(work, actor, permission=READ):
        chain = service.chain(replace(work, tenant_id=tenant.id))
        if chain is not None:
            found.append(_out(tenant, chain))
    return ChainsOut(items=sorted(found, key=lambda one: (-one.age_s, one.tenant_id)))


def _out(tenant: Tenant, chain: Chain) -> ChainOut:
    came = chain.came
    took = None if came is None or came.arrived_at is None else came.arrived_at - came.sent_at
    return ChainOut(
        tenant_id=tenant.id,
        tenant=tenant.name,
        age_s=round(chain.age_s, 1),
        since=chain.since,
        loud=chain.loud,
        loud_s=LOUD.total_seconds(),
        came=came is not None,
        took_s=None if took is None else round(took.total_seconds(), 1),
        sent_at=chain.sent_at,
        stage=chain.stage,
    )
