"""Wires signing in from outside: providers through the guard, codes through the channel that brings text messages."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

import structlog

from pipewarden.act.facts import Outcome, Outgoing
from pipewarden.kit.addresses import read_opened
from pipewarden.kit.chance import SystemChance
from pipewarden.kit.outbound import Outbound
from pipewarden.kit.vault import Sealer, derived
from pipewarden.people.adapters.openid import OpenIdProviders
from pipewarden.people.facts import ContactKind
from pipewarden.people.service import Outside

if TYPE_CHECKING:
    from pipewarden.act.ports import Channel
    from pipewarden.act.service import Post
    from pipewarden.kit.clock import Clock
    from pipewarden.kit.ids import IdSource
    from pipewarden.kit.settings import Settings

log = structlog.get_logger(__name__)
_WITHIN_S = 10.0
_MOST_WAITING = 200  # codes are of no use after five minutes: more than this is a flood, and is dropped


@dataclass(slots=True)
class ChannelMessenger:
    """Implements ``people.ports.CodeMessenger`` on a channel of act; hands of its own, so that no answer waits for it.

    Attributes:
        channel: what brings text messages; None where there is none.
    """

    channel: Channel | None
    clock: Clock
    ids: IdSource
    hands: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(max_workers=2, thread_name_prefix="codes")
    )
    room: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(_MOST_WAITING))

    @property
    def real(self) -> bool:
        """Return whether the channel reaches anybody."""
        return self.channel is not None and self.channel.real

    def hand(self, phone: str, words: str) -> None:
        """Let a hand send the message; a flood is dropped, on the log."""
        if not self.room.acquire(blocking=False):
            log.warning("code dropped: too many wait to be sent")
            return
        self.hands.submit(self._send, phone, words)

    def _send(self, phone: str, words: str) -> None:
        try:
            if self.channel is None:
                return
            message = Outgoing(
                id=self.ids.new(),
                channel=ContactKind.SMS,
                title="管卫",
                body=words,
                address=phone,
                secret="",
                at=self.clock.now(),
            )
            receipt = self.channel.send(message, within_s=_WITHIN_S)
            if receipt.outcome is not Outcome.ACCEPTED:
                log.warning("code not sent", outcome=receipt.outcome, problem=receipt.problem)
        except Exception:  # a channel never raises; if one does, the next code must still go out
            log.exception("code not sent")
        finally:
            self.room.release()


def open_outside(settings: Settings, secret: bytes, post: Post, clock: Clock, ids: IdSource) -> Outside:
    """Return what signing in from outside stands on, as the settings describe it.

    Raises:
        InputError: a setting cannot be used; the field names it.
    """
    outbound = Outbound(read_opened(settings.outbound_open, "PIPEWARDEN_OUTBOUND_OPEN"))
    return Outside(
        identity=OpenIdProviders(outbound),
        messenger=ChannelMessenger(post.channels.get(ContactKind.SMS), clock, ids),
        sealer=Sealer(secret, SystemChance().bytes),
        handle_key=derived(secret, "people handles v1"),
        public_url=post.public_url,
    )
