"""The network over HTTP: versions and squares of the map, deliveries, measured pipes."""

from fastapi import APIRouter

from pipewarden.network.http import networks, proposals

routes = APIRouter()
for _part in (networks, proposals):
    routes.include_router(_part.routes)

__all__ = ["routes"]
