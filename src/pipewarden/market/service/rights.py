"""The market's permissions, and the rows that they are held against: a tenant's money is one thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.people import service as people
from pipewarden.people.facts import ScopedRow

if TYPE_CHECKING:
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

READ_FINANCE, MANAGE = "finance:read", "finance:manage"
READ_REWARDS, DECIDE = "reward:read", "reward:decide"


def require_here(work: Work, actor: Actor, permission: str, kind: str = "finance") -> None:
    """Refuse an actor whose permission does not reach the tenant worked for.

    Raises:
        ForbiddenError, NotFoundError: no role gives it, or not here.
    """
    people.require_row(actor, permission, ScopedRow(tenant_id=work.tenant_id), kind)


def name(actor: Actor) -> str:
    """Return how the market writes down who acted."""
    return f"{actor.kind}:{actor.id}"
