"""Filings between two tenants: whether there are any, and that one transaction at a time acts on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, func, select

from pipewarden.casework.store.filing_tables import FilingRow
from pipewarden.kit import facts_log

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from pipewarden.kit.work import Work


def lock_between(work: Work) -> None:
    """Wait until nobody else acts on filings of two tenants, before any filing is held; to the end of the transaction.

    Two that are handed over in opposite directions would otherwise wait for each other.
    """
    key = facts_log.lock_key("casework.handing", "")
    work.session.execute(select(func.pg_advisory_xact_lock(key)))


def any_handed(work: Work, filing_ids: Collection[UUID]) -> bool:
    """Tell whether another tenant answers one of those filings of the tenant."""
    there = FilingRow.sum["handed"]["filing_id"].astext.is_not(None)
    asked = select(exists().where(FilingRow.tenant_id == work.tenant_id, FilingRow.id.in_(set(filing_ids)), there))
    return bool(work.session.scalar(asked))
