"""The market over HTTP, a file per subject."""

from fastapi import APIRouter

from pipewarden.market.http import commissions, engagements, experts, finance, pay_rules, rewards, talks

__all__ = ["routes"]
routes = APIRouter()
for _part in (rewards, pay_rules, finance, experts, commissions, engagements, talks):
    routes.include_router(_part.routes)
