"""Names of the accounts that the market uses; the book knows nothing but these words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.ledger.facts import Asset

if TYPE_CHECKING:
    from uuid import UUID

_PART = {Asset.CNY: "cash", Asset.PTS: "points"}
_OWED = {Asset.CNY: "owed", Asset.PTS: "owed_points"}
_WORLD = {Asset.CNY: "outside:bank", Asset.PTS: "outside:points"}
FEES, ROUNDING = "house:fees", "house:rounding"


def person(person_id: UUID, asset: Asset) -> str:
    """Return the wallet of a person."""
    return f"person:{person_id}:{_PART[asset]}"


def owed(person_id: UUID, asset: Asset) -> str:
    """Return what a person owes after claw-backs: the one account of theirs that may be negative."""
    return f"person:{person_id}:{_OWED[asset]}"


def purse(tenant_id: UUID, asset: Asset) -> str:
    """Return a tenant's free money."""
    return f"tenant:{tenant_id}:{_PART[asset]}"


def claims(tenant_id: UUID, asset: Asset) -> str:
    """Return what persons owe a tenant: nobody can spend it, because it is not there yet."""
    return f"tenant:{tenant_id}:{_OWED[asset]}"


def budget(budget_id: UUID, asset: Asset) -> str:
    """Return a budget's money."""
    return f"budget:{budget_id}:{_PART[asset]}"


def world(asset: Asset) -> str:
    """Return where money comes from: the bank, or who issues points."""
    return _WORLD[asset]
