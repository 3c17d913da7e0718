"""What act needs beside a unit of work, chosen once by ``main``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipewarden.people.service import Switchboard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pipewarden.act.ports import Casework, Channel
    from pipewarden.kit.work import Work


@dataclass(frozen=True, slots=True)
class Post:
    """The post office.

    Attributes:
        casework: whose calls and events are brought.
        channels: by kind of contact point, and ``cloudevents``; a kind without one cannot be used.
        secret: signs the links that acknowledge.
        public_url: how people outside reach this house, without a slash at its end; empty makes no links.
    """

    casework: Casework
    channels: Mapping[str, Channel]
    secret: bytes = field(repr=False)
    public_url: str = ""

    def off(self, work: Work) -> Callable[[str], bool]:
        """Return the question whether a kind of channel cannot be used in the tenant worked for."""
        board = Switchboard(work)
        return lambda kind: kind not in self.channels or board.off(f"channel:{kind}") is not None

    def real(self, kind: str) -> bool:
        """Return whether somebody is reached by a kind of channel."""
        channel = self.channels.get(kind)
        return channel is not None and channel.real
