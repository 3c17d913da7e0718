"""What act needs from the world: channels that may fail, the slice whose calls it brings, a press for its papers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from uuid import UUID

    from pipewarden.act.facts import Outgoing, PackPaper, Receipt, Sheet
    from pipewarden.casework.facts import Call, FilingChanged, Site, SiteEvent
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

    def filing_changes(self, work: Work, ids: Collection[UUID]) -> list[FilingChanged]:
        """Return what happened to filings, by the events' ids, oldest first."""
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


class Press(Protocol):
    """What draws a sheet; its text is untrusted, its own layout is not."""

    def pdf(self, sheet: Sheet, images: Mapping[str, bytes], at: datetime) -> bytes:
        """Return the sheet as PDF/A-2b with its font embedded.

        Args:
            sheet: what to draw.
            images: JPEG by the name that the sheet's signatures give.
            at: the document's own date.

        Raises:
            InputError: it cannot be drawn, or not within the limits.
            UnavailableError: the font or the press itself is not there.
        """
        ...

    def pages(self, sheet: Sheet, images: Mapping[str, bytes], at: datetime) -> list[bytes]:
        """Return the pages as PNG, to be looked at; raises as ``pdf``."""
        ...

    def docx(self, sheet: Sheet, images: Mapping[str, bytes]) -> bytes:
        """Return the sheet as a docx that people may edit; the PDF is what counts."""
        ...

    def pack_pdf(self, paper: PackPaper, pictures: Mapping[str, bytes], at: datetime) -> bytes:
        """Return an evidence pack's paper as PDF/A-2b, always the same for the same arguments.

        Args:
            paper: what it says.
            pictures: JPEG that were drawn anew, by the name that the paper's pictures give.
            at: when the pack was made.

        Raises:
            InputError: it cannot be drawn, or not within the limits.
            UnavailableError: the font or the press itself is not there.
        """
        ...

    def pack_pages(self, paper: PackPaper, pictures: Mapping[str, bytes], at: datetime) -> list[bytes]:
        """Return the pages as PNG, to be looked at; raises as ``pack_pdf``."""
        ...
