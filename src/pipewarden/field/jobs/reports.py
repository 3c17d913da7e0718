"""Pictures of reports are compared once they were looked at; sites that are found real are asked who said it first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.field import service

if TYPE_CHECKING:
    from pipewarden.field.service import Seer
    from pipewarden.kit.emit import Drain
    from pipewarden.kit.work import FactRef, Work


def make_comparing(seer: Seer) -> Drain:
    """Return the drain of ``perceive.screened``: pictures of reports among them are compared with earlier ones."""

    def drain(work: Work, facts: list[FactRef]) -> None:
        service.compare(work, seer, list(dict.fromkeys(fact.fact_id for fact in facts)))

    return drain


def reward(work: Work, facts: list[FactRef]) -> None:
    """Take events of sites (``casework.changed``): those of a site that was found real may owe a reward."""
    service.wish(work, [fact.fact_id for fact in facts])
