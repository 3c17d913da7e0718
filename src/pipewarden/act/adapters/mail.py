"""Mail by apprise over the operator's own server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from apprise.common import NotifyFormat
from apprise.plugins.email import NotifyEmail

from pipewarden.act.facts import Outcome, Receipt
from pipewarden.kit.outbound import ClosedError, UnansweredError

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
        """Hand one mail over; accepted means by our server, not by the reader's."""
        server = self.server
        try:
            self.outbound.check_host(server.host, server.port, within_s=within_s)
        except ClosedError as error:
            return Receipt(Outcome.REFUSED, f"the way out is closed: {error.problem}")
        except UnansweredError as error:
            return Receipt(Outcome.FAILED, error.problem)
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
        taken = plugin.notify(title=message.title, body=message.body, body_format=NotifyFormat.TEXT)
        return Receipt(Outcome.ACCEPTED) if taken else Receipt(Outcome.FAILED, "the mail server did not take it")
