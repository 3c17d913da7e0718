"""Signing in, persons, devices' keys, how people are reached, who is on duty and what was done, over HTTP."""

from fastapi import APIRouter

from pipewarden.people.http import accounts, audit, contacts, rosters
from pipewarden.people.http.accounts import COOKIE, doors

routes = APIRouter()
for _part in (accounts, audit, contacts, rosters):
    routes.include_router(_part.routes)

__all__ = ["COOKIE", "doors", "routes"]
