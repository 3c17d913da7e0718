"""What anybody says that they see: a report, who sent it as far as that is known, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

REWARD_WANTED = "field.reward_wanted"  # fact_id = Reward.id, partition = tenant


class ReportState(StrEnum):
    """Where a report stands before the river has it; what follows is the alarm's and the site's to say."""

    TAKEN = "taken"  # it is in the river
    WAITING = "waiting"  # a person must place it, or say that it is none of ours
    ASIDE = "aside"  # a person said so


class Fresh(StrEnum):
    """Whether a picture was surely taken now (safety.md T12); nothing is refused for it, it is marked."""

    NONE = "none"  # no nonce came: an ordinary picture
    FRESH = "fresh"  # taken in the app, within ten minutes of the nonce
    LATE = "late"  # the nonce is older
    OLD = "old"  # the picture says of itself that it was taken more than a day ago
    USED = "used"  # the nonce came with another report before
    WRONG = "wrong"  # not one of ours


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of thing to report, in plain words."""

    kind: str
    zh: str
    en: str
    danger: bool = False
    indoor: bool = False


@dataclass(frozen=True, slots=True)
class Near:
    """How suggestions are ranked: metres, days and weights, as policy/reports explains them."""

    reach_m: float
    half_m: float
    half_days: float
    other_kind: float
    most: int
    days: float


@dataclass(frozen=True, slots=True)
class ReportPolicy:
    """The rules of a day; each number is explained in ``policy/reports``.

    Attributes:
        hotline: name zh, name en, number, where the operator has none of its own.
        danger: the answer zh, en; ``{hotline}`` is filled in.
    """

    version: str
    kinds: Mapping[str, Kind]
    hotline: tuple[str, str, str]
    danger: tuple[str, str]
    near: Near
    most_accuracy_m: float
    ahead_s: float
    behind_days: float
    old_picture_h: float
    capture_min: float
    device_hour: int
    network_hour: int
    calls_min: float
    calls_m: float
    reward: str


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a phone says it is, in WGS-84.

    Attributes:
        accuracy_m: radius of 95 of 100 cases.
        crs: in which system it was said.
        source: ``device`` or ``map``.
    """

    lon: float
    lat: float
    accuracy_m: float
    crs: str
    source: str


@dataclass(frozen=True, slots=True)
class NewReport:
    """A report on its way in.

    Attributes:
        draft: the phone's own id of it; the same twice is one.
        pictures: bytes, at most three; what cannot be kept becomes a note.
        taken_at: by the phone's clock.
        contact: how the reporter may be called back; empty: not at all.
        confirms: the suggestion that is confirmed instead of reported anew.
    """

    draft: UUID
    kind: str
    words: str
    place: Spot | None = None
    place_words: str = ""
    pictures: tuple[bytes, ...] = ()
    taken_at: datetime | None = None
    nonce: str | None = None
    contact: str = ""
    language: str = "zh"
    confirms: UUID | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends, as far as that is known.

    Attributes:
        device: keyed hash of what tells one phone from another; its reports are one voice.
        network: keyed hash of the address; the address itself is not kept.
        person_id: who is signed in; None for anybody.
        gateway: the tenant whose key hands on what people told another system: it is that tenant's, and no one phone's
            pace holds it up.
    """

    device: bytes
    network: bytes
    person_id: UUID | None = None
    gateway: UUID | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A report that was kept.

    Attributes:
        tenant_id: whose ground it is; ``PLATFORM`` while nobody knows.
        reporter_id: one phone or person of this tenant.
        why: what it waits for, or why a person set it aside.
        notes: what is odd about it, for people: a picture that was not kept, a clock that is off.
        pictures: SHA-256 of those that wait with it; the river's are its own.
        observations: what it is in the river, the words first.
        copy_of: the report whose picture this one's shows again.
        decided_by: who placed it or set it aside.
        forget_at: when its reporter wanted it forgotten.
        forgotten_at: when nothing more was left to forget; until then something keeps a part of it.
        kept_pictures: how many of its pictures stay as proof of something all the same.
    """

    id: UUID
    tenant_id: UUID
    draft: UUID
    token_digest: bytes
    content_sha256: bytes
    reporter_id: UUID
    network: bytes
    person_id: UUID | None
    kind: str
    danger: bool
    state: ReportState
    why: str
    words: str
    place_words: str
    lon: float | None
    lat: float | None
    accuracy_m: float | None
    said_crs: str
    at: datetime
    taken_at: datetime | None
    received_at: datetime
    language: str
    fresh: Fresh
    nonce: str | None
    contact: str
    notes: tuple[str, ...]
    pictures: tuple[str, ...]
    observations: tuple[UUID, ...]
    confirms: UUID | None = None
    copy_of: UUID | None = None
    decided_by: UUID | None = None
    called_at: datetime | None = None
    forget_at: datetime | None = None
    forgotten_at: datetime | None = None
    kept_pictures: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """Words that a reporter added later."""

    id: UUID
    tenant_id: UUID
    report_id: UUID
    draft: UUID
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Reporter:
    """One phone or person as a tenant knows it.

    Attributes:
        aside_until: until then its reports wait for a person.
    """

    id: UUID
    tenant_id: UUID
    device: bytes
    aside_until: datetime | None = None
    aside_why: str = ""


@dataclass(frozen=True, slots=True)
class Nearby:
    """Something open that a new report may be about.

    Attributes:
        id: of the alarm, or of the report where no alarm is.
        kind: as the first reporter said; empty for what a camera saw.
        reports: voices of people.
        picture: of which report a picture may be shown; None: of none.
    """

    id: UUID
    kind: str
    since: datetime
    seen: datetime
    lon: float
    lat: float
    reports: int
    state: str
    picture: UUID | None = None


@dataclass(frozen=True, slots=True)
class Ranked:
    """A suggestion with how far it is and why it is where it is; ``weight`` in (0, 1]."""

    item: Nearby
    distance_m: float
    weight: float
    same_kind: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a report, in plain words."""

    at: datetime
    key: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer in words, with the rule where one decided."""

    zh: str
    en: str
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Reward:
    """A wish that a reporter be rewarded: booked later, by somebody else.

    Attributes:
        key: ``reward:{site}:{kind}``, unique in the house for ever (safety.md T7).
    """

    id: UUID
    tenant_id: UUID
    key: str
    site_id: UUID
    report_id: UUID
    person_id: UUID | None
    reason: str
    at: datetime
