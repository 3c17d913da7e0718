"""When a synthetic alarm is due, and when its silence is loud (safety.md: every 15 minutes, alarm at 20)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

EVERY = timedelta(minutes=15)
LOUD = timedelta(minutes=20)
ON_ITS_WAY = timedelta(minutes=1)  # so long a test may take before anybody asks where it is
KEPT = timedelta(days=90)  # 96 a day, each of which says only that the house worked then


def slot_of(now: datetime, tenant_id: UUID) -> datetime:
    """Return when the tenant's running quarter of an hour began; each tenant's begins at a second of its own."""
    every = int(EVERY.total_seconds())
    offset = tenant_id.int % every
    return datetime.fromtimestamp((int(now.timestamp()) - offset) // every * every + offset, UTC)
