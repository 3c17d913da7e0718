"""Missed checks of standing by, of every tenant; a tenant whose turn breaks keeps nobody else waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from pipewarden.field.service.standby_sweep import sweep_standby, tenants_late
from pipewarden.people.facts import PLATFORM

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from uuid import UUID

    from pipewarden.kit.work import Work

    Begin = Callable[[UUID], AbstractContextManager[Work]]

log = structlog.get_logger(__name__)


def sweep(begin: Begin) -> int:
    """Write down what every tenant's shifts miss by now; return how many hours that were.

    Raises:
        Exception: the last fault, once every tenant has had its turn.
    """
    with begin(PLATFORM) as work:
        tenants = tenants_late(work)
    count, broken = 0, None
    for tenant_id in tenants:
        try:
            with begin(tenant_id) as work:
                count += sweep_standby(work)
        except Exception as error:
            log.exception("a tenant's turn broke", tenant=str(tenant_id))
            broken = error
    if broken is not None:
        raise broken
    return count
