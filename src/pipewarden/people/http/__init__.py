"""Signing in, sessions and factors, persons and roles, keys, reach, duty and what was done, over HTTP."""

from fastapi import APIRouter

from pipewarden.people.http import (
    accounts,
    audit,
    contacts,
    factors,
    keys,
    memberships,
    outside,
    roles,
    rosters,
    sessions,
    tenants,
)
from pipewarden.people.http.accounts import COOKIE

doors = APIRouter()
for _door in (accounts, outside):
    doors.include_router(_door.doors)
routes = APIRouter()
for _part in (accounts, sessions, factors, memberships, roles, keys, audit, contacts, rosters, outside, tenants):
    routes.include_router(_part.routes)

__all__ = ["COOKIE", "doors", "routes"]
