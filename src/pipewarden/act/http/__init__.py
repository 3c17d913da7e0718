"""Act over HTTP: the message centre, the link that acknowledges, subscriptions, who can be reached, documents."""

from fastapi import APIRouter

from pipewarden.act.http import ack, channels, documents, messages, templates, verify, webhooks
from pipewarden.act.http.verify import Pace

routes = APIRouter()
for _part in (messages, channels, webhooks, ack, documents, templates, verify):
    routes.include_router(_part.routes)

__all__ = ["Pace", "routes"]
