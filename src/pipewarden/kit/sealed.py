"""Sealed files: encrypted in frames, so that whatever was flipped, cut, swapped, moved or added is refused.

AES-256-GCM (NIST SP 800-38D) by ``cryptography``. Each file has a key of its own, drawn by HKDF-SHA-256 (RFC 5869) from
the secret, a salt and the file's name: a file under another's name does not open, and no nonce comes twice. A frame's
nonce is its position and whether it is the last (the STREAM construction, Hoang et al., CRYPTO 2015): a frame at
another place, a file without its end or with something after it does not open.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pipewarden.kit.chance import SystemChance
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY_BYTES = 32
FRAME = 1 << 20
_MAGIC = b"PWSEAL1\n"
_MARK_BYTES = 8
_SALT_BYTES = 32
_TAG_BYTES = 16
_HEAD = len(_MAGIC) + _MARK_BYTES + _SALT_BYTES
_LEAST_DIFFERENT = 8  # bytes of a secret; thirty-two drawn by chance have thirty different ones


class SealBrokenError(InputError):
    """A sealed file is not what was sealed under this name with this key."""

    @classmethod
    def of(cls, name: str, problem: str) -> SealBrokenError:
        """Return the error of one file."""
        return cls(field=name, problem=problem, fix="Take another backup, and find out who or what changed this one.")


@dataclass(frozen=True, slots=True)
class SealKey:
    """The secret that seals; it is never printed.

    Raises:
        ValueError: it is not 32 bytes, or says the same over and over.
    """

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_BYTES or len(set(self.secret)) < _LEAST_DIFFERENT:
            raise ValueError(f"a key is {KEY_BYTES} bytes drawn by chance")

    def draw(self, purpose: str, salt: bytes = b"", length: int = KEY_BYTES) -> bytes:
        """Return bytes drawn from the secret for one purpose, which tell nothing of it."""
        return HKDF(SHA256(), length, salt, b"pipewarden sealed 1\0" + purpose.encode()).derive(self.secret)

    def mark(self) -> bytes:
        """Return what a file tells another key by."""
        return self.draw("mark", length=_MARK_BYTES)


@dataclass(frozen=True, slots=True)
class Contents:
    """What went into or came out of a sealed file: its bytes before sealing and their SHA-256 in hex."""

    size: int
    sha256: str


def sealed_size(size: int) -> int:
    """Return how many bytes a sealed file has that holds ``size``."""
    return _HEAD + size + _TAG_BYTES * max(1, -(-size // FRAME))


class Sealer:
    """Takes bytes in any portions and writes sealed frames; ``close`` writes the last, without which nothing opens."""

    def __init__(self, out: IO[bytes], key: SealKey, name: str) -> None:
        salt = SystemChance().bytes(_SALT_BYTES)
        self._out, self._name = out, name.encode()
        self._cipher = AESGCM(key.draw(f"file\0{name}", salt))
        self._rest = bytearray()
        self._position = 0
        self._size = 0
        self._hash = hashlib.sha256()
        out.write(_MAGIC + key.mark() + salt)

    def write(self, portion: bytes) -> None:
        """Take some bytes."""
        self._size += len(portion)
        self._hash.update(portion)
        self._rest += portion
        while len(self._rest) > FRAME:  # more: a full frame may yet be the last
            self._frame(bytes(self._rest[:FRAME]), last=False)
            del self._rest[:FRAME]

    def close(self) -> Contents:
        """Write the last frame and return what was sealed."""
        self._frame(bytes(self._rest), last=True)
        return Contents(self._size, self._hash.hexdigest())

    def _frame(self, portion: bytes, *, last: bool) -> None:
        self._out.write(self._cipher.encrypt(_nonce(self._position, last=last), portion, self._name))
        self._position += 1


def unsealed(source: IO[bytes], key: SealKey, name: str) -> Iterator[bytes]:
    """Yield what was sealed, frame by frame, each proved before it is handed out; the end is proved with the last.

    Raises:
        SealBrokenError: another key, another name, or anything changed; what came before may be used for nothing.
    """
    head = source.read(_HEAD)
    if len(head) < _HEAD or head[: len(_MAGIC)] != _MAGIC:
        raise SealBrokenError.of(name, "is no sealed file, or its beginning was changed")
    if head[len(_MAGIC) : -_SALT_BYTES] != key.mark():
        raise SealBrokenError.of(name, "was sealed with another key, or its beginning was changed")
    cipher = AESGCM(key.draw(f"file\0{name}", head[-_SALT_BYTES:]))
    position, frame = 0, source.read(FRAME + _TAG_BYTES)
    while True:
        after = source.read(FRAME + _TAG_BYTES)
        try:
            yield cipher.decrypt(_nonce(position, last=not after), frame, name.encode())
        except InvalidTag:
            problem = f"was changed, cut or moved at frame {position + 1}"
            raise SealBrokenError.of(name, problem) from None
        if not after:
            return
        position, frame = position + 1, after


def seal(out: IO[bytes], key: SealKey, name: str, portions: Iterator[bytes]) -> Contents:
    """Seal portions of bytes as one file and return what went in."""
    sealer = Sealer(out, key, name)
    for portion in portions:
        sealer.write(portion)
    return sealer.close()


@contextmanager
def checked(told: Contents, name: str) -> Iterator[Checker]:
    """Count and hash what passes through while the context lasts, and refuse at its end what was not told of.

    Raises:
        SealBrokenError: size or hash are not those that the manifest says.
    """
    checker = Checker()
    yield checker
    if checker.contents() != told:
        raise SealBrokenError.of(name, "does not hold what the manifest says")


class Checker:
    """Counts and hashes the portions that pass through."""

    def __init__(self) -> None:
        self._size, self._hash = 0, hashlib.sha256()

    def through(self, portions: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the same portions."""
        for portion in portions:
            self._size += len(portion)
            self._hash.update(portion)
            yield portion

    def contents(self) -> Contents:
        """Return what has passed so far."""
        return Contents(self._size, self._hash.hexdigest())


def _nonce(position: int, *, last: bool) -> bytes:
    return position.to_bytes(11, "big") + (b"\1" if last else b"\0")
