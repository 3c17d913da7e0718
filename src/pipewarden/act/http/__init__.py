"""Act over HTTP: the message centre, the link that acknowledges, subscriptions, reach, evidence packs, documents."""

from fastapi import APIRouter

from pipewarden.act.http import ack, channels, documents, evidence, messages, signing, templates, verify, webhooks
from pipewarden.act.http.verify import Pace

routes = APIRouter()
for _part in (
    messages.routes,
    channels.routes,
    webhooks.routes,
    ack.routes,
    evidence.routes,
    evidence.key_routes,
    documents.routes,
    signing.routes,
    templates.routes,
    verify.routes,
):
    routes.include_router(_part)

__all__ = ["Pace", "routes"]
