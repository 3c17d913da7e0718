"""How a tenant's models did lately, told to whoever watches over the house."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.inference.facts.standing import ModelsStanding
from pipewarden.inference.store import registry, vision

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.kit.work import Work


def models_standing(work: Work, since: datetime) -> ModelsStanding:
    """Return how the tenant's models did since a moment."""
    asked = vision.totals(work, since)
    return ModelsStanding(
        calls=registry.outcomes(work, since),
        questions={outcome: count for outcome, (count, _) in asked.items()},
        open_breakers=vision.open_gates(work),
    )
