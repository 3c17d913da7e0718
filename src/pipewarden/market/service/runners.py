"""What runs capabilities, chosen once by ``main``: a runner for each kind, and what looks at pictures to learn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipewarden.kit.errors import UnavailableError
from pipewarden.market.facts.foundry import Runnable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from pipewarden.market.facts.foundry import Kind, Line, Version
    from pipewarden.market.ports import Looker, Runner


@dataclass(frozen=True, slots=True)
class Runners:
    """Who runs what.

    Attributes:
        looker: None where this process looks at no pictures.
    """

    by_kind: Mapping[Kind, Runner]
    looker: Looker | None = None

    def of(self, kind: Kind) -> Runner:
        """Return who runs a kind.

        Raises:
            UnavailableError: nobody does here.
        """
        found = self.by_kind.get(kind)
        if found is None:
            raise UnavailableError(field="capability", problem=f"{kind.value} runs nowhere here", fix="Ask the house.")
        return found

    def looking(self) -> Looker:
        """Return who looks at pictures.

        Raises:
            UnavailableError: nobody does here.
        """
        if self.looker is None:
            raise UnavailableError(field="picture", problem="nobody looks at it here", fix="Ask the house.")
        return self.looker


def runnable(line: Line, version: Version, tenant_id: UUID) -> Runnable:
    """Return what a runner needs of a version that runs for a tenant."""
    return Runnable(tenant_id, f"{line.slug}@{version.number}", line.kind, version.content, version.fitted)
