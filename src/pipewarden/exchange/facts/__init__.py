"""What comes from other platforms: messages as they said them, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID


class ItemKind(StrEnum):
    """What a message is to us."""

    REPORT = "report"  # somebody saw works: a report in the river
    STATUS = "status"  # what became of an order of ours: a note on its site


class ItemState(StrEnum):
    """Where a message stands."""

    TAKEN = "taken"  # it is a report, or a note
    WAITING = "waiting"  # a person must place it, or say that it is none of ours
    ASIDE = "aside"  # a person said so


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message as it came.

    Attributes:
        source: who says it; with ``event_id`` what a repeat is known by.
        type: of the event; empty for a row of a CSV file.
        number: which of the request or the file, from 1; errors name it.
    """

    source: str
    event_id: str
    type: str
    data: Mapping[str, Any]
    number: int
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What a mapping read out of one message.

    Attributes:
        id: what a repeat is known by; ``number`` is what people call it.
        xy: east or longitude, then north or latitude, in ``crs``; None where the message has none.
        about: whether it speaks of digging; a message whose platform sorts it as something else does not.
        site: id of the site that a status is about.
    """

    kind: ItemKind
    id: str
    number: str
    words: str
    address: str = ""
    xy: tuple[float, float] | None = None
    crs: str = ""
    at: datetime | None = None
    about: bool = True
    site: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A message that was kept.

    Attributes:
        why: what it waits for; what a person said when it was set aside.
        lon: degrees WGS-84; None while nobody has placed it.
        decided_by: who placed it or set it aside.
    """

    id: UUID
    tenant_id: UUID
    platform: str
    source: str
    event_id: str
    kind: ItemKind
    state: ItemState
    why: str
    words: str
    address: str
    lon: float | None
    lat: float | None
    at: datetime | None
    received_at: datetime
    observation_id: UUID | None
    site_id: UUID | None
    content_sha256: bytes
    decided_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A message and whether it had come before."""

    item: Item
    fresh: bool
