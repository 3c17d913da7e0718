"""Casework over HTTP."""

from fastapi import APIRouter

from pipewarden.casework.http import calls, duties

routes = APIRouter()
for _part in (duties, calls):
    routes.include_router(_part.routes)

__all__ = ["routes"]
