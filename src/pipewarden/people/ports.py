"""What people needs from the world: chance, hash, signature, QR codes, identity providers, a messenger for codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.people.facts import Claimed, Flow, Metadata, Secrets


class Entropy(Protocol):
    """Unpredictable bytes; ``kit.chance.SystemChance().bytes`` in the running house."""

    def __call__(self, count: int, /) -> bytes:
        """Return ``count`` bytes."""
        ...


class PasswordHasher(Protocol):
    """A memory-hard password hash; every method may take a tenth of a second."""

    def hash(self, password: str) -> str:
        """Return the encoded hash with its salt and parameters."""
        ...

    def verify(self, encoded: str | None, password: str) -> bool:
        """Return whether ``password`` made ``encoded``; None costs as much time as a real hash and is never right."""
        ...

    def stale(self, encoded: str) -> bool:
        """Return whether ``encoded`` was made with other parameters than today's."""
        ...


class Signer(Protocol):
    """Signs ends of the audit chain and exports of it as the house's own (Ed25519, RFC 8032)."""

    @property
    def public(self) -> bytes:
        """Return the raw public key, 32 bytes."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message, 64 bytes."""


class IdentityProviders(Protocol):
    """The OpenID Connect providers out there; every method may take seconds, so none is called in a transaction."""

    def metadata(self, issuer: str) -> Metadata:
        """Return what a provider says of itself.

        Raises:
            UntrustedError: it is no such document, or speaks of another issuer.
            ClosedError, UnansweredError: the guard lets nobody there, or nobody answers.
        """
        ...

    def prove(
        self, flow: Flow, secrets: Secrets, *, code: str, told_issuer: str, redirect: str, now: datetime
    ) -> Claimed:
        """Redeem a code and return what the ID token says, after every check.

        Raises:
            UntrustedError: the provider refused the code, redirected, or its token does not hold.
            ClosedError, UnansweredError: as for ``metadata``.
        """
        ...


class CodeMessenger(Protocol):
    """Brings a one-time code to a phone."""

    @property
    def real(self) -> bool:
        """Return whether somebody is reached by it; a log is not."""
        ...

    def hand(self, phone: str, words: str) -> None:
        """Take a message and return at once, whatever becomes of it: an answer that waits would tell whose it is."""


class Drawer(Protocol):
    """Draws a text as a QR code; SVG."""

    def __call__(self, text: str, /) -> str:
        """Return the picture."""
        ...
