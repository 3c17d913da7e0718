"""Mail by apprise over the operator's own server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import anyio
from apprise.common import NotifyFormat
from apprise.plugins.email import NotifyEmail

from pipewarden.act.adapters.unsent import UNSENT, unsent
from pipewarden.act.facts import Outcome, Receipt

if TYPE_CHECKING:
    from pipewarden.act.facts import Outgoing
    from pipewarden.kit.outbound import Outbound

Mode = Literal["starttls", "ssl", "insecure"]


@dataclass(frozen=True, slots=True)
class MailServer:
    """The server that takes our mail.

    Attributes:
        sender: the address it comes from.
        mode: how the connection is protected; ``insecure`` for a server of your own machine.
    """

    host: str
    port: int
    sender: str
    mode: Mode
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """Implements ``act.ports.Channel``; what the server says in detail stays with apprise, which tells yes or no."""

    server: MailServer
    outbound: Outbound
    real: bool = True
    limit: int = 100_000

    def send(self, message: Outgoing, *, within_s: float) -> Receipt:
        """Hand one mail over; accepted means by our server, not by the reader's.

        A server that lets each of its lines wait keeps a thread, never a hand: what it says too late nobody hears.
        """
        try:
            taken = anyio.run(self._within, message, within_s)
        except UNSENT as error:
            return unsent(error)
        except TimeoutError:
            return Receipt(Outcome.FAILED, f"no answer within {within_s:.0f} s")
        return Receipt(Outcome.ACCEPTED) if taken else Receipt(Outcome.FAILED, "the mail server did not take it")

    async def _within(self, message: Outgoing, within_s: float) -> bool:
        with anyio.fail_after(within_s):
            return await anyio.to_thread.run_sync(self._hand_over, message, within_s, abandon_on_cancel=True)

    def _hand_over(self, message: Outgoing, within_s: float) -> bool:
        server = self.server
        self.outbound.check_host(server.host, server.port, within_s=within_s)
        plugin = NotifyEmail(  # type: ignore[no-untyped-call]
            host=server.host,
            port=server.port,
            smtp_host=server.host,
            user=server.user or None,
            password=server.password or None,
            from_addr=server.sender,
            secure=server.mode != "insecure",
            secure_mode=server.mode,
            targets=[message.address],
            cto=within_s,
            format=NotifyFormat.TEXT,
        )
        return bool(plugin.notify(title=message.title, body=message.body, body_format=NotifyFormat.TEXT))
