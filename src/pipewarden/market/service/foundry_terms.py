"""Whom the price of a call goes to, for whoever meters and books: a line's contract, and who reviewed the version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.market.facts.foundry import Terms
from pipewarden.market.rules.foundry import accepted_by, contract_at
from pipewarden.market.store import foundry as store

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.work import Work


def terms_of(work: Work, capability_id: UUID, version_id: UUID | None) -> Terms | None:
    """Return what holds for a call of a capability now; None where it was not built in the foundry."""
    line_id = store.line_sold(work, capability_id)
    contract = None if line_id is None else contract_at(store.contracts(work, line_id), work.now())
    if contract is None:
        return None
    return Terms(contract, 0 if version_id is None else len(reviewers(work, version_id)))


def reviewers(work: Work, version_id: UUID) -> tuple[UUID, ...]:
    """Return who accepted a version; they share the reviewers' part of its calls evenly."""
    return accepted_by(store.events(work, version_id))
