"""Subscriptions over HTTP: CloudEvents of a tenant's sites to other systems, signed by Standard Webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel, Field

from pipewarden.act import service
from pipewarden.act.facts import HookState
from pipewarden.act.http.channels import post_of
from pipewarden.act.http.messages import DeliveryOut, DeliveryPage, before_of, delivery_page
from pipewarden.kit.web import Asked, Clean, CursorsHere, Paged, WorkHere, actor_of, router
from pipewarden.people.facts import Actor

if TYPE_CHECKING:
    from pipewarden.act.facts import Hook
    from pipewarden.people.service import Gate

routes = router(tags=["webhooks"])
ActorHere = Annotated[Actor, Depends(actor_of)]
HookName = Annotated[str, Field(min_length=1, max_length=60), Clean]
Kinds = Annotated[
    list[Annotated[str, Field(max_length=40)]],
    Field(max_length=40, description="Kinds of site events, as `kind` names them; none for all."),
]


class WebhookIn(Asked):
    """A system that wants the events of your sites."""

    name: HookName
    url: Annotated[str, Field(min_length=1, max_length=1000), Clean]
    kinds: Kinds = Field(default_factory=list)
    batch: Annotated[bool, Field(description="What happened at one moment comes as one list of events.")] = False


class WebhookChange(Asked):
    """What may change; a new address is a new subscription."""

    name: HookName
    kinds: Kinds = Field(default_factory=list)
    active: bool


class WebhookOut(BaseModel):
    """One subscription; of its address only the host."""

    id: UUID
    name: str
    shown: str
    kinds: list[str]
    state: HookState
    failures: Annotated[int, Field(description="In a row; ten pause it.")]
    problem: str
    created_at: datetime
    batch: bool


class WebhookMade(WebhookOut):
    """A new subscription; ``secret`` is shown this once."""

    secret: str


class WebhookPage(BaseModel):
    """Every subscription, the oldest first."""

    items: list[WebhookOut]
    known: Annotated[list[str], Field(description="Every kind of event that one may ask for.")]


@routes.get("/webhooks")
def list_webhooks(work: WorkHere, actor: ActorHere) -> WebhookPage:
    """List your tenant's subscriptions."""
    return WebhookPage(items=[_out(one) for one in service.hooks(work, actor)], known=list(service.HOOK_KINDS))


@routes.post("/webhooks", status_code=201)
def add_webhook(work: WorkHere, actor: ActorHere, request: Request, asked: WebhookIn) -> WebhookMade:
    """Subscribe a system; the key that signs its events is in this answer and nowhere else."""
    request.state.secret_answer = True
    gate: Gate = request.app.state.gate
    entropy = gate.entropy(service.SECRET_BYTES)
    made, secret = service.add_hook(
        work, actor, name=asked.name, url=asked.url, kinds=asked.kinds, entropy=entropy, batch=asked.batch
    )
    return WebhookMade(**_out(made).model_dump(), secret=secret)


@routes.put("/webhooks/{webhook_id}")
def change_webhook(work: WorkHere, actor: ActorHere, webhook_id: UUID, asked: WebhookChange) -> WebhookOut:
    """Rename a subscription, choose its kinds, pause it, or let it go on."""
    found = service.change_hook(work, actor, webhook_id, name=asked.name, kinds=asked.kinds, active=asked.active)
    return _out(found)


@routes.delete("/webhooks/{webhook_id}", status_code=204)
def remove_webhook(work: WorkHere, actor: ActorHere, webhook_id: UUID) -> None:
    """End a subscription."""
    service.remove_hook(work, actor, webhook_id)


@routes.post("/webhooks/{webhook_id}/test", status_code=202)
def try_webhook(
    work: WorkHere, actor: ActorHere, request: Request, cursors: CursorsHere, webhook_id: UUID
) -> DeliveryOut:
    """Send one test event; what became of it is in the subscription's deliveries a moment later."""
    made = service.try_hook(work, post_of(request), actor, webhook_id)
    return delivery_page(cursors, "test", 1, [made], []).items[0]


@routes.get("/webhooks/{webhook_id}/deliveries")
def list_webhook_deliveries(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, page: Paged, webhook_id: UUID
) -> DeliveryPage:
    """List what went to a subscription, the newest first, with every attempt."""
    kind = f"webhook {webhook_id}"
    before = before_of(cursors, kind, page.cursor)
    found, tried = service.hook_deliveries(work, actor, webhook_id, before=before, limit=page.limit + 1)
    return delivery_page(cursors, kind, page.limit, found, tried)


def _out(one: Hook) -> WebhookOut:
    return WebhookOut.model_validate(one, from_attributes=True)
