"""Secrets that must be read again are sealed before they are stored: a copy of the database alone opens none.

AES-256-GCM (NIST SP 800-38D) under a key that HKDF-SHA256 (RFC 5869) derives from the service's secret, which lies
outside the database. What a seal is for is authenticated with it, so that one row's seal opens under no other row.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pipewarden.kit.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

_VERSION = b"\x01"
_NONCE = 12  # bytes; SP 800-38D 8.2
_KEY = 32
_DRAWN = 16  # the house's chance gives no fewer


def derived(secret: bytes, purpose: str) -> bytes:
    """Return a 256-bit key for one purpose from the service's secret; keys of two purposes tell nothing of each other.

    Args:
        secret: the service's secret, 32 bytes or more.
        purpose: what the key is for; the same words give the same key.
    """
    return HKDF(algorithm=SHA256(), length=_KEY, salt=None, info=b"pipewarden " + purpose.encode()).derive(secret)


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals and opens small secrets.

    Attributes:
        secret: the service's secret; with another one nothing opens.
        entropy: unpredictable bytes.
    """

    secret: bytes = field(repr=False)
    entropy: Callable[[int], bytes] = field(repr=False)

    def seal(self, plain: str, purpose: str) -> bytes:
        """Return a secret sealed for one purpose; the same secret never gives the same seal twice."""
        nonce = self.entropy(_DRAWN)[:_NONCE]
        return _VERSION + nonce + self._key().encrypt(nonce, plain.encode(), purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> str:
        """Return what was sealed for this purpose.

        Raises:
            UnavailableError: it was sealed under another service secret, for another purpose, or was changed.
        """
        nonce, body = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        try:  # a version that is another, or a seal that is cut off, is a tag that does not fit
            return self._key().decrypt(nonce, body if sealed[:1] == _VERSION else b"", purpose.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise UnavailableError(
                field=purpose.partition(":")[0],
                problem="was sealed under another secret of the service, or was changed",
                fix="Bring PIPEWARDEN_SECRET (or service.secret) back from the backup, or enter the value anew.",
            ) from error

    def _key(self) -> AESGCM:
        return AESGCM(derived(self.secret, "sealed v1"))
