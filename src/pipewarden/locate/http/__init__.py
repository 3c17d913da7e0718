"""Cameras over HTTP: where they stand, which ground they see, and what moving ones saw on their trips."""

from fastapi import APIRouter

from pipewarden.locate.http import cameras, coverage, trips

routes = APIRouter()
for _part in (cameras, trips, coverage):
    routes.include_router(_part.routes)
