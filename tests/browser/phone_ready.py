"""Whether a phone's page may go offline: asked without a string that the page's policy would refuse to run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desk_visit import Visit

_STEPS = 300


def ready_offline(visit: Visit) -> None:
    """Wait until the service worker answers for this page."""
    for _ in range(_STEPS):
        if visit.page.evaluate("navigator.serviceWorker.controller !== null"):
            return
        visit.page.wait_for_timeout(100)
    raise AssertionError("no service worker took the page over")
