"""What every sign-in needs from the world, chosen once by ``main``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipewarden.people.rules.sessions import SessionLimits

if TYPE_CHECKING:
    from pipewarden.people.ports import Entropy, PasswordHasher


@dataclass(frozen=True, slots=True)
class Gate:
    """The slow hash, the source of chance and the times of a session."""

    hasher: PasswordHasher
    entropy: Entropy
    limits: SessionLimits = field(default_factory=SessionLimits)
