"""The doors of field: for phones that are signed in, and for anybody who sees works."""

from fastapi import APIRouter

from pipewarden.field.http import captures, minded, notices, osmand, patrols, reported, reports, standby, tasks

__all__ = ["routes"]
routes = APIRouter()
for _part in (reports, reported, minded, captures, patrols, osmand, standby, tasks, notices):
    routes.include_router(_part.routes)
