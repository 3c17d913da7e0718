"""Privacy as values: what is painted, how exact a public place is, how long data is kept, what people agreed to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from uuid import UUID


class DataClass(StrEnum):
    """What kind of personal data a rule of retention speaks of."""

    LOOKS = "looks"
    SENT = "sent"
    INDOOR = "indoor"
    TRACKS = "tracks"
    LOGS = "logs"
    EVIDENCE = "evidence"
    CONSENTS = "consents"


class Purpose(StrEnum):
    """What somebody's consent is for."""

    CONTACT = "contact"
    LOCATION = "location"
    TRAINING = "training"


@dataclass(frozen=True, slots=True)
class MaskRules:
    """What is painted over; scores and shares 0-1, as ``policy/privacy`` explains them."""

    face: float
    person: float
    vehicle: float
    head: float
    plate: float
    margin: float
    source: str


@dataclass(frozen=True, slots=True)
class Keep:
    """How long one class of data is kept, in days.

    Attributes:
        least: the floor; ``key`` the floor at key sites.
        kept: what is done; ``kept_key`` at key sites.
        most: the longest that a tenant may choose.
        counts_from: which moment the days count from: taken, received or ended.
    """

    name: DataClass
    zh: str
    en: str
    counts_from: str
    least: int
    key: int
    kept: int
    kept_key: int
    most: int
    source: str


@dataclass(frozen=True, slots=True)
class PurposeText:
    """What somebody is asked to agree to, in a version: another text is another version and another consent."""

    purpose: Purpose
    version: int
    zh: str
    en: str
    source: str


@dataclass(frozen=True, slots=True)
class PrivacyPolicy:
    """The privacy rules of a day.

    Attributes:
        grid_m: side in metres of the squares that public places are rounded to.
        forever: names of what no rule deletes.
    """

    version: str
    since: date
    mask: MaskRules
    grid_m: float
    keeps: Mapping[DataClass, Keep]
    forever: tuple[str, ...]
    purposes: Mapping[Purpose, PurposeText]


@dataclass(frozen=True, slots=True)
class Kept:
    """One piece of data that a rule of retention speaks of.

    Attributes:
        id: what its slice knows it by: a picture's SHA-256, or a row's id.
        since: the moment its days count from; None while that moment has not come (a site that is still open).
        key: it comes from a key site.
    """

    cls: DataClass
    id: str
    since: datetime | None
    key: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold: while it stands nothing that it names is deleted.

    Attributes:
        cls: which class it holds; None holds every class.
        subject: what is held: a picture's SHA-256, a row's id, ``site:…``, ``person:…``; empty holds all of the class.
    """

    id: UUID
    tenant_id: UUID
    cls: DataClass | None
    subject: str
    reason: str
    set_at: datetime
    set_by: UUID
    lifted_at: datetime | None
    lifted_by: UUID | None
    lift_reason: str


@dataclass(frozen=True, slots=True)
class Deletion:
    """The proof that something was deleted: what, by which rule, when; the thing itself is gone.

    Attributes:
        digest: SHA-256 of the content, or of the row's id for rows that have no content of their own.
        rule: version of the policy, or ``erase:…`` for a person's request.
    """

    id: UUID
    tenant_id: UUID
    cls: DataClass
    digest: str
    rule: str
    since: datetime | None
    deleted_at: datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """One word of somebody about a purpose: given or withdrawn, to which version of its text; written once."""

    id: UUID
    tenant_id: UUID
    person_id: UUID
    purpose: Purpose
    version: int
    given: bool
    at: datetime
