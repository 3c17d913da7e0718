"""Who looked at whose data, at what, when and why: the record that the Personal Information Protection Law asks for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipewarden.people.facts.access import ActorKind


class Viewed(StrEnum):
    """What kind of personal data was looked at."""

    CONTACT = "contact"  # how a person is reached
    ORIGINAL = "original"  # a picture without masks
    REPORTER = "reporter"  # who reported something
    TRACK = "track"  # where somebody went; sensitive by PIPL article 28
    EXPORT = "export"  # data taken out of the house
    LIST = "list"  # names of persons on one page of a list


class ViewReason(StrEnum):
    """Reasons that need no words of their own; the desk offers them."""

    EMERGENCY = "emergency"  # danger now
    SITE = "site"  # work on a site
    REACHING = "reaching"  # somebody must be reached
    EVIDENCE = "evidence"  # a document, fine or court
    COMPLAINT = "complaint"  # an appeal or complaint is answered
    SUBJECT = "subject"  # the person asked for their own data
    QUALITY = "quality"  # judging is checked
    AUDIT = "audit"  # somebody checks what was done


@dataclass(frozen=True, slots=True)
class View:
    """One look at personal data.

    Attributes:
        seq: grows with the order of looking inside a tenant; has gaps.
        what: kind of data.
        subject_kind: what was opened (``person``, ``picture``, ``trip``, ``report``), and ``subject_id`` which one.
        about: the person whose data it was, where the house knows them.
        reason: words of 2 to 200 characters or a ``ViewReason``; empty where none is asked for.
    """

    id: UUID
    tenant_id: UUID
    seq: int
    at: datetime
    actor_kind: ActorKind
    actor_id: UUID
    what: Viewed
    subject_kind: str
    subject_id: str
    about: UUID | None
    reason: str


@dataclass(frozen=True, slots=True)
class ViewFilter:
    """Which looks are wanted; None asks for nothing. ``since`` is included, ``until`` is not."""

    what: Viewed | None = None
    actor_id: UUID | None = None
    about: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ViewSeal:
    """What one entry of the audit chain holds of the views that were not on it yet.

    Attributes:
        after: views with a larger ``seq`` are in it,
        to: up to this one.
        sha256: hex, over all of them in order.
    """

    after: int
    to: int
    count: int
    sha256: str
