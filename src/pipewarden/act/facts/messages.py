"""Deliveries with their attempts and receipts, subscriptions, and who can be reached."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta  # noqa: TC003  pydantic reads the types where a fact crosses the API
from enum import StrEnum
from uuid import UUID  # noqa: TC003  as above

from pipewarden.casework.facts import Urgency  # noqa: TC001  as above
from pipewarden.people.facts import ContactKind  # noqa: TC001  as above

CLOUDEVENTS = "cloudevents"  # the channel of subscriptions; every other is a ``people.facts.ContactKind``


class DeliveryState(StrEnum):
    """Where one delivery stands."""

    SPARE = "spare"  # its turn comes when the channel before it fails
    WAITING = "waiting"
    ACCEPTED = "accepted"  # the channel has taken it: more no channel here can tell
    LOGGED = "logged"  # only written to the log, so nobody was reached by it
    FAILED = "failed"
    DROPPED = "dropped"  # not needed any more: acknowledged, or another part failed


class Outcome(StrEnum):
    """How one attempt ended."""

    BEGUN = "begun"  # counted before it is made, so that a crash counts too
    ACCEPTED = "accepted"
    LOGGED = "logged"
    REFUSED = "refused"  # for good: a wrong key, a switched-off channel
    BUSY = "busy"  # over its rate
    FAILED = "failed"  # no answer, or one that may be different next time
    LOST = "lost"  # whoever made it died: nobody knows whether it arrived


class CallState(StrEnum):
    """Where a call stands, over all its channels."""

    HELD = "held"  # waits for its digest
    OPEN = "open"
    REACHED = "reached"  # a channel has taken it
    ACKNOWLEDGED = "acknowledged"
    IN_APP = "in_app"  # of a drill: in the message centre and nowhere else
    UNREACHABLE = "unreachable"  # every channel failed, or there is none: casework was told


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a channel said to one attempt.

    Attributes:
        problem: in words, without any address; empty when it was taken.
        word: the channel's own number for the message, where it gives one.
        again_after: how long the channel wants to be left alone.
    """

    outcome: Outcome
    problem: str = ""
    word: str = ""
    again_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message as a channel gets it.

    Attributes:
        id: the same for every attempt, so that a receiver can drop a repeat.
        body: plain text, or the JSON document of a webhook.
        address: where to; ``secret`` signs where the channel has signatures.
        tenant: key of the tenant whose message it is.
    """

    id: UUID
    channel: str
    title: str
    body: str
    address: str = field(repr=False)
    secret: str = field(repr=False)
    at: datetime
    tenant: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One part of one message to one target.

    Attributes:
        subject_id: what carries it: a call, a digest of calls, or a site's event.
        target_id: a contact point or a subscription.
        person_id: who is to be reached; None for a group's copy and for a subscription.
        position: 0 is tried first.
        repeated: it was sent again because nobody knew whether the first had arrived.
        lane: those of one lane go out one after the other, in the order in which they were written.
    """

    id: UUID
    tenant_id: UUID
    subject_id: UUID
    target_id: UUID
    channel: str
    person_id: UUID | None
    part: int
    parts: int
    position: int
    urgency: Urgency
    title: str
    body: str
    state: DeliveryState
    due_at: datetime
    created_at: datetime
    attempts: int = 0
    repeated: bool = False
    sent_at: datetime | None = None
    problem: str = ""
    lane: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One line of what was tried."""

    delivery_id: UUID
    at: datetime
    outcome: Outcome
    problem: str


@dataclass(frozen=True, slots=True)
class Message:
    """One call in a person's message centre."""

    id: UUID
    person_id: UUID
    urgency: Urgency
    site_ids: tuple[UUID, ...]
    title: str
    body: str
    at: datetime
    state: CallState
    read_at: datetime | None


class HookState(StrEnum):
    """Whether a subscription is served."""

    ACTIVE = "active"
    PAUSED = "paused"  # it failed too often, or somebody said so
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Hook:
    """A system that wants the events of a tenant's sites.

    Attributes:
        shown: its address, masked.
        kinds: of events; empty for all.
        batch: it gets what happened at one moment as one list.
        failures: in a row.
    """

    id: UUID
    tenant_id: UUID
    name: str
    shown: str
    kinds: tuple[str, ...]
    state: HookState
    failures: int
    problem: str
    created_at: datetime
    batch: bool = False


@dataclass(frozen=True, slots=True)
class ChannelState:
    """Whether a kind of channel can be used in a tenant now.

    Attributes:
        set_up: whether the operator gave it what it needs.
        real: whether anybody is reached by it.
        off: whether its kill switch is off.
    """

    kind: ContactKind
    set_up: bool
    real: bool
    off: bool


class WhyNot(StrEnum):
    """Why nobody reaches somebody."""

    NO_CONTACT = "no_contact"  # none outside the message centre
    SWITCHED_OFF = "switched_off"  # every channel is off or not set up
    LOG_ONLY = "log_only"  # what there is is written to the log


@dataclass(frozen=True, slots=True)
class Missing:
    """Somebody on duty within the next day whom no channel reaches."""

    person_id: UUID
    name: str
    role: str
    area_id: UUID
    begins_at: datetime
    why: WhyNot


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether everybody on duty from ``at`` to ``until`` can be reached."""

    id: UUID
    at: datetime
    until: datetime
    persons: int
    missing: tuple[Missing, ...]
