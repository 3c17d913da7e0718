"""Cameras over HTTP: where they stand, which ground they see, which do not, and what moving ones saw."""

from fastapi import APIRouter

from pipewarden.locate.http import calibration, cameras, commissioning, coverage, eyes, trips

routes = APIRouter()
for _part in (eyes, cameras, calibration, commissioning, trips, coverage):
    routes.include_router(_part.routes)
