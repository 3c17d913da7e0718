"""How the tenant's sites stand, told to whoever watches over the house; nobody's reach is asked, nobody is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.casework.store import standing as store

if TYPE_CHECKING:
    from pipewarden.casework.facts.standing import SitesStanding
    from pipewarden.kit.work import Work


def sites_standing(work: Work) -> SitesStanding:
    """Return how the open sites of the tenant worked for stand, with timers and calls; at a cost of O(open sites)."""
    return store.standing(work)
