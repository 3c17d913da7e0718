"""The market over HTTP, a file per subject."""

from fastapi import APIRouter

from pipewarden.market.http import finance, pay_rules, rewards

__all__ = ["routes"]
routes = APIRouter()
for _part in (rewards, pay_rules, finance):
    routes.include_router(_part.routes)
