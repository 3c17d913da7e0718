"""Please-check tasks: asked where the judge is in doubt; what nobody answered in time goes back to a dispatcher."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.field.jobs.turns import each
from pipewarden.field.service import doubting
from pipewarden.field.service.tasks import expire, tenants_over

if TYPE_CHECKING:
    from pipewarden.field.jobs.turns import Begin
    from pipewarden.kit.work import FactRef, Work


def doubt(work: Work, facts: list[FactRef]) -> None:
    """Take verdicts (``judge.judged``): where one is that a person must look, whoever is near is asked to."""
    doubting.hear(work, [fact.fact_id for fact in facts])


def sweep(begin: Begin) -> int:
    """End what is over of every tenant; return how many tasks that were.

    Raises:
        Exception: the last fault, once every tenant has had its turn.
    """
    return each(begin, tenants_over, expire)
