"""How a tenant's messages stand at one moment: for who watches over it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pipewarden.act.facts.messages import ChannelState


@dataclass(frozen=True, slots=True)
class MessagesStanding:
    """How messages stand at one moment.

    Attributes:
        waiting: deliveries that are due and not sent; ``waiting_since`` is when the oldest was due.
        ended: deliveries made within the last hour, by (channel, state).
        channels: every kind of channel as it can be used.
        paused: names of subscriptions that are paused.
        reach_at: when it was asked last whether everybody on duty can be reached; None before the first night.
        unreachable: how many could not be.
    """

    waiting: int
    waiting_since: datetime | None
    ended: Mapping[tuple[str, str], int]
    channels: tuple[ChannelState, ...]
    paused: tuple[str, ...]
    reach_at: datetime | None
    unreachable: int
