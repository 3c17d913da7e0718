"""Cameras over HTTP: where they stand, which ground they see, and which of them do not."""

from fastapi import APIRouter

from pipewarden.locate.http import cameras

routes = APIRouter()
for _part in (cameras,):
    routes.include_router(_part.routes)
