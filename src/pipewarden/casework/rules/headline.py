"""The one word that a site is shown with: the gravest of what hangs on it, else where it stands on the main path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.casework.facts import SiteState

if TYPE_CHECKING:
    from pipewarden.casework.facts import Site

_OVER = frozenset({SiteState.COMPLETED, SiteState.CLOSED, SiteState.EXEMPT, SiteState.FALSE})


def headline(site: Site) -> str:
    """Return ``merged``, ``struck``, ``stopped``, ``violation``, ``repair`` or the state's own name."""
    if site.merged_into is not None:
        return "merged"
    if site.strike is not None and (site.strike.reported_at is None or site.state not in _OVER):
        return "struck"
    if site.stopped:
        return "stopped"
    if any(one.fixed_at is None for one in site.violations):
        return "violation"
    if site.repair is not None and (site.repair.papers_at is None or site.state not in _OVER):
        return "repair"
    return site.state.value
