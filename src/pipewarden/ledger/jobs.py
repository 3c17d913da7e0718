"""What the book does by itself: holds that are past their time are released."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.ledger import service

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from uuid import UUID

    from pipewarden.kit.work import Work

_BATCH = 500


def expire(begin: Callable[[UUID], AbstractContextManager[Work]], tenant_id: UUID) -> int:
    """Release every hold that is past its time, some hundreds a transaction, and return how many."""
    count = 0
    while True:
        with begin(tenant_id) as work:
            done = service.expire_due(work, work.now(), _BATCH)
        count += done
        if done < _BATCH:
            return count
