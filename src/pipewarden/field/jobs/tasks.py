"""Please-check tasks that nobody answered in time, of every tenant: each goes back to a dispatcher."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.field.jobs.turns import each
from pipewarden.field.service.tasks import expire, tenants_over

if TYPE_CHECKING:
    from pipewarden.field.jobs.turns import Begin


def sweep(begin: Begin) -> int:
    """End what is over of every tenant; return how many tasks that were.

    Raises:
        Exception: the last fault, once every tenant has had its turn.
    """
    return each(begin, tenants_over, expire)
