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
    REPORTS = "reports"
    WORK = "work"  # what experts are shown and deliver
    MONTHLY = "monthly"  # reports of months: counts, and names of contractors and streets


class Purpose(StrEnum):
    """What somebody's consent is for."""

    CONTACT = "contact"
    LOCATION = "location"
    TRAINING = "training"
    EXPERTS = "experts"


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
        digest: SHA-256 of the content; of the id where a row has no content of its own. It is what the proof keeps.
        since: the moment its days count from.
        subjects: names that a hold may hold it by, and a key mark may mark it by: ``camera:…``, ``person:…``,
            ``site:…``, ``picture:…``.
    """

    cls: DataClass
    id: str
    digest: str
    since: datetime
    subjects: frozenset[str]


class MarkKind(StrEnum):
    """Why something is kept longer than its class."""

    HOLD = "hold"  # a legal hold: nothing that it names is deleted while it stands
    KEY = "key"  # a key site by 反恐怖主义法 第三十二条: the longer days count


@dataclass(frozen=True, slots=True)
class Mark:
    """A legal hold, or a place that the law calls a key one; set and lifted with reasons, never erased.

    Attributes:
        cls: which class it speaks of; None: every class.
        subject: as in ``Kept.subjects``; ``*`` is everything of the tenant.
    """

    id: UUID
    tenant_id: UUID
    kind: MarkKind
    cls: DataClass | None
    subject: str
    reason: str
    set_at: datetime
    set_by: UUID
    lifted_at: datetime | None = None
    lifted_by: UUID | None = None
    lift_reason: str = ""


@dataclass(frozen=True, slots=True)
class OwnDays:
    """How long a tenant keeps a class by its own choice, in days; the last one said counts."""

    cls: DataClass
    kept: int
    kept_key: int


class Fate(StrEnum):
    """What a rule of retention says of one piece of data now."""

    YOUNG = "young"
    HELD = "held"
    DUE = "due"


@dataclass(frozen=True, slots=True)
class Deletion:
    """The proof that something was deleted: what, by which rule, when; the thing itself is gone.

    Attributes:
        rule: version of the policy and days, or ``erase:…`` for a person's request, or ``quiet`` for a sample.
    """

    id: UUID
    tenant_id: UUID
    cls: DataClass
    digest: str
    rule: str
    since: datetime
    deleted_at: datetime


@dataclass(frozen=True, slots=True)
class ClassSum:
    """What a run of retention did, or would do, with one class.

    Attributes:
        due: past its days and free to go; ``deleted`` of them went.
        held: past its days and kept by a hold; ``needed``: kept because something else still shows it.
    """

    cls: DataClass
    days: int
    key_days: int
    due: int = 0
    deleted: int = 0
    held: int = 0
    needed: int = 0


@dataclass(frozen=True, slots=True)
class RetentionReport:
    """What a run of retention did, or would do.

    Attributes:
        waits: a backup reads the pictures, so nothing was deleted.
    """

    policy: str
    at: datetime
    dry: bool
    waits: bool
    sums: tuple[ClassSum, ...]


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


class ErasureState(StrEnum):
    """What became of a wish to be forgotten."""

    ASKED = "asked"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Erasure:
    """A person's wish to be forgotten (PIPL art. 47), with a day by which it is answered.

    Attributes:
        deleted: pieces of data that went; ``held`` those that a hold keeps.
    """

    id: UUID
    tenant_id: UUID
    person_id: UUID
    words: str
    asked_at: datetime
    due_at: datetime
    state: ErasureState = ErasureState.ASKED
    ended_at: datetime | None = None
    ended_by: UUID | None = None
    reason: str = ""
    deleted: int = 0
    held: int = 0
