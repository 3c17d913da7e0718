"""What act needs from the world: channels that may fail, and the slice whose calls it brings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from pipewarden.act.facts import Outgoing, Receipt
    from pipewarden.casework.facts import Call, Site, SiteEvent
    from pipewarden.kit.work import Work


class Channel(Protocol):
    """One way out of the house.

    Attributes:
        real: whether somebody is reached by it; a log is not.
        limit: bytes of one message; longer ones are split.
    """

    @property
    def real(self) -> bool:
        """Return whether somebody is reached by it."""
        ...

    @property
    def limit(self) -> int:
        """Return how many bytes one message may have."""
        ...

    def send(self, message: Outgoing, *, within_s: float) -> Receipt:
        """Hand a message over; never raises, and is back within about ``within_s``."""
        ...


class Signer(Protocol):
    """Signs what leaves the house as the company's own."""

    @property
    def public(self) -> bytes:
        """Return the raw public key (Ed25519, 32 bytes)."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message."""
        ...


class Casework(Protocol):
    """The slice before this one, as act uses it; ``casework.service`` in the running house."""

    def calls(self, work: Work, ids: Collection[UUID]) -> list[Call]:
        """Return calls by id."""
        ...

    def events(self, work: Work, ids: Collection[UUID]) -> list[SiteEvent]:
        """Return sites' events by id."""
        ...

    def sites(self, work: Work, ids: Collection[UUID]) -> dict[UUID, Site]:
        """Return sites by id."""
        ...

    def acknowledged(self, work: Work, ids: Collection[UUID]) -> set[UUID]:
        """Return which of these calls nobody needs to bring any more."""
        ...

    def acknowledge_call(self, work: Work, call_id: UUID, by: UUID) -> None:
        """Take a person's acknowledgement."""
        ...

    def unreachable(self, work: Work, call_id: UUID, why: str) -> None:
        """Hear that a person cannot be reached, so that the chain climbs at once."""
        ...
