"""Sense over HTTP: events that people and boxes send, and other people's devices."""

from fastapi import APIRouter

from pipewarden.sense.http import devices, events
from pipewarden.sense.http.events import Event, EventData

__all__ = ["Event", "EventData", "routes"]
routes = APIRouter()
for _part in (events, devices):
    routes.include_router(_part.routes)
