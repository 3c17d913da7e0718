"""What locate does when an observation was screened upstream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.locate import service

if TYPE_CHECKING:
    from pipewarden.kit.emit import Drain
    from pipewarden.kit.work import FactRef, Work


def make_drain() -> Drain:
    """Return the drain of ``perceive.screened``: every observation is placed once and PLACED is emitted for it."""

    def drain(work: Work, facts: list[FactRef]) -> None:
        service.place(work, [fact.fact_id for fact in facts])

    return drain
