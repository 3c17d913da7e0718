"""What every sign-in needs from the world, chosen once by ``main``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipewarden.people.rules.sessions import SessionLimits

if TYPE_CHECKING:
    from pipewarden.kit.vault import Sealer
    from pipewarden.people.ports import Drawer, Entropy, PasswordHasher


@dataclass(frozen=True, slots=True)
class Second:
    """What second factors need: where their secrets are kept, and how one is drawn for an authenticator."""

    sealer: Sealer
    draw: Drawer
    issuer: str = "Pipewarden"


@dataclass(frozen=True, slots=True)
class Gate:
    """The slow hash, the source of chance and the times of a session.

    Attributes:
        second: None for a gate by which no second factor can be set up or given: where one is set up, nobody comes in.
    """

    hasher: PasswordHasher
    entropy: Entropy
    limits: SessionLimits = field(default_factory=SessionLimits)
    second: Second | None = None
