"""The judge over HTTP: reviews and verdicts, how cameras are judged, figures."""

from fastapi import APIRouter

from pipewarden.judge.http import figures, reviews, settings

routes = APIRouter()
for _part in (reviews, settings, figures):
    routes.include_router(_part.routes)
