"""An episode of a site that has ended, as it stood then: what later slices learn from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipewarden.casework.facts.events import SiteEvent
    from pipewarden.casework.facts.site import Site
    from pipewarden.casework.facts.strike import StrikeFile


class Origin(StrEnum):
    """What opened a site."""

    ALARM = "alarm"
    PATROL = "patrol"  # something felt digging where no camera could look
    FILING = "filing"
    STRIKE = "strike"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Ending:
    """One episode, from its opening or reopening to the event that ended it.

    Attributes:
        event: the one that ended it.
        site: the sum of the site's events up to that one.
        events: of the episode, oldest first.
        since: when the episode before ended; None of the first one.
        filing: filed, unfiled or unknown, as the site's row had it.
        alarms: of the sites that this one has taken over, beside its own.
        strike: the file of the strike that fell into the episode; never a drill's, which opens no site.
        risk_version: of the weights that weighed it last.
    """

    event: SiteEvent
    site: Site
    events: tuple[SiteEvent, ...]
    since: datetime | None
    origin: Origin
    filing: str
    alarms: tuple[UUID, ...] = ()
    strike: StrikeFile | None = None
    risk_version: str | None = None

    @property
    def opened_at(self) -> datetime:
        """Return when the episode began."""
        return self.events[0].at
