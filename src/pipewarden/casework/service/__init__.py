"""The use cases of casework: open sites from alarms, let people act on them, show them to who may see them."""

from pipewarden.casework.rules import headline
from pipewarden.casework.service.commands import act, owner, permission_of, violation
from pipewarden.casework.service.files import StaleError, StepRefusedError, append, open_site
from pipewarden.casework.service.opening import follow, look_for
from pipewarden.casework.service.pictures import bring, check_brought, shown
from pipewarden.casework.service.pushing import push_places
from pipewarden.casework.service.seen import DECIDE, READ, WORK, Onward, changed, history, names, onward, site, sites
from pipewarden.casework.store import Filed, SiteFilter

__all__ = [
    "DECIDE",
    "READ",
    "WORK",
    "Filed",
    "Onward",
    "SiteFilter",
    "StaleError",
    "StepRefusedError",
    "act",
    "append",
    "bring",
    "changed",
    "check_brought",
    "follow",
    "headline",
    "history",
    "look_for",
    "names",
    "onward",
    "open_site",
    "owner",
    "permission_of",
    "push_places",
    "shown",
    "site",
    "sites",
    "violation",
]
