"""Signing in, persons, devices' keys, how people are reached, who is on duty and what was done, over HTTP."""

from fastapi import APIRouter

from pipewarden.people.http import accounts, audit, contacts, outside, rosters
from pipewarden.people.http.accounts import COOKIE

doors = APIRouter()
for _door in (accounts, outside):
    doors.include_router(_door.doors)
routes = APIRouter()
for _part in (accounts, audit, contacts, rosters, outside):
    routes.include_router(_part.routes)

__all__ = ["COOKIE", "doors", "routes"]
