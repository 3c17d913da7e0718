"""How a tenant's models did since a moment: for who watches over it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class ModelsStanding:
    """Counts since a moment.

    Attributes:
        calls: batches through the house's own models, by (model, outcome).
        questions: to vision endpoints, by outcome: ``answer``, ``cached``, or why there was none.
        open_breakers: endpoints that are left alone now because they failed.
    """

    calls: Mapping[tuple[str, str], int]
    questions: Mapping[str, int]
    open_breakers: int
