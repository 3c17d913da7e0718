"""Pure decisions of casework: the declared path, what may happen to a site, what its events add up to."""

from pipewarden.casework.rules.allowed import LONGEST_WATCH, allowed, steps
from pipewarden.casework.rules.fold import IllegalEventError, apply, fold
from pipewarden.casework.rules.headline import headline
from pipewarden.casework.rules.life import Arc, SiteLife, arcs

__all__ = [
    "LONGEST_WATCH",
    "Arc",
    "IllegalEventError",
    "SiteLife",
    "allowed",
    "apply",
    "arcs",
    "fold",
    "headline",
    "steps",
]
