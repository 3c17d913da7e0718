"""Passwords by Argon2id (RFC 9106), a bounded number at a time: each one takes 64 MiB while it is computed."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from argon2 import PasswordHasher as Argon2
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

if TYPE_CHECKING:
    from pipewarden.people.ports import Entropy

_SALT_BYTES = 16
_HASH_BYTES = 32


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a hash costs; the default is RFC 9106's second choice, for machines short of memory.

    Attributes:
        time_cost: passes over the memory.
        memory_kib: KiB taken while hashing.
        lanes: parallel lanes.
    """

    time_cost: int = 3
    memory_kib: int = 65536
    lanes: int = 4


@dataclass(slots=True)
class ArgonHasher:
    """Argon2id with the salt drawn from the injected source.

    Attributes:
        entropy: where salts come from.
        at_once: how many hashes may be under way; others wait, so that a flood of sign-ins cannot eat the memory.
    """

    entropy: Entropy
    parameters: Parameters = field(default_factory=Parameters)
    at_once: int = 2
    _argon: Argon2 = field(init=False, repr=False)
    _gate: threading.BoundedSemaphore = field(init=False, repr=False)
    _nobody: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._argon = Argon2(
            time_cost=self.parameters.time_cost,
            memory_cost=self.parameters.memory_kib,
            parallelism=self.parameters.lanes,
            hash_len=_HASH_BYTES,
            salt_len=_SALT_BYTES,
            type=Type.ID,
        )
        self._gate = threading.BoundedSemaphore(self.at_once)
        self._nobody = self.hash(self.entropy(_HASH_BYTES).hex())

    def hash(self, password: str) -> str:
        """Return the encoded hash ``$argon2id$v=19$m=…,t=…,p=…$salt$hash``."""
        with self._gate:
            return self._argon.hash(password, salt=self.entropy(_SALT_BYTES))

    def verify(self, encoded: str | None, password: str) -> bool:
        """Return whether ``password`` made ``encoded``; None is compared with a hash of chance and is never right."""
        with self._gate:
            try:
                right = self._argon.verify(self._nobody if encoded is None else encoded, password)
            except (VerificationError, InvalidHashError):
                return False
        return right and encoded is not None

    def stale(self, encoded: str) -> bool:
        """Return whether ``encoded`` was made with other parameters than today's."""
        return self._argon.check_needs_rehash(encoded)
