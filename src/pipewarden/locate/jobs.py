"""What locate does when an observation was screened upstream, or a camera no longer is what it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.locate import service
from pipewarden.perceive import service as perceive
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from uuid import UUID

    from pipewarden.kit.emit import Drain
    from pipewarden.kit.work import FactRef, Work


def make_drain() -> Drain:
    """Return the drain of ``perceive.screened``: every observation is placed once and PLACED is emitted for it."""

    def drain(work: Work, facts: list[FactRef]) -> None:
        service.place(work, [fact.fact_id for fact in facts])

    return drain


def camera_changed(work: Work, facts: list[FactRef]) -> None:
    """Drain ``sense.camera_state``: whoever answers no more is blind."""
    service.judge_cameras(work, sense.changed_cameras(work, [fact.fact_id for fact in facts]))


def sight_changed(work: Work, facts: list[FactRef]) -> None:
    """Drain ``perceive.sight_changed``: whose pictures show nothing is blind too."""
    service.judge_cameras(work, perceive.told_of(work, [fact.fact_id for fact in facts]))


def overlook(begin: Callable[[UUID], AbstractContextManager[Work]], tenants: list[UUID]) -> int:
    """Judge every camera, each tenant's in a transaction of its own, and return how many changed."""
    changed = 0
    for tenant_id in tenants:
        with begin(tenant_id) as work:
            changed += len(service.overlook(work))
    return changed
