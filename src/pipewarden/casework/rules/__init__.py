"""Pure decisions of casework: the declared path, what may happen to a site, what its events add up to."""

from pipewarden.casework.rules.allowed import LONGEST_WATCH, allowed, steps
from pipewarden.casework.rules.clue import clue_state
from pipewarden.casework.rules.fold import IllegalEventError, apply, fold
from pipewarden.casework.rules.guards import needs_of
from pipewarden.casework.rules.headline import headline
from pipewarden.casework.rules.life import Arc, SiteLife, arcs
from pipewarden.casework.rules.needs import HOUSE
from pipewarden.casework.rules.seen import LEVEL, comes_back, replaced

__all__ = [
    "HOUSE",
    "LEVEL",
    "LONGEST_WATCH",
    "Arc",
    "IllegalEventError",
    "SiteLife",
    "allowed",
    "apply",
    "arcs",
    "clue_state",
    "comes_back",
    "fold",
    "headline",
    "needs_of",
    "replaced",
    "steps",
]
