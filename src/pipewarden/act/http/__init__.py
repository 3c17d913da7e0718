"""Act over HTTP: the message centre, the link that acknowledges, subscriptions, who can be reached, evidence packs."""

from fastapi import APIRouter

from pipewarden.act.http import ack, channels, evidence, messages, webhooks

routes = APIRouter()
for _part in (messages.routes, channels.routes, webhooks.routes, ack.routes, evidence.routes, evidence.key_routes):
    routes.include_router(_part)

__all__ = ["routes"]
