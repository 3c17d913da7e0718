"""Signing in, persons, devices' keys and how people are reached, over HTTP."""

from fastapi import APIRouter

from pipewarden.people.http import accounts, contacts
from pipewarden.people.http.accounts import COOKIE, doors

routes = APIRouter()
for _part in (accounts, contacts):
    routes.include_router(_part.routes)

__all__ = ["COOKIE", "doors", "routes"]
