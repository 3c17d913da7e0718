"""One tenant after the other, each in a transaction of its own; one whose turn breaks keeps nobody else waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from pipewarden.people.facts import PLATFORM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager
    from uuid import UUID

    from pipewarden.kit.work import Work

    Begin = Callable[[UUID], AbstractContextManager[Work]]

log = structlog.get_logger(__name__)


def each(begin: Begin, tenants: Callable[[Work], Iterable[UUID]], do: Callable[[Work], int]) -> int:
    """Return the sum of what is done for each tenant that has something to do.

    Raises:
        Exception: the last fault, once every tenant has had its turn.
    """
    with begin(PLATFORM) as work:
        waiting = tenants(work)
    count, broken = 0, None
    for tenant_id in waiting:
        try:
            with begin(tenant_id) as work:
                count += do(work)
        except Exception as error:
            log.exception("a tenant's turn broke", tenant=str(tenant_id))
            broken = error
    if broken is not None:
        raise broken
    return count
