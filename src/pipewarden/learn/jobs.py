"""What learning does when a site has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.learn import service

if TYPE_CHECKING:
    from pipewarden.kit.work import FactRef, Work


def drain(work: Work, facts: list[FactRef]) -> None:
    """Take events of sites (``casework.changed``): those that ended one leave its outcome.

    Drained for the first time, it takes every event there ever was, and so those of before there were outcomes.
    """
    service.conclude(work, [fact.fact_id for fact in facts])
