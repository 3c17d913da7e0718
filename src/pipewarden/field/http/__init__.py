"""The doors of field: for phones that are signed in, and for anybody who sees works."""

from fastapi import APIRouter

from pipewarden.field.http import captures, minded, osmand, patrols, reported, reports

__all__ = ["routes"]
routes = APIRouter()
for _part in (reports, reported, minded, captures, patrols, osmand):
    routes.include_router(_part.routes)
