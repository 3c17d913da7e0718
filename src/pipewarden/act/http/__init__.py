"""Act over HTTP: the message centre, the link that acknowledges, subscriptions, and who can be reached."""

from fastapi import APIRouter

from pipewarden.act.http import ack, channels, messages, webhooks

routes = APIRouter()
for _part in (messages, channels, webhooks, ack):
    routes.include_router(_part.routes)

__all__ = ["routes"]
