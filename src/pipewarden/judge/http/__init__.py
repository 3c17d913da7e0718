"""The judge over HTTP: reviews and verdicts, how cameras are judged, figures, and whether all of it works."""

from fastapi import APIRouter

from pipewarden.judge.http import figures, health, reviews, settings

routes = APIRouter()
for _part in (reviews, settings, figures, health):
    routes.include_router(_part.routes)
