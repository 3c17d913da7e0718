"""The one word that a site is shown with: the gravest of what hangs on it, else where it stands on the main path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.casework.facts import SiteState

if TYPE_CHECKING:
    from pipewarden.casework.facts import Site

_OVER = frozenset({SiteState.COMPLETED, SiteState.CLOSED, SiteState.EXEMPT, SiteState.FALSE})


def headline(site: Site) -> str:
    """Return ``merged``, ``struck``, ``stopped``, ``violation``, ``repair``, ``unattended`` or the state's own name."""
    struck, repair = site.strike, site.repair
    hangs = {
        "merged": site.merged_into is not None,
        "struck": struck is not None and (struck.reported_at is None or site.state not in _OVER),
        "stopped": site.stopped,
        "violation": any(one.fixed_at is None for one in site.violations),
        "repair": repair is not None and (repair.papers_at is None or site.state not in _OVER),
        "unattended": site.missed_at is not None and site.state is SiteState.UNDER_STANDBY,
    }
    return next((word for word, there in hangs.items() if there), site.state.value)
