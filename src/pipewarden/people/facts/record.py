"""What is on record: the audit chain, the kill switches and who is on duty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipewarden.people.facts.access import ActorKind
    from pipewarden.people.facts.who import Role


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act on record.

    Attributes:
        seq: 1, 2, 3 … without a gap inside a tenant.
        act: ``resource.verb`` in the past tense, for instance ``membership.granted``.
        object_kind: what was acted upon.
        object_id: which one, as text.
        details: canonical JSON exactly as it was hashed.
        previous: SHA-256 of the entry before, 32 zero bytes for the first.
        hash: SHA-256 over all of the above.
    """

    tenant_id: UUID
    seq: int
    at: datetime
    actor_kind: ActorKind
    actor_id: UUID
    act: str
    object_kind: str
    object_id: str
    details: str
    previous: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries of a chain are wanted; None asks for nothing.

    Attributes:
        act: a whole act (``membership.granted``) or the resource before the full stop (``membership``).
        object_id: what was acted upon, as text.
        since: included; ``until`` is not.
    """

    act: str | None = None
    actor_id: UUID | None = None
    object_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Anchor:
    """The end of a chain at some moment, to be kept outside the database: it is what a cut tail is found by."""

    tenant_id: UUID
    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class AuditBreak:
    """The first place where a chain does not hold."""

    seq: int
    problem: str


@dataclass(frozen=True, slots=True)
class Switch:
    """A kill switch: ``on`` is the normal state, ``off`` sends the work to people.

    Attributes:
        name: what it turns off, ``kind:name`` (``channel:sms``, ``model:screen``, ``payout:wechat``).
    """

    tenant_id: UUID
    name: str
    on: bool
    reason: str
    actor_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Duty:
    """A person on duty for an area in a role.

    Attributes:
        rank: 1 is called first, 2 next; no two persons share area, role and rank at one moment.
        begins_at: included.
        ends_at: excluded.
        stands_in_for: whose duty it is by the roster, where a substitute takes it at that moment.
    """

    id: UUID
    tenant_id: UUID
    area_id: UUID
    area_path: str
    role: Role
    rank: int
    person_id: UUID
    begins_at: datetime
    ends_at: datetime
    stands_in_for: UUID | None = None


@dataclass(frozen=True, slots=True)
class NotCopied:
    """A duty that could not be written once more, and why."""

    duty: Duty
    problem: str


@dataclass(frozen=True, slots=True)
class CopiedRoster:
    """What copying a part of the rosters came to."""

    made: tuple[Duty, ...]
    left: tuple[NotCopied, ...]


@dataclass(frozen=True, slots=True)
class Substitution:
    """A part of a duty that another person takes, or that nobody of that rank takes: a holiday.

    Attributes:
        person_id: who takes it; None leaves the place empty, and the next rank or area is called.
    """

    id: UUID
    tenant_id: UUID
    duty_id: UUID
    person_id: UUID | None
    begins_at: datetime
    ends_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class OnCall:
    """One person who can be called for an area.

    Attributes:
        distance: 0 for the nearest area with a roster, one more for each farther one; of a place in no area, how deep
            the roster's area lies, so that the widest comes first.
    """

    person_id: UUID
    role: Role
    rank: int
    distance: int
    stands_in_for: UUID | None
