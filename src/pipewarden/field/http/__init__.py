"""The doors of field: for phones that are signed in, and for anybody who sees works."""

from fastapi import APIRouter

from pipewarden.field.http import captures, osmand, patrols

__all__ = ["routes"]
routes = APIRouter()
for _part in (captures, patrols, osmand):
    routes.include_router(_part.routes)
