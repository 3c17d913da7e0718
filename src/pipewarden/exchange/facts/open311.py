"""Open311 GeoReport v2 (open311.org) as we serve it and as cities serve it, with mySociety's updates extension."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID


class Format(StrEnum):
    """How an answer is written."""

    JSON = "json"
    XML = "xml"


class Media(StrEnum):
    """Where a picture stands that a request names by its address."""

    NONE = "none"
    WANTED = "wanted"
    TAKEN = "taken"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Posted:
    """A service request on its way in, as a form or a city's list says it.

    Attributes:
        code: of the service: a kind of report.
        external: the sender's own id of it; empty where it has none.
        lon: degrees WGS-84; None where there is only an address.
        accuracy_m: radius of 95 of 100 cases; None where nobody says, and then it is assumed.
        media_url: fetched later, through the outbound guard.
        voice: what tells one reporter of the sender from another; empty: nothing does.
    """

    code: str
    description: str
    external: str = ""
    lon: float | None = None
    lat: float | None = None
    accuracy_m: float | None = None
    address: str = ""
    media_url: str = ""
    contact: str = ""
    voice: str = ""
    language: str = "zh"
    pictures: tuple[bytes, ...] = ()
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Request311:
    """A field report as Open311 knows it: what anybody may read, and whose it is.

    Attributes:
        id: of the report.
        draft: by which the report is found in field.
        key_id: whose API key sent it; None for a report that did not come over this door.
        server_id: the city's server that it was pulled from.
        external: the sender's own id of it.
        repeat: hash of what was said, by which a repetition without an id is known.
        description: in the sender's words; empty for a report that did not come over Open311.
        lon: middle of its square of 100 m or more, degrees WGS-84.
        status: ``open`` or ``closed``.
        extended: the same in mySociety's words.
        public: whether anybody may read it; else only who sent it.
        pictures: how many may be asked for.
        next_look_at: when it is looked at again.
    """

    id: UUID
    tenant_id: UUID
    draft: UUID
    key_id: UUID | None
    server_id: UUID | None
    external: str
    repeat: bytes
    code: str
    description: str
    address: str
    lon: float | None
    lat: float | None
    status: str
    extended: str
    notes: str
    requested_at: datetime
    updated_at: datetime
    public: bool
    pictures: int
    media_url: str
    media: Media
    media_why: str
    media_tries: int
    next_look_at: datetime


@dataclass(frozen=True, slots=True)
class Update311:
    """Something that happened to a request; written once.

    Attributes:
        id: made of the request and the event, so that it is the same however often it is looked at.
        at: when it happened; ``recorded_at`` is when a reader could first see it, and what windows go by.
        push: when it is to be sent to the city that the request came from; None: never, or it was.
    """

    id: UUID
    tenant_id: UUID
    request_id: UUID
    status: str
    description: str
    at: datetime
    recorded_at: datetime
    push: datetime | None = None
    tries: int = 0
    pushed_at: datetime | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class NewServer311:
    """A city's server as somebody names it.

    Attributes:
        name: what people call it, once in a tenant.
        address: up to and without ``/requests.json``.
        codes: the city's service codes that mean works, each to a kind of report; ``*`` is every other one.
        key: with which updates are sent back, over TLS where its address is public; empty where the city wants none.
        jurisdiction: the city's ``jurisdiction_id``.
        format: what the server speaks.
        zone: IANA name of the zone of times that say none.
        accuracy_m: what is assumed of its places, radius in metres.
        since: from when it is read; a week back where None.
    """

    name: str
    address: str
    codes: Mapping[str, str]
    key: str = field(default="", repr=False)
    jurisdiction: str = ""
    format: Format = Format.JSON
    zone: str = "Asia/Shanghai"
    accuracy_m: float = 50.0
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Server311:
    """A city's server that we read.

    Attributes:
        address: up to and without ``/requests.json``.
        sealed_key: the API key, sealed; None where none is needed.
        codes: which of its service codes mean works: to a kind of report; ``*`` is every other code.
        accuracy_m: what is assumed of its places, which say nothing of their error.
        zone: IANA name of the zone that times without one are in.
        since: up to when its requests were read; ``updates_since`` the same of its updates.
        problem: why the last pull failed; empty where it did not.
    """

    id: UUID
    tenant_id: UUID
    name: str
    address: str
    sealed_key: bytes | None
    jurisdiction: str
    codes: Mapping[str, str]
    format: Format
    accuracy_m: float
    zone: str
    since: datetime
    updates_since: datetime
    pulled_at: datetime | None
    problem: str
    created_at: datetime
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """One request of a city's list, read.

    Attributes:
        odd: what was wrong with it and how it was read all the same.
    """

    id: str
    status: str
    code: str
    description: str
    address: str
    lon: float | None
    lat: float | None
    requested_at: datetime | None
    media_url: str
    odd: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HeardUpdate:
    """One update of a city's list, read."""

    id: str
    request_id: str
    status: str
    description: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one pull brought.

    Attributes:
        skipped: requests that are not ours to take, by reason.
    """

    taken: int = 0
    known: int = 0
    waiting: int = 0
    updates: int = 0
    skipped: Mapping[str, int] | None = None
    problem: str = ""
