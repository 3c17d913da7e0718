"""SMS and voice while no provider is set up: a line in the log, which says that nobody was reached by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from pipewarden.act.facts import Outcome, Receipt

if TYPE_CHECKING:
    from pipewarden.act.facts import Outgoing

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Written:
    """Implements ``act.ports.Channel`` where there is no provider; a delivery by it never counts as one."""

    real: bool = False
    limit: int = 2000

    def send(self, message: Outgoing, *, within_s: float) -> Receipt:
        """Write a line, with the number of the message and neither its words nor its address."""
        del within_s
        log.warning("NOT SENT, written to the log only", channel=message.channel, delivery=str(message.id))
        return Receipt(Outcome.LOGGED, "no provider is set up: written to the log, nobody was reached")
