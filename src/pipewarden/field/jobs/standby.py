"""Missed checks of standing by, of every tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.field.jobs.turns import each
from pipewarden.field.service.standby_sweep import sweep_standby, tenants_late

if TYPE_CHECKING:
    from pipewarden.field.jobs.turns import Begin


def sweep(begin: Begin) -> int:
    """Write down what every tenant's shifts miss by now; return how many hours that were.

    Raises:
        Exception: the last fault, once every tenant has had its turn.
    """
    return each(begin, tenants_late, sweep_standby)
