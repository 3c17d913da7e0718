"""Proposals in the town of the API tests: what somebody measured of a pipe."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import shapely

from pipewarden.network import service
from pipewarden.network.facts.proposal import Measured, ProposalKind
from pipewarden.people import service as people

NOWHERE = UUID(int=1)


def proposal(town: Any, tenant: Any, place: tuple[float, float], *, decided: bool = False) -> str:
    """Propose a pipe that was measured at a place; ``decided`` rejects it at once."""
    shape = shapely.to_wkb(shapely.Point(*place))
    with town.at(tenant) as work:
        measured = Measured(ProposalKind.POSITION, "measured", shape, 0.1, None, f"person:{NOWHERE}", NOWHERE, NOWHERE)
        (made,) = service.propose(work, [measured])
        if decided:
            service.decide(work, people.operator(tenant), made.id, accept=False, why="a test")
    return str(made.id)
