"""The key by which the company signs what leaves the house: Ed25519 (RFC 8032), in a file only its user reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from pipewarden.kit.errors import UnavailableError
from pipewarden.kit.private_file import private_file

if TYPE_CHECKING:
    from pathlib import Path

_BYTES = 32


@dataclass(frozen=True, slots=True)
class SigningKey:
    """Implements ``act.ports.Signer``."""

    _private: Ed25519PrivateKey = field(repr=False)

    @property
    def public(self) -> bytes:
        """Return the raw public key, 32 bytes."""
        return self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message, 64 bytes."""
        return self._private.sign(message)


def verified(public: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether a raw public key, a message and a signature belong together."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def signing_key(path: Path) -> SigningKey:
    """Return the installation's key, made the first time it is wanted.

    Raises:
        UnavailableError: the file is open to others, or damaged.
    """
    found = private_file(path, _fresh)
    if len(found) != _BYTES:
        fix = "Bring it back from a backup; without it a new key signs, and its fingerprint must be published anew."
        raise UnavailableError(field=str(path), problem="is damaged", fix=fix)
    return SigningKey(Ed25519PrivateKey.from_private_bytes(found))


def _fresh() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
