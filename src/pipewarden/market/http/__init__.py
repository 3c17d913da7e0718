"""The market over HTTP, a file per subject."""

from fastapi import APIRouter

from pipewarden.market.http import (
    commissions,
    engagements,
    experts,
    finance,
    label_adding,
    label_items,
    labelling,
    pay_rules,
    rewards,
    talks,
)

__all__ = ["routes"]
routes = APIRouter()
for _part in (
    rewards,
    pay_rules,
    finance,
    experts,
    commissions,
    engagements,
    talks,
    label_adding,
    label_items,
    labelling,
):
    routes.include_router(_part.routes)
