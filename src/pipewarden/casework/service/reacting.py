"""What follows by itself from an event of a site: its duties answer here, in the same transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.casework.facts import Body, Site, SiteEvent
    from pipewarden.kit.work import Work


def react(work: Work, before: Site | None, event: SiteEvent, after: Site) -> Sequence[Body]:  # noqa: ARG001  duties come
    """Return what is to be appended to the site because of ``event``; the house's own doing."""
    return ()
