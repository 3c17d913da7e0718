"""What became of a site: the truth that came out in the end, beside how it was found and by what it was judged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  pydantic reads the types when an outcome is stored
from enum import StrEnum
from uuid import UUID  # noqa: TC003  as above

from pipewarden.casework.facts import SiteState  # noqa: TC001  as above
from pipewarden.casework.facts.strike import RootCause  # noqa: TC001  as above
from pipewarden.network.facts import Zone  # noqa: TC001  as above


class Found(StrEnum):
    """What told of works."""

    CAMERA = "camera"
    PICTURE = "picture"  # a single picture that somebody sent
    REPORT = "report"
    DEVICE = "device"
    PATROL = "patrol"
    FILING = "filing"
    STRIKE = "strike"
    PERSON = "person"


class Papers(StrEnum):
    """Whether the works stood on a filing."""

    FILED = "filed"
    UNFILED = "unfiled"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody on the spot said.

    Attributes:
        code: of the judge's reviewers' list.
        actor: who, for instance ``person:<id>``.
    """

    event_id: UUID
    true: bool
    code: str
    actor: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """The machine that stood for an alarm when its site ended.

    Attributes:
        picture: SHA-256, with ``box`` left, top, width, height in its pixels; empty where none was seen.
    """

    alarm_id: UUID
    picture: str = ""
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class StruckThere:
    """A pipe was hit there, in earnest.

    Attributes:
        root_cause: as the damage record says; None while there is none.
        near_miss: touched, and no gas came out; None as above.
    """

    strike_id: UUID | None
    at: datetime
    root_cause: RootCause | None = None
    near_miss: bool | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """One episode of a site, once it has ended.

    Attributes:
        event_id: the event that ended it, at ``version`` of the site; one outcome an event.
        ended: closed, exempt or false, with ``code`` the word for it.
        alarms: those of the site and of sites that it took over, each with what stood for it; the site's own is the
            first, where ``own_alarm`` says that it has one.
        true: whether there were works: as the last person on the spot said, else as the end says; None where nobody
            looked.
        said: every word of people on the spot.
        found: what told of it, the first first; ``source`` is the first stream (a camera's key, for instance).
        papers: filed, unfiled or unknown when it ended.
        cls: class of what was seen; ``type`` of the machine. None where nothing was seen.
        lon: degrees WGS-84; None while its place was unknown.
        lat: the same.
        first_seen: by a source; None where nothing was seen, or nobody told when.
        violations: codes that were opened in the episode, in order.
        views: keys of the cameras that were looked at and had the place in view although none of them raised it; asked
            only of works that no camera raised.
        rendered: a picture of it was rendered: it is counted in no figure.
        models: labels of the models that saw it.
        policies: by rule set its version that was in force, as far as the events say.
    """

    id: UUID
    tenant_id: UUID
    site_id: UUID
    event_id: UUID
    version: int
    ended: SiteState
    code: str
    own_alarm: bool
    alarms: tuple[Shown, ...]
    true: bool | None
    said: tuple[Said, ...]
    found: tuple[Found, ...]
    source: str
    papers: Papers
    zone: Zone
    cls: str | None
    type: str | None
    level: int
    lon: float | None
    lat: float | None
    first_seen: datetime | None
    opened_at: datetime
    arrived_at: datetime | None
    verified_at: datetime | None
    ended_at: datetime
    violations: tuple[str, ...]
    struck: StruckThere | None
    views: tuple[str, ...]
    rendered: bool
    models: tuple[str, ...]
    policies: dict[str, str]

    @property
    def missed(self) -> bool:
        """Whether there were works in a camera's view that none raised: we were told by somebody else."""
        return self.true is True and Found.CAMERA not in self.found and bool(self.views)


@dataclass(frozen=True, slots=True)
class OutcomeFigures:
    """What the sites that ended in a time add up to; each count beside what it is a part of.

    Attributes:
        ended: sites that ended: ``true`` + ``untrue`` + ``unsaid``.
        unfiled: of the true ones; ``papers_unknown`` those of which nobody knows.
        in_view: true ones that a camera raised or had in view; ``missed`` those that none raised.
        struck: of all that ended; ``near_misses`` those where no gas came out.
        rendered: left out of all of these.
    """

    since: datetime
    until: datetime
    ended: int
    true: int
    untrue: int
    unsaid: int
    unfiled: int
    papers_unknown: int
    in_view: int
    missed: int
    struck: int
    near_misses: int
    rendered: int
