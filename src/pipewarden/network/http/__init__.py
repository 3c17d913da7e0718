"""The network over HTTP: versions and squares of the map, deliveries, drafts, packs, measured pipes."""

from fastapi import APIRouter

from pipewarden.network.http import drafts, networks, packs, proposals

routes = APIRouter()
for _part in (drafts, networks, packs, proposals):
    routes.include_router(_part.routes)

__all__ = ["routes"]
