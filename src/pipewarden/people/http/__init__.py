"""Signing in, sessions and factors, persons and roles, keys, how people are reached and who is on duty, over HTTP."""

from fastapi import APIRouter

from pipewarden.people.http import accounts, contacts, factors, keys, memberships, rosters, sessions
from pipewarden.people.http.accounts import COOKIE, doors

routes = APIRouter()
for _part in (accounts, sessions, factors, memberships, keys, contacts, rosters):
    routes.include_router(_part.routes)

__all__ = ["COOKIE", "doors", "routes"]
