"""Signing in, persons, devices' keys, how people are reached and who is on duty, over HTTP."""

from fastapi import APIRouter

from pipewarden.people.http import accounts, contacts, outside, rosters
from pipewarden.people.http.accounts import COOKIE

doors = APIRouter()
for _door in (accounts, outside):
    doors.include_router(_door.doors)
routes = APIRouter()
for _part in (accounts, contacts, rosters, outside):
    routes.include_router(_part.routes)

__all__ = ["COOKIE", "doors", "routes"]
